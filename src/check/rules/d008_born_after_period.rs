//! D008: born after the period.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Birth lies after the last day of the period, on a row without an event start that would show it (D002).
    ///
    /// # Why it matters
    /// The person falls into no age band.
    ///
    /// # How to fix it in the case system
    /// Correct the year of birth.
    ///
    /// # Example
    /// A carer known by association, born 04/05/2062.
    ///
    /// # Source
    /// Common sense (RECALLED).
    D008: "Born after the period", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let after = |born| born > context.settings.period.end();
    if record.date(Field::DateOfBirth).is_some_and(after) && record.date(Field::EventStartDate).is_none() {
        found.at(Field::DateOfBirth);
    }
}
