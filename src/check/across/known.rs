//! Things that are met again, found by the hash of their name.

use super::column::Column;

/// Things in the order in which they were first met, each under its hash.
#[derive(Debug)]
pub(super) struct Known<T> {
    things: Column<(u64, T)>,
    /// Places of things, from 1; 0 where none is. Probed one after another; at most three quarters full.
    slots: Vec<u32>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { things: Column::default(), slots: vec![0; 1 << 10] }
    }
}

impl<T: Copy + Default> Known<T> {
    /// The place of the thing with this hash, which is added where it is not yet known.
    #[inline]
    pub(super) fn place(&mut self, hash: u64) -> u32 {
        match self.probe(hash) {
            Ok(place) => place,
            Err(slot) => self.add(hash, slot),
        }
    }

    /// The place of the thing with this hash, if it is known.
    pub(super) fn find(&self, hash: u64) -> Option<u32> {
        self.probe(hash).ok()
    }

    /// The thing at a place.
    pub(super) fn get(&self, place: u32) -> T {
        self.things.get(place).1
    }

    /// The thing at a place, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.things.get_mut(place).1
    }

    /// Bytes held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.things.bytes() + self.slots.len() * size_of::<u32>()
    }

    /// All things, in the order in which they were first met.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.things.iter().map(|(_, thing)| thing)
    }

    pub(super) fn len(&self) -> u32 {
        self.things.len() as u32
    }

    fn probe(&self, hash: u64) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 20) as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return Err(slot),
                place if self.things.get(place - 1).0 == hash => return Ok(place - 1),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    #[cold]
    fn add(&mut self, hash: u64, slot: usize) -> u32 {
        self.things.push((hash, T::default()));
        let count = self.things.len();
        self.slots[slot] = count as u32;
        if count * 4 > self.slots.len() * 3 {
            self.slots = vec![0; self.slots.len() * 2];
            let mask = self.slots.len() - 1;
            for (place, (hash, _)) in (1_u32..).zip(self.things.iter()) {
                let mut slot = (hash >> 20) as usize & mask;
                while self.slots[slot] != 0 {
                    slot = (slot + 1) & mask;
                }
                self.slots[slot] = place;
            }
        }
        count as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::{super::hash::of_text, *};

    #[test]
    fn what_was_met_is_found_again_however_many_come_after_it() {
        let hash = |number: u32| of_text(0, &number.to_le_bytes());
        let mut known = Known::<u32>::default();
        for number in 0..5_000 {
            assert_eq!(known.find(hash(number)), None);
            let place = known.place(hash(number));
            *known.get_mut(place) = number;
        }
        assert!((0..5_000).all(|number| known.place(hash(number)) == number && known.get(number) == number));
        assert_eq!(known.len(), 5_000);
    }
}
