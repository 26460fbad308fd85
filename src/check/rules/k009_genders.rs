//! K009: Several genders.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows of one person give different values of Gender. The first value is that of the first row of the person in the file that
    /// gives one. There is one finding for each further value, at the Gender of the first row that gives it; `other_row` names the
    /// row with the first value. `Unknown`, blanks and values outside the list are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// Each person stands in one line of every table. DHSC takes the value of the rows that count and end last (open last of all), of these those that start last; where they differ, Unknown.
    ///
    /// # How to fix it in the case system
    /// Take the gender from the person's record, not from the event; correct it there.
    ///
    /// # Example
    /// Female on the services, Male on a review typed in by hand.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K009: "Several genders", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::Gender, Field::Gender)
}
