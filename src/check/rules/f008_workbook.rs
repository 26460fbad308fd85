//! F008: file is a workbook.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The file is CSV, or CSV compressed with gzip; not a workbook.
    ///
    /// # Why it matters
    /// The portal takes no XLSX. A workbook also keeps dates and numbers in a form of its own, so what is checked here is not
    /// to the letter what a CSV file saved from it would hold.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: export CSV without a detour through a spreadsheet, or save the sheet as "CSV (Comma
    /// delimited)" and check that file again.
    ///
    /// # Example
    /// A sheet of the validation workbook, sent as it is.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders: CSV or gzip'd CSV, and the advice not to
    /// open or save files with Excel (CONFIRMED).
    F008: "File is a workbook", Block, File, since "0.1.0", Kind::File
}
