//! What became of packages after they were staged.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, Transaction, named_params};

use super::{
    Ledger, LedgerError, NewAlert, PackageState,
    audit::{Deed, append},
    retention::is_purged,
    runs::{parsed, read_id},
    second,
    spool::queue,
};
use crate::{
    model::{Period, Reason, RunId},
    stage::folder_of,
    sys::hash::Sha256,
};

/// Why a package is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldRow {
    /// The rule's id, or `policy`.
    pub rule: String,
    /// What is wrong, in a sentence without personal data.
    pub why: String,
    /// Whether a person may let the package go in spite of it.
    pub approvable: bool,
}

/// That somebody let a package go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApprovalRow {
    /// The account.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A package, as the ledger knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageFacts {
    /// The run that staged it.
    pub run: RunId,
    /// The submission's name in the configuration.
    pub submission: String,
    /// The reporting period.
    pub period: Period,
    /// Where it stands.
    pub state: PackageState,
    /// Its folder, or where that is being moved.
    pub path: PathBuf,
    /// Where the folder was before a move of which nobody knows yet whether it was made.
    pub moved_from: Option<PathBuf>,
    /// The hash of its manifest.
    pub manifest_sha256: Sha256,
    /// The hash of its upload file.
    pub upload_sha256: Sha256,
    /// Data rows of its upload file.
    pub rows: u64,
    /// When it was staged.
    pub staged_at: Timestamp,
    /// When it was submitted, if somebody has recorded that.
    pub submitted_at: Option<Timestamp>,
    /// Who recorded it.
    pub submitted_by: Option<String>,
    /// What the portal gave for it.
    pub receipt: Option<String>,
    /// Why it was held; empty where it was not, or by an earlier version.
    pub holds: Vec<HoldRow>,
    /// Who approved it, in order.
    pub approvals: Vec<ApprovalRow>,
    /// Whether its files are gone, or going.
    pub purged: bool,
}

impl PackageFacts {
    /// Its folder, where it lies in this place.
    pub fn folder_in(&self, place: &Path) -> PathBuf {
        place.join(folder_of(&self.submission, self.period, self.run.as_str()))
    }

    /// Whether it waits to be submitted.
    pub fn is_ready(&self) -> bool {
        self.state == PackageState::Ready && !self.purged
    }
}

/// A step from one state to the next, and what is written down with it.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The package.
    pub package: &'a PackageFacts,
    /// Where it stands from now on.
    pub state: PackageState,
    /// Its folder from now on.
    pub path: &'a Path,
    /// That it was submitted: when, and the receipt.
    pub submitted: Option<(Timestamp, &'a str)>,
    /// That somebody approved it.
    pub approved: Option<&'a Reason>,
    /// The line of the audit trail.
    pub deed: &'a Deed<'a>,
    /// Who is to hear of it.
    pub alert: Option<&'a NewAlert>,
}

impl Ledger {
    /// The package of a run.
    pub fn package(&self, run: &str) -> Result<Option<PackageFacts>, LedgerError> {
        Ok(self.read_packages("WHERE run_id = ?1", &[&run])?.pop())
    }

    /// Every package of a submission, the earliest first.
    pub fn package_facts(&self, submission: &str) -> Result<Vec<PackageFacts>, LedgerError> {
        self.read_packages("WHERE submission = ?1 ORDER BY began, nth", &[&submission])
    }

    /// The packages of a submission that were staged since a moment, the last one last.
    pub fn packages(&self, submission: &str, since: Timestamp) -> Result<Vec<PackageFacts>, LedgerError> {
        self.read_packages(
            "WHERE submission = ?1 AND staged_at >= ?2 ORDER BY staged_at, began, nth",
            &[&submission, &second(since)],
        )
    }

    /// Packages of which the folder may still lie where it was.
    pub fn unmoved_packages(&self) -> Result<Vec<PackageFacts>, LedgerError> {
        self.read_packages("WHERE moved_from IS NOT NULL ORDER BY began, nth", &[])
    }

    /// The package of a period that stands as submitted or accepted, the last one first to be found.
    pub fn submitted_package(&self, submission: &str, period: Period) -> Result<Option<PackageFacts>, LedgerError> {
        let mut packages = self.package_facts(submission)?;
        packages.retain(|package| package.period == period && package.state.is_submitted());
        packages.sort_by_key(|package| package.submitted_at);
        Ok(packages.pop())
    }

    fn read_packages(&self, which: &str, parameters: &[&dyn ToSql]) -> Result<Vec<PackageFacts>, LedgerError> {
        self.read("the packages", |connection| {
            let sql = format!(
                "SELECT packages.*, submission, period, began, nth FROM packages JOIN runs USING (run_id) {which}"
            );
            let mut query = connection.prepare(&sql)?;
            let packages = query.query_map(parameters, |row| read_package(connection, row))?;
            packages.collect()
        })
    }

    /// Writes down a step of a package, its line in the audit trail and its alert: all or nothing. False where the package
    /// stood elsewhere by then.
    pub fn change_package(&mut self, change: &Change<'_>, (at, by): (Timestamp, &str)) -> Result<bool, LedgerError> {
        let Change { package, state, path, submitted, approved, deed, alert } = *change;
        let run = package.run.as_str();
        self.write("what became of a package", |transaction| {
            if !move_on(transaction, (run, package.state), (state, path))? {
                return Ok(false);
            }
            if let Some((submitted_at, receipt)) = submitted {
                transaction.execute(
                    "UPDATE packages SET submitted_at = ?2, submitted_by = ?3, submission_reference = ?4 WHERE run_id = ?1",
                    (run, second(submitted_at), by, receipt),
                )?;
            }
            if let Some(reason) = approved {
                transaction.execute(
                    "INSERT INTO approvals (run_id, approved_by, approved_at, reason) VALUES (?1, ?2, ?3, ?4)",
                    (run, by, second(at), reason.as_str()),
                )?;
            }
            append(transaction, run, deed, (at, by))?;
            if let Some(alert) = alert {
                queue(transaction, alert)?;
            }
            Ok(true)
        })
    }

    /// Writes down that a folder lies where the ledger has it.
    pub fn package_moved(&mut self, run: &RunId) -> Result<(), LedgerError> {
        self.write("the move of a package", |transaction| {
            transaction.execute("UPDATE packages SET moved_from = NULL WHERE run_id = ?1", [run.as_str()]).map(|_| ())
        })
    }
}

/// Takes a package to its next state, unless it stands elsewhere than thought. A move is written down before it is made.
fn move_on(
    transaction: &Transaction<'_>,
    (run, from): (&str, PackageState),
    (to, path): (PackageState, &Path),
) -> rusqlite::Result<bool> {
    let changed = transaction.execute(
        "UPDATE packages
         SET stands = :to, path = :path,
             moved_from = CASE WHEN path = :path THEN moved_from ELSE ifnull(moved_from, path) END
         WHERE run_id = :run AND stands = :from",
        named_params! { ":run": run, ":from": from.as_str(), ":to": to.as_str(), ":path": path.to_string_lossy() },
    )?;
    Ok(changed > 0)
}

/// Lets a new package take the place of those of its period that are ready.
pub(super) fn supersede(
    transaction: &Transaction<'_>,
    by_run: &RunId,
    superseded: &Path,
    (at, by): (Timestamp, &str),
) -> rusqlite::Result<()> {
    let mut query = transaction.prepare(
        "SELECT older.run_id, older.submission, older.period FROM packages JOIN runs AS older USING (run_id) JOIN runs AS newer
         ON newer.submission = older.submission AND newer.period = older.period
         WHERE newer.run_id = ?1 AND older.run_id != ?1 AND stands = 'ready'",
    )?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, parsed(row, "period", |text| text.parse().ok())?));
    let older: Vec<(String, String, Period)> = query.query_map([by_run.as_str()], read)?.collect::<Result<_, _>>()?;
    for (run, submission, period) in older {
        let path = superseded.join(folder_of(&submission, period, &run));
        move_on(transaction, (&run, PackageState::Ready), (PackageState::Superseded, &path))?;
        append(transaction, &run, &Deed::Superseded { by: by_run }, (at, by))?;
    }
    Ok(())
}

fn read_package(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<PackageFacts> {
    let run = read_id(row)?;
    let submitted_at: Option<String> = row.get("submitted_at")?;
    let submitted_at = submitted_at.map(|_| parsed(row, "submitted_at", |text| text.parse().ok())).transpose()?;
    Ok(PackageFacts {
        submission: row.get("submission")?,
        period: parsed(row, "period", |text| text.parse().ok())?,
        state: parsed(row, "stands", PackageState::from_word)?,
        path: row.get::<_, String>("path")?.into(),
        moved_from: row.get::<_, Option<String>>("moved_from")?.map(PathBuf::from),
        manifest_sha256: parsed(row, "manifest_sha256", |text| text.parse().ok())?,
        upload_sha256: parsed(row, "upload_sha256", |text| text.parse().ok())?,
        rows: row.get::<_, i64>("rows")? as u64,
        staged_at: parsed(row, "staged_at", |text| text.parse().ok())?,
        submitted_at,
        submitted_by: row.get("submitted_by")?,
        receipt: row.get("submission_reference")?,
        holds: read_holds(connection, &run)?,
        approvals: read_approvals(connection, &run)?,
        purged: is_purged(connection, run.as_str())?,
        run,
    })
}

fn read_holds(connection: &Connection, run: &RunId) -> rusqlite::Result<Vec<HoldRow>> {
    let mut query =
        connection.prepare_cached("SELECT rule, why, approvable FROM holds WHERE run_id = ?1 ORDER BY nth")?;
    let read = |row: &Row<'_>| Ok(HoldRow { rule: row.get(0)?, why: row.get(1)?, approvable: row.get(2)? });
    query.query_map([run.as_str()], read)?.collect()
}

fn read_approvals(connection: &Connection, run: &RunId) -> rusqlite::Result<Vec<ApprovalRow>> {
    let mut query = connection.prepare_cached(
        "SELECT approved_by, approved_at, reason FROM approvals WHERE run_id = ?1 ORDER BY approved_at, approved_by",
    )?;
    let read = |row: &Row<'_>| {
        let at = parsed(row, "approved_at", |text| text.parse().ok())?;
        Ok(ApprovalRow { by: row.get("approved_by")?, at, reason: row.get("reason")? })
    };
    query.query_map([run.as_str()], read)?.collect()
}

/// Writes down why a package is held.
pub(super) fn insert_holds(transaction: &Transaction<'_>, run: &RunId, holds: &[HoldRow]) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare("INSERT INTO holds (run_id, nth, rule, why, approvable) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (nth, HoldRow { rule, why, approvable }) in (1_i64..).zip(holds) {
        insert.execute((run.as_str(), nth, rule, why, approvable))?;
    }
    Ok(())
}
