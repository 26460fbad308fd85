//! Value maps: CSV files with a local value, what it becomes, and whatever notes an analyst keeps beside them.

use std::{collections::BTreeMap, ops::Range};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::{
    MapEntry,
    cells::{self, Line},
};
use crate::{
    document::{Document, Fault, Faults, nearest},
    spec::{CodeList, NearMiss},
};

const FIRST_LINE: &str = "a value map begins with the line local,national";

/// The sheet behind a value map: its entries, and where their national values stand.
pub(super) struct Sheet {
    document: Document,
    nationals: Vec<Range<usize>>,
    /// The entries, in the order of the file.
    pub(super) entries: Vec<MapEntry>,
}

impl Sheet {
    /// Reads a file's bytes. What is wrong goes on the list; what is sound serves the checks that follow.
    pub(super) fn read(name: &str, bytes: &[u8], faults: &mut Faults) -> Option<Self> {
        let document = Document::new(name, faults.keep(decode(name, bytes))?);
        let text = document.text();
        let lines = match cells::lines(text, cells::separator(text)) {
            Ok(lines) => lines,
            Err(cells::Unclosed(at)) => {
                let fault = document.fault(at..at + 1, "a quotation mark opens here and is never closed");
                faults.push(fault.with_help("close it, or write it twice where it is part of the value"));
                return None;
            }
        };
        let Some((header, body)) = lines.split_first() else {
            faults.push(Fault::of_file(name, "is empty").with_help(FIRST_LINE));
            return None;
        };
        let local = faults.keep(column(&document, header, "local"));
        let national = faults.keep(column(&document, header, "national"));
        let mut sheet = Self { document, nationals: Vec::new(), entries: Vec::new() };
        sheet.fill(body, local?, national?, faults);
        Some(sheet)
    }

    fn fill(&mut self, lines: &[Line], local: usize, national: usize, faults: &mut Faults) {
        let mut first_lines = BTreeMap::new();
        // Spreadsheets leave lines of separators behind where rows were cleared.
        for line in lines.iter().filter(|line| line.cells.iter().any(|cell| !cell.text.is_empty())) {
            let text = |column: usize| line.cells.get(column).map_or("", |cell| cell.text.as_str());
            let place =
                |column: usize| line.cells.get(column).or(line.cells.last()).map_or(0..0, |cell| cell.span.clone());
            let first = *first_lines.entry(text(local)).or_insert(line.number);
            if first != line.number {
                let message = match text(local) {
                    "" => format!("a second blank local value; the first is in line {first}"),
                    value => format!("the local value '{value}' stands twice; first in line {first}"),
                };
                faults.push(self.document.fault(place(local), message).with_help("keep one of the two lines"));
                continue;
            }
            self.entries.push(MapEntry {
                local: text(local).to_owned(),
                national: text(national).to_owned(),
                line: line.number,
            });
            self.nationals.push(place(national));
        }
    }

    /// The faults of national values that a list does not have. A blank means nothing nationally and is always right.
    pub(super) fn check(&self, list: &CodeList, faults: &mut Faults) {
        for (entry, place) in self.entries.iter().zip(&self.nationals) {
            if !entry.national.is_empty() && list.code(&entry.national).is_none() {
                faults.push(not_listed(&self.document, place.clone(), &entry.national, list));
            }
        }
    }
}

/// The fault of a label that is not in the list it is meant for.
pub(super) fn not_listed(document: &Document, at: Range<usize>, label: &str, list: &CodeList) -> Fault {
    let fault = document.fault(at, format!("the list '{}' has no '{label}'", list.name));
    match list.near_miss(label) {
        Some(NearMiss::Spelling(near)) => fault.with_help(format!("the national spelling is '{near}'")),
        Some(NearMiss::Close(near)) => fault.with_help(format!("did you mean '{near}'?")),
        None => fault,
    }
}

/// A file's text: UTF-8 with or without a byte-order mark, else Windows-1252, as spreadsheets save CSV.
fn decode(name: &str, bytes: &[u8]) -> Result<String, Faults> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, _)) if encoding != UTF_8 => {
            let fault = Fault::of_file(name, format!("is {} text", encoding.name()));
            return Err(Faults::one(fault.with_help("save it as CSV UTF-8")));
        }
        Some((_, mark)) => String::from_utf8_lossy(&bytes[mark..]).into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        },
    };
    // Lines that end with CR alone are still written by spreadsheets that are told to save for an old Mac.
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// The place of a column that the header must name, once.
fn column(document: &Document, header: &Line, wanted: &str) -> Result<usize, Faults> {
    let mut found =
        header.cells.iter().enumerate().filter(|(_, cell)| cell.text.eq_ignore_ascii_case(wanted)).map(|(at, _)| at);
    let Some(place) = found.next() else {
        let near = nearest(wanted, header.cells.iter().map(|cell| cell.text.as_str()));
        let cell = header.cells.iter().find(|cell| Some(cell.text.as_str()) == near);
        let at = cell.or(header.cells.first()).map_or(0..0, |cell| cell.span.clone());
        let fault = document.fault(at, format!("the header line names no column '{wanted}'"));
        return Err(Faults::one(match near {
            Some(near) => fault.with_help(format!("write '{wanted}' for '{near}'")),
            None => fault.with_help(FIRST_LINE),
        }));
    };
    match found.next() {
        Some(second) => {
            let message = format!("the header line names the column '{wanted}' twice");
            Err(Faults::one(document.fault(header.cells[second].span.clone(), message)))
        }
        None => Ok(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> (Vec<(String, String, usize)>, Vec<String>) {
        let mut faults = Faults::default();
        let sheet = Sheet::read("values/gender.csv", bytes, &mut faults);
        let entries = sheet.map(|sheet| sheet.entries).unwrap_or_default();
        (
            entries.into_iter().map(|entry| (entry.local, entry.national, entry.line)).collect(),
            faults.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn a_sheet_is_read_however_a_spreadsheet_saved_it() {
        let plain = [("Merched a Gŵyr", "", 2), ("M", "Male", 3)];
        let accented = [("Müller", "", 2), ("M", "Male", 3)];
        for (case, bytes, wanted) in [
            ("UTF-8", "local,national\nMerched a Gŵyr,\nM,Male\n".as_bytes(), plain),
            ("with a byte-order mark", "\u{feff}local,national\nMerched a Gŵyr,\nM,Male\n".as_bytes(), plain),
            ("semicolons, CRLF", "local;national\r\nMerched a Gŵyr;\r\nM;Male\r\n".as_bytes(), plain),
            ("tabs, no last line end", "Local\tNational\nMerched a Gŵyr\nM\tMale".as_bytes(), plain),
            ("Windows-1252", b"local,national\nM\xfcller,\nM,Male\n", accented),
            ("CR alone", "local,national\rMüller,\rM,Male\r".as_bytes(), accented),
            ("notes, other order", "note,National ,LOCAL\n, ,Müller\nx,Male, M ,more\n".as_bytes(), accented),
        ] {
            let wanted = wanted.map(|(local, national, line)| (local.to_owned(), national.to_owned(), line));
            assert_eq!(read(bytes), (wanted.to_vec(), vec![]), "{case}");
        }
    }

    #[test]
    fn lines_are_those_of_the_file_after_a_quoted_line_break() {
        let (entries, faults) = read(b"local,national,note\nM,Male,\"two\nlines\"\n,,\n,Unknown\nM,Female\n");
        assert_eq!(
            entries,
            [("M".to_owned(), "Male".to_owned(), 2), (String::new(), "Unknown".to_owned(), 5)],
            "a line of separators is passed over; a blank local value is kept"
        );
        assert_eq!(
            faults,
            ["values/gender.csv:6:1: the local value 'M' stands twice; first in line 2 (keep one of the two lines)"]
        );
    }

    #[test]
    fn what_is_wrong_with_a_sheet_is_told_where_it_stands() {
        for (bytes, fault) in [
            (
                &b"lokal,national\nM,Male\n"[..],
                "values/gender.csv:1:1: the header line names no column 'local' (write 'local' for 'lokal')",
            ),
            (
                b"local,\nM,Male\n",
                "values/gender.csv:1:1: the header line names no column 'national' (a value map begins with the line \
                 local,national)",
            ),
            (b"local,national,Local\n", "values/gender.csv:1:16: the header line names the column 'local' twice"),
            (b"", "values/gender.csv: is empty (a value map begins with the line local,national)"),
            (b"\xff\xfel\0o\0", "values/gender.csv: is UTF-16LE text (save it as CSV UTF-8)"),
            (
                b"local,national\n,Unknown\nM,Male\n,\"\",cleared\n",
                "values/gender.csv:4:1: a second blank local value; the first is in line 2 (keep one of the two lines)",
            ),
            (
                b"local,national\n\"M,Male\n",
                "values/gender.csv:2:1: a quotation mark opens here and is never closed (close it, or write it twice \
                 where it is part of the value)",
            ),
        ] {
            assert_eq!(read(bytes).1, [fault]);
        }
    }

    proptest! {
        #[test]
        fn whatever_bytes_a_file_holds_are_read_or_told_of(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let (entries, faults) = read(&[b"local;national\n", &body[..]].concat());
            let mut keys: Vec<_> = entries.iter().map(|(local, ..)| local).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), entries.len(), "no local value stands twice");
            prop_assert!(faults.iter().all(|fault| fault.starts_with("values/gender.csv:")));
        }
    }
}
