//! What is answered to whom.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    metrics,
    subject::{Seen, Watcher},
    view,
};
use crate::report::FRAME;

/// The address of this machine that a connection came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached(pub(super) IpAddr);

/// The names by which the page may be asked for.
#[derive(Clone, Debug)]
pub(super) struct Names(Arc<[String]>);

impl Names {
    pub(super) fn new(hosts: &[String]) -> Self {
        Self(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    /// Whether a request that came to `reached` may name this host. Its port does not matter: another one is another server's.
    fn has(&self, host: &str, reached: IpAddr) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        match bare.unwrap_or(name).parse::<IpAddr>() {
            // An address cannot be given another meaning by whoever runs a DNS server.
            Ok(address) => address == reached && address.is_ipv6() == bare.is_some(),
            Err(_) => name.eq_ignore_ascii_case("localhost") || self.0.contains(&name.to_ascii_lowercase()),
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What every answer has: nothing from elsewhere, nothing kept, nothing shown inside another page.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

pub(super) fn answers(watcher: Arc<Watcher>, names: Names) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .route("/metrics", get(numbers))
        .route("/style.css", get(async || typed(CSS, format!("{FRAME}{}", include_str!("page.css")))))
        .route("/icon.svg", get(async || typed(SVG, include_str!("icon.svg"))))
        .fallback(async || refusal(StatusCode::NOT_FOUND, "There is nothing here. The page is at /."))
        .with_state(watcher)
        .layer(from_fn_with_state(names, guard))
}

/// Lets pass what may be asked, and gives every answer its headers.
async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    let mut answer = match refused(&names, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn refused(names: &Names, request: &Request) -> Option<Response> {
    let reached = request.extensions().get::<Reached>().map(|reached| reached.0)?;
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
        return Some(refusal(StatusCode::BAD_REQUEST, "A request must name one host."));
    };
    // A request may name its host a second time, with the address.
    let named = [Some(host), request.uri().authority().map(axum::http::uri::Authority::as_str)];
    if !named.into_iter().flatten().all(|host| names.has(host, reached)) {
        let advice =
            "This page is not served under that name. Ask for localhost, or add the name to 'hosts' in [status_page].";
        return Some(refusal(StatusCode::MISDIRECTED_REQUEST, advice));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "Nothing can be changed here: GET and HEAD alone.");
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(answer);
    }
    None
}

fn typed(kind: &'static str, body: impl IntoResponse) -> Response {
    let mut answer = body.into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A refusal in our own words: nothing of the request is repeated.
fn refusal(status: StatusCode, why: &'static str) -> Response {
    let mut answer = typed(TEXT, format!("{why}\n"));
    *answer.status_mut() = status;
    answer
}

async fn page(State(watcher): State<Arc<Watcher>>) -> Response {
    let seen = watcher.look();
    let Ok(html) = view::render(&seen, watcher.silence()) else {
        return refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The page could not be made. Ask for it again, or use: cld-agent status",
        );
    };
    typed(HTML, html)
}

/// Whether the agent lives: the page answers, and rounds come to their end.
async fn health(State(watcher): State<Arc<Watcher>>) -> Response {
    match watcher.silence() {
        None => typed(TEXT, "well\n"),
        Some(silence) => {
            let told = format!("no round has ended for {} minutes: restart the service\n", silence.as_secs() / 60);
            (StatusCode::SERVICE_UNAVAILABLE, typed(TEXT, told)).into_response()
        }
    }
}

/// Whether the agent can do its work: it is configured, and its ledger can be read.
async fn readiness(State(watcher): State<Arc<Watcher>>) -> Response {
    let told = match &*watcher.look() {
        Seen::Status(_) => return typed(TEXT, "ready\n"),
        Seen::NotConfigured(_) => "not configured\n".to_owned(),
        Seen::Unknown(why) => format!("failed to {why}\n"),
    };
    (StatusCode::SERVICE_UNAVAILABLE, typed(TEXT, told)).into_response()
}

async fn numbers(State(watcher): State<Arc<Watcher>>) -> Response {
    match metrics::render(&watcher.look()) {
        Ok(text) => typed(OPEN_METRICS, text),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "The numbers could not be written. Ask for them again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_served() {
        let names = Names::new(&["CLD.council.example".to_owned()]);
        let (four, six): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "::1".parse().unwrap());
        for (host, reached, served) in [
            ("127.0.0.1:8730", four, true),
            ("127.0.0.1", four, true),
            ("localhost:8730", four, true),
            ("LocalHost", four, true),
            ("[::1]:8730", six, true),
            ("localhost", six, true),
            ("cld.council.example", four, true),
            ("cld.Council.Example:443", four, true),
            ("127.0.0.1:8730", six, false),
            ("::1", six, false),
            ("[127.0.0.1]", four, false),
            ("10.0.0.9", four, false),
            ("evil.example:8730", four, false),
            ("localhost.evil.example", four, false),
            ("council.example", four, false),
            ("localhost:80@evil.example", four, false),
            ("", four, false),
            (":8730", four, false),
        ] {
            assert_eq!(names.has(host, reached), served, "{host} at {reached}");
        }
    }
}
