//! What is kept beyond its age, and what was purged.
//!
//! A purge is ordered first, carried out, and then written down as done, with its line of the audit trail: an order that
//! is open belongs to a process that died on the way, and whoever purges next carries it out.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{
    Ledger, LedgerError, PackageState,
    audit::{Deed, append},
    runs::{parsed, read_id},
    second,
};
use crate::{
    model::{Date, Period, Reason, RunId},
    sys::hash::Sha256,
};

/// Until when something is kept, whatever its age.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Until {
    /// To the end of this day.
    Day(Date),
    /// Until somebody releases it.
    Released,
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => f.write_str(&day.iso()),
            Self::Released => f.write_str(RELEASED),
        }
    }
}

const RELEASED: &str = "released";

impl std::str::FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Date::parse_iso(text.as_bytes()) {
            Some(day) => Ok(Self::Day(day)),
            None if text == RELEASED => Ok(Self::Released),
            None => Err("write a day as 2027-03-31, or 'released' for until somebody releases it".to_owned()),
        }
    }
}

/// A package, or an extract that was imported, as far as retention has to know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptRow {
    /// The run, or the import.
    pub id: RunId,
    /// The submission's name in the configuration.
    pub submission: String,
    /// The reporting period.
    pub period: Period,
    /// When it was staged, or imported.
    pub since: Timestamp,
    /// Where the package stands; none where it was imported.
    pub state: Option<PackageState>,
    /// When it was submitted, as far as anybody has recorded it.
    pub submitted_at: Option<Timestamp>,
    /// The hash of its manifest.
    pub manifest: Option<Sha256>,
    /// The hash of its index, where one was made.
    pub index: Option<Sha256>,
    /// Until when it is kept, whatever its age.
    pub until: Option<Until>,
}

/// A purge that is to be carried out.
#[derive(Clone, Copy, Debug)]
pub struct PurgeOrder<'a> {
    /// What kind of thing.
    pub what: &'a str,
    /// Of which run or import.
    pub subject: &'a str,
    /// By what rule, in words.
    pub rule: &'a str,
    /// How many files there are.
    pub files: u64,
    /// How large they are.
    pub bytes: u64,
    /// The hash of the package's manifest, or of the index.
    pub sha256: Option<Sha256>,
}

/// A purge that was ordered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurgeRow {
    /// Its number.
    pub purge: i64,
    /// What kind of thing.
    pub what: String,
    /// Of which run or import.
    pub subject: String,
    /// By what rule, in words.
    pub rule: String,
    /// How many files there were.
    pub files: u64,
    /// How large they were.
    pub bytes: u64,
    /// The hash of the package's manifest, or of the index.
    pub sha256: Option<Sha256>,
    /// When it was carried out.
    pub purged_at: Option<Timestamp>,
}

/// Everything that retention decides on, the earliest first.
const KEPT: &str = "
    SELECT run_id AS id, submission, began, nth, period, staged_at AS since, stands AS state, submitted_at,
           manifest_sha256 AS manifest, sha256
    FROM packages JOIN runs USING (run_id) LEFT JOIN event_indexes ON baseline = run_id
    UNION ALL
    SELECT import_id, submission, began, nth, period, began, NULL, NULL, NULL, sha256
    FROM imports LEFT JOIN event_indexes ON baseline = import_id
    ORDER BY began, nth";

impl Ledger {
    /// Every package and every import there ever was, the earliest first.
    pub fn kept(&self) -> Result<Vec<KeptRow>, LedgerError> {
        self.read("what is kept", |connection| {
            connection.prepare(KEPT)?.query_map([], |row| read_kept(connection, row))?.collect()
        })
    }

    /// Keeps a package, or the index of an import, whatever its age; whether there is one. What keeps it already goes on.
    pub fn retain(
        &mut self,
        id: &str,
        until: Until,
        reason: &Reason,
        (at, by): (Timestamp, &str),
    ) -> Result<bool, LedgerError> {
        self.write("what is to be kept", |transaction| {
            let known = "SELECT 1 FROM packages WHERE run_id = ?1 UNION ALL SELECT 1 FROM imports WHERE import_id = ?1";
            if !transaction.prepare(known)?.exists([id])? {
                return Ok(false);
            }
            let day = match until {
                Until::Day(day) => Some(day.iso()),
                Until::Released => None,
            };
            transaction.execute(
                "INSERT INTO retentions (subject, until, reason, retained_at, retained_by) VALUES (?1, ?2, ?3, ?4, ?5)",
                (id, day, reason.as_str(), second(at), by),
            )?;
            append(transaction, id, &Deed::Retained { until: &until.to_string(), reason }, (at, by))?;
            Ok(true)
        })
    }

    /// Lets its age alone decide again; whether anything else kept it.
    pub fn release(&mut self, id: &str, reason: &Reason, (at, by): (Timestamp, &str)) -> Result<bool, LedgerError> {
        self.write("what is released", |transaction| {
            let sql = "UPDATE retentions SET released_at = ?2 WHERE subject = ?1 AND released_at IS NULL";
            let kept = transaction.execute(sql, (id, second(at)))? > 0;
            if kept {
                append(transaction, id, &Deed::RetentionReleased { reason }, (at, by))?;
            }
            Ok(kept)
        })
    }

    /// Orders a purge, and gives it its number.
    pub fn order_purge(&mut self, order: PurgeOrder<'_>, at: Timestamp) -> Result<i64, LedgerError> {
        let PurgeOrder { what, subject, rule, files, bytes, sha256 } = order;
        self.write("the order of a purge", |transaction| {
            transaction.execute(
                "INSERT INTO purges (what, subject, rule, files, bytes, sha256, ordered_at)
                 VALUES (:what, :subject, :rule, :files, :bytes, :sha256, :at)",
                named_params! {
                    ":what": what, ":subject": subject, ":rule": rule, ":files": files as i64, ":bytes": bytes as i64,
                    ":sha256": sha256.map(|hash| hash.to_string()), ":at": second(at),
                },
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Writes down that a purge was carried out.
    pub fn purged(&mut self, purge: &PurgeRow, (at, by): (Timestamp, &str)) -> Result<(), LedgerError> {
        self.write("a purge", |transaction| {
            let sql = "UPDATE purges SET purged_at = ?2 WHERE purge = ?1 AND purged_at IS NULL";
            if transaction.execute(sql, (purge.purge, second(at)))? == 0 {
                return Ok(());
            }
            let PurgeRow { what, rule, files, bytes, sha256, .. } = purge;
            let deed = Deed::Purged { what, rule, files: *files, bytes: *bytes, sha256: *sha256 };
            append(transaction, &purge.subject, &deed, (at, by))
        })
    }

    /// The purges that were ordered and of which nobody knows whether they were carried out, in order.
    pub fn open_purges(&self) -> Result<Vec<PurgeRow>, LedgerError> {
        self.read_purges("purged_at IS NULL AND ?1 = ''", "")
    }

    /// What was purged, or is being purged, of a run or an import, in order.
    pub fn purges_of(&self, id: &str) -> Result<Vec<PurgeRow>, LedgerError> {
        self.read_purges("subject = ?1", id)
    }

    fn read_purges(&self, which: &str, subject: &str) -> Result<Vec<PurgeRow>, LedgerError> {
        self.read("the purges", |connection| {
            let mut query = connection.prepare(&format!("SELECT * FROM purges WHERE {which} ORDER BY purge"))?;
            query.query_map([subject], read_purge)?.collect()
        })
    }

    /// How many alerts were settled before this moment.
    pub fn alerts_settled(&self, before: Timestamp) -> Result<u64, LedgerError> {
        self.read("the alerts", |connection| {
            let sql = "SELECT count(*) FROM alerts WHERE settled < ?1";
            connection.query_row(sql, [second(before)], |row| row.get::<_, i64>(0)).map(|count| count as u64)
        })
    }
}

fn read_kept(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<KeptRow> {
    let id = read_id(row)?;
    Ok(KeptRow {
        submission: row.get("submission")?,
        period: parsed(row, "period", |text| text.parse().ok())?,
        since: parsed(row, "since", |text| text.parse().ok())?,
        state: optional(row, "state", PackageState::from_word)?,
        submitted_at: optional(row, "submitted_at", |text| text.parse().ok())?,
        manifest: optional(row, "manifest", |text| text.parse().ok())?,
        index: optional(row, "sha256", |text| text.parse().ok())?,
        until: until(connection, &id)?,
        id,
    })
}

/// What keeps it for the longest time.
fn until(connection: &Connection, id: &RunId) -> rusqlite::Result<Option<Until>> {
    let sql = "SELECT until FROM retentions WHERE subject = ?1 AND released_at IS NULL
               ORDER BY until IS NULL DESC, until DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok(optional(row, "until", |text| Date::parse_iso(text.as_bytes()))?.map(Until::Day));
    let longest = connection.prepare_cached(sql)?.query_row([id.as_str()], read).optional()?;
    Ok(longest.map(|until| until.unwrap_or(Until::Released)))
}

fn read_purge(row: &Row<'_>) -> rusqlite::Result<PurgeRow> {
    Ok(PurgeRow {
        purge: row.get("purge")?,
        what: row.get("what")?,
        subject: row.get("subject")?,
        rule: row.get("rule")?,
        files: row.get::<_, i64>("files")? as u64,
        bytes: row.get::<_, i64>("bytes")? as u64,
        sha256: optional(row, "sha256", |text| text.parse().ok())?,
        purged_at: optional(row, "purged_at", |text| text.parse().ok())?,
    })
}

/// A text column that has a shape, or nothing.
fn optional<T>(row: &Row<'_>, column: &str, read: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
    if row.get::<_, Option<String>>(column)?.is_none() { Ok(None) } else { parsed(row, column, read).map(Some) }
}

/// Whether the files of a package are gone, or going.
pub(super) fn is_purged(connection: &Connection, run: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM purges WHERE subject = ?1 AND what = 'extract'")?.exists([run])
}
