//! K001: Neither NHS number nor local person id.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The row has no NHS Number and no LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// The centre drops the row: nobody can be counted by it.
    ///
    /// # How to fix it in the case system
    /// Have the query return the person's id; the case system always has one.
    ///
    /// # Example
    /// An outer join that found no person.
    ///
    /// # Source
    /// DHSC, GetDerivedFields (CONFIRMED).
    K001: "Neither NHS number nor local person id", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if record.is_blank(Field::NhsNumber) && record.is_blank(Field::LaPersonUniqueIdentifier) {
        found.at(Field::LaPersonUniqueIdentifier);
    }
}
