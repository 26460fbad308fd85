//! F104: control character in a value.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value holds a control character other than a tab or a line break. The cell is written blank.
    ///
    /// # Why it matters
    /// Such characters are invisible, come from damaged imports, and stop readers of the file half-way.
    ///
    /// # How to fix it in the case system
    /// Type the value again at the record.
    ///
    /// # Example
    /// A NUL in the middle of a description.
    ///
    /// # Source
    /// RFC 4180 and the portal's text checks (LIKELY).
    F104: "Control character in a value", Error, Field, since "0.1.0", Kind::Note(NoteKind::Control)
}
