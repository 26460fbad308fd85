//! The filters through which the centre puts rows, before it looks for duplicates.

use super::Ignored;
use crate::model::{Date, Period};

/// What an event is, as far as the filters ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum EventKind {
    /// No event, or one of a type that is not listed.
    None,
    /// A request.
    Request,
    /// An assessment.
    Assessment,
    /// A service.
    Service,
    /// A review.
    Review,
}

/// The dates of a row; a date that is blank or cannot be read is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dates {
    pub(super) start: Option<Date>,
    pub(super) end: Option<Date>,
    pub(super) died: Option<Date>,
}

impl Dates {
    /// The end that the centre takes: a death within the event closes it.
    ///
    /// Source: DHSC, FilterToEventsInPeriod.
    pub(super) fn derived_end(self) -> Option<Date> {
        match (self.died, self.start, self.end) {
            (Some(died), Some(start), Some(end)) if start <= died && died <= end => Some(died),
            (Some(died), Some(start), None) if died > start => Some(died),
            (_, _, end) => end,
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It has no event.
    WithoutEvent,
    /// A filter drops it.
    Ignored(Filter),
    /// It passes all filters.
    Counted,
}

/// Why a row is dropped, in the order of the filters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Filter {
    NoStart,
    StartsAfterPeriod,
    EndedOutsidePeriod,
    DiedBefore,
    NoIdentifier,
}

impl Filter {
    /// The count of rows that this filter drops.
    pub(super) fn count(self, ignored: &mut Ignored) -> &mut u64 {
        match self {
            Self::NoStart => &mut ignored.no_start,
            Self::StartsAfterPeriod => &mut ignored.starts_after_period,
            Self::EndedOutsidePeriod => &mut ignored.ended_outside_period,
            Self::DiedBefore => &mut ignored.died_before,
            Self::NoIdentifier => &mut ignored.no_identifier,
        }
    }
}

/// Whether a row can be told to be somebody's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Somebody {
    Known,
    Unknown,
}

/// What becomes of a row, for a period.
///
/// Source: DHSC, FilterToEventsInPeriod; for rows without an identifier, GetDerivedFields.
pub(super) fn fate(event: EventKind, dates: Dates, somebody: Somebody, period: Period) -> Fate {
    if event == EventKind::None {
        return Fate::WithoutEvent;
    }
    let Some(start) = dates.start else { return Fate::Ignored(Filter::NoStart) };
    if start > period.end() {
        return Fate::Ignored(Filter::StartsAfterPeriod);
    }
    let ends_in_time = match (event, dates.derived_end()) {
        (EventKind::Service, end) => end.is_none_or(|end| end >= period.start()),
        (_, end) => end.is_some_and(|end| period.contains(end)),
    };
    if !ends_in_time {
        return Fate::Ignored(Filter::EndedOutsidePeriod);
    }
    if dates.died.is_some_and(|died| died < period.start() || died < start) {
        return Fate::Ignored(Filter::DiedBefore);
    }
    if somebody == Somebody::Unknown {
        return Fate::Ignored(Filter::NoIdentifier);
    }
    Fate::Counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Date> {
        (!text.is_empty()).then(|| Date::parse_portal(text.as_bytes()).unwrap())
    }

    fn dates(start: &str, end: &str, died: &str) -> Dates {
        Dates { start: day(start), end: day(end), died: day(died) }
    }

    #[test]
    fn a_death_within_an_event_ends_it() {
        for (start, end, died, derived) in [
            ("01/11/2024", "02/12/2024", "", "02/12/2024"),
            ("01/11/2024", "02/12/2024", "01/11/2024", "01/11/2024"),
            ("01/11/2024", "02/12/2024", "02/12/2024", "02/12/2024"),
            ("01/11/2024", "02/12/2024", "20/11/2024", "20/11/2024"),
            ("01/11/2024", "02/12/2024", "03/12/2024", "02/12/2024"),
            ("01/11/2024", "02/12/2024", "31/10/2024", "02/12/2024"),
            ("01/11/2024", "", "02/11/2024", "02/11/2024"),
            // Strictly after: a service that starts on the day of the death stays open.
            ("01/11/2024", "", "01/11/2024", ""),
            ("01/11/2024", "", "31/10/2024", ""),
            ("", "02/12/2024", "20/11/2024", "02/12/2024"),
            ("", "", "20/11/2024", ""),
        ] {
            assert_eq!(dates(start, end, died).derived_end(), day(derived), "'{start}' to '{end}', died '{died}'");
        }
    }

    #[test]
    fn a_row_counts_unless_a_filter_drops_it() {
        use EventKind::{Assessment, None, Request, Review, Service};
        use Fate::{Counted, Ignored, WithoutEvent};
        use Filter::{DiedBefore, EndedOutsidePeriod, NoStart, StartsAfterPeriod};
        let period = "2024-10-01_2025-09-30".parse().unwrap();
        for (event, start, end, died, expected) in [
            (None, "01/11/2024", "02/12/2024", "", WithoutEvent),
            (Request, "", "02/12/2024", "", Ignored(NoStart)),
            (Request, "01/10/2025", "", "", Ignored(StartsAfterPeriod)),
            (Service, "01/10/2025", "", "", Ignored(StartsAfterPeriod)),
            (Service, "30/09/2025", "", "", Counted),
            (Request, "01/01/2020", "30/09/2024", "", Ignored(EndedOutsidePeriod)),
            (Review, "01/01/2020", "01/10/2024", "", Counted),
            (Review, "01/01/2025", "01/10/2025", "", Ignored(EndedOutsidePeriod)),
            (Assessment, "01/01/2025", "", "", Ignored(EndedOutsidePeriod)),
            // The death ends it, in the period.
            (Assessment, "01/01/2025", "", "02/01/2025", Counted),
            (Service, "01/01/2020", "30/09/2024", "", Ignored(EndedOutsidePeriod)),
            (Service, "01/01/2020", "01/10/2024", "", Counted),
            (Service, "01/01/2020", "01/10/2025", "", Counted),
            (Service, "01/01/2020", "", "01/02/2020", Ignored(EndedOutsidePeriod)),
            (Service, "01/01/2025", "", "31/12/2024", Ignored(DiedBefore)),
            (Service, "01/01/2025", "", "01/01/2025", Counted),
            (Service, "01/01/2020", "01/11/2024", "01/01/2019", Ignored(DiedBefore)),
        ] {
            let found = fate(event, dates(start, end, died), Somebody::Known, period);
            assert_eq!(found, expected, "{event:?} from '{start}' to '{end}', died '{died}'");
        }
        let nobodys = fate(Request, dates("01/11/2024", "02/12/2024", ""), Somebody::Unknown, period);
        assert_eq!(nobodys, Ignored(Filter::NoIdentifier));
    }
}
