//! A line taken apart at its separators.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// Puts the cells of a line one after another into `text`, and into `ends` where each of them ends. How many bytes and how
/// many cells there are; `None` where a quote stands anywhere but around a cell, or is not closed on this line. `text` must
/// have room for the line, and `ends` for a cell more than the line has bytes.
pub(super) fn split(line: &[u8], separator: u8, text: &mut [u8], ends: &mut [usize]) -> Option<(usize, usize)> {
    let mut cells = Cells { text, ends, written: 0, count: 0 };
    let mut rest = line;
    loop {
        match memchr2(b'"', b'\r', rest) {
            None => {
                cells.plain(rest, separator);
                break;
            }
            Some(quote) if rest[quote] == b'\r' => return None,
            Some(0) => {}
            Some(quote) if rest[quote - 1] == separator => {
                cells.plain(&rest[..quote - 1], separator);
                rest = &rest[quote..];
            }
            Some(_) => return None,
        }
        rest = cells.quoted(rest)?;
        match rest {
            [] => break,
            [next, behind @ ..] if *next == separator => rest = behind,
            _ => return None,
        }
    }
    Some((cells.written, cells.count))
}

/// The cells of a line that have been found.
struct Cells<'t> {
    text: &'t mut [u8],
    ends: &'t mut [usize],
    written: usize,
    count: usize,
}

impl Cells<'_> {
    /// Adds to the open cell.
    #[inline]
    fn add(&mut self, line: &[u8], part: Range<usize>) {
        copy(line, part.clone(), &mut self.text[self.written..]);
        self.written += part.len();
    }

    #[inline]
    fn end(&mut self) {
        self.ends[self.count] = self.written;
        self.count += 1;
    }

    /// Takes cells without quotes.
    fn plain(&mut self, line: &[u8], separator: u8) {
        let mut start = 0;
        let (blocks, rest) = line.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let of_line = (1 << rest.len()) - 1;
        let full = blocks.iter().map(|block| places(block, separator));
        for (nth, mut places) in full.chain([places(&last, separator) & of_line]).enumerate() {
            while places != 0 {
                let end = nth * BLOCK + places.trailing_zeros() as usize;
                self.add(line, start..end);
                self.end();
                start = end + 1;
                places &= places - 1;
            }
        }
        self.add(line, start..line.len());
        self.end();
    }

    /// Takes the cell in quotes that a line begins with, its own quotes no longer doubled. What follows it.
    fn quoted<'l>(&mut self, line: &'l [u8]) -> Option<&'l [u8]> {
        let mut start = 1;
        loop {
            let quote = start + memchr(b'"', &line[start..])?;
            let behind = &line[quote + 1..];
            if behind.first() != Some(&b'"') {
                self.add(line, start..quote);
                self.end();
                return Some(behind);
            }
            self.add(line, start..quote + 1);
            start = quote + 2;
        }
    }
}

const BLOCK: usize = 64;

/// A bit for each byte of the block that is the wanted one; eight bytes are compared at a time.
fn places(block: &[u8; BLOCK], wanted: u8) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    /// Moves the lowest bit of each byte into the highest byte, side by side.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    block.as_chunks::<8>().0.iter().rev().fold(0, |places, bytes| {
        let differing = u64::from_le_bytes(*bytes) ^ (ONES * u64::from(wanted));
        let equal = !(((differing & LOW) + LOW) | differing | LOW) >> 7;
        places << 8 | equal.wrapping_mul(GATHER) >> 56
    })
}

/// Copies a cell. Most are short: these are copied in one step of a fixed width, with some of what follows them, which
/// the next cell overwrites.
fn copy(line: &[u8], cell: Range<usize>, to: &mut [u8]) {
    const WIDTH: usize = 16;
    match (to.first_chunk_mut::<WIDTH>(), line[cell.start..].first_chunk::<WIDTH>()) {
        (Some(to), Some(from)) if cell.len() <= WIDTH => *to = *from,
        _ => to[..cell.len()].copy_from_slice(&line[cell]),
    }
}

#[cfg(test)]
mod tests {
    use csv_core::{ReadRecordResult, ReaderBuilder};
    use proptest::prelude::*;

    use super::*;

    /// The cells of a line, if it tells them.
    fn cells(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (mut text, mut ends) = (vec![0; line.len()], vec![0; line.len() + 1]);
        let (written, count) = split(line, b';', &mut text, &mut ends)?;
        assert_eq!(ends[count - 1], written);
        Some(taken(&text, &ends[..count]))
    }

    /// What the parser makes of a line that is not blank.
    fn parsed(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (mut text, mut ends) = (vec![0; line.len() + 1], vec![0; line.len() + 2]);
        let mut parser = ReaderBuilder::new().delimiter(b';').build();
        let line = [line, b"\n"].concat();
        let (result, read, _, count) = parser.read_record(&line, &mut text, &mut ends);
        (result == ReadRecordResult::Record && read == line.len()).then(|| taken(&text, &ends[..count]))
    }

    fn taken(text: &[u8], ends: &[usize]) -> Vec<Vec<u8>> {
        let starts = std::iter::once(&0).chain(ends);
        starts.zip(ends).map(|(start, end)| text[*start..*end].to_vec()).collect()
    }

    fn line() -> impl Strategy<Value = Vec<u8>> {
        let cell = "[a-z ]{0,40}|\"([a-z; \r]|\"\"){0,30}\"|[a\"\r]{0,3}";
        prop::collection::vec(cell, 1..12).prop_map(|cells| cells.join(";").into_bytes())
    }

    proptest! {
        #[test]
        fn a_line_is_taken_apart_as_the_parser_does_it(line in line().prop_filter("blank", |line| !line.trim_ascii().is_empty())) {
            if let Some(cells) = cells(&line) {
                prop_assert_eq!(Some(cells), parsed(&line));
            }
        }

        #[test]
        fn without_quotes_cells_are_what_stands_between_separators(line in prop::collection::vec(prop_oneof![Just(b';'), 32_u8..127], 0..300)) {
            let line: Vec<u8> = line.into_iter().filter(|byte| *byte != b'"').collect();
            let expected: Vec<_> = line.split(|byte| *byte == b';').map(<[u8]>::to_vec).collect();
            prop_assert_eq!(cells(&line), Some(expected));
        }
    }

    #[test]
    fn only_quotes_around_a_whole_cell_are_taken_by_the_line_alone() {
        let told = |line: &str| cells(line.as_bytes()).map(|cells| cells.concat());
        assert_eq!(told("a;\"b;\"\"c\"\"\";\"\";d").as_deref(), Some(&b"ab;\"c\"d"[..]));
        assert_eq!(cells(b"\"a\";").map(|cells| cells.len()), Some(2));
        for line in ["a;b\"c\"", "\"a\"b;c", "a;\"b;c", "a\rb;c", "\""] {
            assert_eq!(told(line), None, "{line:?}");
        }
    }
}
