//! L004: value map entry was damaged by a spreadsheet.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value is in the value map only once leading zeros that a spreadsheet dropped, or a number it wrote in
    /// E-notation, are restored. It was mapped so.
    ///
    /// # Why it matters
    /// The map looks right and is not: the next save may damage it further, and `7` and `007` may be two codes.
    ///
    /// # How to fix it in the case system
    /// Open the value map as text and write the local value as the case system has it.
    ///
    /// # Example
    /// The case system has `007`; the map has `7`.
    ///
    /// # Source
    /// The mapping's own value map.
    L004: "Value map entry was damaged by a spreadsheet", Query, Field, since "0.1.0", Kind::Note(NoteKind::RestoredKey)
}
