//! A batch of records, with what was found and what was left out.

use std::{ops::Range, sync::Arc};

use super::{Cells, Field, Record, RuleId, Severity, Validity, Vocabulary};

/// Records in a row, the text of their cells, and what is known of them.
#[derive(Debug, Default)]
pub struct Batch {
    /// The query that the rows come from, by its place in the mapping.
    pub query: usize,
    /// The data row of the first record in the upload file, from 1.
    pub first_row: u64,
    /// Rows that the source gave for this batch: records and those left out.
    pub rows_in: usize,
    /// The buffer that cells, keys and notes point into.
    pub text: Vec<u8>,
    /// What was noticed while shaping, in the order of the records.
    pub notes: Vec<Note>,
    /// What was found, in the order of the records.
    pub findings: Vec<Finding>,
    /// The rows left out.
    pub left_out: Vec<LeftOut>,
    /// Why: the run's reasons so far, to which `left_out` points.
    pub reasons: Arc<Vec<String>>,
    cells: Vec<Cells>,
    keys: Vec<Range<u32>>,
    /// Whose worklist each record belongs to; empty where the query does not say.
    worklists: Vec<Range<u32>>,
}

/// A record's fault or oddity.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which record of the batch.
    pub record: u32,
    /// The field it is about.
    pub field: Field,
    /// The rule that found it.
    pub rule: RuleId,
    /// How grave it is.
    pub severity: Severity,
    /// The national word for the value.
    pub status: Validity,
    /// The source's own text in the batch's buffer (UTF-8), where the cell was written without it.
    pub original: Option<Range<u32>>,
}

/// Something that shaping noticed about a cell.
#[derive(Clone, Debug)]
pub struct Note {
    /// Which record of the batch.
    pub record: u32,
    /// The cell's field.
    pub field: Field,
    /// What was noticed.
    pub kind: NoteKind,
    /// The source's own text in the batch's buffer (UTF-8).
    pub original: Range<u32>,
}

/// What shaping can notice about a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoteKind {
    /// A letter was replaced by the plain letter that stands for it.
    Transliterated,
    /// A character has no place in Windows-1252: the cell is written blank.
    Unencodable,
    /// A control character: the cell is written blank.
    Control,
    /// The portal refuses what the cell begins with: it is written blank.
    Formula,
    /// The value map knows the value only without its leading zeros, or in E-notation.
    RestoredKey,
    /// The value map does not know the value and the mapping says to write it blank.
    UnmappedBlank,
    /// The value map does not know the value and the mapping says to hold the package.
    UnmappedBlock,
    /// The cell holds the text NULL.
    NullText,
}

/// A row that does not belong in the file.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Why, as a place among the batch's reasons.
    pub reason: usize,
    /// The row's name at its source, in the batch's buffer.
    pub key: Range<u32>,
}

impl Batch {
    /// Empties the batch, keeping its buffers.
    pub fn reset(&mut self, query: usize, first_row: u64) {
        self.query = query;
        self.first_row = first_row;
        self.rows_in = 0;
        self.text.clear();
        self.notes.clear();
        self.findings.clear();
        self.left_out.clear();
        self.cells.clear();
        self.keys.clear();
        self.worklists.clear();
    }

    /// Appends a record: its name at its source, and its cells.
    pub fn push(&mut self, key: Range<usize>, cells: &Cells) {
        self.keys.push(key.start as u32..key.end as u32);
        self.cells.push(*cells);
    }

    /// Says whose worklist the last record belongs to. It is said of every record of a batch, or of none.
    pub fn assign(&mut self, worklist: Range<usize>) {
        self.worklists.push(worklist.start as u32..worklist.end as u32);
    }

    /// Takes the last record back, and puts it among those left out.
    pub fn leave_out(&mut self, reason: usize) {
        let Some(key) = self.keys.pop() else { return };
        self.cells.pop();
        self.worklists.truncate(self.keys.len());
        let record = self.keys.len() as u32;
        while self.notes.last().is_some_and(|note| note.record == record) {
            self.notes.pop();
        }
        self.left_out.push(LeftOut { reason, key });
    }

    /// Records held.
    pub fn records(&self) -> usize {
        self.keys.len()
    }

    /// One record.
    pub fn record<'b>(&'b self, at: usize, vocabulary: &'b Vocabulary) -> Record<'b> {
        Record::new(&self.cells[at], &self.text, vocabulary)
    }

    /// All records' cells.
    pub fn cells(&self) -> &[Cells] {
        &self.cells
    }

    /// A record's name at its source.
    pub fn key(&self, at: usize) -> &[u8] {
        self.slice(&self.keys[at])
    }

    /// Whose worklist a record belongs to, as UTF-8; blank where that is not known.
    pub fn worklist(&self, at: usize) -> &[u8] {
        self.worklists.get(at).map_or(&[], |span| self.slice(span))
    }

    /// A piece of the batch's buffer.
    pub fn slice(&self, span: &Range<u32>) -> &[u8] {
        &self.text[span.start as usize..span.end as usize]
    }
}
