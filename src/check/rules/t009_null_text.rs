//! T009: text NULL stands for nothing.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The cell holds the four letters NULL. It counts as blank, and is written as it is.
    ///
    /// # Why it matters
    /// The centre treats it as blank, other readers do not.
    ///
    /// # How to fix it in the case system
    /// Have the query return nothing instead of the word.
    ///
    /// # Example
    /// A query that casts a missing value to text.
    ///
    /// # Source
    /// DHSC, GetDQValues (CONFIRMED).
    T009: "Text NULL stands for nothing", Query, Field, since "0.1.0", Kind::Note(NoteKind::NullText)
}
