//! A buffer for the lines of a file.

use std::ops::Range;

/// Text that grows at its end by many short pieces. A short piece is copied in steps of a fixed width, as much of the text
/// behind it along with it: that costs less than a copy of exactly so many bytes, and the next piece overwrites it.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    length: usize,
}

impl Lines {
    /// How far the text should go on behind a piece, best.
    pub const WIDTH: usize = 32;

    /// Appends a piece of a longer text.
    #[inline]
    pub fn push(&mut self, text: &[u8], span: Range<usize>) {
        let Range { start, end } = span;
        let length = end.saturating_sub(start);
        let room = self.bytes.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut::<{ Self::WIDTH }>);
        let piece = text.get(start..).and_then(<[u8]>::first_chunk::<{ Self::WIDTH }>);
        match (room, piece) {
            (Some(room), Some(piece)) if length <= Self::WIDTH => *room = *piece,
            _ => self.push_exactly(&text[start..end]),
        }
        self.length += length;
    }

    /// Appends a byte.
    #[inline]
    pub fn push_byte(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(place) => *place = byte,
            None => self.push_exactly(&[byte]),
        }
        self.length += 1;
    }

    /// Appends a text in quotes, its own quotes doubled.
    pub fn push_quoted(&mut self, text: &[u8]) {
        self.push_byte(b'"');
        for &byte in text {
            if byte == b'"' {
                self.push_byte(b'"');
            }
            self.push_byte(byte);
        }
        self.push_byte(b'"');
    }

    /// Takes the last byte back.
    pub fn pop(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    /// Empties the buffer, which keeps its room.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Everything appended.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Writes at the end without counting it, and makes room for more.
    #[cold]
    fn push_exactly(&mut self, text: &[u8]) {
        let end = self.length + text.len();
        if self.bytes.len() < end {
            self.bytes.resize((end + Self::WIDTH) * 2, 0);
        }
        self.bytes[self.length..end].copy_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_stand_one_after_another(
            text in prop::collection::vec(any::<u8>(), 0..120),
            cuts in prop::collection::vec(0_usize..120, 0..40),
        ) {
            let (mut lines, mut expected) = (Lines::default(), Vec::new());
            for pair in cuts.windows(2) {
                let (one, other) = (pair[0].min(text.len()), pair[1].min(text.len()));
                let (start, end) = (one.min(other), one.max(other));
                lines.push(&text, start..end);
                lines.push_byte(b',');
                expected.extend_from_slice(&text[start..end]);
                expected.push(b',');
                prop_assert_eq!(lines.as_bytes(), expected.as_slice());
            }
            lines.pop();
            expected.pop();
            prop_assert_eq!(lines.as_bytes(), expected.as_slice());
        }
    }
}
