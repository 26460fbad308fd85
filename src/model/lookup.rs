//! A table from texts to what they stand for, asked cell by cell: shaping looks up coded values in it, the check counts
//! odd ones.

/// Open addressing over one buffer of keys. Keys are added, never removed.
#[derive(Clone, Debug)]
pub(crate) struct Lookup<T> {
    slots: Vec<u32>,
    keys: Vec<u8>,
    entries: Vec<Entry<T>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    packed: u64,
    length: u32,
    /// Where the key begins in the buffer.
    start: u32,
    value: T,
}

impl<T> Default for Lookup<T> {
    fn default() -> Self {
        Self { slots: vec![0; 16], keys: Vec::new(), entries: Vec::new() }
    }
}

impl<T> Lookup<T> {
    /// The value of a key.
    #[inline]
    pub(crate) fn get(&self, key: &[u8]) -> Option<&T> {
        self.place(key).map(|place| &self.entries[place].value)
    }

    /// The value of a key, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, key: &[u8]) -> Option<&mut T> {
        self.place(key).map(|place| &mut self.entries[place].value)
    }

    /// How many keys were added before this one.
    #[inline]
    pub(crate) fn place(&self, key: &[u8]) -> Option<usize> {
        self.find(key, pack(key))
    }

    /// Keys and values, in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &T)> {
        self.entries.iter().map(|entry| (self.key(entry), &entry.value))
    }

    /// Adds a key that is not there yet; an entry that is there already stays.
    pub(crate) fn add(&mut self, key: &[u8], value: T) {
        let packed = pack(key);
        if self.find(key, packed).is_some() {
            return;
        }
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.entries.push(Entry { packed, length: key.len() as u32, start, value });
        if self.entries.len() * 2 > self.slots.len() {
            self.slots = vec![0; self.slots.len() * 4];
            for place in 0..self.entries.len() {
                self.seat(place);
            }
        } else {
            self.seat(self.entries.len() - 1);
        }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn key(&self, entry: &Entry<T>) -> &[u8] {
        &self.keys[entry.start as usize..][..entry.length as usize]
    }

    #[inline]
    fn find(&self, key: &[u8], packed: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash(packed, key.len()) & mask;
        loop {
            let place = self.slots[slot & mask].checked_sub(1)? as usize;
            let entry = &self.entries[place];
            let alike = entry.packed == packed && entry.length as usize == key.len();
            if alike && (key.len() <= PACKED || self.key(entry) == key) {
                return Some(place);
            }
            slot += 1;
        }
    }

    fn seat(&mut self, place: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = hash(self.entries[place].packed, self.entries[place].length as usize) & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = place as u32 + 1;
    }
}

/// Keys up to this long are told apart by length and packed form alone.
const PACKED: usize = 8;

/// Both ends of the key as one number: all of a code, and what labels usually differ by.
#[inline]
fn pack(key: &[u8]) -> u64 {
    match (key.first_chunk::<4>(), key.last_chunk::<4>(), key) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        (.., []) => 0,
        // Of one to three bytes: the first, the middle one, and the last.
        (.., [first, ..]) => {
            u64::from(*first) << 16 | u64::from(key[key.len() / 2]) << 8 | u64::from(key[key.len() - 1])
        }
    }
}

#[inline]
fn hash(packed: u64, length: usize) -> usize {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    ((packed ^ length as u64).wrapping_mul(MIX) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_answers_as_a_map_does(
            pairs in prop::collection::vec(("[a-c]{0,10}", any::<u16>()), 0..200),
            asked in prop::collection::vec("[a-c]{0,10}", 0..50),
        ) {
            let mut lookup = Lookup::default();
            let mut map = BTreeMap::new();
            for (key, value) in &pairs {
                lookup.add(key.as_bytes(), *value);
                map.entry(key.clone()).or_insert(*value);
            }
            prop_assert_eq!(lookup.len(), map.len());
            for (nth, (key, value)) in lookup.iter().enumerate() {
                prop_assert_eq!((lookup.place(key), map.get(std::str::from_utf8(key).unwrap())), (Some(nth), Some(value)));
            }
            for key in asked.iter().chain(pairs.iter().map(|(key, _)| key)) {
                prop_assert_eq!(lookup.get(key.as_bytes()), map.get(key));
            }
        }
    }
}
