//! F005: release is no longer the current one.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The period ends after the last date for which the centre expects this release. The finding names the fields whose labels a later
    /// release is known to word otherwise, and how many rows hold one.
    ///
    /// # Why it matters
    /// From October 2025 the centre maps Release 1 files to Release 2. Values that Release 2 has dropped may count as
    /// failed there.
    ///
    /// # How to fix it in the case system
    /// Nothing to mend in the records. Ask the collection team whether this release is still accepted, and move to
    /// the next one when it is at hand.
    ///
    /// # Example
    /// A period that ends on 30/09/2026, built with Release 1.
    ///
    /// # Source
    /// DHSC data cleaning notes and field checks of June 2026 (CONFIRMED that files are mapped; the end date of
    /// Release 1 is LIKELY).
    F005: "Release is no longer the current one", Query, File, since "0.1.0", Kind::File
}
