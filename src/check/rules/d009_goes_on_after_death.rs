//! D009: event ends after the death.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Death lies in the event: not before its start, and before its end.
    ///
    /// # Why it matters
    /// The centre closes the event on the date of death, so its own end is not the one that counts. A service that went
    /// on is paid for longer than it was given.
    ///
    /// # How to fix it in the case system
    /// End the event on the date of death, or correct the date of death.
    ///
    /// # Example
    /// A home support service that ended on 31/03/2026; the person died on 02/03/2026.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod: an end after the death becomes the date of death (CONFIRMED). Paperwork may
    /// rightly be finished later, so this asks.
    D009: "Event ends after the death", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let Some(death) = record.date(Field::DateOfDeath) else { return };
    let (start, end) = (record.date(Field::EventStartDate), record.date(Field::EventEndDate));
    if start.is_some_and(|start| start <= death) && end.is_some_and(|end| end > death) {
        found.at(Field::EventEndDate);
    }
}
