//! M001: mandatory field is blank.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A field that is mandatory on this row has no value. Which rows those are stands with each field of the
    /// release.
    ///
    /// # Why it matters
    /// The centre counts it as Failed: Blank (Mandatory), and the national figures lose the row wherever they need
    /// the field.
    ///
    /// # How to fix it in the case system
    /// Record the value; where it is truly not known, record the list's own value for that, such as Unknown.
    ///
    /// # Example
    /// A review with no Method of Review.
    ///
    /// # Source
    /// DHSC, GetDQValues (CONFIRMED). First Name and Last Name: LIKELY, so a QUERY.
    M001: "Mandatory field is blank", Error, Field, since "0.1.0", Kind::Blank
}
