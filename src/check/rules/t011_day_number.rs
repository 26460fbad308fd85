//! T011: date is the day number of a spreadsheet.

use super::super::rule::{Kind, rule};
use crate::model::Reading;

rule! {
    /// # What it checks
    /// A date is not a plain number of five digits. That is how spreadsheets keep days: counted from the end of 1899.
    ///
    /// # Why it matters
    /// Nobody reads `45931` as 1 October 2025: the national check fails the value, as it does any date that is not
    /// `dd/mm/yyyy`.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: the date was lost on the way. Export without a spreadsheet; or give the column the format
    /// `dd/mm/yyyy` before saving it as CSV, and in the validation workbook paste values only.
    ///
    /// # Example
    /// An event start date of `45931`.
    ///
    /// # Source
    /// ASC glossary quoting the Release 1 guidance (CONFIRMED for Event Start Date); Arden & GEM on the validation workbook,
    /// whose users meet false date errors unless they paste values (CONFIRMED).
    T011: "Date is the day number of a spreadsheet", Error, Field, since "0.1.0", Kind::Reading(Reading::DayNumber)
}
