//! D101: Service still open after a death told on another row.

use super::super::{
    EventKind, FoundLate, PersonRows, SeenRow,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// A service has a blank Event End Date and no Date of Death that can be read, and another row of the person has a date of death.
    /// The service did not start after the latest such date; those that did are D102's. The finding stands at Event End Date;
    /// `other_row` names the first row of the file with the latest date of death.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// The centre closes a service only by a date of death on the same row. Without it the service goes on for ever, and the person is
    /// counted as supported month after month.
    ///
    /// # How to fix it in the case system
    /// Take the date of death from the person's record for every row, and end the service on it.
    ///
    /// # Example
    /// A review of March says that the person died on 04/02/2026; the service in the community is open, and says nothing.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod, for what closes a service; methodology page on deduplication, for services left open (CONFIRMED,
    /// but the centre drops nothing for it).
    D101: "Service still open after a death told on another row", Query, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let Some((died, told)) = person.death() else { return };
    let open = |row: &&SeenRow| is_open(row) && row.start().is_none_or(|start| start <= died);
    for row in person.rows().iter().filter(open) {
        found.at(row.number, Field::EventEndDate, row.status(Field::EventEndDate), Some(told));
    }
}

fn is_open(row: &SeenRow) -> bool {
    row.event() == EventKind::Service && row.has_blank_end() && !row.has_death()
}
