//! K007: NHS number missing here, known on another row.

use super::super::{
    FoundLate, PersonRows,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// The row has no valid NHS Number, and its LA Person Unique Identifier, to the letter, stands on another row of the file together
    /// with a valid one. There is a finding at the NHS Number of each such row; `other_row` names the first row of the file that has the
    /// identifier with a valid number.
    ///
    /// # Why it matters
    /// NHS England drops the row, since the identifier belongs to a number already; DHSC counts a second person.
    ///
    /// # How to fix it in the case system
    /// Join the NHS number by the person, not by the event, so that it stands on every row of the person.
    ///
    /// # Example
    /// The query of services joins the person's number as it was when the service began; it was found out later.
    ///
    /// # Source
    /// NHS England, Central Transformation Principles - SALT, pages 5 and 6, and the code of every table (CONFIRMED); DHSC,
    /// GetDerivedFields (CONFIRMED).
    K007: "NHS number missing here, known on another row", Error, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let Some(tied) = person.tied_row() else { return };
    for row in person.rows() {
        found.at(row.number, Field::NhsNumber, row.status(Field::NhsNumber), Some(tied));
    }
}
