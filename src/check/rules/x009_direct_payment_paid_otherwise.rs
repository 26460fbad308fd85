//! X009: direct payment that is paid otherwise.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Service Component is Direct Payment, and Delivery Mechanism is given and is not Direct Payment.
    ///
    /// # Why it matters
    /// The share of people with direct payments is worked out from the mechanism: this line is not among them.
    ///
    /// # How to fix it in the case system
    /// Correct the mechanism of the line, or its component.
    ///
    /// # Example
    /// A direct payment sent as CASSR Commissioned Support.
    ///
    /// # Source
    /// DHSC, ASCOF 3D, counts direct payments by the mechanism (CONFIRMED); that the two must agree is LIKELY.
    X009: "Direct payment that is paid otherwise", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ServiceComponent "Direct Payment", DeliveryMechanism "Direct Payment"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [component, mechanism] = found.labels();
    if record.code(Field::ServiceComponent) == Some(component)
        && record.code(Field::DeliveryMechanism).is_some_and(|paid| paid != mechanism)
    {
        found.at(Field::DeliveryMechanism);
    }
}
