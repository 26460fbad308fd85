//! Packages that runs have staged.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, named_params};

use super::{
    FieldRate, IndexRow, Ledger, LedgerError,
    audit::{Deed, Staged, Used, append},
    baseline::insert_index,
    custody::{HoldRow, insert_holds, supersede},
    runs::{RunEnd, parsed},
    second,
};
use crate::{
    model::{Field, RunId},
    sys::hash::Sha256,
};

/// Where a package stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackageState {
    /// It may be submitted.
    Ready,
    /// It may not.
    Held,
    /// Somebody has recorded that it was submitted.
    Submitted,
    /// Somebody has recorded that the centre accepted it.
    Accepted,
    /// Somebody has recorded that the centre rejected it.
    Rejected,
    /// A later package of its period has taken its place.
    Superseded,
    /// Somebody has withdrawn it.
    Withdrawn,
}

impl PackageState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ready, Self::Held, Self::Submitted, Self::Accepted, Self::Rejected, Self::Superseded, Self::Withdrawn];

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Held => "held",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether it lies with the centre, as far as anybody has recorded.
    pub const fn is_submitted(self) -> bool {
        matches!(self, Self::Submitted | Self::Accepted)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A staged package, to be written down.
#[derive(Clone, Copy, Debug)]
pub struct PackageRow<'a> {
    /// Whether it may be submitted.
    pub state: PackageState,
    /// Its folder.
    pub path: &'a Path,
    /// The hash of its manifest.
    pub manifest_sha256: Sha256,
    /// The hash of its upload file.
    pub upload_sha256: Sha256,
    /// Data rows of its upload file.
    pub rows: u64,
    /// When it was staged.
    pub staged_at: Timestamp,
    /// Why it is held.
    pub holds: &'a [HoldRow],
    /// Where a package goes whose place this one takes.
    pub superseded: &'a Path,
}

impl Ledger {
    /// Writes down how a run ended that staged a package, the package, what it was made with, its index, and how each field
    /// fared in it.
    pub fn finish_staged(
        &mut self,
        id: &RunId,
        end: RunEnd<'_>,
        package: PackageRow<'_>,
        used: Used,
        index: IndexRow,
        rates: impl IntoIterator<Item = (Field, FieldRate)>,
    ) -> Result<(), LedgerError> {
        let account = self.account.clone();
        self.finish(id, end, |transaction| {
            note_used(transaction, id, used, (end.ended, &account))?;
            note_tried(transaction, id, used)?;
            transaction.execute(
                "INSERT INTO packages (run_id, state, stands, path, manifest_sha256, upload_sha256, rows, staged_at)
                 VALUES (:id, :state, :state, :path, :manifest, :upload, :rows, :staged)",
                named_params! {
                    ":id": id.as_str(), ":state": package.state.as_str(), ":path": package.path.to_string_lossy(),
                    ":manifest": package.manifest_sha256.to_string(), ":upload": package.upload_sha256.to_string(),
                    ":rows": package.rows as i64, ":staged": second(package.staged_at),
                },
            )?;
            insert_holds(transaction, id, package.holds)?;
            if package.state == PackageState::Ready {
                supersede(transaction, id, package.superseded, (end.ended, &account))?;
            }
            insert_index(transaction, id, index)?;
            let mut insert = transaction
                .prepare("INSERT INTO field_rates (run_id, field, failed, judged) VALUES (?1, ?2, ?3, ?4)")?;
            for (field, FieldRate { failed, judged }) in rates {
                insert.execute((id.as_str(), field.key(), failed as i64, judged as i64))?;
            }
            let PackageRow { manifest_sha256: manifest, upload_sha256: upload, rows, .. } = package;
            Ok(Some(Staged { manifest, upload, rows }))
        })
    }

    /// Whether a submission has been rehearsed, or staged, with this mapping and release.
    pub fn was_tried_with(&self, submission: &str, used: Used) -> Result<bool, LedgerError> {
        self.read("what was tried", |connection| {
            let sql = "SELECT 1 FROM tried_with WHERE submission = ?1 AND mapping = ?2 AND release = ?3";
            connection.prepare(sql)?.exists((submission, used.mapping.to_string(), used.release.to_string()))
        })
    }

    /// The hash that the manifest of this run's package had when it was staged.
    pub fn manifest_sha256(&self, run: &str) -> Result<Option<Sha256>, LedgerError> {
        self.read("a package", |connection| {
            connection
                .query_row("SELECT manifest_sha256 FROM packages WHERE run_id = ?1", [run], |row| {
                    parsed(row, "manifest_sha256", |text| text.parse().ok())
                })
                .optional()
        })
    }
}

/// Writes down that the submission of a run has been tried with this mapping and release.
pub(super) fn note_tried(transaction: &Transaction<'_>, run: &RunId, used: Used) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO tried_with (submission, mapping, release, run_id)
             SELECT submission, ?2, ?3, run_id FROM runs WHERE run_id = ?1
             ON CONFLICT DO NOTHING",
            (run.as_str(), used.mapping.to_string(), used.release.to_string()),
        )
        .map(|_| ())
}

/// Writes down with what a run was made, and a line of the audit trail where that is not what the submission's last package
/// was made with.
fn note_used(
    transaction: &Transaction<'_>,
    run: &RunId,
    used: Used,
    (at, account): (Timestamp, &str),
) -> rusqlite::Result<()> {
    let Used { configuration, mapping, release } = used;
    let hashes = [configuration, mapping, release].map(|hash| hash.to_string());
    let submission: String =
        transaction.query_row("SELECT submission FROM runs WHERE run_id = ?1", [run.as_str()], |row| row.get(0))?;
    let changed = transaction.execute(
        "INSERT INTO made_with (submission, configuration, mapping, release) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (submission) DO UPDATE
         SET configuration = excluded.configuration, mapping = excluded.mapping, release = excluded.release
         WHERE (configuration, mapping, release) != (excluded.configuration, excluded.mapping, excluded.release)",
        (&submission, &hashes[0], &hashes[1], &hashes[2]),
    )?;
    if changed == 0 {
        return Ok(());
    }
    append(transaction, &submission, &Deed::ConfigurationChanged { run, used: &used }, (at, account))
}
