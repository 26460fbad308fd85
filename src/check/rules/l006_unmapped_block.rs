//! L006: local value that must not be sent unmapped.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value map does not know the value, and the mapping says to hold the package for it.
    ///
    /// # Why it matters
    /// The analyst decided that this field is not to be sent with local values in it.
    ///
    /// # How to fix it in the case system
    /// Add a line with the code and its national label to the value map.
    ///
    /// # Example
    /// A new event outcome code, with the policy `block`.
    ///
    /// # Source
    /// The mapping's own policy.
    L006: "Local value that must not be sent unmapped", Block, Field, since "0.1.0", Kind::Note(NoteKind::UnmappedBlock),
    overridable true
}
