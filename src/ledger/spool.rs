//! Alerts, from before they are sent until they are forgotten.
//!
//! An alert is written down first, in the same transaction as what it tells of where that is the ledger's as well
//! ([`queue`]), and sent afterwards: a process that dies in between loses nothing. Of alerts with one topic only the first
//! is sent at once within a quiet time; the others are counted and told in a digest.
//!
//! The spool knows neither channels nor words: `notify` has both.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use super::{
    Ledger, LedgerError,
    audit::{Deed, append},
    runs::parsed,
    second,
};
use crate::sys::hash::Sha256;

/// An alert to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAlert {
    /// The word for what happened.
    pub kind: &'static str,
    /// The submission and the period, where it is about one.
    pub subject: String,
    /// What alerts have in common that say the same of the same thing.
    pub topic: String,
    /// The kinds of alert on its subject that are over with it; nothing is said where none of them is open.
    pub closes: &'static [&'static str],
    /// How long after an alert others of its topic are only counted.
    pub quiet: Duration,
    /// When it was noticed.
    pub raised: Timestamp,
    /// What is said, as JSON. No personal data.
    pub message: String,
}

/// What is done with a new alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Queued {
    /// It is sent as soon as a channel takes it.
    AtOnce,
    /// It is counted, and told in the next digest.
    InDigest,
    /// Nobody was told of what it says is over.
    Unneeded,
}

/// What is known of a topic, or of the topics that an alert closes, when it is raised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Earlier {
    /// The last alert that was sent at once, at this moment, still holds.
    Open(Timestamp),
    /// There was none, or what it said is over.
    Closed,
}

/// Where an alert stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlertState {
    /// It is to be sent.
    Waiting,
    /// It is to be told in a digest.
    Counted,
    /// A channel took it.
    Sent,
    /// A digest told it.
    Told,
    /// No channel takes it.
    Refused,
}

impl AlertState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Counted, Self::Sent, Self::Told, Self::Refused];

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Counted => "counted",
            Self::Sent => "sent",
            Self::Told => "told",
            Self::Refused => "refused",
        }
    }
}

/// An alert, as the ledger knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertRow {
    /// Its place in the order in which alerts were raised.
    pub alert: i64,
    /// Its id, the same however often it is sent.
    pub id: String,
    /// The word for what happened.
    pub kind: String,
    /// What it has in common with others that say the same of the same thing.
    pub topic: String,
    /// When it was noticed.
    pub raised: Timestamp,
    /// What is said, as JSON.
    pub message: String,
    /// Where it stands.
    pub state: AlertState,
    /// Whether what it says is over.
    pub over: bool,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// What each channel answered that did not take it.
    pub answers: Vec<Answer>,
}

/// Why a channel did not take an alert when it was asked last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The channel.
    pub channel: String,
    /// When it may take it; `None` where not before somebody has changed something.
    pub not_before: Option<Timestamp>,
    /// Why.
    pub why: String,
}

/// What became of an attempt to send an alert.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// The channel took it.
    Taken,
    /// The channel will not take it before somebody has changed something.
    Refused(&'a str),
    /// The channel may take it, but not before this moment.
    Later(&'a str, Timestamp),
}

impl Ledger {
    /// Writes down an alert, and says what is done with it.
    pub fn queue_alert(&mut self, alert: &NewAlert) -> Result<Queued, LedgerError> {
        self.write("an alert", |transaction| queue(transaction, alert))
    }

    /// Writes down a digest, and that it tells of these alerts: both or neither.
    pub fn queue_digest(&mut self, digest: &NewAlert, told: &[AlertRow]) -> Result<(), LedgerError> {
        self.write("a digest", |transaction| {
            let mut tell = transaction
                .prepare("UPDATE alerts SET state = 'told', settled = ?2 WHERE alert = ?1 AND state = 'counted'")?;
            let mut news = 0;
            for row in told {
                news += tell.execute((row.alert, second(digest.raised)))?;
            }
            // Another process may have told them in the meantime.
            if news > 0 { insert(transaction, digest, AlertState::Waiting) } else { Ok(()) }
        })
    }

    /// What is to be sent and what no channel took, in the order in which it was raised.
    pub fn alerts_waiting(&self) -> Result<Vec<AlertRow>, LedgerError> {
        self.alerts("state IN ('waiting', 'refused')")
    }

    /// What is to be told in the next digest, in the order in which it was raised.
    pub fn alerts_counted(&self) -> Result<Vec<AlertRow>, LedgerError> {
        self.alerts("state = 'counted'")
    }

    /// Writes down what became of an attempt to send an alert.
    pub fn alert_tried(
        &mut self,
        alert: i64,
        channel: &str,
        delivery: Delivery<'_>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write("what became of an alert", |transaction| tried(transaction, alert, channel, delivery, at))
    }

    /// Writes down that no channel takes this alert.
    pub fn alert_refused(&mut self, alert: i64, at: Timestamp) -> Result<(), LedgerError> {
        self.write("what became of an alert", |transaction| {
            let sql = "UPDATE alerts SET state = 'refused', settled = ?2 WHERE alert = ?1 AND state = 'waiting'";
            transaction.execute(sql, (alert, second(at))).map(drop)
        })
    }

    /// Has every alert that no channel took sent again, and says how many there are: somebody has changed something.
    pub fn alerts_again(&mut self) -> Result<usize, LedgerError> {
        self.write("which alerts are sent again", |transaction| {
            transaction.execute("DELETE FROM alert_answers", [])?;
            transaction.execute("DELETE FROM resting_channels", [])?;
            transaction.execute("UPDATE alerts SET state = 'waiting', settled = NULL WHERE state = 'refused'", [])
        })
    }

    /// Forgets alerts that were settled before this moment, by a rule, and says how many.
    pub fn forget_alerts(
        &mut self,
        before: Timestamp,
        rule: &str,
        (at, by): (Timestamp, &str),
    ) -> Result<u64, LedgerError> {
        self.write("which alerts are forgotten", |transaction| {
            let sql = "DELETE FROM alerts WHERE settled < ?1";
            let forgotten = transaction.execute(sql, [second(before)])? as u64;
            if forgotten > 0 {
                let deed = Deed::Purged { what: "alerts", rule, files: forgotten, bytes: 0, sha256: None };
                append(transaction, "alerts", &deed, (at, by))?;
            }
            Ok(forgotten)
        })
    }

    fn alerts(&self, which: &str) -> Result<Vec<AlertRow>, LedgerError> {
        self.read("the alerts", |connection| {
            let mut query = connection.prepare(&format!("SELECT * FROM alerts WHERE {which} ORDER BY alert"))?;
            let rows = query.query_map([], |row| read_alert(connection, row))?;
            rows.collect()
        })
    }
}

/// Writes down an alert within another change of the ledger, so that both are true or neither is.
pub(super) fn queue(transaction: &Transaction<'_>, alert: &NewAlert) -> rusqlite::Result<Queued> {
    let earlier = if alert.closes.is_empty() { of_topic(transaction, alert)? } else { close(transaction, alert)? };
    let queued = decide(alert, earlier);
    match queued {
        Queued::AtOnce => insert(transaction, alert, AlertState::Waiting)?,
        Queued::InDigest => insert(transaction, alert, AlertState::Counted)?,
        Queued::Unneeded => {}
    }
    Ok(queued)
}

/// What is done with a new alert. A moment that lies in the future, because the clock was set back, counts by its distance.
fn decide(alert: &NewAlert, earlier: Earlier) -> Queued {
    match earlier {
        Earlier::Closed if alert.closes.is_empty() => Queued::AtOnce,
        Earlier::Closed => Queued::Unneeded,
        Earlier::Open(_) if !alert.closes.is_empty() => Queued::AtOnce,
        Earlier::Open(at) if alert.raised.duration_since(at).unsigned_abs() < alert.quiet => Queued::InDigest,
        Earlier::Open(_) => Queued::AtOnce,
    }
}

/// Whether the last alert of its topic that was sent at once still holds.
fn of_topic(transaction: &Transaction<'_>, alert: &NewAlert) -> rusqlite::Result<Earlier> {
    let sql = "SELECT raised FROM alerts
               WHERE topic = ?1 AND state IN ('waiting', 'sent', 'refused') AND closed IS NULL
               ORDER BY alert DESC LIMIT 1";
    let last = transaction.query_row(sql, [&alert.topic], |row| moment(row, "raised")).optional()?;
    Ok(last.map_or(Earlier::Closed, Earlier::Open))
}

/// Closes what is over with an alert, and says whether there was any.
fn close(transaction: &Transaction<'_>, alert: &NewAlert) -> rusqlite::Result<Earlier> {
    let mut close = transaction
        .prepare("UPDATE alerts SET closed = :at WHERE kind = :kind AND subject = :subject AND closed IS NULL")?;
    let mut closed = 0;
    for kind in alert.closes {
        closed += close.execute(named_params! {
            ":at": second(alert.raised), ":kind": kind, ":subject": alert.subject,
        })?;
    }
    Ok(if closed > 0 { Earlier::Open(alert.raised) } else { Earlier::Closed })
}

fn insert(transaction: &Transaction<'_>, alert: &NewAlert, state: AlertState) -> rusqlite::Result<()> {
    // What was forgotten keeps its number, so that no two alerts ever have the same id.
    let last = "SELECT seq FROM sqlite_sequence WHERE name = 'alerts'";
    let last: Option<i64> = transaction.query_row(last, [], |row| row.get(0)).optional()?;
    let number = last.unwrap_or(0) + 1;
    let NewAlert { kind, subject, topic, raised, message, .. } = alert;
    let hash = Sha256::of(format!("{number}\n{raised}\n{topic}\n{message}").as_bytes()).to_string();
    transaction.execute(
        "INSERT INTO alerts (alert, id, kind, subject, topic, raised, message, state)
         VALUES (:alert, :id, :kind, :subject, :topic, :raised, :message, :state)",
        named_params! {
            ":alert": number, ":id": &hash[..32], ":kind": kind, ":subject": subject, ":topic": topic,
            ":raised": second(*raised), ":message": message, ":state": state.as_str(),
        },
    )?;
    Ok(())
}

fn tried(
    transaction: &Transaction<'_>,
    alert: i64,
    channel: &str,
    delivery: Delivery<'_>,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let (why, not_before) = match delivery {
        Delivery::Taken => {
            let sql = "UPDATE alerts SET state = 'sent', settled = ?2, channel = ?3 WHERE alert = ?1";
            transaction.execute(sql, (alert, second(at), channel))?;
            return transaction.execute("DELETE FROM resting_channels WHERE channel = ?1", [channel]).map(drop);
        }
        Delivery::Refused(why) => (why, None),
        Delivery::Later(why, not_before) => {
            let sql = "INSERT INTO resting_channels (channel, not_before) VALUES (?1, ?2)
                       ON CONFLICT (channel) DO UPDATE SET not_before = max(not_before, ?2)";
            transaction.execute(sql, (channel, second(not_before)))?;
            (why, Some(second(not_before)))
        }
    };
    let sql =
        "INSERT OR REPLACE INTO alert_answers (alert, channel, asked, not_before, why) VALUES (?1, ?2, ?3, ?4, ?5)";
    transaction.execute(sql, (alert, channel, second(at), not_before, why))?;
    transaction.execute("UPDATE alerts SET attempts = attempts + 1 WHERE alert = ?1", [alert]).map(drop)
}

fn read_alert(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    let alert = row.get("alert")?;
    let mut answers = connection.prepare_cached("SELECT * FROM alert_answers WHERE alert = ?1 ORDER BY channel")?;
    Ok(AlertRow {
        alert,
        id: row.get("id")?,
        kind: row.get("kind")?,
        topic: row.get("topic")?,
        raised: moment(row, "raised")?,
        message: row.get("message")?,
        state: parsed(row, "state", |word| AlertState::ALL.into_iter().find(|state| state.as_str() == word))?,
        over: row.get::<_, Option<String>>("closed")?.is_some(),
        attempts: row.get("attempts")?,
        answers: answers.query_map([alert], read_answer)?.collect::<Result<_, _>>()?,
    })
}

fn read_answer(row: &Row<'_>) -> rusqlite::Result<Answer> {
    let not_before = maybe_moment(row, "not_before")?;
    Ok(Answer { channel: row.get("channel")?, not_before, why: row.get("why")? })
}

pub(super) fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    parsed(row, column, |text| text.parse().ok())
}

/// A moment that may not have come.
pub(super) fn maybe_moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = row.get(column)?;
    text.map(|_| moment(row, column)).transpose()
}

#[cfg(test)]
mod tests;
