//! Who hears of what.
//!
//! An [`Alert`] says what happened, or did not; its [`Message`] says so in words, the same for every channel: what happened,
//! what was tried, what to do, and the command to look closer. It is [raised](raise) into the ledger's spool before anybody
//! tries to send it, so that a relay that is down, or a process that dies, loses nothing. A [`Channel`] brings a message to
//! somebody and says honestly whether it was taken, may be taken later, or will not be.
//!
//! No message holds anybody's data, and neither does an error: what a server answers may name people, so its code is told
//! and its words are not.

mod alert;
mod channel;
mod courier;
mod delivery;
mod digest;
mod graph;
mod heartbeat;
mod http;
mod mail;
mod message;
mod smtp;
#[cfg(test)]
mod testing;
mod webhook;
mod words;

use std::time::Duration;

pub use alert::{Alert, Event, Missing, Next};
pub use channel::{Channel, Envelope, Hope, Undelivered};
pub use courier::Courier;
pub use delivery::{Delivered, Dispatch, deliver};
pub use graph::Graph;
pub use heartbeat::beat;
pub use message::{Fact, Level, Message};
pub use smtp::Smtp;
pub use webhook::Webhook;

use crate::ledger::{Ledger, LedgerError, Queued};

/// Writes an alert down, to be sent, and says what will be done with it. Of alerts with one topic only the first is sent at
/// once within the quiet time.
///
/// Where the alert tells of a change of the ledger, that change takes it along instead
/// ([`Alert::to_queue`]): then both are true or neither is.
pub fn raise(ledger: &mut Ledger, alert: &Alert, quiet: Duration) -> Result<Queued, LedgerError> {
    ledger.queue_alert(&alert.to_queue(quiet))
}
