//! K013: Latest primary support reason cannot be told.

use super::super::{
    FoundLate, PersonRows, SeenRow,
    rule::{Kind, rule},
};
use crate::model::Field;

rule! {
    /// # What it checks
    /// The centre cannot tell which Primary Support Reason of a person is the latest. Of the person's rows that count (K004 says when) and that
    /// give a value, it looks at those that end last, open ones last of all, and of these at those that start last. Where they give
    /// more than one value, there is one finding for each value but the first in the file, at the Primary Support Reason of the first of these
    /// rows that gives it; `other_row` names the first of them in the file. `Unknown`, `Social Support: Support to Carer`, blanks and values outside the list are no values.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier. The end is the one that K004 takes.
    ///
    /// # Why it matters
    /// National tables are split by the reason. Where it cannot be told, DHSC takes Unknown.
    ///
    /// # How to fix it in the case system
    /// Give every row of a person the reason that holds on the last day of the period, or mend the assessment that left two.
    ///
    /// # Example
    /// Two services that began on one day and go on: `Learning Disability Support` on one, `Mental Health Support` on the other.
    ///
    /// # Source
    /// DHSC, Create_personal_details_table (CONFIRMED, but the centre drops nothing for it).
    K013: "Latest primary support reason cannot be told", Query, Person, since "0.1.0", Kind::Person(check)
}

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    for (row, first) in person.unresolved(SeenRow::reason) {
        found.at(row.number, Field::PrimarySupportReason, row.status(Field::PrimarySupportReason), Some(first));
    }
}
