//! F011: dates of a workbook are numbers.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// No column of a workbook holds dates as numbers that a format shows as dates. Here they are judged as the dates that
    /// they stand for.
    ///
    /// # Why it matters
    /// What a CSV file saved from the workbook will hold depends on the format of each cell and on the settings of the
    /// computer: `01/10/2025`, `10/1/25` or `2025-10-01`. Only the first of these is what the specification asks for.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: export CSV without a detour through a spreadsheet; or give these columns the format
    /// `dd/mm/yyyy`, save as CSV, and check that file.
    ///
    /// # Example
    /// A birth date that a cell holds as the number 16803, shown as 01/01/1946.
    ///
    /// # Source
    /// ECMA-376 (Office Open XML): dates are numbers with a format (CONFIRMED). Arden & GEM on the validation workbook: values
    /// only are to be pasted (CONFIRMED).
    F011: "Dates of a workbook are numbers", Query, File, since "0.1.0", Kind::File
}
