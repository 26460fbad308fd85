//! T015: pseudo-postcode.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Postcode is one of the NHS pseudo-postcodes that begin with ZZ99: no fixed abode, not known, abroad.
    ///
    /// # Why it matters
    /// The person cannot be placed on a map, so that figures by area leave them out.
    ///
    /// # How to fix it in the case system
    /// Record the address where there is one. Keep the code where there really is none.
    ///
    /// # Example
    /// ZZ99 3VZ, no fixed abode.
    ///
    /// # Source
    /// NHS pseudo-postcodes (CONFIRMED that they exist and pass); whether one is right, only the council knows.
    T015: "Pseudo-postcode", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if record.text(Field::Postcode).starts_with(b"ZZ99") && !record.is_blank(Field::Postcode) {
        found.at(Field::Postcode);
    }
}
