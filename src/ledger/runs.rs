//! Runs: begun, ended, abandoned, listed.

use jiff::Timestamp;
use rusqlite::{Row, ToSql, Transaction, named_params, types::Type};

use super::{
    Ledger, LedgerError, PackageState,
    audit::{Deed, Staged, append},
    second,
};
use crate::model::{Period, RunId};

/// What is known when a run begins.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The submission's name in the configuration.
    pub submission: &'a str,
    /// The plan that asked for the run; `None` where a person did.
    pub plan: Option<&'a str>,
    /// The reporting period.
    pub period: Period,
    /// The turn of the plan that the run is for.
    pub slot: Option<&'a str>,
    /// When it began.
    pub began: Timestamp,
    /// Whether it stages nothing.
    pub rehearsal: bool,
    /// The version of the program.
    pub tool_version: &'a str,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Its package may be submitted.
    Released,
    /// Its package may not be submitted.
    Held,
    /// It could not be done.
    Failed,
    /// It was stopped or killed.
    Stopped,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Released, Self::Held, Self::Failed, Self::Stopped];

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// It goes on, or was killed and nobody has noticed yet.
    Running,
    /// It is over.
    Ended(Outcome),
}

impl RunState {
    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended(outcome) => outcome.as_str(),
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        let states = Outcome::ALL.map(Self::Ended);
        states.into_iter().chain([Self::Running]).find(|state| state.as_str() == word)
    }
}

/// How a run ended, and when.
#[derive(Clone, Copy, Debug)]
pub struct RunEnd<'a> {
    /// When it ended.
    pub ended: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// The exit code of its command; none where the process could not give one.
    pub exit_code: Option<u8>,
    /// Whether what ended it may pass by itself.
    pub may_pass: bool,
    /// One sentence, without personal data.
    pub message: &'a str,
}

/// A run, as the ledger knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// The submission's name in the configuration.
    pub submission: String,
    /// The plan that asked for it; `None` where a person did.
    pub plan: Option<String>,
    /// The reporting period.
    pub period: Period,
    /// The turn of the plan that it was for.
    pub slot: Option<String>,
    /// Which attempt it was at that turn, from 1.
    pub attempt: u32,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub state: RunState,
    /// The exit code of its command.
    pub exit_code: Option<u8>,
    /// Whether what ended it may pass by itself.
    pub may_pass: bool,
    /// Whether it staged nothing.
    pub rehearsal: bool,
    /// How it ended, in a sentence.
    pub message: Option<String>,
    /// The version of the program.
    pub tool_version: String,
    /// The folder of its package.
    pub package: Option<String>,
    /// Where its package stands.
    pub package_state: Option<PackageState>,
}

/// Why a run ended of which nobody wrote down the end.
const KILLED: &str = "The process ended before the run did.";

impl Ledger {
    /// Writes down that a run begins, and gives it its id: the first of its second that no other run has.
    pub fn begin_run(&mut self, run: NewRun<'_>) -> Result<RunId, LedgerError> {
        let NewRun { submission, plan, period, slot, began, rehearsal, tool_version } = run;
        let account = self.account.clone();
        let begun = self.write("the beginning of a run", |transaction| {
            if let (Some(plan), Some(slot)) = (plan, slot)
                && is_had(transaction, submission, plan, slot)?
            {
                return Ok(None);
            }
            let (id, nth) = free_id(transaction, began)?;
            transaction.execute(
                "INSERT INTO runs
                     (run_id, began, nth, submission, plan, period, slot, attempt, state, rehearsal, tool_version)
                 SELECT :id, :began, :nth, :submission, :plan, :period, :slot, 1 + count(*), 'running', :rehearsal, :version
                 FROM runs
                 WHERE submission = :submission AND plan IS :plan AND period = :period AND slot IS :slot",
                named_params! {
                    ":id": id.as_str(), ":began": second(began), ":nth": nth, ":submission": submission,
                    ":plan": plan, ":period": period.to_string(), ":slot": slot, ":rehearsal": rehearsal, ":version": tool_version,
                },
            )?;
            let deed = Deed::RunBegun { submission, period, plan, slot, rehearsal, tool_version };
            append(transaction, id.as_str(), &deed, (began, &account))?;
            Ok(Some(id))
        });
        begun?.ok_or_else(|| LedgerError::TurnHad {
            plan: plan.unwrap_or_default().to_owned(),
            slot: slot.unwrap_or_default().to_owned(),
        })
    }

    /// Writes down how a run ended.
    pub fn finish_run(&mut self, id: &RunId, end: RunEnd<'_>) -> Result<(), LedgerError> {
        self.finish(id, end, |_| Ok(None))
    }

    /// Writes down how a run ended, and what else is true from then on: both or neither.
    pub(super) fn finish(
        &mut self,
        id: &RunId,
        end: RunEnd<'_>,
        also: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<Option<Staged>>,
    ) -> Result<(), LedgerError> {
        let account = self.account.clone();
        let written = self.write("the end of a run", |transaction| {
            let staged = also(transaction)?;
            let changed = transaction.execute(
                "UPDATE runs
                 SET ended = :ended, state = :state, exit_code = :code, may_pass = :may_pass, message = :message
                 WHERE run_id = :id AND state = 'running'",
                named_params! {
                    ":ended": second(end.ended), ":state": end.outcome.as_str(), ":code": end.exit_code,
                    ":may_pass": end.may_pass, ":message": end.message, ":id": id.as_str(),
                },
            )?;
            if changed == 0 {
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
            let RunEnd { ended, outcome, exit_code, message, .. } = end;
            let outcome = outcome.as_str();
            append(transaction, id.as_str(), &Deed::RunEnded { outcome, exit_code, message, staged }, (ended, &account))
        });
        written.map_err(|error| match error {
            LedgerError::Write { source: rusqlite::Error::QueryReturnedNoRows, path, .. } => {
                LedgerError::NotRunning { run: id.clone(), path }
            }
            error => error,
        })
    }

    /// Ends as stopped the runs that a killed process left going on, and says which they were, the earliest first.
    ///
    /// The caller holds the lock of the data folder, so no run goes on but those of dead processes.
    pub fn abandoned(&mut self, now: Timestamp) -> Result<Vec<RunId>, LedgerError> {
        let account = self.account.clone();
        self.write("which runs were killed", |transaction| {
            let mut query =
                transaction.prepare("SELECT began, nth FROM runs WHERE state = 'running' ORDER BY began, nth")?;
            let killed = query.query_map([], read_id)?.collect::<Result<Vec<_>, _>>()?;
            transaction.execute(
                "UPDATE runs SET ended = ?1, state = 'stopped', message = ?2 WHERE state = 'running'",
                (second(now), KILLED),
            )?;
            for run in &killed {
                let outcome = Outcome::Stopped.as_str();
                let deed = Deed::RunEnded { outcome, exit_code: None, message: KILLED, staged: None };
                append(transaction, run.as_str(), &deed, (now, &account))?;
            }
            Ok(killed)
        })
    }

    /// The latest runs, the last one first.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRow>, LedgerError> {
        self.read_runs("ORDER BY began DESC, nth DESC LIMIT ?1", &[&limit])
    }

    /// The run of this id.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>, LedgerError> {
        Ok(self.read_runs("WHERE runs.run_id = ?1", &[&id])?.pop())
    }

    pub(super) fn read_runs(&self, which: &str, parameters: &[&dyn ToSql]) -> Result<Vec<RunRow>, LedgerError> {
        self.read("the runs", |connection| {
            let mut query = connection
                .prepare(&format!("SELECT runs.*, path, stands FROM runs LEFT JOIN packages USING (run_id) {which}"))?;
            query.query_map(parameters, read_run)?.collect()
        })
    }
}

/// Whether a turn goes on, or has ended with a verdict or with what does not pass by itself: nobody begins it again.
fn is_had(transaction: &Transaction<'_>, submission: &str, plan: &str, slot: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM runs WHERE submission = ?1 AND plan = ?2 AND slot = ?3
               AND (state IN ('running', 'released', 'held') OR state = 'failed' AND NOT may_pass)";
    transaction.prepare(sql)?.exists([submission, plan, slot])
}

/// The first id of this second that neither a run nor an import has.
pub(super) fn free_id(transaction: &Transaction<'_>, began: Timestamp) -> rusqlite::Result<(RunId, u32)> {
    let mut taken = transaction
        .prepare("SELECT 1 FROM runs WHERE run_id = ?1 UNION ALL SELECT 1 FROM imports WHERE import_id = ?1")?;
    let mut nth = 1;
    while taken.exists([RunId::new(began, nth).as_str()])? {
        nth += 1;
    }
    Ok((RunId::new(began, nth), nth))
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: read_id(row)?,
        submission: row.get("submission")?,
        plan: row.get("plan")?,
        period: parsed(row, "period", |text| text.parse().ok())?,
        slot: row.get("slot")?,
        attempt: row.get("attempt")?,
        began: parsed(row, "began", |text| text.parse().ok())?,
        ended: match row.get_ref("ended")? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(parsed(row, "ended", |text| text.parse().ok())?),
        },
        state: parsed(row, "state", RunState::from_word)?,
        exit_code: row.get("exit_code")?,
        may_pass: row.get("may_pass")?,
        rehearsal: row.get("rehearsal")?,
        message: row.get("message")?,
        tool_version: row.get("tool_version")?,
        package: row.get("path")?,
        package_state: match row.get_ref("stands")? {
            rusqlite::types::ValueRef::Null => None,
            _ => Some(parsed(row, "stands", PackageState::from_word)?),
        },
    })
}

/// The id is made anew from what it was made from: there is one place that knows its shape.
pub(super) fn read_id(row: &Row<'_>) -> rusqlite::Result<RunId> {
    Ok(RunId::new(parsed(row, "began", |text| text.parse().ok())?, row.get("nth")?))
}

/// A text column that has a shape.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str, read: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| {
        let index = row.as_ref().column_index(column).unwrap_or(0);
        rusqlite::Error::InvalidColumnType(index, column.to_owned(), Type::Text)
    })
}
