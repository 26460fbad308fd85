//! O001: open service with an outcome other than Provision of service.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Date, Field, Record};

rule! {
    /// # What it checks
    /// A service is still open on the last day of the period, and its outcome is not Provision of service.
    ///
    /// # Why it matters
    /// An outcome says what comes next, and a service that goes on has none yet. The centre takes the outcome for the
    /// end of something.
    ///
    /// # How to fix it in the case system
    /// Give the service the end that it had, or take its outcome away until it ends. In the mapping, write Provision of
    /// service where there is no end.
    ///
    /// # Example
    /// A service without an end and with the outcome NFA - Deceased.
    ///
    /// # Source
    /// CLD guidance, Release 1: open services have the outcome Provision of service (CONFIRMED).
    O001: "Open service with an outcome other than Provision of service", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Service", EventOutcome "Provision of service"]
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let [service, provision] = found.labels();
    let another = |outcome| outcome != provision;
    if record.code(Field::EventType) != Some(service) || !record.code(Field::EventOutcome).is_some_and(another) {
        return;
    }
    let goes_on = |end: Date| end > context.settings.period.end();
    if record.is_blank(Field::EventEndDate) || record.date(Field::EventEndDate).is_some_and(goes_on) {
        found.at(Field::EventOutcome);
    }
}
