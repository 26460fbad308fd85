//! L003: value is listed but not to be used.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::Record;

rule! {
    /// # What it checks
    /// The value is in the national list, and the guidance says not to use it.
    ///
    /// # Why it matters
    /// These values were made for a reform of charging that was put off; rows with them are not counted as anybody
    /// expects.
    ///
    /// # How to fix it in the case system
    /// Record how the person is funded today.
    ///
    /// # Example
    /// Client Funding Status `Fully Health Funded`.
    ///
    /// # Source
    /// CLD guidance, Release 1 (CONFIRMED).
    L003: "Value is listed but not to be used", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    for (field, code) in &context.not_to_be_used {
        if record.code(*field) == Some(*code) {
            found.at(*field);
        }
    }
}
