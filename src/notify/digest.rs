//! What was counted, told once a day.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Time};

use super::{
    message::{Level, Message},
    words::civil,
};
use crate::{
    ledger::{AlertRow, NewAlert},
    sys::clock::england,
};

/// The word by which logs, webhooks and the ledger call a digest.
pub(super) const KIND: &str = "digest";

/// When the digest that tells of what was counted at this moment is due: the next time at which the clocks in England show
/// this time of day. One that was missed is due at once.
pub(super) fn due(counted: Timestamp, at: Time) -> Timestamp {
    let counted = counted.to_zoned(england());
    let on = |days: i64| counted.date().saturating_add(days.days()).to_datetime(at);
    let moment = |days| on(days).to_zoned(counted.time_zone().clone()).map(|zoned| zoned.timestamp());
    // A day later on the last day of the calendar is that day.
    [0, 1]
        .into_iter()
        .filter_map(|days| moment(days).ok())
        .find(|due| *due > counted.timestamp())
        .unwrap_or(counted.timestamp())
}

/// The digest of these alerts.
pub(super) fn digest(council: &str, counted: &[AlertRow], at: Timestamp) -> NewAlert {
    NewAlert {
        kind: KIND,
        subject: String::new(),
        topic: KIND.to_owned(),
        closes: &[],
        quiet: std::time::Duration::ZERO,
        raised: at,
        message: message(council, counted, at).to_json(),
    }
}

fn message(council: &str, counted: &[AlertRow], at: Timestamp) -> Message {
    let mut topics: BTreeMap<&str, Vec<&AlertRow>> = BTreeMap::new();
    for row in counted {
        topics.entry(&row.topic).or_default().push(row);
    }
    let mut topics: Vec<_> = topics.into_values().collect();
    topics.sort_by_key(|rows| rows[0].alert);
    let level =
        counted.iter().filter_map(|row| Message::from_json(&row.message).ok()).map(|message| message.level).max();
    let alerts =
        if counted.len() == 1 { "One more alert".to_owned() } else { format!("{} more alerts", counted.len()) };
    let message = Message::new(level.unwrap_or(Level::Note), format!("{alerts} of what you have heard of"))
        .fact("Council", council)
        .fact("Counted until", civil(at))
        .advise("Whatever is not over still needs what its first alert asked for.")
        .command("cld-agent status");
    let mut message = topics.iter().map(|rows| line(rows)).fold(message, Message::happened);
    message.subject = format!("{} – {council}", message.headline);
    message
}

/// What a topic comes to.
fn line(rows: &[&AlertRow]) -> String {
    let (first, last) = (rows[0], rows[rows.len() - 1]);
    let subject = Message::from_json(&last.message).map_or_else(|_| last.kind.clone(), |message| message.subject);
    let when = match rows.len() {
        1 => format!("once more, {}", civil(last.raised)),
        times => format!("{times} times more, from {} to {}", civil(first.raised), civil(last.raised)),
    };
    let over = if last.over { " It is over." } else { "" };
    format!("{subject}: {when}.{over}")
}

#[cfg(test)]
mod tests;
