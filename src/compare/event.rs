//! What is remembered of a row.

use super::pseudonym::Pseudonym;
use crate::model::Date;

/// A row as an index remembers it. Pseudonyms are 0 where the row has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_field_names, reason = "the collection names its fields so")]
pub(super) struct Event {
    /// The person: their local id; their NHS number where they have none, and then `NO_LOCAL_ID` stands in the flags.
    pub(super) person: Pseudonym,
    /// Their NHS number, where it is one.
    pub(super) nhs: Pseudonym,
    /// The event's reference.
    pub(super) reference: Pseudonym,
    /// What tells the event from others of the person, references aside: as DHSC's unique-event key does.
    pub(super) facts: u64,
    /// The first day.
    pub(super) start: Day,
    /// The last day; none where the event goes on, or the day cannot be read.
    pub(super) end: Day,
    /// The data row of the upload file, from 1.
    pub(super) row: u32,
    /// Codes of the index's own lists, from 1; 0 for none.
    pub(super) event_type: u8,
    pub(super) client_type: u8,
    pub(super) service_type: u8,
    pub(super) flags: u8,
}

/// The person has no local id.
pub(super) const NO_LOCAL_ID: u8 = 1;
/// No end stands in the row.
pub(super) const NO_END: u8 = 2;

/// A day, or none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Day(i32);

impl Day {
    pub(super) const NONE: Self = Self(i32::MIN);

    pub(super) fn date(self) -> Option<Date> {
        (self != Self::NONE).then(|| Date::from_days(self.0))
    }
}

impl From<Option<Date>> for Day {
    fn from(date: Option<Date>) -> Self {
        date.map_or(Self::NONE, |date| Self(date.days()))
    }
}

impl Event {
    /// The bytes of an event.
    pub(super) const SIZE: usize = 48;

    pub(super) fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (place, number) in [self.person, self.nhs, self.reference, self.facts].into_iter().enumerate() {
            bytes[8 * place..][..8].copy_from_slice(&number.to_le_bytes());
        }
        bytes[32..36].copy_from_slice(&self.start.0.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.end.0.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.row.to_le_bytes());
        bytes[44..].copy_from_slice(&[self.event_type, self.client_type, self.service_type, self.flags]);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let eight = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        let four = |at: usize| u32::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
        Self {
            person: eight(0),
            nhs: eight(8),
            reference: eight(16),
            facts: eight(24),
            start: Day(four(32) as i32),
            end: Day(four(36) as i32),
            row: four(40),
            event_type: bytes[44],
            client_type: bytes[45],
            service_type: bytes[46],
            flags: bytes[47],
        }
    }

    pub(super) fn is(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the event goes on at the end of a day: it has no end, or ends later.
    pub(super) fn goes_on(self, day: Date) -> bool {
        self.is(NO_END) || self.end.date().is_some_and(|end| end > day)
    }
}

/// Events from their bytes; what is left over at the end is not read.
pub(super) fn events(bytes: &[u8]) -> impl Iterator<Item = Event> {
    bytes.as_chunks().0.iter().map(Event::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_bytes() {
        let event = Event {
            person: 1,
            nhs: u64::MAX,
            reference: 0x0102_0304_0506_0708,
            facts: 9,
            start: Day::from(Date::from_ymd(2026, 4, 1)),
            end: Day::NONE,
            row: 1_000_000,
            event_type: 3,
            client_type: 1,
            service_type: 200,
            flags: NO_END,
        };
        assert_eq!(Event::from_bytes(&event.to_bytes()), event);
        let two = [event.to_bytes(), event.to_bytes()].concat();
        assert_eq!(events(&two).collect::<Vec<_>>(), [event, event]);
        assert_eq!(event.start.date(), Date::from_ymd(2026, 4, 1));
        assert_eq!(event.end.date(), None);
    }
}
