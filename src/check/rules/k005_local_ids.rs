//! K005: One NHS number with several local ids.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows with the same valid NHS Number have different LA Person Unique Identifiers. The first identifier is that of the first row
    /// of the file with the number and an identifier. There is one finding for each further identifier, at the LA Person Unique
    /// Identifier of the first row that has it; `other_row` names the row with the first identifier.
    ///
    /// Identifiers are compared to the letter.
    ///
    /// # Why it matters
    /// The centre counts one person by the number. A carer's link by the second identifier may lead nowhere, and rows of either
    /// identifier without the number become somebody else.
    ///
    /// # How to fix it in the case system
    /// Merge the two records, or have the query return the identifier that is kept.
    ///
    /// # Example
    /// A person recorded as client `P100` and, by another team, as carer `P734`, with one NHS number.
    ///
    /// # Source
    /// NHS England, Central Transformation Principles - SALT, on person identifiers; DHSC, GetDerivedFields (CONFIRMED, but the centre
    /// drops nothing for it).
    K005: "One NHS number with several local ids", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::LocalIds, Field::LaPersonUniqueIdentifier)
}
