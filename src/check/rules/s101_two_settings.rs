//! S101: Two settings of long term support at once.

use std::cmp::Reverse;

use super::super::{
    FoundLate, PersonRows, SeenRow, Setting,
    rule::{Kind, rule},
};
use crate::model::{Field, Validity};

rule! {
    /// # What it checks
    /// Two services of a person, both with the Client Type `Service User`, have different Service Types among `Long Term Support: Nursing
    /// Care`, `Long Term Support: Residential Care`, `Long Term Support: Community` and `Long Term Support: Prison`, and have at least two
    /// days in common. Only rows that count are looked at (K004 says when, and which end it takes).
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier. The services are taken by start, those of
    /// one start in the order of the file. There is a finding at the Service Type of each that has two days in common with one before
    /// it of another type; `other_row` names the one of these that ends last, open ones last of all, then the one that starts first,
    /// then the first of the file.
    ///
    /// # Why it matters
    /// Nobody lives in two places. National tables take one setting of a person, by an order of their own; the monthly statistics count
    /// the person in each.
    ///
    /// # How to fix it in the case system
    /// End the earlier service on the day before the move. Care at home that is kept while somebody tries a care home is short term
    /// support.
    ///
    /// # Example
    /// Home care goes on although the person moved to a nursing home on 04/02/2026.
    ///
    /// # Source
    /// DHSC, monthly statistics, and NHS England, LTS001 (CONFIRMED that settings are told apart so; that two at once are wrong is
    /// RECALLED, as are the two days).
    S101: "Two settings of long term support at once", Query, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let mut last = [None::<SeenRow>; Setting::LONG_TERM.len()];
    for row in person.counted() {
        let place = Setting::LONG_TERM.iter().position(|setting| *setting == row.setting());
        let (Some(place), Some(start)) = (place, row.start()) else { continue };
        if row.end().is_some_and(|end| end < start) {
            continue;
        }
        let others = last.iter().flatten().filter(|other| other.setting() != row.setting());
        let at_once = others.filter(|other| other.goes_on_after(start) && row.goes_on_after(start));
        if let Some(other) = at_once.max_by_key(|other| precedence(other)) {
            found.at(row.number, Field::ServiceType, Validity::Valid, Some(other.number));
        }
        let slot = &mut last[place];
        if slot.as_ref().is_none_or(|known| precedence(row) > precedence(known)) {
            *slot = Some(*row);
        }
    }
}

/// The one that ends last, then the one that starts first, then the first of the file.
fn precedence(row: &SeenRow) -> impl Ord {
    (row.end().is_none(), row.end(), Reverse(row.start()), Reverse(row.number))
}
