//! D003: died before being born.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Date of Death lies before Date of Birth.
    ///
    /// # Why it matters
    /// One of the two is wrong; often the birth date stands in the field for the death.
    ///
    /// # How to fix it in the case system
    /// Correct the dates at the person.
    ///
    /// # Example
    /// Born 01/02/1950, died 01/02/1949.
    ///
    /// # Source
    /// Common sense (RECALLED).
    D003: "Died before being born", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if let (Some(born), Some(died)) = (record.date(Field::DateOfBirth), record.date(Field::DateOfDeath))
        && died < born
    {
        found.at(Field::DateOfDeath);
    }
}
