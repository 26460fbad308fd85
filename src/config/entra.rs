//! An application registered with Microsoft Entra, as sources and alerts log in with one.

use std::path::Path;

use super::{
    SecretRef,
    read::{filled, secret},
};
use crate::document::Table;

/// An application registered with Microsoft Entra.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntraApplication {
    /// The directory's id.
    pub tenant: String,
    /// The application's id.
    pub client: String,
    /// Where its secret is.
    pub secret: SecretRef,
    /// Who gives tokens.
    pub authority: String,
}

const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Reads the keys of an application.
pub(super) fn read(table: &Table<'_>, folder: &Path) -> Option<EntraApplication> {
    let text = |key| filled(table, table.need_text(key), key).map(|text| text.value.to_owned());
    let (tenant, client) = (text("tenant"), text("client_id"));
    let secret = need_secret(table, "client_secret", folder);
    let authority = service(table, "authority", AUTHORITY, "the client secret is sent there");
    Some(EntraApplication { tenant: tenant?, client: client?, secret: secret?, authority: authority? })
}

/// The address of a service under a key, without a slash at its end. Only this machine may be asked in the open.
pub(super) fn service(table: &Table<'_>, key: &'static str, usual: &str, why: &str) -> Option<String> {
    let Some(text) = table.text(key) else { return Some(usual.to_owned()) };
    let here = ["http://127.0.0.1:", "http://localhost:"].iter().any(|start| text.value.starts_with(start));
    if !text.value.starts_with("https://") && !here {
        let fault = table.document().fault(text.span, format!("'{key}' must begin with https://"));
        table.fault(fault.with_help(why));
        return None;
    }
    Some(text.value.trim_end_matches('/').to_owned())
}

/// Where a secret is that must be there.
pub(super) fn need_secret(table: &Table<'_>, key: &'static str, folder: &Path) -> Option<SecretRef> {
    if !table.has(key) {
        table.fault_at(table.span(), format!("'{key}' is missing here"));
    }
    secret(table, key, folder)
}
