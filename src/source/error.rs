//! What can go wrong between a source and its rows.

use std::path::PathBuf;

use super::{BadValue, CsvError, ExtractError, SqlServerError, SqliteError};

/// Why rows could not be read. No message holds a value from the data.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A fault of an SQLite source.
    #[error(transparent)]
    Sqlite(#[from] SqliteError),
    /// A fault of a CSV source.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A fault of a file that somebody saved.
    #[error(transparent)]
    Extract(#[from] ExtractError),
    /// A fault of a SQL Server source.
    #[error(transparent)]
    SqlServer(#[from] SqlServerError),
    /// Two columns of a query are named alike.
    #[error(
        "tell the columns of {} apart: columns {first} and {second} have the same name; give each a name of its own",
        .file.display()
    )]
    SameName {
        /// The query's file.
        file: PathBuf,
        /// Place of the one, from 1.
        first: usize,
        /// Place of the other, from 1.
        second: usize,
    },
    /// A value that is no text.
    #[error("read row {row}, column {column} of {}: {bad}", .file.display())]
    Value {
        /// The query's file.
        file: PathBuf,
        /// From 1.
        row: u64,
        /// The column's name.
        column: String,
        /// What is wrong with it.
        bad: BadValue,
    },
    /// The source went away before the last row.
    #[error(
        "read the rows of {} to the end: the connection was lost after {rows} rows ({reason}); run it again",
        .file.display()
    )]
    Lost {
        /// The query's file.
        file: PathBuf,
        /// Rows read until then.
        rows: u64,
        /// What happened, in our own words: the source's may hold data.
        reason: String,
    },
    /// The source counted other rows than arrived.
    #[error(
        "read the rows of {} to the end: the source says it sent {told}, and {read} arrived; run it again",
        .file.display()
    )]
    Incomplete {
        /// The query's file.
        file: PathBuf,
        /// Rows that the source says it sent.
        told: u64,
        /// Rows that arrived.
        read: u64,
    },
    /// The run was stopped, or nobody needs the rows any more.
    #[error("read {} to the end: the run was stopped", .file.display())]
    Stopped {
        /// The query's file, or the source's where it was being opened.
        file: PathBuf,
    },
}

/// What may help against an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The same run may succeed a little later.
    Transient,
    /// Somebody must change something first.
    Permanent,
    /// Nothing is wrong: somebody asked for it.
    Stopped,
}

impl SourceError {
    /// What may help.
    pub fn class(&self) -> Class {
        match self {
            Self::Sqlite(error) => error.class(),
            Self::Csv(error) => error.class(),
            Self::Extract(error) => error.class(),
            Self::SqlServer(error) => error.class(),
            Self::SameName { .. } | Self::Value { .. } => Class::Permanent,
            Self::Lost { .. } | Self::Incomplete { .. } => Class::Transient,
            Self::Stopped { .. } => Class::Stopped,
        }
    }

    /// Whether the same run may succeed a little later.
    pub fn is_transient(&self) -> bool {
        self.class() == Class::Transient
    }
}
