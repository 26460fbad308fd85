//! What the tests of every source need.

use std::path::{Path, PathBuf};

use super::{BatchSink, Flow, Parameters, QueryText, RawBatch, RowsRead, Snapshot, Source, SourceError};
use crate::sys::shutdown::Shutdown;

/// Keeps the rows as text, and checks that batches follow one another.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<String>>,
    pub(super) batches: usize,
    /// Says stop when it has taken this many batches.
    pub(super) enough: Option<usize>,
    pub(super) spare: RawBatch,
}

impl BatchSink for Table {
    fn empty(&mut self) -> RawBatch {
        std::mem::take(&mut self.spare)
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        assert_eq!(batch.first_row, self.rows.len() as u64);
        assert!(batch.rows() > 0);
        for row in 0..batch.rows() {
            let cell = |column| String::from_utf8(batch.cell(row, column).to_vec()).unwrap();
            self.rows.push((0..batch.columns()).map(cell).collect());
        }
        self.spare = batch;
        self.batches += 1;
        if self.enough == Some(self.batches) { Flow::Stop } else { Flow::Continue }
    }
}

pub(super) fn parameters() -> Parameters {
    Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() }
}

pub(super) fn query(sql: &str) -> QueryText<'_> {
    QueryText { index: 0, name: "requests", file: Path::new("sql/requests.sql"), sql, outside: &[] }
}

/// Opens the source, reads the query, and gives its rows with the column names first.
pub(super) fn read(source: &mut dyn Source, query: &QueryText) -> Result<Vec<Vec<String>>, SourceError> {
    let mut snapshot = source.open(&Shutdown::default())?;
    read_from(&mut *snapshot, query)
}

/// Reads the query in an open snapshot.
pub(super) fn read_from(snapshot: &mut dyn Snapshot, query: &QueryText) -> Result<Vec<Vec<String>>, SourceError> {
    let names = snapshot.columns(query, parameters())?.into_iter().map(|column| column.name).collect();
    let mut table = Table::default();
    let read = snapshot.read(query, parameters(), &mut table)?;
    assert_eq!(read, RowsRead { rows: table.rows.len() as u64, told: None });
    table.rows.insert(0, names);
    Ok(table.rows)
}

/// The error's whole chain, as a person sees it.
pub(super) fn message(error: &SourceError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Puts a file into a folder of the test's own.
#[expect(clippy::disallowed_methods, reason = "a test plays the program that exports the file")]
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
