//! Rows in: from a council's case-management system to [`RawBatch`]es of plain text.
//!
//! A [`Source`] is opened once for a run and gives a [`Snapshot`]: one unchanging view of the data for all queries of
//! the run, so that a person and her services are read as they stood at one moment. Which moment and how firmly it
//! was held is in [`SnapshotFacts`] for the manifest. A snapshot first names the columns of each query, so that a
//! mapping that does not fit is found before the first row, and then reads the queries one by one into a
//! [`BatchSink`].
//!
//! What every source keeps to:
//!
//! - **Read only.** A source is asked for the mapping's own query and nothing else, and is never written to.
//! - **Text as it stands.** A cell is the UTF-8 text of the value; NULL is blank. Nothing is trimmed, guessed or
//!   repaired here.
//! - **All rows or an error.** [`Snapshot::read`] returns `Ok` only after the last row. A lost connection, a file that
//!   changed while it was read, a run that was stopped: each is a [`SourceError`], never a shorter result.
//! - **Bounded.** A row is at most [`RawBatch::LONGEST_ROW`] bytes; a batch is handed on when it is full, and earlier
//!   where rows arrive slowly.
//! - **No data in errors.** Messages name files, lines, rows and columns, never a value: they go to logs and alerts.
//!
//! The calls block; a source that waits on a network does so on a runtime of its own, inside.

mod batch;
mod columns;
mod csv;
mod error;
mod extract;
mod fill;
mod input;
mod probe;
mod sqlite;
mod sqlserver;
mod stamp;
#[cfg(test)]
mod testing;
mod value;

use std::path::Path;

pub use self::{
    batch::{RawBatch, RowSpans},
    columns::{Column, Declared},
    csv::{CsvError, CsvFile, CsvFolder, CsvFormat, Ended, Input, TextEncoding},
    error::{Class, SourceError},
    extract::{Container, Extract, ExtractError, Limits, Opening, Saved, TextForm},
    fill::Filler,
    probe::{Found, Ordered, Probe},
    sqlite::{Sqlite, SqliteError},
    sqlserver::{ConnectFault, Refusal, Said, SqlServer, SqlServerError, Unreadable, read_answers},
    stamp::Stamp,
    value::BadValue,
};
use crate::{model::Period, sys::shutdown::Shutdown};

/// One query of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct QueryText<'a> {
    /// Its place among the queries of the mapping, from 0.
    pub index: usize,
    /// Its name in the mapping.
    pub name: &'a str,
    /// The file that the mapping gives for it, as messages show it.
    pub file: &'a Path,
    /// The text of that file; blank where the source knows no SQL.
    pub sql: &'a str,
    /// What it may read outside its own database, by the names that it uses.
    pub outside: &'a [String],
}

/// What a query may ask for by name.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// Bound as `:period_start` and `:period_end`.
    pub period: Period,
}

/// Where rows come from.
pub trait Source: Send {
    /// What kind of source this is, in a person's words.
    fn kind(&self) -> &'static str;

    /// Takes the snapshot that all queries of a run read. Its moment lies within this call.
    ///
    /// Once `stop` is asked for, this and every later call on the snapshot ends with [`SourceError::Stopped`] as soon
    /// as it can.
    fn open(&mut self, stop: &Shutdown) -> Result<Box<dyn Snapshot + '_>, SourceError>;

    /// Tries what a run stands on, short of its queries, for whoever looks after the source.
    fn examine(&mut self, stop: &Shutdown) -> Vec<Probe> {
        const TRIED: &str = "connection";
        let kind = self.kind();
        match self.open(stop) {
            Ok(_) => vec![Probe::good(TRIED, format!("the {kind} can be read"))],
            Err(error) => vec![Probe::fault(TRIED, &error)],
        }
    }

    /// How a query orders its rows, as far as its text tells.
    fn order_of(&self, _query: &QueryText) -> Ordered {
        Ordered::Unknown
    }
}

/// One unchanging view of a source's data. Dropping it lets go of the source.
pub trait Snapshot: Send {
    /// What the manifest says about this snapshot; whole once the columns of every query have been asked for.
    fn facts(&self) -> SnapshotFacts;

    /// The columns that the query returns, in order, without reading its rows.
    fn columns(&mut self, query: &QueryText, parameters: Parameters) -> Result<Vec<Column>, SourceError>;

    /// Reads all rows of the query, in the order in which the source gives them.
    fn read(
        &mut self,
        query: &QueryText,
        parameters: Parameters,
        sink: &mut dyn BatchSink,
    ) -> Result<RowsRead, SourceError>;
}

/// What the manifest says about a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotFacts {
    /// SHA-256, in hexadecimal, over how the source is built; each source says what goes into it.
    pub fingerprint: String,
    /// How the view is kept unchanging, in a person's words.
    pub isolation: &'static str,
    /// What whoever reads manifest and report ought to know about this source, in sentences.
    pub notes: Vec<String>,
}

/// A query read to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowsRead {
    /// Rows handed on.
    pub rows: u64,
    /// How many rows the source itself says it sent, where it says so. Always equal to `rows`: otherwise the read ends
    /// with [`SourceError::Incomplete`].
    pub told: Option<u64>,
}

/// Where batches go.
pub trait BatchSink {
    /// A batch to fill, best one that was used before. May wait for one.
    fn empty(&mut self) -> RawBatch;

    /// Takes a batch of at least one row. May wait for room.
    fn full(&mut self, batch: RawBatch) -> Flow;
}

/// Whether a sink wants more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// It does.
    Continue,
    /// Nobody needs the rest: the read ends with [`SourceError::Stopped`].
    Stop,
}
