//! What can end a run, and its exit code.

use std::{io, path::PathBuf};

use super::BuildError;
use crate::{
    compare::IndexError,
    config::SecretError,
    custody::CustodyError,
    document::Faults,
    exit,
    ledger::LedgerError,
    model::{Period, RunId},
    report::ReportError,
    source::{Class, SourceError, SqlServerError},
    stage::StageError,
    sys::{fs::FsError, lock::LockError},
    write::ReadBackError,
};

/// Why a run left nothing behind.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The mapping has faults, or does not fit its source.
    #[error("use the mapping:\n{0}")]
    Mapping(Faults),
    /// A query names a source that the submission does not have.
    #[error("run query '{query}': the submission has no source '{source_name}'{hint}")]
    NoSource {
        /// The query.
        query: String,
        /// The source it names.
        source_name: String,
        /// The nearest name there is.
        hint: String,
    },
    /// A source failed.
    #[error(transparent)]
    Source(SourceError),
    /// A query returned nothing.
    #[error(
        "use query '{query}' ({}): it returned no rows; check its dates and what the account may read, or say \
         `may_be_empty = true` in the mapping where that is right",
        file.display()
    )]
    NoRows {
        /// The query.
        query: String,
        /// Its file.
        file: PathBuf,
    },
    /// A file is no extract of the release.
    #[error(
        "read {} as {release}: {known} of the names in its first row are columns of it; is it the file of another \
         collection, or has it no header?",
        file.display()
    )]
    OtherColumns {
        /// The file.
        file: PathBuf,
        /// The release it was read as.
        release: String,
        /// How many of its columns the release knows.
        known: usize,
    },
    /// A file could not be written.
    #[error("write the files of the run")]
    Write(#[source] io::Error),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// What was written is not there.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// The report could not be made.
    #[error("make the report")]
    Report(#[from] ReportError),
    /// The package could not be staged.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// Somebody else is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file that should be indexed lacks a column.
    #[error("index {}: it has no column '{header}'; its header must be the template's", file.display())]
    NoColumn {
        /// The file.
        file: PathBuf,
        /// The column.
        header: String,
    },
    /// A file that should be indexed does not say for which period it is.
    #[error("index {}: its first row states no period", file.display())]
    NoPeriod {
        /// The file.
        file: PathBuf,
    },
    /// A file that should be indexed is empty.
    #[error("index {}: it has no rows; name the file that was submitted", file.display())]
    NothingToIndex {
        /// The file.
        file: PathBuf,
    },
    /// An index could not be read while it was compared.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The key of pseudonyms could not be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What is submitted is not made anew unless somebody wants it.
    #[error(
        "run for {period}: run {run} is recorded as submitted; where another is to be sent after it, say so with \
         --resubmit --reason"
    )]
    Submitted {
        /// The run that is submitted.
        run: RunId,
        /// The period.
        period: Period,
    },
    /// A folder does not follow the ledger.
    #[error(transparent)]
    Custody(Box<CustodyError>),
    /// Somebody asked to stop.
    #[error("finish: the run was stopped, and nothing was staged")]
    Stopped,
}

impl From<CustodyError> for RunError {
    fn from(error: CustodyError) -> Self {
        Self::Custody(Box::new(error))
    }
}

impl From<BuildError> for RunError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Source(error) => error.into(),
            BuildError::Write(error) => Self::Write(error),
            BuildError::Stopped => Self::Stopped,
        }
    }
}

impl From<SourceError> for RunError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Stopped { .. } => Self::Stopped,
            error => Self::Source(error),
        }
    }
}

impl RunError {
    /// What may help.
    pub fn class(&self) -> Class {
        match self {
            Self::Source(error) => error.class(),
            Self::Stopped => Class::Stopped,
            _ => Class::Permanent,
        }
    }

    /// Whether it may pass by itself, within hours: a line, a lock, a full disk, a folder out of reach.
    pub fn may_pass(&self) -> bool {
        let of_files = matches!(self, Self::Fs(_) | Self::Write(_) | Self::Stage(StageError::Fs(_)));
        of_files || self.class() == Class::Transient || self.exit_code() == exit::DISK_FULL
    }

    /// The exit code that says so.
    pub fn exit_code(&self) -> u8 {
        if crate::sys::fs::is_disk_full(self) {
            return exit::DISK_FULL;
        }
        match self {
            Self::Mapping(_) | Self::NoSource { .. } => exit::MAPPING,
            Self::Source(error) => source_code(error),
            Self::OtherColumns { .. } | Self::NoColumn { .. } | Self::NoPeriod { .. } | Self::NothingToIndex { .. } => {
                exit::SOURCE
            }
            Self::NoRows { .. } => exit::NO_ROWS,
            Self::Report(_) => exit::UNEXPECTED,
            Self::Secret(_) => exit::CONFIGURATION,
            Self::Lock(LockError::Held { .. }) => exit::BUSY,
            Self::Write(_) | Self::Fs(_) | Self::Index(_) | Self::ReadBack(_) | Self::Stage(_) | Self::Lock(_) => {
                exit::OUTPUT
            }
            Self::Ledger(error) => error.exit_code(),
            Self::Submitted { .. } => exit::SUBMITTED,
            Self::Custody(error) => error.exit_code(),
            Self::Stopped => exit::STOPPED,
        }
    }
}

fn source_code(error: &SourceError) -> u8 {
    match error {
        SourceError::Lost { .. } | SourceError::Incomplete { .. } => exit::LOST,
        SourceError::SameName { .. } => exit::MAPPING,
        SourceError::Value { .. } => exit::QUERY,
        SourceError::Stopped { .. } => exit::STOPPED,
        SourceError::Sqlite(error) if error.is_of_the_query() => exit::QUERY,
        SourceError::SqlServer(error) if error.is_of_the_query() => exit::QUERY,
        SourceError::SqlServer(error) if error.is_of_the_login() => exit::LOGIN,
        SourceError::SqlServer(SqlServerError::Stale { .. }) => exit::STALE,
        SourceError::Sqlite(_) | SourceError::Csv(_) | SourceError::Extract(_) | SourceError::SqlServer(_) => {
            exit::SOURCE
        }
    }
}
