//! O003: review with the outcome Provision of service.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The outcome of a review is Provision of service.
    ///
    /// # Why it matters
    /// A review that changes the package progresses to support planning, one that changes nothing has the outcome No
    /// change in package. Reviews are told apart by this.
    ///
    /// # How to fix it in the case system
    /// Record at the review whether the package changes.
    ///
    /// # Example
    /// A planned review after which the same home support goes on, sent as Provision of service.
    ///
    /// # Source
    /// CLD guidance, Release 1, on the outcomes of reviews and of open services (CONFIRMED); that no review may have
    /// this one is LIKELY.
    O003: "Review with the outcome Provision of service", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Review", EventOutcome "Provision of service"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [review, provision] = found.labels();
    if record.code(Field::EventOutcome) == Some(provision) && record.code(Field::EventType) == Some(review) {
        found.at(Field::EventOutcome);
    }
}
