//! S004: very large cost.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The cost comes to more than £10,000 a week: per hour, day or session times the planned units, or by the share of
    /// a week that the frequency stands for. One-off costs are not asked about.
    ///
    /// # Why it matters
    /// Costs are added up nationally. A yearly amount called weekly weighs as much as fifty people.
    ///
    /// # How to fix it in the case system
    /// Compare the amount, its unit and the planned units with the agreement.
    ///
    /// # Example
    /// 41,600.00 Weekly, which is the amount of a year.
    ///
    /// # Source
    /// DHSC, Costs fact, for how a weekly cost is worked out (CONFIRMED); the labels of the units are LIKELY, the bound
    /// is RECALLED.
    S004: "Very large cost", Query, Record, since "0.1.0", Kind::Record(check),
    needs [CostFrequency "Hourly", CostFrequency "Daily", CostFrequency "Per session", CostFrequency "Weekly", CostFrequency "Fortnightly", CostFrequency "4-weekly", CostFrequency "Monthly", CostFrequency "Quarterly", CostFrequency "Annually"]
}

/// In pence, of a week.
const MOST: i64 = 1_000_000;

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let (Some(cost), Some(unit)) = (record.hundredths(Field::UnitCost), record.code(Field::CostFrequency)) else {
        return;
    };
    let [hourly, daily, session, weekly, fortnightly, four_weekly, monthly, quarterly, annually] = found.labels();
    let cost = i64::from(cost).abs();
    let weekly_cost = if [hourly, daily, session].contains(&unit) {
        // Both stand in hundredths.
        cost * i64::from(record.hundredths(Field::PlannedUnitsPerWeek).unwrap_or(0)).abs() / 100
    } else {
        let parts = [(weekly, 52), (fortnightly, 26), (four_weekly, 13), (monthly, 12), (quarterly, 4), (annually, 1)];
        let a_year = parts.iter().find(|(label, _)| *label == unit).map_or(0, |(_, times)| *times);
        cost * a_year / 52
    };
    if weekly_cost > MOST {
        found.at(Field::UnitCost);
    }
}
