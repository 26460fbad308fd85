//! X002: direct Payment in prison.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Delivery Mechanism is Direct Payment on a service of the type Long Term Support: Prison.
    ///
    /// # Why it matters
    /// The guidance does not allow it, and the setting or the mechanism is wrong.
    ///
    /// # How to fix it in the case system
    /// Correct the service type or how the line is paid for.
    ///
    /// # Example
    /// A community service moved to prison with its direct payment still on.
    ///
    /// # Source
    /// CLD guidance, Release 1 (CONFIRMED).
    X002: "Direct Payment in prison", Error, Record, since "0.1.0", Kind::Record(check),
    needs [ServiceType "Long Term Support: Prison", DeliveryMechanism "Direct Payment"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [prison, direct_payment] = found.labels();
    if record.code(Field::ServiceType) == Some(prison) && record.code(Field::DeliveryMechanism) == Some(direct_payment)
    {
        found.at(Field::DeliveryMechanism);
    }
}
