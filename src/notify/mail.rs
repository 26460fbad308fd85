//! A message as a mail: a text part and an HTML part that Outlook shows well.

use lettre::{Message as Mail, message::MultiPart};

use super::Envelope;
use crate::config::notify::Addresses;

/// Why a mail could not be put together.
#[derive(Debug, thiserror::Error)]
pub(super) enum MailError {
    /// Its HTML part.
    #[error("fill in the page of the mail")]
    Page(#[from] askama::Error),
    /// Its headers.
    #[error("put the mail together")]
    Headers(#[from] lettre::error::Error),
}

/// The mail for a message; the same for the same message, but for the boundary between its parts.
pub(super) fn mail(addresses: &Addresses, envelope: Envelope<'_>) -> Result<Mail, MailError> {
    let Envelope { id, message, kind, at } = envelope;
    let parts = MultiPart::alternative_plain_html(message.text(), message.html()?);
    let mut builder = Mail::builder()
        .from(addresses.from.clone())
        .subject(message.full_subject())
        .date(at.into())
        .message_id(Some(format!("<{id}@{}>", addresses.from.email.domain())));
    for reader in addresses.readers(kind) {
        builder = builder.to(reader.clone());
    }
    Ok(builder.multipart(parts)?)
}
