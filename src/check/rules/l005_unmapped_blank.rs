//! L005: local value written blank as the mapping says.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value map does not know the value, and the mapping says to write such values blank.
    ///
    /// # Why it matters
    /// What was recorded is not sent; where the field is mandatory, the blank fails as well.
    ///
    /// # How to fix it in the case system
    /// Add a line with the code and its national label to the value map.
    ///
    /// # Example
    /// A local support reason that was never mapped, with the policy `blank`.
    ///
    /// # Source
    /// The mapping's own policy.
    L005: "Local value written blank as the mapping says", Query, Field, since "0.1.0", Kind::Note(NoteKind::UnmappedBlank)
}
