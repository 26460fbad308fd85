//! F006: file has no rows.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The file holds at least one data row.
    ///
    /// # Why it matters
    /// An empty file that is accepted last becomes the council's official return.
    ///
    /// # How to fix it in the case system
    /// See the counts by query: a source that answered with nothing, or rows that were all left out, and why.
    ///
    /// # Example
    /// A header line and nothing else.
    ///
    /// # Source
    /// DHSC: the latest file that covers a period wins (CONFIRMED).
    F006: "File has no rows", Block, File, since "0.1.0", Kind::File
}
