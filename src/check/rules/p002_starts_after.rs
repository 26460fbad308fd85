//! P002: event starts after the period.

use super::super::{
    Context, Found, Origin, OutOfScope, out_of_scope,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The event starts after the last day of the reporting period.
    ///
    /// # Why it matters
    /// The centre drops the row. When the agent builds the file itself, such rows are left out and counted.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: correct the dates that the query asks for.
    ///
    /// # Example
    /// A service from 05/10/2026 in a file to 30/09/2026.
    ///
    /// # Source
    /// DHSC, FilterToEventsInPeriod (CONFIRMED).
    P002: "Event starts after the period", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    // Of what the agent builds itself, such rows have been left out.
    let judged = context.settings.origin == Origin::Submitted;
    if judged && out_of_scope(record, context) == Some(OutOfScope::StartsAfter) {
        found.at(Field::EventStartDate);
    }
}
