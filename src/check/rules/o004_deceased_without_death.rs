//! O004: outcome Deceased without a date of death.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The outcome is NFA - Deceased, and Date of Death is blank.
    ///
    /// # Why it matters
    /// Without the date, the person's other services stay open in the national figures.
    ///
    /// # How to fix it in the case system
    /// Record the date of death at the person; every event of the person then carries it.
    ///
    /// # Example
    /// A service ended with NFA - Deceased, while the person's record was never closed.
    ///
    /// # Source
    /// CLD guidance, Release 1: Date of Death is given when the person has died (CONFIRMED); on a carer's row the
    /// outcome may be about the person cared for (LIKELY).
    O004: "Outcome Deceased without a date of death", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventOutcome "NFA - Deceased"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [deceased] = found.labels();
    if record.code(Field::EventOutcome) == Some(deceased) && record.is_blank(Field::DateOfDeath) {
        found.at(Field::DateOfDeath);
    }
}
