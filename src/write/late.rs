//! Findings about rows that have gone by: they are written when their rows come again.

use std::{
    io::{self, Write},
    iter::Peekable,
    slice,
};

use super::findings::{cell_of, push_number, push_value, words};
use crate::{
    check::{LateFinding, RULES},
    model::{Field, push_cell},
    spec::Release,
};

/// Appends findings to `findings.csv`, in the order of the rows, while the rows are read again. `source_key` and `worklist`
/// stay blank.
#[derive(Debug)]
pub struct LateFindings<'a, W> {
    out: &'a mut W,
    findings: Peekable<slice::Iter<'a, LateFinding>>,
    /// Header text of each field as it stands in a CSV file, with the comma after it.
    fields: Vec<Vec<u8>>,
    queries: &'a Origins,
    /// Names of the queries, likewise.
    names: Vec<Vec<u8>>,
    line: Vec<u8>,
    written: io::Result<()>,
}

/// Which query the rows come from: queries follow one another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Origins(Vec<(u64, usize)>);

impl Origins {
    /// Notes that rows from this one on come from a query.
    pub fn begin(&mut self, row: u64, query: usize) {
        match self.0.last_mut() {
            Some((_, known)) if *known == query => {}
            Some((first, known)) if *first == row => *known = query,
            _ => self.0.push((row, query)),
        }
    }

    /// The place of the query that a row comes from.
    pub fn query(&self, row: u64) -> Option<usize> {
        let later = self.0.partition_point(|(first, _)| *first <= row);
        later.checked_sub(1).map(|place| self.0[place].1)
    }
}

impl<'a, W: Write> LateFindings<'a, W> {
    /// Findings by row, to be appended to a file that holds those about records already.
    pub fn new<'q>(
        out: &'a mut W,
        release: &Release,
        findings: &'a [LateFinding],
        queries: &'a Origins,
        names: impl Iterator<Item = &'q str>,
    ) -> Self {
        Self {
            out,
            findings: findings.iter().peekable(),
            fields: release.fields().iter().map(|spec| cell_of(&spec.header)).collect(),
            queries,
            names: names.map(cell_of).collect(),
            line: Vec::new(),
            written: Ok(()),
        }
    }

    /// Whether all are written.
    pub fn is_done(&mut self) -> bool {
        self.findings.peek().is_none()
    }

    /// The next row that has findings.
    pub fn next_row(&mut self) -> Option<u64> {
        self.findings.peek().map(|finding| u64::from(finding.row))
    }

    /// Writes the findings of a row, whose fields hold these texts as UTF-8.
    pub fn row<'t>(&mut self, row: u64, mut text: impl FnMut(Field) -> std::borrow::Cow<'t, [u8]>) {
        while let Some(finding) = self.findings.next_if(|finding| u64::from(finding.row) == row) {
            self.line.clear();
            push_number(row, &mut self.line);
            self.line.push(b',');
            self.line.extend_from_slice(&self.fields[finding.field.index()]);
            self.line.extend_from_slice(RULES[usize::from(finding.rule.0)].id.as_bytes());
            self.line.extend_from_slice(words(finding.severity, finding.status));
            push_value(&text(finding.field), &mut self.line);
            self.line.push(b',');
            for field in [Field::EventReference, Field::LaPersonUniqueIdentifier] {
                push_cell(&text(field), &mut self.line);
                self.line.push(b',');
            }
            match self.queries.query(row).and_then(|query| self.names.get(query)) {
                Some(query) => self.line.extend_from_slice(query),
                None => self.line.push(b','),
            }
            // Neither the row's name at its source nor its worklist is kept.
            self.line.extend_from_slice(b",,");
            if finding.other > 0 {
                push_number(u64::from(finding.other), &mut self.line);
            }
            self.line.extend_from_slice(b",\r\n");
            if self.written.is_ok() {
                self.written = self.out.write_all(&self.line);
            }
        }
    }

    /// What became of writing.
    pub fn finish(self) -> io::Result<()> {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_from_the_query_that_began_last() {
        let mut origins = Origins::default();
        for (row, query) in [(1, 0), (1, 1), (5, 1), (9, 3), (12, 4)] {
            origins.begin(row, query);
        }
        let told: Vec<_> = [0, 1, 8, 9, 11, 12, 99].map(|row| origins.query(row)).to_vec();
        assert_eq!(told, [None, Some(1), Some(1), Some(3), Some(3), Some(4), Some(4)]);
    }
}
