//! T013: identifier with a space at its ends.

use super::super::{
    Context, Found, Origin,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A person's or an event's identifier begins or ends with a space, in a file that was made elsewhere. The agent
    /// takes such spaces away.
    ///
    /// # Why it matters
    /// Identifiers are compared to the letter: with a space, one person becomes two, and a carer's link leads nowhere.
    ///
    /// # How to fix it in the case system
    /// Take the spaces away in the query, or build the file with the agent.
    ///
    /// # Example
    /// `10234 ` on the carer's row, `10234` on the rows of the person cared for.
    ///
    /// # Source
    /// DHSC, GetDerivedFields, links people by the text of their identifier (CONFIRMED); that it does not trim is
    /// RECALLED.
    T013: "Identifier with a space at its ends", Query, Record, since "0.1.0", Kind::Record(check)
}

const IDENTIFIERS: [Field; 5] = [
    Field::LaPersonUniqueIdentifier,
    Field::EventReference,
    Field::Adult1LinkedPersonId,
    Field::Adult2LinkedPersonId,
    Field::Adult3LinkedPersonId,
];

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    if context.settings.origin != Origin::Submitted {
        return;
    }
    for field in IDENTIFIERS {
        let text = record.text(field);
        if text.first() == Some(&b' ') || text.last() == Some(&b' ') {
            found.at(field);
        }
    }
}
