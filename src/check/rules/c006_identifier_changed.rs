//! C006: person has another identifier than before.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A person who is known by the same NHS number has another LA Person Unique Identifier than in the baseline, or a
    /// person with the same local id has another NHS number. An NHS number that was blank before is no change; ids of
    /// the crosswalk are not either.
    ///
    /// # Why it matters
    /// The centre follows people by NHS number, and by local id where there is none. Someone whose identifiers change
    /// is counted as two people in figures that look back over a year.
    ///
    /// # How to fix it in the case system
    /// Two records of one person should be merged, and the one that was kept sent. A wrong NHS number is corrected by
    /// tracing. After a change of case system give a crosswalk of old and new ids (`crosswalk` in the configuration).
    ///
    /// # Example
    /// 999 000 0018 was P104233, and is P377001 now.
    ///
    /// # Source
    /// NHS England, central transformation principles on conflicting identifiers (CONFIRMED that it happens: process.md
    /// 3.2, 8); run-to-run comparison of process.md 6, family C.
    C006: "Person has another identifier than before", Query, RunToRun, since "0.1.0", Kind::RunToRun
}
