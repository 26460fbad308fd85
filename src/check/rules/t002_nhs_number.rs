//! T002: NHS number fails its check.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// An NHS number has ten digits, the tenth follows from the others by modulus 11, and they are not all the same.
    ///
    /// # Why it matters
    /// A number that fails names nobody: the person is counted apart from their health record, or not at all.
    ///
    /// # How to fix it in the case system
    /// Look the person up in the Personal Demographics Service and correct the number; leave it blank where it is not
    /// known.
    ///
    /// # Example
    /// Two digits changed places.
    ///
    /// # Source
    /// NHS data dictionary, NHS NUMBER (CONFIRMED).
    T002: "NHS number fails its check", Error, Field, since "0.1.0", Kind::Reading(Reading::NotNhsNumber)
}
