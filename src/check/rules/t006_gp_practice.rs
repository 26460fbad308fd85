//! T006: GP practice code has another shape.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A practice code is a letter and five digits; a branch code is not a practice.
    ///
    /// # Why it matters
    /// The practice links the person to primary care; a code of another shape links to nothing.
    ///
    /// # How to fix it in the case system
    /// Take the code of the practice from the ODS, not that of a branch.
    ///
    /// # Example
    /// `K81003001`.
    ///
    /// # Source
    /// General knowledge (RECALLED).
    T006: "GP practice code has another shape", Query, Field, since "0.1.0", Kind::Reading(Reading::NotGpPractice)
}
