//! The one place that asks the machine what time it is.

use jiff::{Timestamp, tz::TimeZone};

use crate::model::Date;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The civil date in England at that moment.
pub fn civil_date(moment: Timestamp) -> Date {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    moment.to_zoned(zone).date().into()
}
