//! Asking a service over HTTP, without a word of its answer but the code and how long to wait: the one way out for all who do.

use std::time::Duration;

use reqwest::{Certificate, Client, Url, header::HeaderMap, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};

use super::{
    authorities::Authorities,
    proxy::{NoProxy, Proxy, Route},
};

/// The way out: by which proxy, and whose certificates are believed besides those of the operating system.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// The proxy.
    pub proxy: Proxy,
    /// What is asked without it.
    pub no_proxy: NoProxy,
    /// Who we are to it, where it asks.
    pub login: Option<(String, SecretString)>,
    /// Who is believed besides.
    pub authorities: Authorities,
}

impl Way {
    /// By which way an address is asked.
    pub fn route(&self, url: &Url) -> Route {
        self.proxy.route(&self.no_proxy, url)
    }

    /// A client for one address, which gives up after this time and goes nowhere else.
    pub fn client(&self, url: &Url, patience: Duration) -> reqwest::Result<Client> {
        let agent = concat!("cld-agent/", env!("CARGO_PKG_VERSION"));
        let mut builder = Client::builder().timeout(patience).redirect(Policy::none()).user_agent(agent);
        builder = match (self.route(url), &self.login) {
            (Route::Direct(_), _) => builder.no_proxy(),
            (Route::By(proxy, _), Some((user, password))) => {
                builder.proxy(reqwest::Proxy::all(proxy)?.basic_auth(user, password.expose_secret()))
            }
            (Route::By(proxy, _), None) if self.proxy != Proxy::System => builder.proxy(reqwest::Proxy::all(proxy)?),
            // It finds the same by itself, with the login that the system may have beside it.
            (Route::By(..), None) => builder,
        };
        let believed: reqwest::Result<Vec<_>> =
            self.authorities.all().iter().map(|authority| Certificate::from_der(authority.der())).collect();
        builder.tls_certs_merge(believed?).build()
    }
}

/// Whether a status says that the service may take it later.
pub const fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// The seconds that an answer asks to be left alone for, given as such or as a date of the same clock as its own.
pub fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let wanted = text("retry-after")?.trim();
    let moment = |text: &str| jiff::fmt::rfc2822::parse(text).ok();
    wanted.parse().ok().or_else(|| {
        let wait = moment(wanted)?.timestamp().duration_since(moment(text("date")?)?.timestamp());
        Some(wait.as_secs().max(0) as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_long_to_wait_in_seconds_or_by_its_own_clock() {
        let date = "Tue, 24 Nov 2026 06:00:00 GMT";
        for (wanted, now, expected) in [
            (Some("120"), None, Some(120)),
            (Some("Tue, 24 Nov 2026 06:02:00 GMT"), Some(date), Some(120)),
            (Some("Tue, 24 Nov 2026 05:00:00 GMT"), Some(date), Some(0)),
            (Some("Tue, 24 Nov 2026 06:02:00 GMT"), None, None),
            (Some("soon"), Some(date), None),
            (None, Some(date), None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("retry-after", wanted), ("date", now)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(retry_after(&headers), expected, "{wanted:?}");
        }
    }
}
