//! X102: Carer linked to somebody who is no service user.

use super::super::{
    FoundLate, Link, Linked,
    rule::{Kind, rule},
};
use crate::model::Validity;

rule! {
    /// # What it checks
    /// On a row whose Client Type is `Carer` or `Carer known by association`, the id in Adult 1, 2 or 3 Linked Person_ID is the
    /// LA Person Unique Identifier of other rows, but none of these has the Client Type `Service User`. The finding stands at the link. A
    /// link to the carer's own identifier is left to X103, and one that stands in an earlier of the three fields to X104.
    ///
    /// # Why it matters
    /// A link is only to be given to a service user in the same submission; the centre looks for no other.
    ///
    /// # How to fix it in the case system
    /// Return the id of the cared-for adult as a client. Often the link was recorded the wrong way round, or the adult's own rows
    /// carry a wrong Client Type.
    ///
    /// # Example
    /// Two sisters who care for their mother are linked to each other.
    ///
    /// # Source
    /// CLD guidance, Release 1, Adult 1 Linked Person_ID (CONFIRMED, but the centre drops nothing for it).
    X102: "Carer linked to somebody who is no service user", Query, Person, since "0.1.0", Kind::Link(check)
}

fn check(link: &Link, found: &mut FoundLate<'_>) {
    if link.to == Linked::NoServiceUser {
        found.at(link.row, link.field, Validity::Valid, None);
    }
}
