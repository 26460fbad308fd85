//! C002: month has fewer events than before, or more.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// Every month that lies whole in both periods is counted in this file and in the baseline: services by their
    /// start, all other events by their end. A month that lost 20 % or more of its events holds the package until a
    /// person approves it; a change of 10 % or more in either direction is asked about. Months below 20 events in both
    /// files say nothing.
    ///
    /// # Why it matters
    /// The months that two files share are the same events. What was there in July and is missing in October was lost
    /// on the way, unless records were corrected in between. Totals alone do not show it: a lost month can hide behind
    /// a busy one.
    ///
    /// # How to fix it in the case system
    /// Look at the month in the report's table. Where the case system was corrected, for instance after a team cleared
    /// a backlog, a person approves the package.
    ///
    /// # Example
    /// 2,310 events in April 2026 in the baseline, 1,204 in the same month now.
    ///
    /// # Source
    /// NHS England, notes on partial and top-up files sent last (CONFIRMED that it happens: process.md 3.2, 2). The
    /// limits are this program's own.
    C002: "Month has fewer events than before, or more", Block, RunToRun, since "0.1.0", Kind::RunToRun, overridable true
}
