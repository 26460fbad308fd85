//! What the targets share.

use std::path::Path;

use cld_agent::{
    source::{BatchSink, Extract, Flow, Limits, Opening, QueryText, RawBatch, SourceError},
    sys::shutdown::Shutdown,
};

/// A sink that looks at every cell and counts the rows.
#[derive(Default)]
pub struct Rows {
    width: usize,
    /// Rows that came.
    pub rows: u64,
    spare: RawBatch,
}

impl Rows {
    /// For rows of this many cells.
    pub fn of(width: usize) -> Self {
        Self { width, ..Self::default() }
    }
}

impl BatchSink for Rows {
    fn empty(&mut self) -> RawBatch {
        std::mem::take(&mut self.spare)
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        assert_eq!(batch.columns(), self.width);
        for row in 0..batch.rows() {
            for column in 0..batch.columns() {
                std::str::from_utf8(batch.cell(row, column)).expect("every cell is UTF-8");
            }
        }
        self.rows += batch.rows() as u64;
        self.spare = batch;
        Flow::Continue
    }
}

/// The query that stands for a file.
pub fn query(file: &Path) -> QueryText<'_> {
    QueryText { index: 0, name: "file", file, sql: "", outside: &[] }
}

/// Reads a file as somebody may have saved it, to its end, within bounds that fit a small machine.
pub fn read_extract(path: &Path) -> Result<(), SourceError> {
    let limits = Limits { text: 4 << 20, sheets: 4 << 20, shared_texts: 1 << 20, part: 1 << 20 };
    let is_header = |columns: &[cld_agent::source::Column]| columns.len() > 1;
    let mut extract = Extract::open(path, &Opening { sheet: None, is_header: &is_header, limits })?;
    let mut sink = Rows::of(extract.columns().len());
    let first = extract.first_row().is_some();
    let read = extract.read(&query(path), &mut sink, &Shutdown::default())?;
    assert_eq!((read.rows, read.rows > 0), (sink.rows, first));
    Ok(())
}

/// A failure says something, in one line.
pub fn check_message(result: Result<(), SourceError>) {
    if let Err(error) = result {
        let message = error.to_string();
        assert!(!message.is_empty() && !message.contains('\n'), "{message}");
    }
}
