//! Ways for a message to reach somebody.

use jiff::Timestamp;

use super::Message;

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
}

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("send the message by {channel}: {why}")]
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
