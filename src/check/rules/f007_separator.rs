//! F007: cells are not separated by commas.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// Commas stand between the cells of the file: not semicolons, tabs or bars. Which it is, is told by the first row.
    ///
    /// # Why it matters
    /// The portal takes CSV, comma-separated values. To a reader of commas, a line with other separators is one long cell,
    /// and its header none that the template has.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: export with commas. Excel takes the separator from the regional settings of Windows,
    /// where some installations have a semicolon as the list separator.
    ///
    /// # Example
    /// `LA Code;Reporting Period Start Date;Reporting Period End Date` and so on.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders: the file is CSV (CONFIRMED). That nothing
    /// but a comma will do is not said there in so many words (LIKELY).
    F007: "Cells are not separated by commas", Block, File, since "0.1.0", Kind::File
}
