//! K010: Several ethnicities.

use super::super::{
    Attribute,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// Rows of one person give different values of Ethnicity. The first value is that of the first row of the person in the file that
    /// gives one. There is one finding for each further value, at the Ethnicity of the first row that gives it; `other_row` names the
    /// row with the first value. `No data - Refused`, `No data - Undeclared or Not known`, blanks and values outside the list are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// Each person stands in one line of every table. DHSC takes the value of the rows that count and end last (open last of all), of these those that start last; where they differ, `No data - Undeclared or Not known`.
    ///
    /// # How to fix it in the case system
    /// Take the ethnicity from the person's record, not from the event; correct it there.
    ///
    /// # Example
    /// `White - Irish` on the services, `White - Any other White background` on the request of last year.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K010: "Several ethnicities", Query, Person, since "0.1.0", Kind::Contradiction(Attribute::Ethnicity, Field::Ethnicity)
}
