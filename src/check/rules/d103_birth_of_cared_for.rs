//! D103: Carer born on the day of the person cared for.

use super::super::{
    FoundLate, Link, Linked,
    rule::{Kind, rule},
};
use crate::model::{Field, Validity};

rule! {
    /// # What it checks
    /// On a row whose Client Type is `Carer` or `Carer known by association`, the Date of Birth is that of a service user to whom the row is
    /// linked by Adult 1, 2 or 3 Linked Person_ID. The service user's date is that of the first row of the file with the linked id as
    /// LA Person Unique Identifier, the Client Type `Service User` and a date that can be read; `other_row` names that row, and of
    /// several the first of the file. There is one finding a row, at Date of Birth. Links to the carer's own identifier and links that stand twice are passed over as in X101.
    ///
    /// # Why it matters
    /// Carer's rows with the age of the person cared for are known to the centre, which takes the lowest age of a carer to be rid of
    /// them. The carer stands in a wrong age band.
    ///
    /// # How to fix it in the case system
    /// Join the date of birth by the carer's id, not by that of the case. Where they are twins, nothing is wrong.
    ///
    /// # Example
    /// A daughter, carer of her mother, with the mother's date of birth.
    ///
    /// # Source
    /// DHSC, Create_ASCOF_3D (CONFIRMED that it occurs; that a given row has it is LIKELY).
    D103: "Carer born on the day of the person cared for", Query, Person, since "0.1.0", Kind::Link(check)
}

fn check(link: &Link, found: &mut FoundLate<'_>) {
    if let (Linked::ServiceUser(Some((born, told))), Some(carer_born)) = (link.to, link.born)
        && born == carer_born
    {
        found.at(link.row, Field::DateOfBirth, Validity::Valid, Some(told));
    }
}
