//! Identifiers under a key.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use crate::{config::IndexKey, model::NhsNumber, sys::keyed::Keyed};

/// A pseudonym: the first eight bytes of an HMAC-SHA256. Never 0, which stands for none.
pub(super) type Pseudonym = u64;

/// Gives the same pseudonym to the same identifier, to different ones different pseudonyms, and to nobody without the key a
/// way to tell which.
#[derive(Clone, Debug)]
pub struct Pseudonyms {
    keyed: Keyed,
}

/// What an identifier is: equal texts of different kinds have nothing to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Of {
    /// A person's id in the council's system.
    Local,
    /// An NHS number.
    Nhs,
    /// An event reference.
    Event,
    /// The key itself, by which an index tells whether it was made with this one.
    Key,
}

impl Of {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Local => "index: local id",
            Self::Nhs => "index: NHS number",
            Self::Event => "index: event reference",
            Self::Key => "index: key",
        }
    }
}

impl Pseudonyms {
    /// Pseudonyms under a key.
    pub fn new(key: &IndexKey) -> Self {
        Self::of_bytes(key.bytes())
    }

    /// Pseudonyms under a key that is forgotten with the comparison.
    pub fn of_bytes(key: &[u8; 32]) -> Self {
        Self { keyed: Keyed::new(key) }
    }

    pub(super) fn of(&self, of: Of, text: &[u8]) -> Pseudonym {
        self.keyed.hash(of.purpose(), [text]).short().max(1)
    }

    /// The person that somebody names by an NHS number, however it is spaced, or by a local id.
    pub fn person(&self, identifier: &str) -> Person {
        let identifier = identifier.trim();
        let digits = Zeroizing::new(identifier.replace([' ', '-'], ""));
        let nhs = NhsNumber::parse(digits.as_bytes()).ok().map(|_| self.of(Of::Nhs, digits.as_bytes()));
        Person { local: self.of(Of::Local, identifier.as_bytes()), nhs }
    }

    /// Marks an index with the key that made it.
    pub(super) fn mark(&self) -> u64 {
        self.of(Of::Key, b"")
    }
}

/// Somebody who is looked for, as the pseudonyms of what was asked: whether it was a local id or an NHS number is not asked.
#[derive(Clone, Copy)]
pub struct Person {
    pub(super) local: Pseudonym,
    pub(super) nhs: Option<Pseudonym>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(***)")
    }
}

/// The pseudonyms of identifiers seen lately: rows of one person mostly follow one another.
pub(super) struct Lately {
    of: Of,
    entries: Vec<Entry>,
}

/// An identifier, and its pseudonym; a length of 0 is an empty place.
#[derive(Clone, Copy)]
struct Entry {
    text: [u8; Entry::LONGEST],
    length: u8,
    pseudonym: Pseudonym,
}

impl Entry {
    const LONGEST: usize = 23;
    const EMPTY: Self = Self { text: [0; Self::LONGEST], length: 0, pseudonym: 0 };
}

/// Some 160 KB for each kind.
const PLACES: usize = 4096;

impl Lately {
    pub(super) fn new(of: Of) -> Self {
        Self { of, entries: vec![Entry::EMPTY; PLACES] }
    }

    /// The pseudonym of an identifier; 0 for none.
    pub(super) fn pseudonym(&mut self, text: &[u8], pseudonyms: &Pseudonyms) -> Pseudonym {
        if text.is_empty() {
            return 0;
        }
        if text.len() > Entry::LONGEST {
            return pseudonyms.of(self.of, text);
        }
        let entry = &mut self.entries[place(text)];
        if usize::from(entry.length) != text.len() || &entry.text[..text.len()] != text {
            entry.text[..text.len()].copy_from_slice(text);
            entry.length = text.len() as u8;
            entry.pseudonym = pseudonyms.of(self.of, text);
        }
        entry.pseudonym
    }
}

fn place(text: &[u8]) -> usize {
    let hash = text
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ hash >> 32) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_key_are_part_of_it() {
        let (one, two) = (Pseudonyms::of_bytes(&[1; 32]), Pseudonyms::of_bytes(&[2; 32]));
        let told = [
            one.of(Of::Local, b"9990000018"),
            one.of(Of::Nhs, b"9990000018"),
            one.of(Of::Event, b"9990000018"),
            two.of(Of::Local, b"9990000018"),
            one.of(Of::Local, b"9990000019"),
        ];
        for (nth, pseudonym) in told.iter().enumerate() {
            assert!(!told[..nth].contains(pseudonym));
        }
        assert_eq!(format!("{one:?}"), "Pseudonyms { keyed: Keyed(***) }");
    }

    #[test]
    fn what_was_seen_lately_changes_nothing() {
        let pseudonyms = Pseudonyms::of_bytes(&[7; 32]);
        let mut lately = Lately::new(Of::Local);
        for nth in (0..20_000).chain(0..20_000) {
            let id = format!("{}P{nth}", "x".repeat(nth % 30));
            assert_eq!(lately.pseudonym(id.as_bytes(), &pseudonyms), pseudonyms.of(Of::Local, id.as_bytes()), "{id}");
        }
        assert_eq!(lately.pseudonym(b"", &pseudonyms), 0);
    }
}
