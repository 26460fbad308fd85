//! P001: event ended outside the period.

use super::super::{
    Context, Found, Origin, OutOfScope, out_of_scope,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A request, assessment or review was completed outside the reporting period, or a service ended before it.
    ///
    /// # Why it matters
    /// The centre drops the row. When the agent builds the file itself, such rows are left out and counted.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: correct the dates that the query asks for.
    ///
    /// # Example
    /// A review of 04/09/2025 in a file from 01/10/2025.
    ///
    /// # Source
    /// CLD guidance, Release 1; DHSC, FilterToEventsInPeriod (CONFIRMED).
    P001: "Event ended outside the period", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    // Of what the agent builds itself, such rows have been left out.
    let judged = context.settings.origin == Origin::Submitted;
    if judged && out_of_scope(record, context) == Some(OutOfScope::EndedOutside) {
        found.at(Field::EventEndDate);
    }
}
