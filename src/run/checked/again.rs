//! Reading a checked file a second time.

use std::{borrow::Cow, io::Write};

use super::{CheckOrder, open};
use crate::{
    model::Field,
    run::{Built, RunError},
    source::{BatchSink, Extract, Flow, QueryText, RawBatch, SourceError},
    spec::Release,
    sys::{fs::NewFile, shutdown::Shutdown},
    write::{Answered, LateFindings},
};

/// Appends what was found about rows when all had gone by.
pub(super) fn append_late(
    findings: &mut Answered<'_, NewFile>,
    order: &CheckOrder<'_>,
    (query, columns): (&QueryText<'_>, &[String]),
    built: &Built,
    stop: &Shutdown,
) -> Result<(), RunError> {
    if built.across.findings.is_empty() {
        return Ok(());
    }
    let names = [query.name].into_iter();
    let mut late = LateFindings::new(findings, order.release, &built.across.findings, &built.origins, names);
    let mut extract = open(order.file, order.sheet, order.release, order.limits)?;
    read_again(&mut extract, query, (order.release, columns), &mut late, stop)?;
    late.finish().map_err(|error| findings.get_ref().failed(error).into())
}

/// Reads the file once more, for the texts of rows that were found to be odd only when all had gone by.
///
/// `columns` are the release and the headers under which the file's columns were read.
fn read_again(
    extract: &mut Extract,
    query: &QueryText<'_>,
    (release, columns): (&Release, &[String]),
    late: &mut LateFindings<'_, impl Write>,
    stop: &Shutdown,
) -> Result<(), RunError> {
    let column = |field: Field| columns.iter().position(|column| *column == release.field(field).header);
    let mut sink = RowsAgain { late, columns: Field::ALL.map(column), rows: 0, spare: RawBatch::default() };
    let read = extract.read(query, &mut sink, stop);
    let rows = sink.rows;
    match read {
        Ok(_) | Err(SourceError::Stopped { .. }) if sink.late.is_done() => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => {
            let wanted = sink.late.next_row().unwrap_or_default();
            Err(SourceError::Incomplete { file: query.file.to_owned(), told: wanted, read: rows }.into())
        }
    }
}

/// Shows the rows that have findings to those who write them, and stops after the last.
struct RowsAgain<'l, 'f, W> {
    late: &'l mut LateFindings<'f, W>,
    columns: [Option<usize>; Field::COUNT],
    rows: u64,
    /// The last batch, to be filled again.
    spare: RawBatch,
}

impl<W: Write> BatchSink for RowsAgain<'_, '_, W> {
    fn empty(&mut self) -> RawBatch {
        std::mem::take(&mut self.spare)
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        let first = self.rows + 1;
        self.rows += batch.rows() as u64;
        while let Some(row) = self.late.next_row().filter(|row| *row <= self.rows) {
            let at = (row - first) as usize;
            let text = |field: Field| self.columns[field.index()].map_or(&[][..], |column| batch.cell(at, column));
            self.late.row(row, |field| Cow::Borrowed(text(field)));
        }
        self.spare = batch;
        if self.late.is_done() { Flow::Stop } else { Flow::Continue }
    }
}
