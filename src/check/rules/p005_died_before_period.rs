//! P005: died before the period.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Death lies before the first day of the period, and not before the start of the event, of which D004
    /// tells.
    ///
    /// # Why it matters
    /// The centre drops the row.
    ///
    /// # How to fix it in the case system
    /// End the person's services on the date of death. Correct the date where the person is alive.
    ///
    /// # Example
    /// A residential placement without an end, in a file from 01/10/2025; the person died on 11/06/2025.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod: rows of people who died before the period are dropped (CONFIRMED).
    P005: "Died before the period", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let Some(death) = record.date(Field::DateOfDeath) else { return };
    let told = record.date(Field::EventStartDate).is_some_and(|start| death < start);
    if death < context.settings.period.start() && !told {
        found.at(Field::DateOfDeath);
    }
}
