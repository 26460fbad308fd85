//! T012: practice code that stands for none.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// GP Practice Code is V81997, V81998 or V81999: no practice, not applicable, not known.
    ///
    /// # Why it matters
    /// The field is optional: a blank says the same, and links to no practice by mistake.
    ///
    /// # How to fix it in the case system
    /// Record the practice where the person has one.
    ///
    /// # Example
    /// V81999 written by the case system where nobody asked.
    ///
    /// # Source
    /// General knowledge (RECALLED).
    T012: "Practice code that stands for none", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if matches!(record.text(Field::GpPracticeCode), b"V81997" | b"V81998" | b"V81999") {
        found.at(Field::GpPracticeCode);
    }
}
