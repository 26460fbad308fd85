//! F103: value begins as a formula does.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value begins with `=`, `+` or `@`, or with `-` before anything but a number. A run writes the cell blank; in a
    /// file that was made otherwise it is a BLOCK.
    ///
    /// # Why it matters
    /// The portal refuses such values, and with them the file, because a spreadsheet would run them.
    ///
    /// # How to fix it in the case system
    /// Correct the text at the record; a name such as `-Smith` is a slip of the keyboard.
    ///
    /// # Example
    /// A last name `-Smith`; an event description `=see notes`.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED).
    F103: "Value begins as a formula does", Error, Field, since "0.1.0", Kind::Note(NoteKind::Formula)
}
