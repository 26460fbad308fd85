//! K011: Several dates of death.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows of one person give different values of Date of Death. The first value is that of the first row of the person in the file that
    /// gives one. There is one finding for each further value, at the Date of Death of the first row that gives it; `other_row` names the
    /// row with the first value. Dates that are blank or cannot be read are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// A person dies once: the date closes events and drops those that start after it. DHSC takes the latest.
    ///
    /// # How to fix it in the case system
    /// Correct the date in the person's record, and take it from there for every row.
    ///
    /// # Example
    /// Died 04/02/2026 on the services and 02/04/2026 on a review.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K011: "Several dates of death", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::DateOfDeath, Field::DateOfDeath)
}
