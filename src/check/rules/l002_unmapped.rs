//! L002: local value has no entry in its value map.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// The case system holds a code that the value map does not know. It is written as it stands, since the centre
    /// maps some by hand.
    ///
    /// # Why it matters
    /// The centre counts it as Failed: Invalid. A new code in the case system usually touches many records at once.
    ///
    /// # How to fix it in the case system
    /// Add a line with the code and its national label to the value map.
    ///
    /// # Example
    /// Ethnicity `X9`, added to the case system last month.
    ///
    /// # Source
    /// The mapping's own value map.
    L002: "Local value has no entry in its value map", Error, Field, since "0.1.0", Kind::Reading(Reading::Unmapped)
}
