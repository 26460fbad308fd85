//! S001: cost is negative.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Unit Cost is below nought.
    ///
    /// # Why it matters
    /// The centre takes its absolute value, so that a credit becomes a cost.
    ///
    /// # How to fix it in the case system
    /// Record credits where the case system keeps them, not as a service line.
    ///
    /// # Example
    /// -120.00.
    ///
    /// # Source
    /// DHSC, costs script (CONFIRMED what the centre does; that it is a fault is LIKELY).
    S001: "Cost is negative", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if record.hundredths(Field::UnitCost).is_some_and(|pence| pence < 0) {
        found.at(Field::UnitCost);
    }
}
