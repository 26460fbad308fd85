//! T005: not a whole number.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A count is digits only.
    ///
    /// # Why it matters
    /// A count that is not a number cannot be added up.
    ///
    /// # How to fix it in the case system
    /// Correct it at the carer's record.
    ///
    /// # Example
    /// `two`.
    ///
    /// # Source
    /// Version 5 field list (LIKELY).
    T005: "Not a whole number", Query, Field, since "0.1.0", Kind::Reading(Reading::NotInteger)
}
