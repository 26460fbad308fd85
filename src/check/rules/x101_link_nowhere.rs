//! X101: Carer linked to nobody in the file.

use super::super::{
    FoundLate, Link, Linked,
    rule::{Kind, rule},
};
use crate::model::Validity;

rule! {
    /// # What it checks
    /// On a row whose Client Type is `Carer` or `Carer known by association`, the id in Adult 1, 2 or 3 Linked Person_ID is no row's
    /// LA Person Unique Identifier, to the letter. The finding stands at the link. A link to the carer's own identifier is left to X103,
    /// and one that stands in an earlier of the three fields to X104.
    ///
    /// # Why it matters
    /// A link is only to be given where the cared-for adult is in the same submission. Without a row of theirs the centre cannot know that
    /// they have an unpaid carer.
    ///
    /// # How to fix it in the case system
    /// Return the id under which the cared-for adult's own rows stand; return none where they are not supported by the council.
    ///
    /// # Example
    /// The link holds the case number of an adult whose case was closed before the period.
    ///
    /// # Source
    /// CLD guidance, Release 1, Adult 1 Linked Person_ID (CONFIRMED, but the centre drops nothing for it).
    X101: "Carer linked to nobody in the file", Query, Person, since "0.1.0", Kind::Link(check)
}

fn check(link: &Link, found: &mut FoundLate<'_>) {
    if link.to == Linked::Nobody {
        found.at(link.row, link.field, Validity::Valid, None);
    }
}
