//! P004: the data does not cover the stated period.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The centre does not take a file at its word: it derives the period from the months in which events end. A month
    /// counts where it holds at least 2% of the rows and at most one event type fewer than the fullest month; with fewer
    /// than 100 rows every month counts. The derived period runs from the first such month to the last, and must reach
    /// over the stated one. Only months before the one in which the file arrives are looked at: the day of the run is
    /// taken for the day of arrival. While the stated period is not over, the rule is not run.
    ///
    /// # Why it matters
    /// A file that does not cover its period is not selected: the centre uses an older one, or none, and nobody is told.
    ///
    /// # How to fix it in the case system
    /// See in the report's table of months which are thin. Look for a query that gives too few rows, a period that is
    /// longer than the data, or events that were never closed. Where the data really is thin, a person may approve the
    /// package.
    ///
    /// # Example
    /// A rolling year from 01/10/2025 whose queries give nothing from before 01/01/2026.
    ///
    /// # Source
    /// DHSC, REF_Submission_Reporting_Periods, as its code does it (CONFIRMED).
    P004: "Data does not cover the stated period", Block, File, since "0.1.0", Kind::File,
    overridable true
}
