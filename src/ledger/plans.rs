//! What the plans have to remember: their attempts, what rehearsals found, pauses, and what has been said.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{
    Ledger, LedgerError, NewAlert, Queued, RunRow, Used,
    audit::{Deed, append},
    packages::note_tried,
    runs::{RunEnd, parsed},
    second,
    spool::queue,
};
use crate::model::{Period, Reason, RunId};

/// What a rehearsal found by one rule.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RehearsalFinding {
    /// How many findings.
    pub findings: u64,
    /// Whether they would have held a package.
    pub holds: bool,
}

/// A time for which somebody has paused the plans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PauseRow {
    /// When it began.
    pub paused_at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// By whom: the account.
    pub paused_by: String,
}

impl Ledger {
    /// The runs that a plan asked for since a moment, in order.
    pub fn attempts(&self, submission: &str, plan: &str, since: Timestamp) -> Result<Vec<RunRow>, LedgerError> {
        self.read_runs(
            "WHERE submission = ?1 AND plan = ?2 AND began >= ?3 ORDER BY began, nth",
            &[&submission, &plan, &second(since)],
        )
    }

    /// The last run of a plan before another that rehearsed the same period to its end.
    pub fn rehearsed_before(&self, run: &RunRow) -> Result<Option<RunRow>, LedgerError> {
        let found = self.read_runs(
            "WHERE rehearsal AND runs.state IN ('released', 'held') AND submission = ?1 AND period = ?2 AND plan IS ?3
                 AND began < ?4 ORDER BY began DESC, nth DESC LIMIT 1",
            &[&run.submission, &run.period.to_string(), &run.plan, &second(run.began)],
        );
        Ok(found?.pop())
    }

    /// The runs that go on, or were killed and nobody has noticed.
    pub fn unended(&self) -> Result<Vec<RunRow>, LedgerError> {
        self.read_runs("WHERE runs.state = 'running' ORDER BY began, nth", &[])
    }

    /// The periods of a submission for which a package is ready, and those for which one has been submitted.
    pub fn settled(&self, submission: &str) -> Result<(Vec<Period>, Vec<Period>), LedgerError> {
        self.read("the packages", |connection| {
            let mut query = connection.prepare(
                "SELECT DISTINCT period, stands != 'ready' AS submitted FROM packages JOIN runs USING (run_id)
                 WHERE submission = ?1 AND stands IN ('ready', 'submitted', 'accepted')",
            )?;
            let (mut ready, mut submitted) = (Vec::new(), Vec::new());
            let mut rows = query.query([submission])?;
            while let Some(row) = rows.next()? {
                let of = if row.get("submitted")? { &mut submitted } else { &mut ready };
                of.push(parsed(row, "period", |text| text.parse().ok())?);
            }
            Ok((ready, submitted))
        })
    }

    /// Writes an alert down to be sent, unless what it says has been said; what is done with it.
    pub fn alert_once(&mut self, what: &str, alert: &NewAlert) -> Result<Option<Queued>, LedgerError> {
        self.write("an alert", |transaction| {
            if say(transaction, what, alert.raised)? { queue(transaction, alert).map(Some) } else { Ok(None) }
        })
    }

    /// Writes down that something is said, unless it has been said before; whether it is to be said now.
    pub fn say(&mut self, what: &str, at: Timestamp) -> Result<bool, LedgerError> {
        self.write("what is said", |transaction| say(transaction, what, at))
    }

    /// When something was said, if it was.
    pub fn said(&self, what: &str) -> Result<Option<Timestamp>, LedgerError> {
        self.read("what was said", |connection| {
            let sql = "SELECT at FROM said WHERE what = ?1";
            connection.query_row(sql, [what], |row| parsed(row, "at", |text| text.parse().ok())).optional()
        })
    }

    /// Writes down how a rehearsal ended, and what it found by rule.
    pub fn finish_rehearsal(
        &mut self,
        id: &RunId,
        end: RunEnd<'_>,
        used: Used,
        found: &BTreeMap<String, RehearsalFinding>,
    ) -> Result<(), LedgerError> {
        self.finish(id, end, |transaction| {
            note_tried(transaction, id, used)?;
            let mut insert = transaction
                .prepare("INSERT INTO rehearsal_findings (run_id, rule, findings, holds) VALUES (?1, ?2, ?3, ?4)")?;
            for (rule, RehearsalFinding { findings, holds }) in found {
                insert.execute((id.as_str(), rule, *findings as i64, holds))?;
            }
            Ok(None)
        })
    }

    /// What a rehearsal found by rule.
    pub fn rehearsal_findings(&self, run: &RunId) -> Result<BTreeMap<String, RehearsalFinding>, LedgerError> {
        self.read("what a rehearsal found", |connection| {
            let mut query =
                connection.prepare("SELECT rule, findings, holds FROM rehearsal_findings WHERE run_id = ?1")?;
            let read = |row: &Row<'_>| {
                let found = RehearsalFinding { findings: row.get::<_, i64>(1)? as u64, holds: row.get(2)? };
                Ok((row.get(0)?, found))
            };
            query.query_map([run.as_str()], read)?.collect()
        })
    }

    /// Pauses the plans from now on. A pause that goes on ends with the new one, later or earlier.
    pub fn pause(&mut self, until: Timestamp, reason: &Reason, (at, by): (Timestamp, &str)) -> Result<(), LedgerError> {
        self.write("the pause", |transaction| {
            end_pauses(transaction, at)?;
            transaction.execute(
                "INSERT INTO pauses (paused_at, until, reason, paused_by) VALUES (?1, ?2, ?3, ?4)",
                (second(at), second(until), reason.as_str(), by),
            )?;
            append(transaction, PLANS, &Deed::Paused { until, reason }, (at, by))
        })
    }

    /// Ends the pause that goes on; whether one did.
    pub fn resume(&mut self, at: Timestamp) -> Result<bool, LedgerError> {
        let account = self.account.clone();
        self.write("the end of the pause", |transaction| {
            let goes_on = end_pauses(transaction, at)? > 0;
            if goes_on {
                append(transaction, PLANS, &Deed::Resumed {}, (at, &account))?;
            }
            Ok(goes_on)
        })
    }

    /// The pauses that end after a moment, in order.
    pub fn pauses(&self, since: Timestamp) -> Result<Vec<PauseRow>, LedgerError> {
        self.read("the pauses", |connection| {
            let mut query = connection.prepare("SELECT * FROM pauses WHERE until > ?1 ORDER BY pause")?;
            let read = |row: &Row<'_>| {
                Ok(PauseRow {
                    paused_at: parsed(row, "paused_at", |text| text.parse().ok())?,
                    until: parsed(row, "until", |text| text.parse().ok())?,
                    reason: row.get("reason")?,
                    paused_by: row.get("paused_by")?,
                })
            };
            query.query_map([second(since)], read)?.collect()
        })
    }
}

/// What lines of the audit trail about pauses are about.
const PLANS: &str = "plans";

fn end_pauses(transaction: &Transaction<'_>, at: Timestamp) -> rusqlite::Result<usize> {
    transaction.execute("UPDATE pauses SET until = ?1 WHERE until > ?1", [second(at)])
}

pub(super) fn say(transaction: &Transaction<'_>, what: &str, at: Timestamp) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO said (what, at) VALUES (?1, ?2) ON CONFLICT (what) DO NOTHING";
    Ok(transaction.execute(sql, (what, second(at)))? > 0)
}
