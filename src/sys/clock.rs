//! The one place that asks the machine what time it is.

use jiff::{Timestamp, tz::TimeZone};

use crate::model::Date;

/// What tells the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// The machine.
    Machine,
    /// Whoever said what time to take as now: it stands still, so that what is made twice is the same.
    Fixed(Timestamp),
}

impl Clock {
    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(self) -> Timestamp {
        match self {
            Self::Machine => Timestamp::now(),
            Self::Fixed(moment) => moment,
        }
    }
}

/// England's time.
pub fn england() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// Whether the zone of England is known.
pub fn knows_england() -> bool {
    TimeZone::get("Europe/London").is_ok()
}

/// The civil date in England at that moment.
pub fn civil_date(moment: Timestamp) -> Date {
    moment.to_zoned(england()).date().into()
}
