//! S007: no delivery mechanism on long-term community support.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A service is of the type Long Term Support: Community, and Delivery Mechanism is blank.
    ///
    /// # Why it matters
    /// The share of people with direct payments and personal budgets is worked out from it; people whose mechanism is
    /// not known lower the council's figure.
    ///
    /// # How to fix it in the case system
    /// Record at the service line how it is paid for.
    ///
    /// # Example
    /// Home support that was moved from an older system without its budget type.
    ///
    /// # Source
    /// NHS England, central transformation principles, on blank delivery mechanisms (CONFIRMED); the field is not
    /// mandatory.
    S007: "No delivery mechanism on long-term community support", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Service", ServiceType "Long Term Support: Community"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [service, community] = found.labels();
    if record.code(Field::ServiceType) == Some(community)
        && record.code(Field::EventType) == Some(service)
        && record.is_blank(Field::DeliveryMechanism)
    {
        found.at(Field::DeliveryMechanism);
    }
}
