//! D004: died before the event started.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Death lies before Event Start Date.
    ///
    /// # Why it matters
    /// The centre drops the row. Either the date of death is wrong, or the event was recorded for the wrong person.
    ///
    /// # How to fix it in the case system
    /// Correct the date of death, or close what was opened after it.
    ///
    /// # Example
    /// Died 04/02/2026, service from 01/03/2026.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod (CONFIRMED).
    D004: "Died before the event started", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if let (Some(died), Some(start)) = (record.date(Field::DateOfDeath), record.date(Field::EventStartDate))
        && died < start
    {
        found.at(Field::DateOfDeath);
    }
}
