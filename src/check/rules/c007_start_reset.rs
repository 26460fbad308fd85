//! C007: service starts on 1 April now, and started earlier before.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// A service that was open in the baseline starts on 1 April in this file and started earlier in the baseline: the
    /// same reference with a later start, or a new service of the same type in place of one that is gone.
    ///
    /// # Why it matters
    /// Services that are set up anew each financial year look like new services to the centre: people seem to begin
    /// support every April, and how long they have been supported is lost.
    ///
    /// # How to fix it in the case system
    /// Send the date on which the service began, not that of the current purchase order or budget year. Where the case
    /// system opens a new record each April, map the start of the first one.
    ///
    /// # Example
    /// A home care package that started on 3 May 2024, sent as starting on 1 April 2026.
    ///
    /// # Source
    /// DHSC, data quality notes on start dates that are reset each financial year (CONFIRMED that it happens:
    /// process.md 3.2, 5).
    C007: "Service starts on 1 April now, and started earlier before", Query, RunToRun, since "0.1.0", Kind::RunToRun
}
