//! F101: character cannot be written.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value holds a character that Windows-1252 does not have and that no plain letter stands for. The cell is
    /// written blank.
    ///
    /// # Why it matters
    /// The portal reads Windows-1252. Another encoding is refused, and a question mark in its place would be a silent
    /// change.
    ///
    /// # How to fix it in the case system
    /// Correct the text at the record: an emoji, an arrow or a word in another script is nearly always pasted in by
    /// mistake.
    ///
    /// # Example
    /// An event description that ends with an emoji.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED).
    F101: "Character cannot be written", Error, Field, since "0.1.0", Kind::Note(NoteKind::Unencodable)
}
