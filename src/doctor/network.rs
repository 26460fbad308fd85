//! By which way each service is asked, and whose certificates are believed. Nobody is asked for this.

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::ExposeSecret;

use super::Line;
use crate::{
    config::{
        SecretRef, Settings, SourceKind,
        notify::{ChannelKind, SmtpLogin},
        sqlserver::{Endpoint, Login, Trust},
    },
    sys::error::in_full,
};

/// An authority whose certificate ends sooner than this is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The way to each service, one line each, and the authorities that are believed.
pub fn ways(settings: &Settings, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    for Service { about, address } in services(settings) {
        let line = match address {
            Address::Open(url) | Address::Secret(url) => {
                Line::good(about, settings.network.proxy.route(&settings.network.no_proxy, &url).to_string())
            }
            Address::Never(why) => Line::good(about, format!("directly, because {why}")),
            Address::Unknown(why) => Line::doubt(about, why, "mend it: without it nobody knows the way"),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.push(Line::good("certificates", STORE));
    lines.extend(authorities(settings, now));
    lines
}

/// Whose certificates are believed without any setting.
const STORE: &str = if cfg!(windows) {
    "those that Windows believes are believed, for HTTPS, mail and databases"
} else {
    "those that the operating system believes are believed (/etc/ssl, or SSL_CERT_FILE), for HTTPS, mail and databases"
};

fn authorities(settings: &Settings, now: Timestamp) -> Vec<Line> {
    const ABOUT: &str = "extra_ca";
    const ADVICE: &str =
        "ask whoever runs the council's authority for its new certificate, and put it beside the old one";
    let authorities = match settings.network.authorities() {
        Ok(authorities) => authorities,
        Err(error) => {
            let advice = "mend 'extra_ca' in [network]: until then nothing is asked over HTTPS, and no mail is sent";
            return vec![Line::doubt(ABOUT, format!("failed to {}", in_full(&error)), advice)];
        }
    };
    let mut lines: Vec<_> = authorities
        .all()
        .iter()
        .map(|authority| {
            let (whose, ends) = (&authority.subject, authority.expires.strftime("%F"));
            match authority.expires.duration_since(now) {
                left if !left.is_positive() => Line::doubt(ABOUT, format!("{whose}: ended on {ends}"), ADVICE),
                left if left < SOON => Line::doubt(ABOUT, format!("{whose}: ends soon, on {ends}"), ADVICE),
                _ => Line::good(ABOUT, format!("{whose}: believed for HTTPS and mail, until {ends}")),
            }
        })
        .collect();
    let has_database = settings
        .submissions
        .iter()
        .flat_map(|submission| submission.sources.values())
        .any(|source| matches!(&source.kind, SourceKind::SqlServer(server) if server.trust == Trust::System));
    if !lines.is_empty() && has_database {
        let text = "does not hold for databases: a source has 'certificate_authority' of its own";
        lines.push(Line::good(ABOUT, text));
    }
    lines
}

/// Something that is asked over the network.
struct Service {
    about: String,
    address: Address,
}

enum Address {
    /// Over HTTPS.
    Open(Url),
    /// Over HTTPS, at an address that is a secret: its host is not told.
    Secret(Url),
    /// Never by a proxy.
    Never(&'static str),
    /// The address is not to be had.
    Unknown(String),
}

fn services(settings: &Settings) -> Vec<Service> {
    let mut services = Vec::new();
    for channel in &settings.notify.channels {
        match &channel.kind {
            ChannelKind::Smtp(smtp) => {
                let about = format!("way to {}:{}", smtp.host, smtp.port);
                services.push(Service { about, address: Address::Never("mail servers are never asked by a proxy") });
                if let SmtpLogin::Entra { application, .. } = &smtp.login {
                    services.push(open(&application.authority));
                }
            }
            ChannelKind::Graph(graph) => {
                services.extend([open(&graph.application.authority), open(&graph.endpoint)]);
            }
            ChannelKind::Webhook(webhook) => services.push(secret(&format!("way to {}", channel.name), &webhook.url)),
        }
    }
    services.extend(settings.notify.heartbeat.url.iter().map(|url| secret("way to the heartbeat", url)));
    for source in settings.submissions.iter().flat_map(|submission| submission.sources.values()) {
        let SourceKind::SqlServer(server) = &source.kind else { continue };
        let about = match &server.endpoint {
            Endpoint::Port(port) => format!("way to {}:{port}", server.host),
            Endpoint::Instance(instance) => format!("way to {}\\{instance}", server.host),
        };
        services.push(Service { about, address: Address::Never("databases are never asked by a proxy") });
        if let Login::Entra { authority, .. } = &server.login {
            services.push(open(authority));
        }
    }
    services
}

fn open(address: &str) -> Service {
    let url: Option<Url> = address.parse().ok();
    let about = format!("way to {}", url.as_ref().and_then(Url::host_str).unwrap_or(address));
    let unknown = || Address::Unknown("it is no address that can be asked".to_owned());
    Service { about, address: url.map_or_else(unknown, Address::Open) }
}

fn secret(about: &str, at: &SecretRef) -> Service {
    let address = match at.resolve().map(|secret| secret.expose_secret().parse()) {
        Ok(Ok(url)) => Address::Secret(url),
        Ok(Err(_)) => Address::Unknown("what the secret holds is no address that can be asked".to_owned()),
        Err(error) => Address::Unknown(format!("failed to {error}")),
    };
    Service { about: about.to_owned(), address }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

    use super::*;
    use crate::{document::Document, source::Found, sys::fs::write_whole};

    fn lines(folder: &std::path::Path, network: &str, now: &str) -> Vec<Line> {
        let text = format!(
            "version = 1\n[council]\nname = 'Sunderland City Council'\nla_code = '110'\n[network]\n{network}\n\
             [[notify.channel]]\nname = 'mail'\ntype = 'smtp'\nhost = 'relay.council.example'\nsecurity = 'starttls'\n\
             login = 'entra'\nuser = 'cld'\ntenant = 't'\nclient_id = 'c'\nclient_secret = {{ env = 'S' }}\n\
             from = 'a@council.example'\nto = ['b@council.example']\n\
             [[notify.channel]]\nname = 'teams'\ntype = 'webhook'\nformat = 'teams'\nurl = {{ file = 'url' }}\n\
             [[submission]]\nname = 'adult'\nmapping = 'mapping'\n[submission.source.live]\ntype = 'sqlserver'\n\
             host = 'sql01.council.example'\ndatabase = 'Live'\nlogin = 'sql'\nuser = 'u'\npassword = {{ env = 'P' }}\n"
        );
        write_whole(&folder.join("url"), b"https://flows.example/secret-path").unwrap();
        let document = Document::new("agent.toml", &*text);
        let settings = Settings::from_document(&document, folder, &BTreeMap::new()).unwrap();
        ways(&settings, now.parse().unwrap())
    }

    fn told(lines: &[Line]) -> String {
        let told = lines.iter().map(|line| format!("{:?} {}: {}", line.found, line.about, line.text));
        told.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_way_to_each_service_is_told_and_no_secret_address() {
        let folder = tempfile::tempdir().unwrap();
        let network = "proxy = 'http://proxy.council.example:8080'\nno_proxy = ['microsoftonline.com']";
        let told = told(&lines(folder.path(), network, "2026-11-24T06:00:00Z"));
        insta::assert_snapshot!(told.replace(STORE, "(the store)"), @r"
        Good way to relay.council.example:587: directly, because mail servers are never asked by a proxy
        Good way to login.microsoftonline.com: directly, because 'no_proxy' in [network] has microsoftonline.com
        Good way to teams: by the proxy http://proxy.council.example:8080, because 'proxy' in [network] says so
        Good way to sql01.council.example:1433: directly, because databases are never asked by a proxy
        Good certificates: (the store)
        ");
        assert!(!told.contains("flows.example") && !told.contains("secret-path"));
    }

    #[test]
    fn an_authority_is_spoken_of_thirty_days_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Council Root");
        params.not_after = rcgen::date_time_ymd(2027, 3, 31);
        let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        write_whole(&folder.path().join("ca.pem"), pem.as_bytes()).unwrap();
        for (now, found, said) in [
            ("2027-02-28T00:00:00Z", Found::Good, "believed for HTTPS and mail, until 2027-03-31"),
            ("2027-03-02T00:00:00Z", Found::Doubt, "ends soon, on 2027-03-31"),
            ("2027-04-01T00:00:00Z", Found::Doubt, "ended on 2027-03-31"),
        ] {
            let lines = lines(folder.path(), "extra_ca = 'ca.pem'", now);
            let line = lines.iter().find(|line| line.about == "extra_ca").unwrap();
            assert!(
                line.found == found && line.text.contains(said) && line.text.contains("CN=Council Root"),
                "{line:?}"
            );
            assert!(told(&lines).contains("does not hold for databases"));
        }
        let lines = lines(folder.path(), "extra_ca = 'no-such.pem'", "2027-02-28T00:00:00Z");
        assert!(told(&lines).contains("Doubt extra_ca: failed to read the certificates in"), "{lines:?}");
    }
}
