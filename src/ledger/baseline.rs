//! The package that a new one is compared with.

use std::{collections::BTreeMap, fmt};

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    Ledger, LedgerError,
    runs::{parsed, read_id},
};
use crate::model::{Field, Period, RunId};

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

/// Why a package is the baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BaselineKind {
    /// It is the last that a person recorded as submitted.
    Submitted,
    /// Nobody has recorded a submission; it is the last that was released.
    Released,
}

impl fmt::Display for BaselineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submitted => "the last submitted package",
            Self::Released => "the last released package",
        })
    }
}

/// The package that a new one is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Baseline {
    /// Its run.
    pub run: RunId,
    /// Why it is this one.
    pub kind: BaselineKind,
    /// Its reporting period.
    pub period: Period,
    /// Data rows of its upload file.
    pub rows: u64,
    /// How each field fared in it.
    pub rates: BTreeMap<Field, FieldRate>,
}

impl Ledger {
    /// The last package of this submission that was submitted, or else the last that was released.
    pub fn baseline(&self, submission: &str) -> Result<Option<Baseline>, LedgerError> {
        self.read("the baseline", |connection| {
            let last = connection
                .query_row(
                    "SELECT began, nth, period, rows, submitted_at
                     FROM packages JOIN runs USING (run_id)
                     WHERE submission = ?1 AND (submitted_at IS NOT NULL OR packages.state = 'ready')
                     ORDER BY submitted_at IS NULL, submitted_at DESC, began DESC, nth DESC
                     LIMIT 1",
                    [submission],
                    read_baseline,
                )
                .optional()?;
            let Some(mut baseline) = last else { return Ok(None) };
            baseline.rates = read_rates(connection, &baseline.run)?;
            Ok(Some(baseline))
        })
    }
}

fn read_baseline(row: &Row<'_>) -> rusqlite::Result<Baseline> {
    let submitted: Option<String> = row.get("submitted_at")?;
    Ok(Baseline {
        run: read_id(row)?,
        kind: if submitted.is_some() { BaselineKind::Submitted } else { BaselineKind::Released },
        period: parsed(row, "period", |text| text.parse().ok())?,
        rows: row.get::<_, i64>("rows")? as u64,
        rates: BTreeMap::new(),
    })
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
