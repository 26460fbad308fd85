//! T001: date is not a date dd/mm/yyyy.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A date field holds ten characters, dd/mm/yyyy, for a day that exists, with no time.
    ///
    /// # Why it matters
    /// The centre counts it as Failed: Invalid. A row whose start cannot be read is dropped.
    ///
    /// # How to fix it in the case system
    /// Correct the date at the record; give the mapping the format in which the source writes its dates.
    ///
    /// # Example
    /// `31/02/2026`, `2026-02-03 00:00:00` or `46054`.
    ///
    /// # Source
    /// CLD guidance, Release 1 (CONFIRMED).
    T001: "Date is not a date dd/mm/yyyy", Error, Field, since "0.1.0", Kind::Reading(Reading::NotDate)
}
