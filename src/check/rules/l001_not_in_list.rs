//! L001: value is not in the national list.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// The value is not one of the labels of the field's list, to the letter: capitals, spaces, dashes and colons
    /// count.
    ///
    /// # Why it matters
    /// The centre counts it as Failed: Invalid, or maps it by hand some weeks later, or not at all.
    ///
    /// # How to fix it in the case system
    /// Map the local value to the national label, or correct the record where it holds a value of an older version.
    ///
    /// # Example
    /// `NFA - Other` where the list has `NFA- Other`.
    ///
    /// # Source
    /// The code lists of the release, each value with its source. A list with a value that is not confirmed raises a
    /// QUERY.
    L001: "Value is not in the national list", Error, Field, since "0.1.0", Kind::Reading(Reading::Unlisted)
}
