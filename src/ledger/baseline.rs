//! The package that a new one is compared with.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use super::{
    Ledger, LedgerError,
    audit::{Deed, append},
    runs::{free_id, parsed, read_id},
    second,
};
use crate::{
    model::{Field, Period, Reason, RunId},
    sys::hash::Sha256,
};

/// How a field fared in a package.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct FieldRate {
    /// Cells that failed.
    pub failed: u64,
    /// Cells that were judged.
    pub judged: u64,
}

impl FieldRate {
    /// The failure rate in per cent; 0 where nothing was judged.
    pub fn percent(self) -> f64 {
        if self.judged == 0 { 0.0 } else { self.failed as f64 * 100.0 / self.judged as f64 }
    }
}

/// Why something is the baseline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BaselineKind {
    /// It is the last that a person recorded as submitted.
    Submitted,
    /// Nobody has recorded a submission; it is the last that was released.
    Released,
    /// There is no package since, but an extract that was made outside the agent.
    Imported,
    /// A person has chosen it, for this reason.
    Chosen(String),
}

impl fmt::Display for BaselineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submitted => "the last submitted package",
            Self::Released => "the last released package",
            Self::Imported => "an extract that was imported",
            Self::Chosen(_) => "a baseline that a person has chosen",
        })
    }
}

/// What a new package is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Baseline {
    /// Its run, or the id under which it was imported.
    pub run: RunId,
    /// Why it is this one.
    pub kind: BaselineKind,
    /// Its reporting period.
    pub period: Period,
    /// Data rows of its upload file.
    pub rows: u64,
    /// The folder of its package; none where it was imported.
    pub package: Option<PathBuf>,
    /// Its index, where one was made.
    pub index: Option<IndexRow>,
    /// How each field fared in it; empty where it was imported.
    pub rates: BTreeMap<Field, FieldRate>,
}

/// What the ledger keeps of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexRow {
    /// Its hash.
    pub sha256: Sha256,
    /// Data rows of its file.
    pub rows: u64,
    /// People in it.
    pub people: u64,
    /// Services that are open at the end of its period.
    pub open_services: u64,
}

/// An extract that was made outside the agent, to be written down.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The submission for which it stands in.
    pub submission: &'a str,
    /// Its reporting period.
    pub period: Period,
    /// The hash of the file.
    pub file_sha256: Sha256,
    /// When it was imported.
    pub at: Timestamp,
    /// By whom: the account.
    pub by: &'a str,
}

/// Whatever may be a baseline, with the moment from which it is one. Submitted ones go before all others.
const CANDIDATES: &str = "
    SELECT run_id AS id, submission, began, nth, period, rows, path,
           ifnull(submitted_at, staged_at) AS since,
           submitted_at IS NOT NULL AND stands NOT IN ('rejected', 'withdrawn') AS submitted,
           stands NOT IN ('held', 'rejected', 'withdrawn') AS natural
    FROM packages JOIN runs USING (run_id)
    UNION ALL
    SELECT import_id, submission, began, nth, period, rows, NULL, began, 0, 1 FROM imports";

impl Ledger {
    /// What the next package of a submission is compared with: the last package that was submitted; where none was, the
    /// last that was released, or imported; before all of these, what a person has chosen since.
    pub fn baseline(&self, submission: &str) -> Result<Option<Baseline>, LedgerError> {
        self.read("the baseline", |connection| {
            let natural = connection
                .query_row(
                    &format!(
                        "SELECT * FROM ({CANDIDATES}) WHERE submission = ?1 AND natural
                         ORDER BY submitted DESC, since DESC, began DESC, nth DESC LIMIT 1"
                    ),
                    [submission],
                    |row| Ok((read_baseline(row)?, row.get::<_, String>("since")?)),
                )
                .optional()?;
            let choice = connection
                .query_row(
                    "SELECT baseline, reason, chosen_at FROM chosen_baselines WHERE submission = ?1
                     ORDER BY choice DESC LIMIT 1",
                    [submission],
                    |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
                )
                .optional()?;
            let chosen = match choice {
                Some((id, reason, at)) if natural.as_ref().is_none_or(|(_, since)| *since <= at) => {
                    let found = candidate(connection, submission, &id)?;
                    found.map(|baseline| Baseline { kind: BaselineKind::Chosen(reason), ..baseline })
                }
                _ => None,
            };
            let Some(mut baseline) = chosen.or(natural.map(|(baseline, _)| baseline)) else { return Ok(None) };
            baseline.rates = read_rates(connection, &baseline.run)?;
            baseline.index = read_index(connection, &baseline.run)?;
            Ok(Some(baseline))
        })
    }

    /// Writes down that a person has chosen a baseline, and why.
    pub fn choose_baseline(
        &mut self,
        submission: &str,
        baseline: &str,
        reason: &Reason,
        (at, by): (Timestamp, &str),
    ) -> Result<(), LedgerError> {
        let written = self.write("the choice of a baseline", |transaction| {
            if candidate(transaction, submission, baseline)?.is_none() {
                return Ok(false);
            }
            transaction.execute(
                "INSERT INTO chosen_baselines (submission, baseline, reason, chosen_at, chosen_by)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (submission, baseline, reason.as_str(), second(at), by),
            )?;
            append(transaction, baseline, &Deed::BaselineChosen { submission, reason }, (at, by))?;
            Ok(true)
        });
        let none = || LedgerError::NoBaseline { baseline: baseline.to_owned(), submission: submission.to_owned() };
        if written? { Ok(()) } else { Err(none()) }
    }

    /// The id that an import at this moment will have, so that its index can be put in place before it is written down.
    pub fn next_id(&mut self, at: Timestamp) -> Result<RunId, LedgerError> {
        self.write("the id of an import", |transaction| Ok(free_id(transaction, at)?.0))
    }

    /// Writes down an extract that was imported, and its index. The id must be the [next](Self::next_id); the caller holds
    /// the lock of the data folder, so nobody else has taken it.
    pub fn import(&mut self, id: &RunId, import: Import<'_>, index: IndexRow) -> Result<(), LedgerError> {
        self.write("an import", |transaction| {
            let (_, nth) = free_id(transaction, import.at)?;
            transaction.execute(
                "INSERT INTO imports (import_id, began, nth, submission, period, file_sha256, rows, imported_by)
                 VALUES (:id, :began, :nth, :submission, :period, :sha256, :rows, :by)",
                named_params! {
                    ":id": id.as_str(), ":began": second(import.at), ":nth": nth, ":submission": import.submission,
                    ":period": import.period.to_string(), ":sha256": import.file_sha256.to_string(),
                    ":rows": index.rows as i64, ":by": import.by,
                },
            )?;
            insert_index(transaction, id, index)?;
            let Import { submission, file_sha256: file, at, by, .. } = import;
            append(transaction, id.as_str(), &Deed::BaselineImported { submission, file, rows: index.rows }, (at, by))
        })
    }
}

fn candidate(connection: &Connection, submission: &str, id: &str) -> rusqlite::Result<Option<Baseline>> {
    let sql = format!("SELECT * FROM ({CANDIDATES}) WHERE submission = ?1 AND id = ?2");
    connection.query_row(&sql, [submission, id], read_baseline).optional()
}

fn read_baseline(row: &Row<'_>) -> rusqlite::Result<Baseline> {
    let path: Option<String> = row.get("path")?;
    let kind = match (path.is_some(), row.get("submitted")?) {
        (_, true) => BaselineKind::Submitted,
        (true, false) => BaselineKind::Released,
        (false, false) => BaselineKind::Imported,
    };
    Ok(Baseline {
        run: read_id(row)?,
        kind,
        period: parsed(row, "period", |text| text.parse().ok())?,
        rows: row.get::<_, i64>("rows")? as u64,
        package: path.map(PathBuf::from),
        index: None,
        rates: BTreeMap::new(),
    })
}

/// Writes down the index of a package, or of an import.
pub(super) fn insert_index(transaction: &Transaction<'_>, id: &RunId, index: IndexRow) -> rusqlite::Result<()> {
    let IndexRow { sha256, rows, people, open_services } = index;
    transaction
        .execute(
            "INSERT INTO event_indexes (baseline, sha256, rows, people, open_services) VALUES (?1, ?2, ?3, ?4, ?5)",
            (id.as_str(), sha256.to_string(), rows as i64, people as i64, open_services as i64),
        )
        .map(|_| ())
}

fn read_index(connection: &Connection, id: &RunId) -> rusqlite::Result<Option<IndexRow>> {
    let sql = "SELECT sha256, rows, people, open_services FROM event_indexes WHERE baseline = ?1";
    connection
        .query_row(sql, [id.as_str()], |row| {
            Ok(IndexRow {
                sha256: parsed(row, "sha256", |text| text.parse().ok())?,
                rows: row.get::<_, i64>("rows")? as u64,
                people: row.get::<_, i64>("people")? as u64,
                open_services: row.get::<_, i64>("open_services")? as u64,
            })
        })
        .optional()
}

/// A field that this version does not know has nothing to be compared with.
fn read_rates(connection: &Connection, run: &RunId) -> rusqlite::Result<BTreeMap<Field, FieldRate>> {
    let mut query = connection.prepare("SELECT field, failed, judged FROM field_rates WHERE run_id = ?1")?;
    let mut rows = query.query([run.as_str()])?;
    let mut rates = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if let Some(field) = Field::from_key(&row.get::<_, String>("field")?) {
            let rate =
                FieldRate { failed: row.get::<_, i64>("failed")? as u64, judged: row.get::<_, i64>("judged")? as u64 };
            rates.insert(field, rate);
        }
    }
    Ok(rates)
}
