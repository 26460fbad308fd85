//! O002: ended service with the outcome Provision of service.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A service ended in the period, and its outcome is Provision of service.
    ///
    /// # Why it matters
    /// That outcome stands for a service that goes on. What became of the person afterwards is not told, and sequels to
    /// short-term support are counted by it.
    ///
    /// # How to fix it in the case system
    /// Record what was decided when the service ended.
    ///
    /// # Example
    /// A reablement service that ended on 14/05/2026 with the outcome of its first day.
    ///
    /// # Source
    /// CLD guidance, Release 1: Provision of service is for services that are open at the end of the period
    /// (CONFIRMED); that an ended one never has it is LIKELY.
    O002: "Ended service with the outcome Provision of service", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Service", EventOutcome "Provision of service"]
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let [service, provision] = found.labels();
    if record.code(Field::EventOutcome) == Some(provision)
        && record.code(Field::EventType) == Some(service)
        && record.date(Field::EventEndDate).is_some_and(|end| end <= context.settings.period.end())
    {
        found.at(Field::EventOutcome);
    }
}
