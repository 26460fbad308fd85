//! A table from texts to what they become, made before the first row and asked for every coded cell.

/// Open addressing over one buffer of keys. Keys are added, never removed.
#[derive(Debug)]
pub(super) struct Lookup<T> {
    slots: Vec<u32>,
    keys: Vec<u8>,
    entries: Vec<Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    hash: u32,
    start: u32,
    end: u32,
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
    pub(super) fn get(&self, key: &[u8]) -> Option<&T> {
        self.find(key, hash(key)).map(|at| &self.entries[at].value)
    }

    /// Adds a key that is not there yet; an entry that is there already stays.
    pub(super) fn add(&mut self, key: &[u8], value: T) {
        let hash = hash(key);
        if self.find(key, hash).is_some() {
            return;
        }
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.entries.push(Entry { hash, start, end: self.keys.len() as u32, value });
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
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    fn find(&self, key: &[u8], hash: u32) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let place = self.slots[slot].checked_sub(1)? as usize;
            let entry = &self.entries[place];
            if entry.hash == hash && &self.keys[entry.start as usize..entry.end as usize] == key {
                return Some(place);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn seat(&mut self, place: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = self.entries[place].hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = place as u32 + 1;
    }
}

/// Length and both ends of the key, mixed: keys are short codes and labels, and those differ there.
#[inline]
fn hash(key: &[u8]) -> u32 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let n = key.len();
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
            (Some(first), Some(last)) => (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last))),
            _ => key.iter().fold((0, 0), |(h, l), b| (h << 8 | u64::from(*b), l)),
        },
    };
    let mixed = (first ^ last.rotate_left(23) ^ n as u64).wrapping_mul(MIX);
    (mixed >> 32) as u32 ^ mixed as u32
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
            for key in asked.iter().chain(pairs.iter().map(|(key, _)| key)) {
                prop_assert_eq!(lookup.get(key.as_bytes()), map.get(key));
            }
        }
    }
}
