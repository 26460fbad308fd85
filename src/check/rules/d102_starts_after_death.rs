//! D102: Event starts after a death told on another row.

use super::super::{
    FoundLate, PersonRows,
    rule::{Kind, rule},
};
use crate::model::{Field, Validity};

rule! {
    /// # What it checks
    /// A row has no Date of Death that can be read, another row of the person has one, and the event of this row starts after the latest
    /// such date. The finding stands at Event Start Date; `other_row` names the first row of the file with the latest date of death.
    /// A row that has a date of death itself is left to D004.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// Either the date of death is wrong, or the event was recorded for the wrong person. With the date on its own row the centre would
    /// drop it.
    ///
    /// # How to fix it in the case system
    /// Correct the date of death, or move the event to the person it belongs to; take the date from the person's record for every row.
    ///
    /// # Example
    /// Died 04/02/2026 by the services; a review of 01/03/2026 says nothing of it.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod (CONFIRMED for a date on the same row; across rows LIKELY).
    D102: "Event starts after a death told on another row", Query, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let Some((died, told)) = person.death() else { return };
    for row in person.rows().iter().filter(|row| !row.has_death() && row.start().is_some_and(|start| start > died)) {
        found.at(row.number, Field::EventStartDate, Validity::Valid, Some(told));
    }
}
