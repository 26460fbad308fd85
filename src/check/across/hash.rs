//! A fast hash of keys: the same on every machine and in every run.
//!
//! Keys are told apart by 64 bits, never by their text, which is not kept. Among a million different keys the odds that
//! any two share a hash are one in some 37 million. The data is the council's own, so nobody is kept from making hashes
//! collide on purpose; no order that reaches a file comes from one.

/// A hash that grows by numbers and texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(u64);

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const OFFSET: u64 = 0xD1B5_4A32_D192_ED03;

impl Hash {
    /// Begins a hash; another start gives other hashes of the same key.
    pub(super) const fn new(start: u64) -> Self {
        Self(start ^ OFFSET)
    }

    /// Adds a number.
    #[inline]
    pub(super) const fn number(&mut self, number: u64) {
        let product = (self.0.rotate_left(23) ^ number) as u128 * FACTOR as u128;
        self.0 = (product as u64 ^ (product >> 64) as u64).wrapping_add(OFFSET);
    }

    /// Adds a text.
    #[inline]
    pub(super) fn text(&mut self, text: &[u8]) {
        let (mut rest, length) = (text, text.len() as u64);
        while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
            self.number(u64::from_le_bytes(*eight));
            rest = behind;
        }
        let last = match (text.last_chunk::<8>(), rest) {
            (_, []) => 0,
            // The last eight bytes hold the rest, and some that have been seen.
            (Some(eight), _) => u64::from_le_bytes(*eight),
            (None, [first, middle @ .., last]) => {
                let middle = middle.iter().fold(0_u64, |so_far, byte| so_far << 8 | u64::from(*byte));
                u64::from(*first) << 56 | middle << 8 | u64::from(*last)
            }
            (None, [only]) => u64::from(*only),
        };
        self.number(last ^ length << 59 ^ length);
    }

    /// The hash of what was added; never 0.
    pub(super) const fn finish(self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 32).wrapping_mul(FACTOR);
        let mixed = mixed ^ mixed >> 29;
        if mixed == 0 { 1 } else { mixed }
    }
}

/// The hash of one text.
pub(super) fn of_text(start: u64, text: &[u8]) -> u64 {
    let mut hash = Hash::new(start);
    hash.text(text);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_that_differ_anywhere_have_other_hashes(text in prop::collection::vec(any::<u8>(), 1..40), at in 0_usize..40, by in 1_u8..) {
            let mut other = text.clone();
            let at = at % text.len();
            other[at] ^= by;
            prop_assert_ne!(of_text(0, &text), of_text(0, &other));
            prop_assert_ne!(of_text(0, &text), of_text(0, &text[1..]));
            prop_assert_ne!(of_text(0, &text), of_text(1, &text));
        }
    }

    #[test]
    fn short_ids_in_a_row_do_not_collide() {
        let mut seen = BTreeMap::new();
        for number in 0..200_000 {
            for text in [format!("{number}"), format!("P{number:06}"), format!("CLIENT-{number:09}")] {
                let hash = of_text(7, text.as_bytes());
                assert_eq!(seen.insert(hash, text), None);
            }
        }
    }
}
