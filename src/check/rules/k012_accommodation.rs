//! K012: Latest accommodation cannot be told.

use super::super::{
    FoundLate, PersonRows, SeenRow,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// The centre cannot tell which Accommodation Status of a person is the latest. Of the person's rows that count (K004 says when) and that
    /// give a value, it looks at those that end last, open ones last of all, and of these at those that start last. Where they give
    /// more than one value, there is one finding for each value but the first in the file, at the Accommodation Status of the first of these
    /// rows that gives it; `other_row` names the first of them in the file. `Unknown`, blanks and values outside the list are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier. The end is the one that K004 takes.
    ///
    /// # Why it matters
    /// The status decides whether a person lives at home, which is a national measure. Where it cannot be told, DHSC takes Unknown and then guesses from the services.
    ///
    /// # How to fix it in the case system
    /// Give every row of a person the status on the last day of the period, not that of the event.
    ///
    /// # Example
    /// Two services that began on one day and go on: `Tenant` on one, `Registered care home` on the other.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K012: "Latest accommodation cannot be told", Query, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    for (row, first) in person.unresolved(SeenRow::accommodation) {
        found.at(row.number, Field::AccommodationStatus, row.status(Field::AccommodationStatus), Some(first));
    }
}
