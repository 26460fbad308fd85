//! C001: file is smaller than the one before it, or larger.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// Rows, people, services open at the end of the period, and rows of each event type are counted in this file and
    /// in the baseline: the last submitted package. A figure that fell by 20 % or more holds the package until a person
    /// approves it; one that changed by 10 % or more in either direction is asked about. Figures below 20 in both files
    /// say nothing, and periods of unlike length are not compared. The limits are settings: `volume_fall_holds`,
    /// `volume_change_asks` and `volume_fewest`.
    ///
    /// # Why it matters
    /// The centre takes the latest file that covers a period, whatever is missing from it. A file that was cut off, or
    /// made with a query that reads too little, becomes the council's return, and figures fall without a word.
    ///
    /// # How to fix it in the case system
    /// Find out what is missing: the report shows both figures. A query may have lost a team, a table or a date range;
    /// the reading account may see less than before. Where the fall is real, a person approves the package.
    ///
    /// # Example
    /// 41,020 rows of services in the baseline, 30,115 now.
    ///
    /// # Source
    /// NHS England, notes on partial and top-up files sent last (CONFIRMED that it happens: process.md 3.2, 2). The
    /// limits are this program's own.
    C001: "File is smaller than the one before it, or larger", Block, RunToRun, since "0.1.0", Kind::RunToRun, overridable true
}
