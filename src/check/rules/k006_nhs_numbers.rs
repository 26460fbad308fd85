//! K006: One local id with several NHS numbers.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows with the same LA Person Unique Identifier have different valid NHS Numbers. The first number is that of the first row of
    /// the file with the identifier and a valid number. There is one finding for each further number, at the NHS Number of the first
    /// row that has it with this identifier; `other_row` names the row with the first number.
    ///
    /// Identifiers are compared to the letter.
    ///
    /// # Why it matters
    /// The centre counts two people, each with a part of the events.
    ///
    /// # How to fix it in the case system
    /// Find out which number is right (the Personal Demographics Service tells), and correct it in the record.
    ///
    /// # Example
    /// A number corrected last month: events loaded before carry the old one.
    ///
    /// # Source
    /// NHS England, Central Transformation Principles - SALT: *one LA id with two NHS numbers counts as two people*; DHSC,
    /// GetDerivedFields (CONFIRMED, but the centre drops nothing for it).
    K006: "One local id with several NHS numbers", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::NhsNumbers, Field::NhsNumber)
}
