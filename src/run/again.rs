//! Reading a file a second time, for the texts of rows that were found to be odd only when all had gone by.

use std::{borrow::Cow, io::Write, path::Path};

use super::{
    RunError,
    checked::{header_of, open},
};
use crate::{
    model::Field,
    source::{BatchSink, Flow, Limits, QueryText, RawBatch, SourceError},
    spec::Release,
    sys::shutdown::Shutdown,
    write::LateFindings,
};

/// A file that is still where it was.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) file: &'a Path,
    /// The sheet, of a workbook with several.
    pub(super) sheet: Option<&'a str>,
    /// How much is read of it, whatever it holds.
    pub(super) limits: Limits,
}

/// Who wants to see some rows of a file once more.
pub(super) trait Wanting {
    /// The next row that is wanted, from 1; they are wanted in ascending order.
    fn next_row(&mut self) -> Option<u64>;

    /// Shows it, field by field.
    fn see<'t>(&mut self, row: u64, text: impl Fn(Field) -> &'t [u8]);
}

impl<W: Write> Wanting for LateFindings<'_, W> {
    fn next_row(&mut self) -> Option<u64> {
        Self::next_row(self)
    }

    fn see<'t>(&mut self, row: u64, text: impl Fn(Field) -> &'t [u8]) {
        self.row(row, |field| Cow::Borrowed(text(field)));
    }
}

impl<'a> Kept<'a> {
    /// A file with one table.
    pub(super) fn at(file: &'a Path) -> Self {
        Self { file, sheet: None, limits: Limits::default() }
    }

    /// Reads the file, and shows the rows that are wanted, up to the last of them.
    pub(super) fn show(self, release: &Release, wanting: &mut impl Wanting, stop: &Shutdown) -> Result<(), RunError> {
        let Self { file, sheet, limits } = self;
        let mut extract = open(file, sheet, release, limits)?;
        let names = header_of(extract.columns(), release).names(release);
        let column = |field: Field| names.iter().position(|name| *name == release.field(field).header);
        let mut sink = Showing { wanting, columns: Field::ALL.map(column), rows: 0, spare: RawBatch::default() };
        let query = QueryText { index: 0, name: "file", file, sql: "", outside: &[] };
        let read = extract.read(&query, &mut sink, stop);
        let rows = sink.rows;
        match (read, wanting.next_row()) {
            (Ok(_) | Err(SourceError::Stopped { .. }), None) => Ok(()),
            (Err(error), _) => Err(error.into()),
            (Ok(_), Some(told)) => Err(SourceError::Incomplete { file: file.to_owned(), told, read: rows }.into()),
        }
    }
}

/// Shows the rows as they go by, and stops after the last.
struct Showing<'w, W> {
    wanting: &'w mut W,
    columns: [Option<usize>; Field::COUNT],
    rows: u64,
    /// The last batch, to be filled again.
    spare: RawBatch,
}

impl<W: Wanting> BatchSink for Showing<'_, W> {
    fn empty(&mut self) -> RawBatch {
        std::mem::take(&mut self.spare)
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        let first = self.rows + 1;
        self.rows += batch.rows() as u64;
        while let Some(row) = self.wanting.next_row().filter(|row| *row <= self.rows) {
            let at = (row - first) as usize;
            let text = |field: Field| self.columns[field.index()].map_or(&[][..], |column| batch.cell(at, column));
            self.wanting.see(row, text);
        }
        self.spare = batch;
        if self.wanting.next_row().is_none() { Flow::Stop } else { Flow::Continue }
    }
}
