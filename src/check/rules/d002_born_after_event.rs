//! D002: born after the event started.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Birth lies after Event Start Date.
    ///
    /// # Why it matters
    /// One of the two is wrong, and with it every age band.
    ///
    /// # How to fix it in the case system
    /// Correct the date of birth, or the start of the event.
    ///
    /// # Example
    /// Born 03/04/2026, first contact 01/04/2026.
    ///
    /// # Source
    /// Common sense (RECALLED).
    D002: "Born after the event started", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if let (Some(born), Some(start)) = (record.date(Field::DateOfBirth), record.date(Field::EventStartDate))
        && born > start
    {
        found.at(Field::DateOfBirth);
    }
}
