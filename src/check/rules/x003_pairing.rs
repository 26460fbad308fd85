//! X003: service Component is unusual for its Service Type.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The pair of Service Type and Service Component is not among those that are evidenced or expected.
    ///
    /// # Why it matters
    /// National measures pick services by the pair; an unusual one may fall out of all of them.
    ///
    /// # How to fix it in the case system
    /// Check which of the two is right at the service line, and in the value maps.
    ///
    /// # Example
    /// `Reablement` under `Long Term Support: Nursing Care`.
    ///
    /// # Source
    /// DHSC measures for the evidenced pairs; no official table is known (RECALLED).
    X003: "Service Component is unusual for its Service Type", Query, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let (Some(service_type), Some(component)) = (record.code(Field::ServiceType), record.code(Field::ServiceComponent))
    else {
        return;
    };
    let of_this_type = |pair: &(u16, u16)| pair.0 == service_type;
    if context.pairings.iter().any(of_this_type) && context.pairings.binary_search(&(service_type, component)).is_err()
    {
        found.at(Field::ServiceComponent);
    }
}
