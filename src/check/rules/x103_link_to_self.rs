//! X103: Carer linked to themselves.

use super::super::{
    Context, Found, LINKS,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Adult 1, 2 or 3 Linked Person_ID is the row's own LA Person Unique Identifier, to the letter. There is a finding at each such
    /// link, whatever the Client Type.
    ///
    /// # Why it matters
    /// Nobody is their own carer; the cared-for adult's link is missing.
    ///
    /// # How to fix it in the case system
    /// Return the id of the cared-for adult. Often the query joins the wrong end of the relationship.
    ///
    /// # Example
    /// Carer `P734`, Adult 1 Linked Person_ID `P734`.
    ///
    /// # Source
    /// Common sense (RECALLED).
    X103: "Carer linked to themselves", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    for field in LINKS.into_iter().filter(|field| !record.is_blank(*field)) {
        if record.text(field) == record.text(Field::LaPersonUniqueIdentifier) {
            found.at(field);
        }
    }
}
