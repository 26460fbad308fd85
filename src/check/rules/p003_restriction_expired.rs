//! P003: restriction of a record has expired.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// Entries of the council's list of restricted records have passed their last day.
    ///
    /// # Why it matters
    /// From that day the person's rows are in the file again, which may or may not be meant.
    ///
    /// # How to fix it in the case system
    /// Renew the entry with a new date, or remove it.
    ///
    /// # Example
    /// An entry that expired on 30/09/2026, in a run of October.
    ///
    /// # Source
    /// The council's own list.
    P003: "Restriction of a record has expired", Query, File, since "0.1.0", Kind::File
}
