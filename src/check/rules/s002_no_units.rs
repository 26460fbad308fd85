//! S002: cost by the hour, day or session without planned units.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The cost is for a unit shorter than a week, and no units are planned.
    ///
    /// # Why it matters
    /// The centre multiplies the cost by the units of a week; without them the row has no cost and is dropped from
    /// spending.
    ///
    /// # How to fix it in the case system
    /// Record how many hours, days or sessions a week are planned.
    ///
    /// # Example
    /// 21.50 Hourly, with no planned units.
    ///
    /// # Source
    /// CLD guidance, Release 1 (CONFIRMED); the labels of the units are LIKELY.
    S002: "Cost by the hour, day or session without planned units", Query, Record, since "0.1.0", Kind::Record(check),
    needs [CostFrequency "Hourly", CostFrequency "Daily", CostFrequency "Per session"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let Some(unit) = record.code(Field::CostFrequency) else { return };
    let short: [u16; 3] = found.labels();
    if short.contains(&unit) && record.is_blank(Field::PlannedUnitsPerWeek) && !record.is_blank(Field::UnitCost) {
        found.at(Field::PlannedUnitsPerWeek);
    }
}
