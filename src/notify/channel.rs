//! Ways for a message to reach somebody.

use jiff::Timestamp;

use super::Message;
use crate::config::{NetworkError, SecretError};

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'m> {
    /// Its id, the same however often it is sent: whoever gets it twice can tell. Letters and digits.
    pub id: &'m str,
    /// What is said.
    pub message: &'m Message,
    /// The word for what happened, [`Event::kind`](super::Event::kind).
    pub kind: &'m str,
    /// When it was noticed.
    pub at: Timestamp,
}

/// A way for messages to reach somebody. Calls block, for a time that each channel bounds.
pub trait Channel: Send {
    /// How the configuration calls it.
    fn name(&self) -> &str;

    /// Sends a message. Once this returns `Ok`, somebody else answers for it.
    fn send(&self, envelope: Envelope<'_>) -> Result<(), Undelivered>;

    /// Whether secrets and certificates that it needs can be read here. Asks nobody.
    fn is_ready(&self) -> Result<(), Undelivered>;

    /// Whether the other side answers and lets us in. Sends nothing.
    fn answers(&self) -> Result<(), Undelivered>;
}

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("send an alert by '{channel}': {why}")]
pub struct Undelivered {
    /// The channel.
    pub channel: String,
    /// Whether it may be taken later.
    pub hope: Hope,
    /// In our own words: what a server says may name people.
    pub why: String,
}

/// Whether a message may be taken later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hope {
    /// It may: the server is out of reach, busy, or asks for patience.
    Later,
    /// It may, not sooner than after this many seconds.
    After(u64),
    /// It will not be taken before somebody has changed something.
    None,
}

/// Why a message was not taken, before it is known by which channel.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) hope: Hope,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn new(hope: Hope, why: impl Into<String>) -> Self {
        Self { hope, why: why.into() }
    }

    /// Something on this machine is to be mended first.
    pub(super) fn here(error: &impl std::error::Error) -> Self {
        Self::new(Hope::None, format!("failed to {error}"))
    }

    pub(super) fn of(self, channel: &str) -> Undelivered {
        Undelivered { channel: channel.to_owned(), hope: self.hope, why: self.why }
    }
}

impl From<NetworkError> for Fault {
    fn from(error: NetworkError) -> Self {
        Self::here(&error)
    }
}

impl From<SecretError> for Fault {
    fn from(error: SecretError) -> Self {
        Self::here(&error)
    }
}
