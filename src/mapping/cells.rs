//! The cells of a small CSV file, each with the place where it stands.

use std::ops::Range;

/// One line of cells. A cell in quotes may hold line breaks, so a line may span several lines of the file.
pub(super) struct Line {
    /// The line of the file where it begins, from 1.
    pub(super) number: usize,
    /// Its cells, at least one.
    pub(super) cells: Vec<Cell>,
}

/// One cell.
pub(super) struct Cell {
    /// Its text, without quotes and without spaces at its ends.
    pub(super) text: String,
    /// Where it stands in the file.
    pub(super) span: Range<usize>,
}

/// A quotation mark that opens a cell at this place and is never closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclosed(pub(super) usize);

/// Reads a text whole. Quotes as in RFC 4180; lines end with LF, with or without CR.
pub(super) fn lines(text: &str, separator: char) -> Result<Vec<Line>, Unclosed> {
    let mut scanner = Scanner { text, at: 0, number: 1, separator };
    let mut lines = Vec::new();
    while scanner.at < text.len() {
        lines.push(scanner.line()?);
    }
    Ok(lines)
}

/// The separator of a file, from its first line: what stands in it most often, a comma where nothing does.
pub(super) fn separator(text: &str) -> char {
    let header = text.lines().next().unwrap_or_default();
    ['\t', ';', ','].into_iter().max_by_key(|separator| header.matches(*separator).count()).unwrap_or(',')
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    number: usize,
    separator: char,
}

impl<'t> Scanner<'t> {
    fn line(&mut self) -> Result<Line, Unclosed> {
        let number = self.number;
        let mut cells = vec![self.cell()?];
        while self.skip(self.separator) {
            cells.push(self.cell()?);
        }
        if self.skip('\n') {
            self.number += 1;
        }
        Ok(Line { number, cells })
    }

    fn cell(&mut self) -> Result<Cell, Unclosed> {
        let start = self.at;
        let mut text = String::new();
        if self.skip('"') {
            self.quoted(&mut text).ok_or(Unclosed(start))?;
        }
        // What follows a closing quote is kept, as other readers of CSV do.
        text.push_str(self.plain());
        Ok(Cell { text: text.trim().to_owned(), span: start..self.at })
    }

    fn quoted(&mut self, text: &mut String) -> Option<()> {
        loop {
            let part = &self.rest()[..self.rest().find('"')?];
            text.push_str(part);
            self.number += part.matches('\n').count();
            self.at += part.len() + 1;
            if !self.skip('"') {
                return Some(());
            }
            text.push('"');
        }
    }

    fn plain(&mut self) -> &'t str {
        let rest = self.rest();
        let part = &rest[..rest.find([self.separator, '\n']).unwrap_or(rest.len())];
        self.at += part.len();
        part
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_counted_as_the_file_has_them() {
        let lines = lines("local,national\r\n\"a\nb\",x\r\n\r\nc;d , y\n", ',').unwrap();
        let seen: Vec<_> =
            lines.iter().map(|l| (l.number, l.cells.iter().map(|c| c.text.as_str()).collect::<Vec<_>>())).collect();
        assert_eq!(
            seen,
            [(1, vec!["local", "national"]), (2, vec!["a\nb", "x"]), (4, vec![""]), (5, vec!["c;d", "y"])]
        );
    }

    #[test]
    fn an_open_quote_is_told_where_it_opens() {
        assert_eq!(lines("a,b\nc,\"d\n", ',').err(), Some(Unclosed(6)));
    }

    #[test]
    fn the_header_line_tells_the_separator() {
        for (text, found) in
            [("local,national", ','), ("local;national;a, b", ';'), ("local\tnational", '\t'), ("", ',')]
        {
            assert_eq!(separator(text), found, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cells_are_those_that_another_reader_sees(text in "[ab \",\n]{0,40}") {
            let Ok(lines) = lines(&text, ',') else { return Ok(()) };
            let mut other = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<_>> =
                other.records().map(|r| r.unwrap().iter().map(|c| c.trim().to_owned()).collect()).collect();
            // The other reader passes over lines without a character.
            let ours: Vec<Vec<_>> = lines
                .iter()
                .filter(|line| line.cells.len() > 1 || !line.cells[0].span.is_empty())
                .map(|line| line.cells.iter().map(|cell| cell.text.clone()).collect())
                .collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
