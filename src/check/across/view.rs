//! What rules that look across rows are shown.

use super::{
    facts::{Facts, Outcome, Setting},
    filter::EventKind,
    people::Everybody,
};
use crate::model::{Date, Field, Period, Validity};

/// A row that has gone by.
#[derive(Clone, Copy, Debug)]
pub struct SeenRow {
    /// The data row, from 1.
    pub(in crate::check) number: u32,
    pub(super) person: u32,
    pub(super) facts: Facts,
}

impl SeenRow {
    pub(in crate::check) fn event(&self) -> EventKind {
        self.facts.event
    }

    pub(in crate::check) fn setting(&self) -> Setting {
        self.facts.setting
    }

    pub(in crate::check) fn outcome(&self) -> Outcome {
        self.facts.outcome
    }

    pub(in crate::check) fn start(&self) -> Option<Date> {
        self.facts.start()
    }

    /// The end that the centre takes; `None` where the event goes on.
    pub(in crate::check) fn end(&self) -> Option<Date> {
        self.facts.end()
    }

    /// Whether the event goes on after a day.
    pub(in crate::check) fn goes_on_after(&self, day: Date) -> bool {
        self.end().is_none_or(|end| end > day)
    }

    /// Whether the row passes the filters of the centre.
    pub(in crate::check) fn is_counted(&self) -> bool {
        self.facts.is_counted()
    }

    /// Whether the row itself has a date of death.
    pub(in crate::check) fn has_death(&self) -> bool {
        self.facts.has_death()
    }

    /// Whether Event End Date is blank.
    pub(in crate::check) fn has_blank_end(&self) -> bool {
        self.facts.has_blank_end()
    }

    /// The code of the Accommodation Status, where it says something.
    pub(in crate::check) fn accommodation(&self) -> Option<u8> {
        (self.facts.accommodation > 0).then_some(self.facts.accommodation)
    }

    /// The code of the Primary Support Reason, where it says something.
    pub(in crate::check) fn reason(&self) -> Option<u8> {
        (self.facts.reason > 0).then_some(self.facts.reason)
    }

    /// The national word for a field's value.
    pub(in crate::check) fn status(&self, field: Field) -> Validity {
        self.facts.status(field)
    }

    /// Whether two rows tell of the same event of the same person, as far as type and start go.
    pub(in crate::check) fn is_event_of(&self, other: &Self) -> bool {
        (self.person, self.event(), self.start()) == (other.person, other.event(), other.start())
    }

    /// By open ends first, then the latest end; and by the latest start.
    pub(super) fn latest(&self) -> (i32, i32) {
        (self.facts.end_key(), self.facts.start_key())
    }
}

/// The rows of one person, by start and then in the order of the file; those without a start come first.
pub struct PersonRows<'p> {
    pub(super) rows: &'p [SeenRow],
    pub(super) person: u32,
    pub(super) people: &'p Everybody,
    pub(super) period: Period,
}

impl PersonRows<'_> {
    /// All rows.
    pub(in crate::check) fn rows(&self) -> &[SeenRow] {
        self.rows
    }

    /// The rows that pass the filters of the centre.
    pub(in crate::check) fn counted(&self) -> impl Iterator<Item = &SeenRow> + Clone {
        self.rows.iter().filter(|row| row.is_counted())
    }

    /// The reporting period.
    pub(in crate::check) fn period(&self) -> Period {
        self.period
    }

    /// The latest date of death that any of the rows has, and the first of the file with it.
    pub(in crate::check) fn death(&self) -> Option<(Date, u32)> {
        self.people.death(self.person)
    }

    /// Where the person is known by a local id alone: the first row on which that id stands with an NHS number.
    pub(in crate::check) fn tied_row(&self) -> Option<u32> {
        self.people.tied_row(self.person)
    }

    /// Rows at which the centre finds more than one value and takes none: the counted rows that say something and end
    /// last (open last of all), of these those that start last. Gives, for each value but the first in the file, the
    /// first row with it, and the row with the first.
    pub(in crate::check) fn unresolved(&self, value: impl Fn(&SeenRow) -> Option<u8>) -> Vec<(SeenRow, u32)> {
        let telling = self.counted().filter(|row| value(row).is_some());
        let Some(latest) = telling.clone().map(SeenRow::latest).max() else { return Vec::new() };
        let mut seen = [0_u64; 4];
        let mut found = Vec::new();
        let mut first = None;
        for row in telling.filter(|row| row.latest() == latest) {
            let code = value(row).unwrap_or_default();
            let (word, bit) = (usize::from(code / 64), 1 << (code % 64));
            if seen[word] & bit == 0 {
                seen[word] |= bit;
                match first {
                    None => first = Some(row.number),
                    Some(first) => found.push((*row, first)),
                }
            }
        }
        found
    }
}

/// Rows that the centre takes for one event, or that are equal in every cell; in the order of the file, at least two.
pub struct SameEvent<'s> {
    pub(super) rows: &'s [SeenRow],
    /// For each row, the last row of the file that is equal to it in every cell, where there is a later one.
    pub(super) last_copies: &'s [Option<u32>],
    /// The row that the centre keeps, where it counts the event at all.
    pub(super) kept: Option<u32>,
}

impl SameEvent<'_> {
    /// Each row, and the last later row that is equal to it.
    pub(in crate::check) fn rows(&self) -> impl Iterator<Item = (&SeenRow, Option<u32>)> {
        self.rows.iter().zip(self.last_copies.iter().copied())
    }

    /// The row that the centre keeps, where it counts the event at all.
    pub(in crate::check) fn kept(&self) -> Option<u32> {
        self.kept
    }
}

/// A carer's link to somebody.
pub struct Link {
    /// The carer's row.
    pub(in crate::check) row: u32,
    /// The field in which it stands.
    pub(in crate::check) field: Field,
    /// Who the linked id is.
    pub(in crate::check) to: Linked,
    /// The date of birth on the carer's row.
    pub(in crate::check) born: Option<Date>,
}

/// Who a linked id is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::check) enum Linked {
    /// No row has the id.
    Nobody,
    /// Rows have the id, none as a service user's.
    NoServiceUser,
    /// A service user; the date of birth, and the first row with it.
    ServiceUser(Option<(Date, u32)>),
}

/// Counts of the whole file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole {
    /// Services that pass the filters of the centre and go on.
    pub(in crate::check) open_services: u64,
    /// Of these, those that started on a 1 April.
    pub(in crate::check) from_april_1: u64,
}
