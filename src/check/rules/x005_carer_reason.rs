//! X005: carer's event with another support reason.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The row is an event of a carer, and Primary Support Reason is given and is not Social Support: Support to Carer.
    ///
    /// # Why it matters
    /// The reason is often that of the person cared for; by it the carer's event is counted among service users' needs.
    ///
    /// # How to fix it in the case system
    /// Record Support to Carer at the carer. Somebody who is also a service user has a reason of their own on those
    /// rows.
    ///
    /// # Example
    /// A carer's assessment with Learning Disability Support, which is the son's reason.
    ///
    /// # Source
    /// CLD guidance, Release 1: carers' events have the reason Social Support: Support to Carer (CONFIRMED).
    X005: "Carer's event with another support reason", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ClientType "Carer", PrimarySupportReason "Social Support: Support to Carer"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [carer, support] = found.labels();
    if record.code(Field::ClientType) == Some(carer)
        && !record.is_blank(Field::EventType)
        && record.code(Field::PrimarySupportReason).is_some_and(|reason| reason != support)
    {
        found.at(Field::PrimarySupportReason);
    }
}
