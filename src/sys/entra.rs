//! Tokens of Microsoft Entra for an application, by its client credentials.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use reqwest::Url;

use super::{
    http::{Way, is_busy, retry_after},
    trouble::Trouble,
};

/// Why no token was given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenFault {
    /// The authority is out of reach.
    #[error("it can't be reached: {0}")]
    Unreachable(Trouble),
    /// It refused.
    #[error("it refused with status {status}{}; check 'tenant', 'client_id' and 'client_secret', and whether the secret has expired", in_brackets(.code.as_ref()))]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// The code that it gave, a word without anybody's data.
        code: Option<String>,
    },
    /// It is busy.
    #[error("it is busy (status {status})")]
    Busy {
        /// The status of HTTP.
        status: u16,
        /// The seconds that it asks to be left alone for.
        after: Option<u64>,
    },
    /// It has no address.
    #[error("it has no address that can be asked; check 'authority'")]
    NoAddress,
    /// Its answer holds no token.
    #[error("its answer holds no token; check 'authority'")]
    NoToken,
}

fn in_brackets(code: Option<&String>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

/// An application that asks for a token.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// Who gives tokens.
    pub authority: &'a str,
    /// The directory's id.
    pub tenant: &'a str,
    /// The application's id.
    pub client: &'a str,
    /// Its secret.
    pub secret: &'a SecretString,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

/// Asks for a token for a service.
pub async fn token(
    application: Application<'_>,
    scope: &str,
    way: &Way,
    patience: Duration,
) -> Result<SecretString, TokenFault> {
    let Application { authority, tenant, client, secret } = application;
    let unreachable = |error: reqwest::Error| TokenFault::Unreachable(Trouble::of(&error));
    let url: Url = format!("{authority}/{tenant}/oauth2/v2.0/token").parse().map_err(|_| TokenFault::NoAddress)?;
    let http = way.client(&url, patience).map_err(unreachable)?;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret.expose_secret()),
        ("scope", scope),
    ];
    let answer = http.post(url).form(&form).send().await.map_err(unreachable)?;
    match answer.status().as_u16() {
        200 => {
            let granted = answer.json::<Granted>().await.map(|granted| granted.access_token.into());
            // An answer that was cut off says nothing of the application.
            granted.map_err(|error| if error.is_decode() { TokenFault::NoToken } else { unreachable(error) })
        }
        status if is_busy(status) => Err(TokenFault::Busy { status, after: retry_after(answer.headers()) }),
        status => {
            let denied = answer.json::<Denied>().await.ok();
            // The code is one of a dozen words; the description beside it may name people.
            let code = denied.map(|denied| denied.error).filter(|code| is_code(code));
            Err(TokenFault::Refused { status, code })
        }
    }
}

fn is_code(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
