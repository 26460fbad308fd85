//! D005: older than 114 at the end of the period.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Date, Field, Record};

rule! {
    /// # What it checks
    /// The person would be 115 or older on the last day of the period, and no death is recorded.
    ///
    /// # Why it matters
    /// Dummy dates of birth put people in the oldest band; the centre has remarked on how many there are.
    ///
    /// # How to fix it in the case system
    /// Find the date of birth; leave it blank rather than invent one.
    ///
    /// # Example
    /// Born 01/01/1900.
    ///
    /// # Source
    /// NHS England, central transformation principles (CONFIRMED that it happens; the bound is LIKELY).
    D005: "Older than 114 at the end of the period", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let end = context.settings.period.end();
    // Few are near that age by the count of days alone, which is cheaper than an age.
    let very_old = |born: Date| end.days() - born.days() > 114 * 365 && born.age_on(end) >= 115;
    if record.is_blank(Field::DateOfDeath) && record.date(Field::DateOfBirth).is_some_and(very_old) {
        found.at(Field::DateOfBirth);
    }
}
