//! C004: person is gone whose events belong in the file.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A person in the baseline had an open service, or an event that was completed within this period as well, and is
    /// not in this file at all: not under their local id, not under their NHS number, not under a new id of the
    /// crosswalk.
    ///
    /// # Why it matters
    /// A merged or deleted record takes a person's whole history out of the council's return. Many at once mean that a
    /// query lost a team or a kind of client.
    ///
    /// # How to fix it in the case system
    /// Find the person in the case system. After a merge the record that was kept should carry the events. After a
    /// change of case system give a crosswalk of old and new ids (`crosswalk` in the configuration).
    ///
    /// # Example
    /// P104233 with a day service that was open on 30 June; in the next file no row of theirs.
    ///
    /// # Source
    /// DHSC, GetDerivedFields: what is absent later is cropped (CONFIRMED: process.md 3.2, 4).
    C004: "Person is gone whose events belong in the file", Query, RunToRun, since "0.1.0", Kind::RunToRun
}
