//! The records of one CSV file.

use std::path::{Path, PathBuf};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::memchr;

use super::{
    super::RawBatch,
    CsvError, CsvFormat, Input, TextEncoding,
    decode::{Decoder, Fault},
    split::split,
};

/// Reads records into one buffer, whose size is bounded whatever the file holds. Built on `csv-core` rather than `csv`,
/// whose buffer grows with a record: one quote that is never closed would swallow the rest of the file.
pub(super) struct Records {
    path: PathBuf,
    decoder: Decoder,
    parser: Reader,
    separator: u8,
    /// Bytes of the decoder's chunk that the parser has taken.
    taken: usize,
    text: Vec<u8>,
    text_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
    /// Line breaks between records; the parser counts those within.
    breaks: u64,
    /// Where the record begins, from 1.
    line: u64,
    /// Records read, the header among them.
    count: u64,
}

impl Records {
    /// More cells than any export has.
    const MOST_CELLS: usize = 4096;

    /// Reads from `input`, which messages call by the path.
    pub(super) fn new(path: &Path, input: Input, format: CsvFormat) -> Result<Self, CsvError> {
        let decoder = Decoder::new(input, format.encoding).map_err(|fault| of_file(path, fault, 0, 1))?;
        Ok(Self {
            path: path.to_owned(),
            decoder,
            parser: ReaderBuilder::new().delimiter(format.separator).build(),
            separator: format.separator,
            taken: 0,
            text: vec![0; 1 << 14],
            text_len: 0,
            ends: vec![0; Self::MOST_CELLS],
            ends_len: 0,
            breaks: 0,
            line: 1,
            count: 0,
        })
    }

    /// The encoding, where it is said or the text so far decides it.
    pub(super) fn encoding(&self) -> Option<TextEncoding> {
        self.decoder.encoding()
    }

    /// Whether a byte order mark stands before the text.
    pub(super) fn is_marked(&self) -> bool {
        self.decoder.is_marked()
    }

    /// The record's cells, one after another.
    pub(super) fn text(&self) -> &[u8] {
        &self.text[..self.text_len]
    }

    /// Where each cell ends.
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends[..self.ends_len]
    }

    /// The record cell by cell.
    pub(super) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(self.ends());
        starts.zip(self.ends()).map(|(start, end)| &self.text[*start..*end])
    }

    /// The error of a record with another number of cells than the header.
    pub(super) fn ragged(&self, found: usize, expected: usize) -> CsvError {
        let separator = char::from(self.separator);
        CsvError::Ragged { path: self.path.clone(), line: self.line, found, expected, separator }
    }

    /// Reads the next record; `false` after the last. Lines without a character are passed over.
    pub(super) fn advance(&mut self) -> Result<bool, CsvError> {
        self.text_len = 0;
        self.ends_len = 0;
        if !self.find_record()? {
            return Ok(false);
        }
        self.line = self.breaks + self.parser.line();
        if self.whole_line() {
            self.count += 1;
            return Ok(true);
        }
        loop {
            let chunk = &self.decoder.chunk()[self.taken..];
            let (result, read, written, ended) =
                self.parser.read_record(chunk, &mut self.text[self.text_len..], &mut self.ends[self.ends_len..]);
            self.taken += read;
            self.text_len += written;
            self.ends_len += ended;
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::InputEmpty => {
                    if !self.refill()? {
                        self.finish()?;
                        break;
                    }
                }
                ReadRecordResult::OutputFull => self.grow()?,
                ReadRecordResult::OutputEndsFull => {
                    return Err(CsvError::TooManyCells {
                        path: self.path.clone(),
                        line: self.line,
                        most: Self::MOST_CELLS,
                    });
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
        self.count += 1;
        Ok(true)
    }

    /// Takes the next record where it is a line of the chunk whose quotes stand around cells: the parser, which looks at
    /// each byte anew, is then not needed. Most records of most exports are such lines.
    fn whole_line(&mut self) -> bool {
        let chunk = &self.decoder.chunk()[self.taken..];
        let Some(end) = memchr(b'\n', chunk) else { return false };
        let line = chunk[..end].strip_suffix(b"\r").unwrap_or(&chunk[..end]);
        // The parser has still to see the header, at which it expects a byte order mark.
        if self.count == 0 || line.len() >= Self::MOST_CELLS {
            return false;
        }
        let Some((written, cells)) = split(line, self.separator, &mut self.text, &mut self.ends) else { return false };
        (self.text_len, self.ends_len) = (written, cells);
        self.taken += line.len();
        true
    }

    /// Passes over line breaks to the first byte of a record, if there is one.
    fn find_record(&mut self) -> Result<bool, CsvError> {
        loop {
            for &byte in &self.decoder.chunk()[self.taken..] {
                match byte {
                    b'\n' => self.breaks += 1,
                    b'\r' => {}
                    _ => return Ok(true),
                }
                self.taken += 1;
            }
            self.line = self.breaks + self.parser.line();
            if !self.refill()? {
                return Ok(false);
            }
        }
    }

    /// The next chunk of the file; `false` at its end.
    fn refill(&mut self) -> Result<bool, CsvError> {
        self.taken = 0;
        self.decoder.advance().map_err(|fault| of_file(&self.path, fault, self.count, self.line))
    }

    /// Ends the last record, which has no line break. An open quote would take one as part of its cell: so it is known.
    fn finish(&mut self) -> Result<(), CsvError> {
        let mut cell = [0; 2];
        let mut end = [0; 2];
        let (result, _, _, ended) = self.parser.read_record(b"\n", &mut cell, &mut end);
        if result != ReadRecordResult::Record {
            return Err(CsvError::OpenQuote { path: self.path.clone(), line: self.line });
        }
        self.ends[self.ends_len..self.ends_len + ended].copy_from_slice(&end[..ended]);
        self.ends_len += ended;
        Ok(())
    }

    /// Makes room for a longer record, up to the bound.
    fn grow(&mut self) -> Result<(), CsvError> {
        if self.text.len() >= RawBatch::LONGEST_ROW {
            return Err(CsvError::LongRecord { path: self.path.clone(), line: self.line });
        }
        self.text.resize((self.text.len() * 2).min(RawBatch::LONGEST_ROW), 0);
        Ok(())
    }
}

/// A fault of the text after `count` records, in the record that begins on this line.
fn of_file(path: &Path, fault: Fault, count: u64, line: u64) -> CsvError {
    let path = path.to_owned();
    match fault {
        Fault::Read(source) => CsvError::reading(path, source),
        Fault::Encoding(encoding) => CsvError::Encoding { path, encoding, row: count, line },
    }
}
