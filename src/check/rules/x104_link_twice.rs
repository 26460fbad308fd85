//! X104: Carer linked to the same person twice.

use super::super::{
    Context, Found, LINKS,
    rule::{Kind, rule},
};
use crate::model::Record;

rule! {
    /// # What it checks
    /// Adult 2 or 3 Linked Person_ID is equal, to the letter, to an earlier of the three on the same row. The finding stands at the
    /// later one.
    ///
    /// # Why it matters
    /// The carer seems to care for more people than they do.
    ///
    /// # How to fix it in the case system
    /// Return each cared-for adult once. Often a relationship is recorded twice, or a join doubles it.
    ///
    /// # Example
    /// Adult 1 and Adult 2 Linked Person_ID are both `P100`.
    ///
    /// # Source
    /// Common sense (RECALLED).
    X104: "Carer linked to the same person twice", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    for (place, field) in LINKS.into_iter().enumerate().filter(|(_, field)| !record.is_blank(*field)) {
        if LINKS[..place].iter().any(|earlier| record.text(*earlier) == record.text(field)) {
            found.at(field);
        }
    }
}
