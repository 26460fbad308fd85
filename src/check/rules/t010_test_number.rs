//! T010: NHS number of the test range.

use super::super::{
    Context, Found, TestNumbers,
    rule::{Kind, rule},
};
use crate::model::{Environment, Field, Reading, Record, Severity};

rule! {
    /// # What it checks
    /// The number begins with 999, a range kept for tests. In a file that may be sent, this is a BLOCK.
    ///
    /// # Why it matters
    /// Test people in a return become people of the council in the national figures.
    ///
    /// # How to fix it in the case system
    /// Remove the test person from the case system, or exclude the record in the query.
    ///
    /// # Example
    /// A person made to try out a new form.
    ///
    /// # Source
    /// General knowledge (RECALLED); a live file is held for it all the same.
    T010: "NHS number of the test range", Query, Record, since "0.1.0", Kind::Record(check),
    overridable true
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let number = record.cell(Field::NhsNumber);
    if number.reading() == Reading::Valid
        && number.value() == 1
        && context.settings.test_numbers == TestNumbers::Strange
    {
        found.graver_or_not(
            Field::NhsNumber,
            match context.settings.environment {
                Environment::Live => Severity::Block,
                Environment::Test => Severity::Query,
            },
        );
    }
}
