//! T003: postcode does not have the shape of one.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A postcode has one of the six shapes in capitals, or is an NHS pseudo-postcode that begins with ZZ99.
    ///
    /// # Why it matters
    /// The centre derives areas from it; a postcode that cannot be read puts the person nowhere.
    ///
    /// # How to fix it in the case system
    /// Correct the postcode at the address; use ZZ99 3VZ for no fixed abode.
    ///
    /// # Example
    /// `BD1 IAA`, with a letter I for the figure 1.
    ///
    /// # Source
    /// BS 7666 (CONFIRMED).
    T003: "Postcode does not have the shape of one", Error, Field, since "0.1.0", Kind::Reading(Reading::NotPostcode)
}
