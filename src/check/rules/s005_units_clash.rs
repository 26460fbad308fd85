//! S005: planned units clash with the frequency.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The cost is for a week or longer, and more than one unit a week is planned.
    ///
    /// # Why it matters
    /// The centre lets the frequency win over the units. Where the units are right, the cost is counted many times too
    /// low.
    ///
    /// # How to fix it in the case system
    /// Correct the unit of the cost, or leave planned units out: they are needed only for units shorter than a week.
    ///
    /// # Example
    /// 21.50 Weekly with 14 planned units, which is a rate by the hour.
    ///
    /// # Source
    /// CLD guidance, Release 1: planned units are for units shorter than a week; DHSC, Costs fact, lets the frequency
    /// win (CONFIRMED); the labels of the units are LIKELY.
    S005: "Planned units clash with the frequency", Query, Record, since "0.1.0", Kind::Record(check),
    needs [CostFrequency "Weekly", CostFrequency "Fortnightly", CostFrequency "4-weekly", CostFrequency "Monthly", CostFrequency "Quarterly", CostFrequency "Annually"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let Some(unit) = record.code(Field::CostFrequency) else { return };
    let long: [u16; 6] = found.labels();
    if long.contains(&unit) && record.hundredths(Field::PlannedUnitsPerWeek).is_some_and(|units| units > 100) {
        found.at(Field::PlannedUnitsPerWeek);
    }
}
