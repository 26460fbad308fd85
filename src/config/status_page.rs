//! The page that says how things stand.

use std::net::SocketAddr;

use crate::document::Table;

/// The page that says how things stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatusPage {
    /// Where it is served; nowhere if not given.
    pub listen: Option<SocketAddr>,
    /// Names, besides those of this machine's own, by which it may be asked for. Lower case.
    pub hosts: Vec<String>,
}

impl StatusPage {
    /// What somebody should know who serves it to more than this machine.
    pub(super) fn remark(&self) -> Option<String> {
        let listen = self.listen.filter(|listen| !listen.ip().is_loopback())?;
        Some(format!(
            "the status page is served on {listen}, without a login and unencrypted: whoever reaches this machine can read it"
        ))
    }
}

pub(super) fn status_page(table: &Table<'_>) -> Option<StatusPage> {
    let listen = table.text("listen");
    let texts = table.texts("hosts");
    table.finish();
    let address = listen.as_ref().map(|text| text.value.parse::<SocketAddr>().ok().filter(|at| at.port() > 0));
    if let Some((text, None)) = listen.as_ref().zip(address) {
        let fault = table.document().fault(text.span.clone(), format!("'listen' cannot be '{}'", text.value));
        table.fault(fault.with_help("write an address of this machine and a port, such as \"127.0.0.1:8730\""));
    }
    let mut hosts = Vec::new();
    for text in texts? {
        if is_host(text.value) {
            hosts.push(text.value.to_ascii_lowercase());
        } else {
            let fault = table.document().fault(text.span, format!("'hosts' cannot have '{}'", text.value));
            table.fault(
                fault.with_help("write a name alone, such as \"cld.council.example\", without http:// and port"),
            );
        }
    }
    Some(StatusPage { listen: address.flatten(), hosts })
}

/// Whether it is the name of a machine.
fn is_host(text: &str) -> bool {
    let letters = |label: &str| label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !text.is_empty() && text.len() <= 253 && text.split('.').all(|label| !label.is_empty() && letters(label))
}
