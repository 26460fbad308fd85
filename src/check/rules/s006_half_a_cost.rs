//! S006: cost without its frequency, or a frequency without a cost.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record, Validity};

rule! {
    /// # What it checks
    /// One of Unit Cost and Cost Frequency (Unit Type) is given on a service and the other is not, where neither is
    /// mandatory; where they are, M001 tells.
    ///
    /// # Why it matters
    /// The centre drops rows from spending that have no cost or no unit: the one that is given is lost.
    ///
    /// # How to fix it in the case system
    /// Record both, or neither.
    ///
    /// # Example
    /// A commissioned service with 640.00 and no frequency.
    ///
    /// # Source
    /// DHSC, Costs fact: rows without a cost or without units are dropped (CONFIRMED).
    S006: "Cost without its frequency, or a frequency without a cost", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Service"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [service] = found.labels();
    if record.code(Field::EventType) != Some(service) {
        return;
    }
    for (given, lacking) in [(Field::UnitCost, Field::CostFrequency), (Field::CostFrequency, Field::UnitCost)] {
        if !record.is_blank(given) && found.word(lacking) == Validity::Blank {
            found.at(lacking);
        }
    }
}
