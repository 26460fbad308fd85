//! T008: LA code has another shape.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A code is three digits, or one of the five-character codes issued since 2021.
    ///
    /// # Why it matters
    /// Every row is attributed by this code.
    ///
    /// # How to fix it in the case system
    /// Set the council's code in the configuration.
    ///
    /// # Example
    /// `5030`.
    ///
    /// # Source
    /// Council view and ODS (LIKELY).
    T008: "LA code has another shape", Query, Field, since "0.1.0", Kind::Reading(Reading::NotLaCode)
}
