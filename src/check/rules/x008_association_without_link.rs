//! X008: carer known by association without a linked person.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Client Type is Carer known by association, and no linked person id is given.
    ///
    /// # Why it matters
    /// Such a row says one thing: which person's rows hold the support of this carer. Without a link it says nothing,
    /// and the carer is counted with nobody.
    ///
    /// # How to fix it in the case system
    /// Record whom the carer cares for.
    ///
    /// # Example
    /// A carer noted on the person's contact sheet, whose relationship was never recorded.
    ///
    /// # Source
    /// CLD guidance, Release 1, on rows of carers known by association (CONFIRMED); the fields are not mandatory, so
    /// this asks.
    X008: "Carer known by association without a linked person", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ClientType "Carer known by association"]
}

const LINKS: [Field; 3] = [Field::Adult1LinkedPersonId, Field::Adult2LinkedPersonId, Field::Adult3LinkedPersonId];

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [association] = found.labels();
    let linked = || LINKS.iter().any(|field| !record.is_blank(*field));
    if record.code(Field::ClientType) == Some(association) && !linked() {
        found.at(Field::Adult1LinkedPersonId);
    }
}
