//! K003: Event Reference of another event.

use super::super::{
    FoundLate, SeenRow,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// The row has the same Event Reference, to the letter, as an earlier row that tells of another event: of another person, another
    /// Event Type or another Event Start Date. Each row is compared with the first row of the file that has the reference; there is
    /// a finding at the Event Reference of each that differs from it, and `other_row` names that first row. Rows without a
    /// reference are passed over.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier. A date that is blank or cannot be
    /// read equals another such date; so does an Event Type outside the list.
    ///
    /// # Why it matters
    /// An event's reference is its name: unique, and the same in every submission. The centre does not use it yet, since too many
    /// files have it wrong; a council that wants to trace an event cannot do without it.
    ///
    /// # How to fix it in the case system
    /// Take the key of the event, not of the case, the episode or the person. Where two tables feed one query, put a letter before
    /// each table's keys.
    ///
    /// # Example
    /// Reference `1042` on a request of one person and on a review of another, each the key of its own table.
    ///
    /// # Source
    /// CLD guidance, Release 1, Event Reference; DHSC, methodology page on deduplication: *not currently suitable for use* (CONFIRMED,
    /// but the centre drops nothing for it).
    K003: "Event Reference of another event", Query, Event, since "0.1.0", Kind::SameReference(check)
}

fn check(rows: &[SeenRow], found: &mut FoundLate<'_>) {
    let [first, others @ ..] = rows else { return };
    for row in others.iter().filter(|row| !row.is_event_of(first)) {
        let status = row.status(Field::EventReference);
        found.at(row.number, Field::EventReference, status, Some(first.number));
    }
}
