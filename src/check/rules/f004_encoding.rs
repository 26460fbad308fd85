//! F004: file is not in Windows-1252.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The file is in Windows-1252, without a byte-order mark. A file of plain ASCII is that too.
    ///
    /// # Why it matters
    /// The portal reads Windows-1252: a byte-order mark becomes part of the first header, which then is not the one that it
    /// expects, and every accented letter turns into two others.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: have the extract written in Windows-1252, or let the agent build it.
    ///
    /// # Example
    /// A CSV file saved by a spreadsheet as "CSV UTF-8".
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED).
    F004: "File is not in Windows-1252", Block, File, since "0.1.0", Kind::File
}
