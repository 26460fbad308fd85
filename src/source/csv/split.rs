//! A line taken apart at its separators.

/// Puts the cells of a line one after another into `text`, and into `ends` where each of them ends. How many bytes and how
/// many cells there are. `text` must have room for the line, and `ends` for a cell more than the line has bytes.
pub(super) fn split(line: &[u8], separator: u8, text: &mut [u8], ends: &mut [usize]) -> (usize, usize) {
    let (mut start, mut written, mut cells) = (0, 0, 0);
    let mut end_cell = |end: usize| {
        copy(line, start..end, &mut text[written..]);
        written += end - start;
        ends[cells] = written;
        cells += 1;
        start = end + 1;
    };
    let (blocks, rest) = line.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let of_line = (1 << rest.len()) - 1;
    let full = blocks.iter().map(|block| places(block, separator));
    for (nth, mut places) in full.chain([places(&last, separator) & of_line]).enumerate() {
        while places != 0 {
            end_cell(nth * BLOCK + places.trailing_zeros() as usize);
            places &= places - 1;
        }
    }
    end_cell(line.len());
    (written, cells)
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
fn copy(line: &[u8], cell: std::ops::Range<usize>, to: &mut [u8]) {
    const WIDTH: usize = 16;
    match (to.first_chunk_mut::<WIDTH>(), line[cell.start..].first_chunk::<WIDTH>()) {
        (Some(to), Some(from)) if cell.len() <= WIDTH => *to = *from,
        _ => to[..cell.len()].copy_from_slice(&line[cell]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_what_stands_between_separators(line in prop::collection::vec(prop_oneof![Just(b','), any::<u8>()], 0..300)) {
            let (mut text, mut ends) = (vec![0; line.len()], vec![0; line.len() + 1]);
            let (written, cells) = split(&line, b',', &mut text, &mut ends);
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let found: Vec<_> = starts.zip(&ends).take(cells).map(|(start, end)| &text[start..*end]).collect();
            prop_assert_eq!(found, line.split(|byte| *byte == b',').collect::<Vec<_>>());
            prop_assert_eq!(written, line.iter().filter(|byte| **byte != b',').count());
        }
    }
}
