//! S008: direct payment or personal budget in a care home.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The service type is Long Term Support: Nursing Care or Residential Care, and the delivery mechanism is Direct
    /// Payment or CASSR Managed Personal Budget.
    ///
    /// # Why it matters
    /// The centre takes no notice of the mechanism there: people in care homes do not count among those with personal
    /// budgets. Either the setting or the mechanism is wrong.
    ///
    /// # How to fix it in the case system
    /// Correct the service type or how the line is paid for.
    ///
    /// # Example
    /// Day support paid by direct payment, recorded under the residential placement.
    ///
    /// # Source
    /// NHS England blanks the mechanism of nursing and residential care (CONFIRMED); that it is a mistake there is
    /// RECALLED.
    S008: "Direct payment or personal budget in a care home", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ServiceType "Long Term Support: Nursing Care", ServiceType "Long Term Support: Residential Care", DeliveryMechanism "Direct Payment", DeliveryMechanism "CASSR Managed Personal Budget"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [nursing, residential, direct_payment, managed] = found.labels();
    let Some(setting) = record.code(Field::ServiceType) else { return };
    if setting != nursing && setting != residential {
        return;
    }
    if record.code(Field::DeliveryMechanism).is_some_and(|paid| paid == direct_payment || paid == managed) {
        found.at(Field::DeliveryMechanism);
    }
}
