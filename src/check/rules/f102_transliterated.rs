//! F102: letter replaced by a plain one.

use super::super::rule::{Kind, rule};
use crate::model::NoteKind;

rule! {
    /// # What it checks
    /// The value holds a letter that Windows-1252 does not have; the plain letter that clearly stands for it was
    /// written.
    ///
    /// # Why it matters
    /// Names with Welsh ŵ and ŷ, Polish ł or Turkish ğ cannot be sent as they are; a person may be traced by the
    /// plain letters.
    ///
    /// # How to fix it in the case system
    /// Nothing to mend: the case system is right. The list of letters is in the documentation.
    ///
    /// # Example
    /// Siân Ŵyn is sent as Siân Wyn.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED). The table of letters is
    /// the agent's own.
    F102: "Letter replaced by a plain one", Query, Field, since "0.1.0", Kind::Note(NoteKind::Transliterated)
}
