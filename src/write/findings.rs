//! `findings.csv`: one line per finding, for machines and people.
//!
//! UTF-8, CRLF, first line
//! `row,field,rule,severity,status,value,event_reference,person_id,query,source_key,worklist,other_row,answer`. `row` counts
//! data rows of the upload file from 1 and is blank for findings about the whole file; `other_row` is another row that the
//! finding is about, where there is one. Only `value` is made safe for spreadsheets: where it begins with `=`, `+`, `-`, `@`
//! or a tab, or with such a character after one or more `'`, it carries one more leading `'`, so that taking one away always
//! gives the value back.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{
    check::{FileFinding, RULES},
    model::{Batch, Field, Finding, Severity, Validity, Vocabulary, push_cell},
    shape::decode,
    spec::Release,
};

/// Writes findings as they come.
#[derive(Debug)]
pub struct FindingsFile<W> {
    out: W,
    vocabulary: Arc<Vocabulary>,
    /// Header text of each field as it stands in a CSV file, with the comma after it.
    fields: Vec<Vec<u8>>,
    /// Names of the queries, likewise.
    queries: Vec<Vec<u8>>,
    lines: Vec<u8>,
    scratch: Vec<u8>,
}

/// The columns of `findings.csv`, by place.
pub(super) mod column {
    pub(in crate::write) const ROW: usize = 0;
    pub(in crate::write) const FIELD: usize = 1;
    pub(in crate::write) const RULE: usize = 2;
    pub(in crate::write) const SEVERITY: usize = 3;
    pub(in crate::write) const STATUS: usize = 4;
    pub(in crate::write) const VALUE: usize = 5;
    pub(in crate::write) const EVENT: usize = 6;
    pub(in crate::write) const PERSON: usize = 7;
    pub(in crate::write) const QUERY: usize = 8;
    pub(in crate::write) const KEY: usize = 9;
    pub(in crate::write) const WORKLIST: usize = 10;
    pub(in crate::write) const OTHER_ROW: usize = 11;
    pub(in crate::write) const ANSWER: usize = 12;
}

/// The first line.
const HEADER: &[u8] =
    b"row,field,rule,severity,status,value,event_reference,person_id,query,source_key,worklist,other_row,answer\r\n";

impl<W: Write> FindingsFile<W> {
    /// Begins a file.
    pub fn new<'q>(
        mut out: W,
        release: &Release,
        vocabulary: Arc<Vocabulary>,
        queries: impl Iterator<Item = &'q str>,
    ) -> io::Result<Self> {
        out.write_all(HEADER)?;
        let fields = release.fields().iter().map(|spec| cell_of(&spec.header)).collect();
        let queries = queries.map(cell_of).collect();
        Ok(Self { out, vocabulary, fields, queries, lines: Vec::new(), scratch: Vec::new() })
    }

    /// Appends a batch's findings.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        for finding in &batch.findings {
            self.finding(batch, finding);
        }
        self.hand_on()
    }

    /// The file's end.
    pub fn finish(self) -> W {
        self.out
    }

    fn finding(&mut self, batch: &Batch, finding: &Finding) {
        let record = finding.record as usize;
        push_number(batch.first_row + record as u64, &mut self.lines);
        self.lines.push(b',');
        self.lines.extend_from_slice(&self.fields[finding.field.index()]);
        self.lines.extend_from_slice(RULES[usize::from(finding.rule.0)].id.as_bytes());
        self.lines.extend_from_slice(words(finding.severity, finding.status));
        let vocabulary = Arc::clone(&self.vocabulary);
        let row = batch.record(record, &vocabulary);
        match &finding.original {
            Some(span) => push_value(batch.slice(span), &mut self.lines),
            None => self.windows_1252(row.text(finding.field), push_value),
        }
        self.lines.push(b',');
        for field in [Field::EventReference, Field::LaPersonUniqueIdentifier] {
            self.windows_1252(row.text(field), push_cell);
            self.lines.push(b',');
        }
        if let Some(query) = self.queries.get(batch.query) {
            self.lines.extend_from_slice(query);
        } else {
            self.lines.push(b',');
        }
        push_cell(batch.key(record), &mut self.lines);
        self.lines.push(b',');
        push_cell(batch.worklist(record), &mut self.lines);
        self.lines.extend_from_slice(b",,\r\n");
    }

    fn windows_1252(&mut self, text: &[u8], push: fn(&[u8], &mut Vec<u8>)) {
        if text.is_ascii() {
            push(text, &mut self.lines);
        } else {
            self.scratch.clear();
            decode(text, &mut self.scratch);
            push(&self.scratch, &mut self.lines);
        }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.out.write_all(&self.lines)?;
        self.lines.clear();
        Ok(())
    }
}

/// Appends findings about the file as a whole: they follow those about records.
pub fn append_file_findings(out: &mut impl Write, release: &Release, findings: &[FileFinding]) -> io::Result<()> {
    for finding in findings {
        let mut line = vec![b','];
        if let Some(field) = finding.field {
            push_cell(release.field(field).header.as_bytes(), &mut line);
        }
        line.extend_from_slice(format!(",{},{},,", finding.rule.id, finding.severity).as_bytes());
        push_value(finding.text.as_bytes(), &mut line);
        line.extend_from_slice(b",,,,,,,\r\n");
        out.write_all(&line)?;
    }
    Ok(())
}

/// A text as a cell of CSV, with the comma after it.
pub(super) fn cell_of(text: &str) -> Vec<u8> {
    let mut column = Vec::new();
    push_cell(text.as_bytes(), &mut column);
    column.push(b',');
    column
}

/// Severity and status, with their commas.
pub(super) fn words(severity: Severity, status: Validity) -> &'static [u8] {
    const fn of(severity: Severity, status: Validity) -> &'static [u8] {
        macro_rules! table {
            ($($severity:ident $severity_word:literal: $($status:ident $status_word:literal,)*;)*) => {
                match (severity, status) {
                    $($((Severity::$severity, Validity::$status) =>
                        concat!(",", $severity_word, ",", $status_word, ",").as_bytes(),)*)*
                }
            };
        }
        table! {
            Block "BLOCK": Valid "Passed: Valid", Blank "Passed: Blank (Not Mandatory)",
                BlankMandatory "Failed: Blank (Mandatory)", Invalid "Failed: Invalid",;
            Error "ERROR": Valid "Passed: Valid", Blank "Passed: Blank (Not Mandatory)",
                BlankMandatory "Failed: Blank (Mandatory)", Invalid "Failed: Invalid",;
            Query "QUERY": Valid "Passed: Valid", Blank "Passed: Blank (Not Mandatory)",
                BlankMandatory "Failed: Blank (Mandatory)", Invalid "Failed: Invalid",;
        }
    }
    of(severity, status)
}

/// A value, made safe for a spreadsheet.
pub(super) fn push_value(text: &[u8], line: &mut Vec<u8>) {
    if !is_steered(text) {
        return push_cell(text, line);
    }
    let mut safe = vec![b'\''];
    safe.extend_from_slice(text);
    push_cell(&safe, line);
}

/// Whether a spreadsheet would run the text, or would if its quotes were taken away.
fn is_steered(text: &[u8]) -> bool {
    let bare = text.iter().position(|byte| *byte != b'\'').map_or(&[][..], |at| &text[at..]);
    matches!(bare.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// A value as it was before it was made safe for a spreadsheet.
pub(super) fn as_it_was(value: &str) -> &str {
    value.strip_prefix('\'').filter(|_| is_steered(value.as_bytes())).unwrap_or(value)
}

pub(super) fn push_number(number: u64, line: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_model() {
        for severity in Severity::ALL {
            for status in Validity::ALL {
                assert_eq!(words(*severity, *status), format!(",{severity},{status},").as_bytes());
            }
        }
    }

    #[test]
    fn a_value_that_a_spreadsheet_would_run_is_made_safe() {
        for (value, cell) in [("=1+1", "'=1+1"), ("-5", "'-5"), ("@a,b", "\"'@a,b\""), ("fine", "fine"), ("", "")] {
            let mut line = Vec::new();
            push_value(value.as_bytes(), &mut line);
            assert_eq!(String::from_utf8(line).unwrap(), cell);
        }
    }

    #[test]
    fn a_value_that_was_made_safe_is_given_back_as_it_was() {
        for value in ["=1+1", "'=1+1", "''-", "'quoted'", "O'Neill", "'", "", "fine"] {
            let mut line = Vec::new();
            push_value(value.as_bytes(), &mut line);
            assert_eq!(as_it_was(&String::from_utf8(line).unwrap()), value);
        }
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 7, 10, 1_000_000, u64::MAX] {
            let mut line = Vec::new();
            push_number(number, &mut line);
            assert_eq!(String::from_utf8(line).unwrap(), number.to_string());
        }
    }
}
