//! F001: header differs from the template.

use super::super::rule::{Kind, rule};

rule! {
    /// # What it checks
    /// The first row must hold the 50 header texts of the release, spelt to the letter and in template order.
    ///
    /// # Why it matters
    /// The portal compares header texts exactly; a space is not an underscore. A file whose header differs is refused
    /// whole.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: take the header from the release, and do not open the file in a spreadsheet.
    ///
    /// # Example
    /// `Adult 1 Linked Person ID` where the template has `Adult 1 Linked Person_ID`.
    ///
    /// # Source
    /// digital.nhs.uk, Data Landing Portal, general information for data senders (CONFIRMED). Header texts: two
    /// independent copies of the national feed.
    F001: "Header differs from the template", Block, File, since "0.1.0", Kind::File
}
