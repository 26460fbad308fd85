//! X001: filled though not applicable.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The field holds a value on a row for which it does not apply.
    ///
    /// # Why it matters
    /// The centre passes over the value; it often means that the event type or the client type of the row is wrong.
    ///
    /// # How to fix it in the case system
    /// Have the query leave the field blank for other events, or correct the type of the row.
    ///
    /// # Example
    /// A Service Type on a request.
    ///
    /// # Source
    /// DHSC, GetDQValues (CONFIRMED what applies; a value where none applies is passed).
    X001: "Filled though not applicable", Query, Field, since "0.1.0", Kind::Filled
}
