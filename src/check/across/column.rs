//! Values in a row, in chunks, so that growing neither copies nor doubles them.

/// A list that grows by chunks of a fixed size.
#[derive(Debug)]
pub(super) struct Column<T> {
    chunks: Vec<Vec<T>>,
}

/// Values in a chunk.
const CHUNK: usize = 1 << 13;

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T: Copy> Column<T> {
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(value),
            _ => self.push_to_a_new_chunk(value),
        }
    }

    #[cold]
    fn push_to_a_new_chunk(&mut self, value: T) {
        let mut chunk = Vec::with_capacity(CHUNK);
        chunk.push(value);
        self.chunks.push(chunk);
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> T {
        self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    /// Bytes held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.chunks.iter().flatten().copied()
    }
}

impl Column<u64> {
    /// The places of values that occur more than once, with the value, sorted by value and place. 0 stands for no value.
    ///
    /// A value that meets its bit set may have been seen before; only such values are gathered and compared.
    pub(super) fn repeated(&self) -> Vec<(u64, u32)> {
        let mut seen = Bits::new(self.len());
        let mut perhaps: Vec<u64> = self.iter().filter(|value| *value != 0 && seen.set(*value)).collect();
        drop(seen);
        perhaps.sort_unstable();
        perhaps.dedup();
        // Another part of the value, so that chance does not strike the same ones twice.
        let mut wanted = Bits::new(perhaps.len() * 8);
        for value in &perhaps {
            wanted.set(value.rotate_left(32));
        }
        let mut found: Vec<(u64, u32)> = (0_u32..)
            .zip(self.iter())
            .filter(|(_, value)| *value != 0 && wanted.is_set(value.rotate_left(32)))
            .map(|(at, value)| (value, at))
            .collect();
        found.sort_unstable();
        let is_repeated = |at: usize| {
            let value = found[at].0;
            (at > 0 && found[at - 1].0 == value) || found.get(at + 1).is_some_and(|next| next.0 == value)
        };
        let keep: Vec<bool> = (0..found.len()).map(is_repeated).collect();
        let mut keep = keep.into_iter();
        found.retain(|_| keep.next().unwrap_or_default());
        found
    }
}

/// A set of hashes by some of their bits: what it says is not there, is not.
struct Bits {
    words: Vec<u64>,
    mask: u64,
}

impl Bits {
    /// Room for so many hashes at eight bits each, so that some six in a hundred meet another's bit.
    fn new(hashes: usize) -> Self {
        let bits = (hashes * 8).next_power_of_two().max(64);
        Self { words: vec![0; bits / 64], mask: bits as u64 - 1 }
    }

    /// Sets the hash's bit, and says whether it was set.
    #[inline]
    fn set(&mut self, hash: u64) -> bool {
        let bit = hash & self.mask;
        let word = &mut self.words[(bit / 64) as usize];
        let before = *word;
        *word |= 1 << (bit % 64);
        before & (1 << (bit % 64)) != 0
    }

    #[inline]
    fn is_set(&self, hash: u64) -> bool {
        let bit = hash & self.mask;
        self.words[(bit / 64) as usize] & (1 << (bit % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_keep_their_places_across_chunks() {
        let mut column = Column::default();
        let count = 3 * CHUNK as u32 + 5;
        (0..count).for_each(|value| column.push(value));
        *column.get_mut(CHUNK as u32) = 7;
        assert_eq!(column.len(), count as usize);
        assert_eq!((column.get(0), column.get(CHUNK as u32), column.get(count - 1)), (0, 7, count - 1));
        assert_eq!(column.iter().count(), count as usize);
    }

    proptest! {
        #[test]
        fn exactly_what_is_repeated_is_found(values in prop::collection::vec(0_u64..300, 0..400), spread in any::<u64>()) {
            let mut column = Column::default();
            let mut places = BTreeMap::<u64, Vec<u32>>::new();
            for (at, value) in (0..).zip(&values) {
                let hash = value.wrapping_mul(spread | 1);
                column.push(hash);
                places.entry(hash).or_default().push(at);
            }
            let expected: Vec<_> = places
                .into_iter()
                .filter(|(hash, places)| *hash != 0 && places.len() > 1)
                .flat_map(|(hash, places)| places.into_iter().map(move |at| (hash, at)))
                .collect();
            prop_assert_eq!(column.repeated(), expected);
        }
    }
}
