//! K008: Several dates of birth.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows of one person give different values of Date of Birth. The first value is that of the first row of the person in the file that
    /// gives one. There is one finding for each further value, at the Date of Birth of the first row that gives it; `other_row` names the
    /// row with the first value. Dates that are blank or cannot be read are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// One person cannot have been born twice: it decides the age band, and may mean that rows of two people share an id. DHSC takes the earliest year of birth, and of that the earliest month.
    ///
    /// # How to fix it in the case system
    /// Correct the date in the person's record; where rows belong to two people, part them.
    ///
    /// # Example
    /// Born 01/02/1950 on the request and 02/01/1950 on the service: day and month changed places in an interface.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K008: "Several dates of birth", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::DateOfBirth, Field::DateOfBirth)
}
