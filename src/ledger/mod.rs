//! What the agent remembers: its runs, the packages they staged, how each field fared in them, and who did what.
//!
//! One SQLite file, written by the process that holds the lock of the data folder and read by anybody. Every change is
//! one transaction, on disk when the call returns. Holds no personal data, and neither does an error: an error of
//! SQLite names tables and files, never values.
//!
//! What is done leaves a line in the [audit trail](Deed), in the same transaction.

mod audit;
mod baseline;
mod channels;
mod copy;
mod custody;
mod home;
mod packages;
mod plans;
mod retention;
mod runs;
mod schema;
mod spool;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, ffi};

pub use audit::{AuditAccount, AuditFault, AuditHead, AuditLine, Deed, Staged, Used};
pub use baseline::{Baseline, BaselineKind, FieldRate, Import, IndexRow};
pub use channels::ChannelFacts;
pub use copy::{CopyError, Moves};
pub use custody::{ApprovalRow, Change, HoldRow, PackageFacts};
pub use packages::{PackageRow, PackageState};
pub use plans::{PauseRow, RehearsalFinding};
pub use retention::{KeptRow, PurgeOrder, PurgeRow, Until};
pub use runs::{NewRun, Outcome, RunEnd, RunRow, RunState};
pub use spool::{AlertRow, AlertState, Answer, Delivery, NewAlert, Queued};

use self::audit::Anchor;
use crate::{
    exit,
    model::RunId,
    sys::{account::account, machine::Machine},
};

/// How long a reader or a second writer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ledger, open.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
    account: String,
    machine: Machine,
}

/// Why the ledger did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It could not be opened.
    #[error("open the ledger {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A newer version of the program has written it.
    #[error(
        "open the ledger {}: a newer cld-agent has written it (schema {found}; this one knows {known}); install that version again",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// An older version of the program has written it, and nobody has brought it up to date.
    #[error(
        "open the ledger {}: an older cld-agent has written it (schema {found}; this one knows {known}); start the service, which brings it up to date",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// It is a database of something else.
    #[error("open the ledger {}: it is a database of another program; name another file in the settings", .0.display())]
    Foreign(PathBuf),
    /// It is damaged.
    #[error("read the ledger {}: it is damaged; put a copy from a backup in its place, or move it away to begin a new one", .0.display())]
    Damaged(PathBuf),
    /// It could not be read.
    #[error("read {what} in the ledger {}", path.display())]
    Read {
        /// What was looked for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// It could not be written.
    #[error("write {what} to the ledger {}", path.display())]
    Write {
        /// What was to be written.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Only what was staged or imported can be a baseline.
    #[error(
        "take {baseline} as the baseline of '{submission}': it is neither a run of that submission that staged a package nor an extract that was imported for it"
    )]
    NoBaseline {
        /// What was named.
        baseline: String,
        /// For which submission.
        submission: String,
    },
    /// A turn has one verdict.
    #[error("begin the turn {slot} of plan '{plan}': it goes on, or has been had; run without a plan to have it again")]
    TurnHad {
        /// The plan.
        plan: String,
        /// The turn.
        slot: String,
    },
    /// It is a copy, or the machine is.
    #[error(
        "go on: this machine is another than the one that the agent is at home on, or its data came out of a backup; see that it \
         runs nowhere else any more, then `cld-agent adopt --reason \"…\"` has it go on here"
    )]
    Elsewhere,
    /// Only a run that is going on can end.
    #[error("end run {run}: the ledger {} has no such run going on", path.display())]
    NotRunning {
        /// The run.
        run: RunId,
        /// The file.
        path: PathBuf,
    },
}

impl LedgerError {
    /// The exit code that says so.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Elsewhere => exit::ELSEWHERE,
            error if error.is_disk_full() => exit::DISK_FULL,
            _ => exit::LEDGER,
        }
    }

    /// Whether the cause is a disk that is full.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Open { source, .. } | Self::Read { source, .. } | Self::Write { source, .. } => {
                source.sqlite_error().is_some_and(|error| {
                    // The index beside the write-ahead log could not grow.
                    error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE
                })
            }
            Self::Newer { .. }
            | Self::Older { .. }
            | Self::Foreign(_)
            | Self::Damaged(_)
            | Self::Elsewhere
            | Self::NoBaseline { .. }
            | Self::TurnHad { .. }
            | Self::NotRunning { .. } => false,
        }
    }
}

impl Ledger {
    /// Opens the ledger, creates it where there is none, and brings an older one up to date.
    ///
    /// A damaged file, a database of another program and a ledger of a newer version are refused, and left as they are.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = schema::open(path)?;
        Ok(Self { path: path.to_owned(), connection, account: account(), machine: Machine::here() })
    }

    /// Opens the ledger for whoever only reads: it makes none, and an older one it refuses.
    pub fn open_to_read(path: &Path) -> Result<Self, LedgerError> {
        let connection = schema::open_to_read(path)?;
        Ok(Self { path: path.to_owned(), connection, account: account(), machine: Machine::here() })
    }

    /// Has lines of the audit trail about runs name this account in the place of the one that the program runs under.
    #[must_use]
    pub fn acting_as(self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self }
    }

    /// Reads within one state of the ledger.
    fn read<T>(
        &self,
        what: &'static str,
        body: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let read = self.connection.unchecked_transaction().and_then(|transaction| body(&transaction));
        read.map_err(|source| self.failed(source, |path, source| LedgerError::Read { what, path, source }))
    }

    /// Writes in one transaction that nobody else writes in; an error undoes all of it. The anchor of the audit trail follows
    /// once it is on disk.
    fn write<T>(
        &mut self,
        what: &'static str,
        body: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let anchor = Anchor::of(&self.path);
        let written =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
                let before = audit::head(&transaction)?;
                let result = body(&transaction)?;
                let end = audit::end(&transaction, before, &anchor)?;
                transaction.commit()?;
                Ok((result, end))
            });
        let (result, end) =
            written.map_err(|source| self.failed(source, |path, source| LedgerError::Write { what, path, source }))?;
        if let Some(end) = end {
            anchor.drop_at(end);
        }
        Ok(result)
    }

    fn failed(
        &self,
        source: rusqlite::Error,
        otherwise: impl FnOnce(PathBuf, rusqlite::Error) -> LedgerError,
    ) -> LedgerError {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => LedgerError::Damaged(self.path.clone()),
            _ => otherwise(self.path.clone(), source),
        }
    }
}

/// A moment to the second, so that texts are in the order of time.
fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
