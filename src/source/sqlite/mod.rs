//! An SQLite database as a source: the demo's, and that of a council whose warehouse hands one over.
//!
//! One read transaction spans all queries of a run. In a database with a write-ahead log others go on writing
//! meanwhile and the run does not see it; in one with a rollback journal they wait until the run has read its rows.

mod error;
mod query;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use sqlparser::dialect::SQLiteDialect;

pub use self::error::SqliteError;
use super::{
    BatchSink, Column, Ordered, Parameters, QueryText, RowsRead, Snapshot, SnapshotFacts, Source, SourceError, columns,
    probe::ordered,
};
use crate::sys::shutdown::Shutdown;

/// A database file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: PathBuf,
    patience: Duration,
}

impl Sqlite {
    /// The database in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), patience: Duration::from_secs(10) }
    }

    /// How long to wait while somebody else holds the database; ten seconds unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl Source for Sqlite {
    fn kind(&self) -> &'static str {
        "SQLite database"
    }

    fn open(&mut self, stop: &Shutdown) -> Result<Box<dyn Snapshot + '_>, SourceError> {
        let log = inspect(&self.path)?;
        let fault = |error: rusqlite::Error| match SqliteError::of_database(&self.path, log, &error) {
            Some(error) => SourceError::Sqlite(error),
            None => SourceError::Stopped { file: self.path.clone() },
        };
        let connection = connect(&self.path, self.patience, stop).map_err(fault)?;
        // BEGIN alone takes no snapshot: the first read does, and that is the fingerprint's.
        connection.execute_batch("BEGIN DEFERRED").map_err(fault)?;
        let fingerprint = fingerprint(&connection).map_err(fault)?;
        Ok(Box::new(SqliteSnapshot { connection, path: &self.path, log, fingerprint, stop: stop.clone() }))
    }

    fn order_of(&self, query: &QueryText) -> Ordered {
        ordered(query.sql, &SQLiteDialect {})
    }
}

/// How the database keeps its changes until they are in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Log {
    /// In a rollback journal.
    Journal,
    /// In a write-ahead log, which readers need as well.
    WriteAhead,
}

/// Looks at the file itself first: SQLite says "unable to open database file" to most of what may be wrong with it.
fn inspect(path: &Path) -> Result<Log, SqliteError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const READ_VERSION: usize = 19;
    let mut header = Vec::with_capacity(100);
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|source| SqliteError::Open { path: path.to_owned(), source })?;
    match header.get(READ_VERSION) {
        Some(version) if header.starts_with(MAGIC) => Ok(if *version == 2 { Log::WriteAhead } else { Log::Journal }),
        _ => Err(SqliteError::NotADatabase { path: path.to_owned() }),
    }
}

fn connect(path: &Path, patience: Duration, stop: &Shutdown) -> rusqlite::Result<Connection> {
    /// Steps of SQLite's virtual machine between two looks at the stop: well under a millisecond.
    const STEPS: i32 = 10_000;
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "query_only", true)?;
    let stop = stop.clone();
    connection.progress_handler(STEPS, Some(move || stop.is_requested()))?;
    Ok(connection)
}

/// SHA-256 over the tables, views and indexes as they were declared, in the order of their names.
fn fingerprint(connection: &Connection) -> rusqlite::Result<String> {
    let mut sha = Sha256::new();
    let mut schema = connection.prepare(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^' \
         ORDER BY type, name",
    )?;
    let mut entries = schema.query(())?;
    while let Some(entry) = entries.next()? {
        for column in 0..3 {
            sha.update(entry.get_ref(column)?.as_bytes().unwrap_or_default());
            sha.update([0]);
        }
    }
    Ok(crate::sys::hash::hex(&sha.finalize()))
}

struct SqliteSnapshot<'a> {
    connection: Connection,
    path: &'a Path,
    log: Log,
    fingerprint: String,
    stop: Shutdown,
}

impl SqliteSnapshot<'_> {
    fn prepare(&self, query: &QueryText, parameters: Parameters) -> Result<rusqlite::Statement<'_>, SourceError> {
        query::prepare(&self.connection, query, parameters).map_err(|error| match error {
            query::Refused::Query(error) => error.into(),
            query::Refused::Database(error) => self.fault(query, &error),
        })
    }

    /// An error that is the database's rather than the query's.
    fn fault(&self, query: &QueryText, error: &rusqlite::Error) -> SourceError {
        match SqliteError::of_database(self.path, self.log, error) {
            Some(error) => error.into(),
            None => SourceError::Stopped { file: query.file.to_owned() },
        }
    }
}

impl Snapshot for SqliteSnapshot<'_> {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts {
            fingerprint: self.fingerprint.clone(),
            isolation: "one read transaction over all queries",
            notes: Vec::new(),
        }
    }

    fn columns(&mut self, query: &QueryText, parameters: Parameters) -> Result<Vec<Column>, SourceError> {
        let statement = self.prepare(query, parameters)?;
        columns::named(query.file, statement.column_names().map(str::to_owned))
    }

    fn read(
        &mut self,
        query: &QueryText,
        parameters: Parameters,
        sink: &mut dyn BatchSink,
    ) -> Result<RowsRead, SourceError> {
        let mut statement = self.prepare(query, parameters)?;
        query::read(&mut statement, query, sink, &self.stop, |error| self.fault(query, &error))
    }
}
