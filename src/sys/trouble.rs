//! Why a service could not be asked: what kind of thing stands in the way, in words that say what to do.

use std::{error::Error, io};

use rustls::CertificateError;

/// What stands in the way to a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// Its certificate was signed by somebody whom this machine does not know.
    #[error(
        "its certificate is signed by nobody whom this machine trusts; if the council inspects TLS on the way, name the certificate of its authority as 'extra_ca' in [network]"
    )]
    UnknownIssuer,
    /// Its certificate is somebody else's.
    #[error(
        "its certificate is for another name; check the address, and whether something on the way answers in its place"
    )]
    OtherName,
    /// Its certificate is out of date, or not valid yet.
    #[error(
        "its certificate is not valid on this day; check the clock of this machine, then tell whoever runs the service"
    )]
    Expired,
    /// Something else is wrong with its certificate.
    #[error("its certificate cannot be trusted; tell whoever runs the service")]
    Certificate,
    /// No private line could be agreed on.
    #[error(
        "no private line could be agreed on; it may not speak TLS 1.2, or something on the way answers in its place"
    )]
    Tls,
    /// The proxy wants to know who we are.
    #[error("the proxy asks for a login; set 'proxy_user' and 'proxy_password' in [network]")]
    ProxyLogin,
    /// The proxy does not let us through.
    #[error("the proxy does not let us through to it; have it allowed there, or name it in 'no_proxy' in [network]")]
    ProxyRefused,
    /// Nobody knows its name.
    #[error("its name is not known here; check the address, the DNS and whether a proxy is needed")]
    Name,
    /// Nothing listens there.
    #[error("nothing listens there (connection refused); check address and port, its own or the proxy's")]
    Refused,
    /// There is no way to it.
    #[error("there is no way to it from here; check the firewall and whether a proxy is needed")]
    NoWay,
    /// It did not answer in time.
    #[error("it did not answer in time; check the firewall and whether a proxy is needed")]
    Silent,
    /// The line broke.
    #[error("the line broke; check the firewall and the proxy")]
    Cut,
}

impl Trouble {
    /// What stood in the way, by an error and all that caused it.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut found = None;
        let mut cause = Some(error);
        while let Some(this) = cause {
            if let Some(trouble) = Self::of_one(this) {
                return trouble;
            }
            // What an I/O error wraps is not its source: that is the source's source.
            let mut wrapped = None;
            if let Some(error) = this.downcast_ref::<io::Error>() {
                found = found.or_else(|| Self::of_kind(error.kind()));
                wrapped = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
            }
            cause = wrapped.or_else(|| this.source());
        }
        found.unwrap_or(Self::Cut)
    }

    /// What one error of the chain says beyond doubt. The HTTP client gives no other sign of a name that is not known, and of a
    /// proxy's answer, than its words.
    fn of_one(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::of_tls(error));
        }
        if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
            return Some(Self::Silent);
        }
        match error.to_string().as_str() {
            "dns error" => Some(Self::Name),
            "tunnel error: proxy authorization required" => Some(Self::ProxyLogin),
            "tunnel error: unsuccessful" => Some(Self::ProxyRefused),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(error) = error else { return Self::Tls };
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            _ => Self::Certificate,
        }
    }

    fn of_kind(kind: io::ErrorKind) -> Option<Self> {
        match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Some(Self::Silent),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                Some(Self::NoWay)
            }
            io::ErrorKind::InvalidData => Some(Self::Tls),
            _ => None,
        }
    }
}
