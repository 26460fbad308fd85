//! X006: service user with the support reason of a carer.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The row is about a service user, and Primary Support Reason is Social Support: Support to Carer.
    ///
    /// # Why it matters
    /// That reason is for carers. Somebody who is both has two kinds of row, each with its own client type and reason.
    ///
    /// # How to fix it in the case system
    /// Correct the client type of the row, or the reason.
    ///
    /// # Example
    /// Respite for a carer, recorded under the person cared for with the carer's reason.
    ///
    /// # Source
    /// CLD guidance, Release 1: who is both client and carer has a different reason on the two kinds of row
    /// (CONFIRMED).
    X006: "Service user with the support reason of a carer", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ClientType "Service User", PrimarySupportReason "Social Support: Support to Carer"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [service_user, support] = found.labels();
    if record.code(Field::PrimarySupportReason) == Some(support) && record.code(Field::ClientType) == Some(service_user)
    {
        found.at(Field::PrimarySupportReason);
    }
}
