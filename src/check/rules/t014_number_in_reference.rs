//! T014: event reference holds the NHS number.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Event Reference contains the NHS number of the same row.
    ///
    /// # Why it matters
    /// A reference must hold nothing by which a person is known: it is kept and shown where NHS numbers are not.
    ///
    /// # How to fix it in the case system
    /// Make the reference from the event's own key in the case system.
    ///
    /// # Example
    /// A reference made by joining the NHS number and the start date.
    ///
    /// # Source
    /// CLD guidance, Release 1: no personal data in the reference (CONFIRMED).
    T014: "Event reference holds the NHS number", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let (reference, number) = (record.text(Field::EventReference), record.text(Field::NhsNumber));
    let holds = |number: &[u8]| reference.windows(number.len()).any(|part| part == number);
    if number.len() == 10 && reference.len() >= 10 && holds(number) {
        found.at(Field::EventReference);
    }
}
