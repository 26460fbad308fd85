//! Records: rows of the 50 fields, on their way from shape to check to write.
//!
//! A record is 50 small [`Cell`]s. A cell's text lies either in the batch's own buffer, already in Windows-1252, or in
//! the run's [`Vocabulary`] (labels and constants, written out once before the first row), so that the row loop allocates
//! nothing and compares numbers instead of texts.

use std::ops::Range;

use super::{Date, Field, Lines};

/// What reading a cell found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Reading {
    /// No text, or the text `NULL`.
    Blank,
    /// A value of the field's type.
    Valid,
    /// Not a label of the field's list.
    Unlisted,
    /// A local value that its value map does not know.
    Unmapped,
    /// Not a date `dd/mm/yyyy`.
    NotDate,
    /// The number that a spreadsheet has for a day, in place of a date.
    DayNumber,
    /// Not an NHS number.
    NotNhsNumber,
    /// Not a postcode.
    NotPostcode,
    /// Not numeric(18,2).
    NotDecimal,
    /// Not a whole number.
    NotInteger,
    /// Not the shape of a GP practice code.
    NotGpPractice,
    /// Not the shape of a CQC location.
    NotCqcLocation,
    /// Not the shape of a CASSR code.
    NotLaCode,
}

/// One value of a record: where its text lies, how it read, and what it is worth.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    start: u32,
    length: u32,
    /// A list's code from 1, a date's day number, pence, or 1 for a test NHS number; 0 where there is none.
    value: i32,
    reading: Reading,
    home: Home,
}

/// Where a cell's text lies, and whether it must be quoted in a CSV file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Home {
    Batch,
    BatchQuoted,
    Vocabulary,
}

impl Cell {
    /// A cell with no text.
    pub const BLANK: Self = Self { start: 0, length: 0, value: 0, reading: Reading::Blank, home: Home::Batch };

    /// A cell whose text lies in the batch's buffer.
    pub fn in_batch(span: Range<usize>, quoting: Quoting, reading: Reading, value: i32) -> Self {
        let home = if quoting == Quoting::Needed { Home::BatchQuoted } else { Home::Batch };
        Self { start: span.start as u32, length: (span.end - span.start) as u32, value, reading, home }
    }

    /// A cell whose text is a word of the vocabulary.
    pub fn word(word: Word, reading: Reading, value: i32) -> Self {
        Self { start: word.0, length: 0, value, reading, home: Home::Vocabulary }
    }

    /// How it read.
    pub fn reading(self) -> Reading {
        self.reading
    }

    /// What it is worth as a number, by the field's type.
    pub fn value(self) -> i32 {
        self.value
    }

    /// The text of the cell, in Windows-1252.
    pub fn text<'t>(self, batch: &'t [u8], vocabulary: &'t Vocabulary) -> &'t [u8] {
        match self.home {
            Home::Vocabulary => vocabulary.text(Word(self.start)),
            _ => &batch[self.start as usize..][..self.length as usize],
        }
    }

    /// Appends the cell to a line of CSV, quoted where it must be.
    #[inline]
    pub fn write_csv(self, batch: &[u8], vocabulary: &Vocabulary, line: &mut Lines) {
        let span = self.start as usize..self.start as usize + self.length as usize;
        match self.home {
            Home::Batch if span.is_empty() => {}
            Home::Batch => line.push(batch, span),
            Home::Vocabulary => line.push(&vocabulary.text, vocabulary.csv(Word(self.start))),
            Home::BatchQuoted => line.push_quoted(&batch[span]),
        }
    }
}

/// Whether a text must stand in quotes in a CSV file (RFC 4180).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quoting {
    /// It holds a comma, a quote or a line break.
    Needed,
    /// It can stand as it is.
    Unneeded,
}

impl Quoting {
    /// What a text needs.
    pub fn of(text: &[u8]) -> Self {
        if text.iter().any(|b| matches!(b, b',' | b'"' | b'\r' | b'\n')) { Self::Needed } else { Self::Unneeded }
    }
}

/// Appends a text as a cell of CSV, quoted where it must be.
pub fn push_cell(text: &[u8], line: &mut Vec<u8>) {
    match Quoting::of(text) {
        Quoting::Needed => push_quoted(text, line),
        Quoting::Unneeded => line.extend_from_slice(text),
    }
}

/// Appends a text in quotes, its own quotes doubled.
fn push_quoted(text: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    for &byte in text {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

/// A word of the vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word(u32);

/// Texts known before the first row, each also as it stands in a CSV file.
#[derive(Debug, Default)]
pub struct Vocabulary {
    text: Vec<u8>,
    words: Vec<(Range<u32>, Range<u32>)>,
}

impl Vocabulary {
    /// Adds a text, already in Windows-1252.
    pub fn add(&mut self, text: &[u8]) -> Word {
        let plain = self.push(|buffer| buffer.extend_from_slice(text));
        let csv = match Quoting::of(text) {
            Quoting::Unneeded => plain.clone(),
            Quoting::Needed => self.push(|buffer| push_quoted(text, buffer)),
        };
        self.words.push((plain, csv));
        Word(self.words.len() as u32 - 1)
    }

    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Range<u32> {
        let start = self.text.len() as u32;
        write(&mut self.text);
        start..self.text.len() as u32
    }

    fn text(&self, word: Word) -> &[u8] {
        let span = &self.words[word.0 as usize].0;
        &self.text[span.start as usize..span.end as usize]
    }

    fn csv(&self, word: Word) -> Range<usize> {
        let span = &self.words[word.0 as usize].1;
        span.start as usize..span.end as usize
    }
}

/// The 50 cells of one record.
pub type Cells = [Cell; Field::COUNT];

/// One record, to be asked for what its fields hold.
#[derive(Clone, Copy)]
pub struct Record<'r> {
    cells: &'r Cells,
    text: &'r [u8],
    vocabulary: &'r Vocabulary,
}

impl<'r> Record<'r> {
    /// A record over a batch's cells and buffer.
    pub fn new(cells: &'r Cells, text: &'r [u8], vocabulary: &'r Vocabulary) -> Self {
        Self { cells, text, vocabulary }
    }

    /// All cells, in template order.
    pub fn cells(&self) -> &'r Cells {
        self.cells
    }

    /// A field's cell.
    pub fn cell(&self, field: Field) -> Cell {
        self.cells[field.index()]
    }

    /// A field's text, in Windows-1252.
    pub fn text(&self, field: Field) -> &'r [u8] {
        self.cell(field).text(self.text, self.vocabulary)
    }

    /// Whether nothing stands in the field.
    pub fn is_blank(&self, field: Field) -> bool {
        self.cell(field).reading == Reading::Blank
    }

    /// The code of a label, from 1; `None` where the field is blank or holds no label of its list.
    pub fn code(&self, field: Field) -> Option<u16> {
        let cell = self.cell(field);
        (cell.reading == Reading::Valid).then_some(cell.value as u16)
    }

    /// The date in the field, where one can be read.
    pub fn date(&self, field: Field) -> Option<Date> {
        let cell = self.cell(field);
        (cell.reading == Reading::Valid).then(|| Date::from_days(cell.value))
    }

    /// The amount in the field in hundredths, where one can be read; amounts beyond 21 million stand at that bound.
    pub fn hundredths(&self, field: Field) -> Option<i32> {
        let cell = self.cell(field);
        (cell.reading == Reading::Valid).then_some(cell.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_what_a_csv_reader_reads(texts in prop::collection::vec("[ -~\r\n]{0,12}", 1..6)) {
            let mut vocabulary = Vocabulary::default();
            let mut line = Lines::default();
            for (nth, text) in texts.iter().enumerate() {
                if nth > 0 {
                    line.push_byte(b',');
                }
                let cell = if nth % 2 == 0 {
                    Cell::in_batch(0..text.len(), Quoting::of(text.as_bytes()), Reading::Valid, 0)
                } else {
                    Cell::word(vocabulary.add(text.as_bytes()), Reading::Valid, 0)
                };
                prop_assert_eq!(cell.text(text.as_bytes(), &vocabulary), text.as_bytes());
                cell.write_csv(text.as_bytes(), &vocabulary, &mut line);
            }
            prop_assume!(!(texts.len() == 1 && texts[0].is_empty()));
            line.push(b"\r\n", 0..2);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let read = reader.byte_records().next().unwrap().unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), texts.iter().map(String::as_bytes).collect::<Vec<_>>());
        }
    }
}
