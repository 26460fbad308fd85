//! T004: amount does not cast to numeric(18,2).

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A cost or a number of units is digits with a point, with nothing before or after.
    ///
    /// # Why it matters
    /// The centre casts it to numeric(18,2); what does not cast is Failed: Invalid, and its cost is lost.
    ///
    /// # How to fix it in the case system
    /// Correct the amount at the service line; have the query return a number, not text.
    ///
    /// # Example
    /// `£1,250.00`.
    ///
    /// # Source
    /// A council's validator and the guidance's 0.00 (CONFIRMED).
    T004: "Amount does not cast to numeric(18,2)", Error, Field, since "0.1.0", Kind::Reading(Reading::NotDecimal)
}
