//! T007: CQC location has another shape.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A location id is `1-` and six to eleven digits.
    ///
    /// # Why it matters
    /// The location links the service to the register of providers.
    ///
    /// # How to fix it in the case system
    /// Look the location up in the CQC register; some NHS providers have ids of another shape.
    ///
    /// # Example
    /// `1-12`.
    ///
    /// # Source
    /// CQC API samples (RECALLED).
    T007: "CQC location has another shape", Query, Field, since "0.1.0", Kind::Reading(Reading::NotCqcLocation)
}
