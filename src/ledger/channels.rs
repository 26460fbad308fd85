//! How the ways to people have fared.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{
    Ledger, LedgerError,
    spool::{maybe_moment, moment},
};

/// How a channel has fared, as far as its alerts are remembered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChannelFacts {
    /// When it last took an alert.
    pub took: Option<Timestamp>,
    /// When it last did not take one, and why, in our own words.
    pub refused: Option<(Timestamp, String)>,
    /// When it may be asked again, where it took nothing when it was last asked.
    pub rests: Option<Timestamp>,
}

impl Ledger {
    /// When a channel may be asked again that took nothing when it was last asked.
    pub fn channel_rests(&self, channel: &str) -> Result<Option<Timestamp>, LedgerError> {
        self.read("how long a channel rests", |connection| rests(connection, channel))
    }

    /// How a channel has fared.
    pub fn channel_facts(&self, channel: &str) -> Result<ChannelFacts, LedgerError> {
        self.read("how a channel has fared", |connection| {
            let took = "SELECT max(settled) AS took FROM alerts WHERE state = 'sent' AND channel = ?1";
            let refused =
                "SELECT asked, why FROM alert_answers WHERE channel = ?1 ORDER BY asked DESC, alert DESC LIMIT 1";
            Ok(ChannelFacts {
                took: connection.query_row(took, [channel], |row| maybe_moment(row, "took"))?,
                refused: connection
                    .query_row(refused, [channel], |row| Ok((moment(row, "asked")?, row.get("why")?)))
                    .optional()?,
                rests: rests(connection, channel)?,
            })
        })
    }
}

fn rests(connection: &Connection, channel: &str) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT not_before FROM resting_channels WHERE channel = ?1";
    connection.query_row(sql, [channel], |row| moment(row, "not_before")).optional()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ledger::{Delivery, NewAlert};

    fn at(minute: u32) -> Timestamp {
        format!("2026-11-24T06:{minute:02}:00Z").parse().unwrap()
    }

    #[test]
    fn what_a_channel_took_and_what_it_did_not_take_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        assert_eq!(ledger.channel_facts("mail").unwrap(), ChannelFacts::default());
        for topic in ["a", "b"] {
            let (quiet, message) = (Duration::from_secs(60), "{}".to_owned());
            let (subject, topic) = (String::new(), topic.to_owned());
            let alert = NewAlert { kind: "held", subject, topic, closes: &[], quiet, raised: at(0), message };
            ledger.queue_alert(&alert).unwrap();
        }
        ledger.alert_tried(1, "mail", Delivery::Taken, at(1)).unwrap();
        ledger.alert_tried(2, "mail", Delivery::Later("it does not answer", at(9)), at(2)).unwrap();
        let facts = ledger.channel_facts("mail").unwrap();
        let refused = Some((at(2), "it does not answer".to_owned()));
        assert_eq!(facts, ChannelFacts { took: Some(at(1)), refused: refused.clone(), rests: Some(at(9)) });

        ledger.alert_tried(2, "mail", Delivery::Taken, at(10)).unwrap();
        let facts = ledger.channel_facts("mail").unwrap();
        assert_eq!((facts.took, facts.rests), (Some(at(10)), None));
        assert_eq!(ledger.channel_facts("teams").unwrap(), ChannelFacts::default());
    }
}
