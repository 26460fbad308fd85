//! Who we are to the server.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tiberius::AuthMethod;

use super::{
    connect::name,
    error::{SqlServerError, TokenFault},
};
use crate::config::{
    SecretRef,
    sqlserver::{Login, SqlServerSettings},
};

/// What an application asks a token for.
const SCOPE: &str = "https://database.windows.net/.default";

/// How the driver is to log in. Secrets are fetched here, and live no longer than the connecting takes.
pub(super) async fn method(settings: &SqlServerSettings) -> Result<AuthMethod, SqlServerError> {
    let fetch =
        |at: &SecretRef| at.resolve().map_err(|source| SqlServerError::Secret { server: name(settings), source });
    Ok(match &settings.login {
        Login::Sql { user, password } => AuthMethod::sql_server(user, fetch(password)?.expose_secret()),
        Login::Entra { tenant, client, secret, authority } => {
            let secret = fetch(secret)?;
            let fault = |fault| SqlServerError::Token { server: name(settings), authority: authority.clone(), fault };
            let token = token(authority, tenant, client, &secret, settings).await.map_err(fault)?;
            AuthMethod::aad_token(token.expose_secret())
        }
        #[cfg(windows)]
        Login::Windows => AuthMethod::Integrated,
        #[cfg(windows)]
        Login::Ntlm { domain, user, password } => {
            let account = domain.as_ref().map_or_else(|| user.clone(), |domain| format!("{domain}\\{user}"));
            AuthMethod::windows(account, fetch(password)?.expose_secret())
        }
        // The configuration refuses these here, with its line.
        #[cfg(not(windows))]
        Login::Windows | Login::Ntlm { .. } => AuthMethod::None,
    })
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

/// Asks for a token by client credentials.
async fn token(
    authority: &str,
    tenant: &str,
    client: &str,
    secret: &SecretString,
    settings: &SqlServerSettings,
) -> Result<SecretString, TokenFault> {
    let http = reqwest::Client::builder().timeout(settings.patience.login).redirect(reqwest::redirect::Policy::none());
    let http = http.build().map_err(|_| TokenFault::Unreachable)?;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret.expose_secret()),
        ("scope", SCOPE),
    ];
    let request = http.post(format!("{authority}/{tenant}/oauth2/v2.0/token")).form(&form);
    let answer = request.send().await.map_err(|_| TokenFault::Unreachable)?;
    match answer.status().as_u16() {
        200 => {
            answer.json::<Granted>().await.map(|granted| granted.access_token.into()).map_err(|_| TokenFault::NoToken)
        }
        status @ (429 | 500..=599) => Err(TokenFault::Busy(status)),
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
