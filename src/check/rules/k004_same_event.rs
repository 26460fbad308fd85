//! K004: Same event as another row, which is kept.

use super::super::{
    FoundLate, SameEvent,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// The centre takes this row and another for one event, and keeps the other.
    ///
    /// Only rows that count are compared. A row counts where
    ///
    /// - its Event Type is of the list;
    /// - its Event Start Date can be read and does not lie after the period;
    /// - its end lies in the period or, for a service, is open or does not lie before the period;
    /// - its Date of Death lies neither before the period nor before Event Start Date, if there is one;
    /// - it has a valid NHS Number or an LA Person Unique Identifier.
    ///
    /// The end is Event End Date; a death from the start to that end takes its place, and so does a death after the start where there
    /// is no Event End Date. A date that is blank or cannot be read is none.
    ///
    /// Two rows are one event where these are equal: LA Code, person, Event Type, Client Type and Event Start Date; the end, but not for
    /// services; Request: Route of Access for requests; Assessment Type for assessments; Service Type, Service Component,
    /// Delivery Mechanism, Cost Frequency, Unit Cost and Planned units per week for services. A person is a valid NHS Number or, on
    /// rows without one, an LA Person Unique Identifier. Amounts are compared to two decimals (half a penny counts up), all else to
    /// the letter; blank equals blank, and `NULL` is blank.
    ///
    /// Of the rows of an event the centre keeps one without an end, then the one that ends last; then the one whose Event Outcome has the
    /// lowest rank in the release file, an outcome without a rank last; then one with *conversation*, in capitals or not, in its
    /// Event Description; then the last of the file. There is a finding at the Event Reference of every other row, and `other_row`
    /// names the row kept. A row that K002 finds is left to it.
    ///
    /// # Why it matters
    /// The rows that are dropped are in no national figure. Lines that differ only in what the key does not hold, such as the
    /// provider, the support reason or the reference, become one line.
    ///
    /// # How to fix it in the case system
    /// Where it is one event, end the double entry, or mend the join that doubles it. Where there are two, such as two providers with the
    /// same component and cost, know that the centre counts one.
    ///
    /// # Example
    /// Two requests of one person on one day by the same route, ended on one day: one with `Progress to Assessment` is kept, one with
    /// `NFA - Information & Advice / Signposting only` is dropped.
    ///
    /// # Source
    /// DHSC, GetDerivedFields, GetUniqueEvents and the methodology page on deduplication (CONFIRMED); the order of outcomes is NHS
    /// England's for Release 1; that *conversation* in the description makes the flag is LIKELY.
    K004: "Same event as another row, which is kept", Error, Event, since "0.1.0", Kind::SameEvent(check)
}

fn check(same: &SameEvent<'_>, found: &mut FoundLate<'_>) {
    let Some(kept) = same.kept() else { return };
    for (row, last_copy) in same.rows() {
        if row.number != kept && last_copy.is_none() {
            found.at(row.number, Field::EventReference, row.status(Field::EventReference), Some(kept));
        }
    }
}
