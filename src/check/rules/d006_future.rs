//! D006: date lies in the future.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A date of birth, of death, or of an event lies after the day of the run.
    ///
    /// # Why it matters
    /// What has not happened cannot be reported; a year was usually mistyped.
    ///
    /// # How to fix it in the case system
    /// Correct the date at the record.
    ///
    /// # Example
    /// A death on 03/03/2062.
    ///
    /// # Source
    /// Common sense (RECALLED).
    D006: "Date lies in the future", Query, Record, since "0.1.0", Kind::Record(check)
}

const DATES: [Field; 4] = [Field::DateOfBirth, Field::DateOfDeath, Field::EventStartDate, Field::EventEndDate];

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    for field in DATES {
        if record.date(field).is_some_and(|date| date > context.settings.as_of) {
            found.at(field);
        }
    }
}
