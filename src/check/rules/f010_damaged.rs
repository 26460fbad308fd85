//! F010: compressed file is damaged.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A compressed file can be unpacked to its end, and what it holds agrees with the check sum in it. What stands before
    /// the damage is judged all the same.
    ///
    /// # Why it matters
    /// The portal cannot read it; and if it could, the rows after the damage would be missing from the council's return.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: make the file again, or copy it again, and let the copy finish.
    ///
    /// # Example
    /// A `.csv.gz` that was fetched while it was still being written.
    ///
    /// # Source
    /// The gzip format (RFC 1952): each member ends with its length and a CRC-32 (CONFIRMED).
    F010: "Compressed file is damaged", Block, File, since "0.1.0", Kind::File
}
