//! X007: fewer adults cared for than are linked.

use super::super::{
    Context, Found, LINKS,
    rule::{Kind, rule},
};
use crate::model::{Field, Reading, Record};

rule! {
    /// # What it checks
    /// No. of adults being cared for is smaller than the number of linked person ids on the row.
    ///
    /// # Why it matters
    /// One of the two is wrong, and carers are grouped by how many people they care for.
    ///
    /// # How to fix it in the case system
    /// Count the people again at the carer's record.
    ///
    /// # Example
    /// One adult cared for, with two linked ids.
    ///
    /// # Source
    /// The Release 1 fields, by their meaning (LIKELY).
    X007: "Fewer adults cared for than are linked", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let number = record.cell(Field::NumberOfAdultsBeingCaredFor);
    if number.reading() != Reading::Valid {
        return;
    }
    let linked = LINKS.iter().filter(|field| !record.is_blank(**field)).count();
    let digits = record.text(Field::NumberOfAdultsBeingCaredFor).iter();
    let told = digits.fold(0, |number: usize, digit| number * 10 + usize::from(digit.wrapping_sub(b'0')));
    if told < linked {
        found.at(Field::NumberOfAdultsBeingCaredFor);
    }
}
