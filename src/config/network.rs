//! How the agent reaches services over HTTPS, and whose certificates it believes.

use std::path::{Path, PathBuf};

use super::{
    SecretError, SecretRef,
    read::{filled, path, secret, without_the_place},
};
use crate::{
    document::{Spanned, Table},
    sys::{
        authorities::{Authorities, AuthoritiesError},
        http::Way,
        proxy::{NoProxy, Proxy, ProxyAddress},
    },
};

/// How the agent reaches services over HTTPS, and whose certificates it believes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Network {
    /// The proxy.
    pub proxy: Proxy,
    /// What is asked without it.
    pub no_proxy: NoProxy,
    /// Who we are to it, where it asks.
    pub login: Option<ProxyLogin>,
    /// A file with certificates (PEM) that are believed besides those of this machine.
    pub extra_ca: Option<PathBuf>,
}

/// Who the agent is to a proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxyLogin {
    /// Its name.
    pub user: String,
    /// Where its password is.
    pub password: SecretRef,
}

/// Why nothing can be asked over the network.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The proxy's password cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The additional certificates cannot be had.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
}

impl Network {
    /// The way out: secrets and certificates are fetched here.
    pub fn way(&self) -> Result<Way, NetworkError> {
        let login = self.login.as_ref().map(|login| Ok((login.user.clone(), login.password.resolve()?)));
        Ok(Way {
            proxy: self.proxy.clone(),
            no_proxy: self.no_proxy.clone(),
            login: login.transpose().map_err(NetworkError::Secret)?,
            authorities: self.authorities()?,
        })
    }

    /// The certificates that are believed besides those of this machine.
    pub fn authorities(&self) -> Result<Authorities, AuthoritiesError> {
        self.extra_ca.as_deref().map_or_else(|| Ok(Authorities::default()), Authorities::open)
    }
}

pub(super) fn network(table: &Table<'_>, folder: &Path) -> Option<Network> {
    let proxy = table.need_text("proxy").and_then(|text| proxy(table, &text));
    let texts = table.texts("no_proxy");
    let user = filled(table, table.text("proxy_user"), "proxy_user").map(|user| user.value.to_owned());
    let password = secret(table, "proxy_password", folder);
    let extra_ca = path(table, "extra_ca", folder);
    table.finish();
    if table.has("proxy_user") != table.has("proxy_password") {
        let given = if table.has("proxy_user") { "proxy_user" } else { "proxy_password" };
        let fault = table.document().fault(table.place(given), format!("'{given}' stands alone"));
        table.fault(fault.with_help("'proxy_user' and 'proxy_password' are given together"));
    }
    if table.has("proxy_user") && proxy == Some(Proxy::None) {
        table.fault_at(table.place("proxy_user"), "'proxy_user' is of no use with proxy = \"none\"");
    }
    let mut no_proxy = NoProxy::default();
    for text in texts? {
        if let Ok(exempt) = text.value.parse() {
            no_proxy.push(exempt);
        } else {
            let fault = table.document().fault(text.span, format!("'no_proxy' cannot have '{}'", text.value));
            let help = "write a name (and all below it), an address, or a range such as \"10.0.0.0/8\"";
            table.fault(fault.with_help(help));
        }
    }
    let login = user.zip(password).map(|(user, password)| ProxyLogin { user, password });
    Some(Network { proxy: proxy?, no_proxy, login, extra_ca })
}

fn proxy(table: &Table<'_>, text: &Spanned<&str>) -> Option<Proxy> {
    match text.value {
        "system" => return Some(Proxy::System),
        "none" => return Some(Proxy::None),
        _ => {}
    }
    // Whoever writes a password into the address must not find it in a message.
    if text.value.contains('@') {
        let fault = without_the_place(table, text.span.clone(), "'proxy' must not hold a user or a password");
        table.fault(
            fault.with_help(
                "give them as 'proxy_user' and 'proxy_password'; a password that stood here should be changed",
            ),
        );
        return None;
    }
    let address: Option<ProxyAddress> = text.value.parse().ok();
    if address.is_none() {
        let fault = table.document().fault(text.span.clone(), format!("'proxy' cannot be '{}'", text.value));
        table.fault(
            fault.with_help("it is \"system\", \"none\", or an address such as \"http://proxy.council.example:8080\""),
        );
    }
    address.map(Proxy::At)
}
