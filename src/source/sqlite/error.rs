//! What can go wrong with an SQLite database.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Error, ErrorCode, ffi};

use super::{super::Class, Log};

/// Why an SQLite database or a query on it could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SqliteError {
    /// The file is missing or closed to us.
    #[error(
        "open the database {}; check that the path is right and that the agent's account may read it",
        .path.display()
    )]
    Open {
        /// The database.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("read {} as an SQLite database: it is none, or it is encrypted; check the path", .path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Somebody writes, and did not finish in time.
    #[error(
        "read {}: another program has locked it; run again when it has finished, or run at a quieter hour",
        .path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The write-ahead log can't be used.
    #[error(
        "read {}: it keeps a write-ahead log, and the files ending in -wal and -shm beside it can't be opened; let the \
         agent's account write to its folder, or hand over a copy made with VACUUM INTO",
        .path.display()
    )]
    WriteAheadLog {
        /// The database.
        path: PathBuf,
        /// SQLite's code.
        #[source]
        source: ffi::Error,
    },
    /// The file is damaged.
    #[error("read {}: the database is damaged; restore it, or make the copy again", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// SQLite's code.
        #[source]
        source: ffi::Error,
    },
    /// The disk or the network beneath the file failed.
    #[error("read {}: the disk or share that it lies on failed", .path.display())]
    Disk {
        /// The database.
        path: PathBuf,
        /// SQLite's code.
        #[source]
        source: ffi::Error,
    },
    /// Anything else that SQLite has a code for.
    #[error("read the database {}", .path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's code.
        #[source]
        source: ffi::Error,
    },
    /// The SQL is wrong at a known place.
    #[error("understand the query {}, line {line}, column {column}: {message}", .file.display())]
    Sql {
        /// The query's file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// What SQLite says about the SQL, before it has seen a row.
        message: String,
    },
    /// The SQL is wrong at a place that SQLite does not tell.
    #[error("understand the query {}: {message}", .file.display())]
    SqlSomewhere {
        /// The query's file.
        file: PathBuf,
        /// What SQLite says about the SQL, before it has seen a row.
        message: String,
    },
    /// Not a SELECT.
    #[error("use the query {}: it must be one SELECT (it may begin with WITH), which changes nothing", .file.display())]
    NotASelect {
        /// The query's file.
        file: PathBuf,
    },
    /// More than one statement.
    #[error("use the query {}: it holds several statements; keep one SELECT", .file.display())]
    SeveralStatements {
        /// The query's file.
        file: PathBuf,
    },
    /// A parameter that nobody gives.
    #[error("use the query {}: it asks for {name}; a query may ask for :period_start and :period_end", .file.display())]
    UnknownParameter {
        /// The query's file.
        file: PathBuf,
        /// The parameter, or `?` where it has no name.
        name: String,
    },
    /// The query failed on a row.
    #[error("read row {row} of {}: SQLite could not compute it; check the functions in the query", .file.display())]
    Row {
        /// The query's file.
        file: PathBuf,
        /// From 1.
        row: u64,
        /// SQLite's code.
        #[source]
        source: ffi::Error,
    },
}

impl SqliteError {
    /// SQLite's error, without its text, which may hold data. `None` where we interrupted it ourselves.
    pub(super) fn of_database(path: &Path, log: Log, error: &Error) -> Option<Self> {
        let path = path.to_owned();
        let source = match error {
            Error::SqliteFailure(source, _) | Error::SqlInputError { error: source, .. } => *source,
            _ => ffi::Error::new(ffi::SQLITE_MISUSE),
        };
        Some(match source.code {
            ErrorCode::OperationInterrupted => return None,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked { path },
            ErrorCode::NotADatabase => Self::NotADatabase { path },
            ErrorCode::CannotOpen | ErrorCode::ReadOnly if log == Log::WriteAhead => {
                Self::WriteAheadLog { path, source }
            }
            ErrorCode::DatabaseCorrupt => Self::Damaged { path, source },
            ErrorCode::SystemIoFailure => Self::Disk { path, source },
            _ => Self::Database { path, source },
        })
    }

    /// Whether the query, or a value that it returned, is at fault rather than the database.
    pub fn is_of_the_query(&self) -> bool {
        matches!(
            self,
            Self::Sql { .. }
                | Self::SqlSomewhere { .. }
                | Self::NotASelect { .. }
                | Self::SeveralStatements { .. }
                | Self::UnknownParameter { .. }
                | Self::Row { .. }
        )
    }

    /// What may help.
    pub fn class(&self) -> Class {
        match self {
            Self::Locked { .. } | Self::Disk { .. } => Class::Transient,
            _ => Class::Permanent,
        }
    }
}
