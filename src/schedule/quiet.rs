//! When no run begins: hours of the week that the council keeps free, and times for which somebody has paused the plans.
//!
//! A turn that falls into such a time waits for its end. Reminders of a window do not: the window does not wait either.

use std::fmt;

use jiff::{SignedDuration, Timestamp, civil::Time};

use super::{Weekday, instant};
use crate::sys::clock::england;

/// Hours of certain weekdays in which no run begins, in England's civil time. They reach over midnight where the end is
/// not after the beginning; the weekday is that of the beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blackout {
    /// On which days they begin.
    pub weekdays: Vec<Weekday>,
    /// The first moment of the day that belongs to them.
    pub from: Time,
    /// The first that no longer does.
    pub to: Time,
}

/// A time for which the plans are paused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    /// Its first moment.
    pub from: Timestamp,
    /// The first that no longer belongs to it.
    pub until: Timestamp,
}

/// All that keeps runs from beginning.
#[derive(Clone, Copy, Default, Debug)]
pub struct Quiet<'q> {
    /// Hours of the week.
    pub blackouts: &'q [Blackout],
    /// Times that somebody has named.
    pub pauses: &'q [Pause],
}

/// Nobody can name a week without a free hour; if somebody does, the search ends.
const LONGEST_SEARCH: usize = 1_000;

impl Quiet<'_> {
    /// The first moment from this one on at which a run may begin: the moment itself, if nothing keeps it.
    pub fn free_from(&self, moment: Timestamp) -> Timestamp {
        let mut free = moment;
        for _ in 0..LONGEST_SEARCH {
            match self.end_at(free) {
                Some(end) => free = end,
                None => return free,
            }
        }
        Timestamp::MAX
    }

    /// When the quiet time ends in which a moment lies, if it lies in one. Later than the moment, always.
    fn end_at(&self, moment: Timestamp) -> Option<Timestamp> {
        let pause = self.pauses.iter().filter(|pause| pause.from <= moment && moment < pause.until);
        let blackout = self.blackouts.iter().filter_map(|blackout| blackout.end_at(moment));
        pause.map(|pause| pause.until).chain(blackout).max()
    }
}

impl Blackout {
    fn end_at(&self, moment: Timestamp) -> Option<Timestamp> {
        let now = moment.to_zoned(england()).datetime();
        let days = [now.date().yesterday().ok(), Some(now.date())].into_iter().flatten();
        let ends = days.filter(|day| self.weekdays.contains(&Weekday::of((*day).into()))).filter_map(|day| {
            let last = if self.to > self.from { day } else { day.tomorrow().ok()? };
            let (begin, end) = (day.to_datetime(self.from), last.to_datetime(self.to));
            (begin <= now && now < end).then_some(end)
        });
        // In the hour that the clocks repeat an end may lie before the moment.
        let next = moment.saturating_add(SignedDuration::from_mins(1)).unwrap_or(Timestamp::MAX);
        ends.map(|end| instant(end).max(next)).max()
    }
}

impl fmt::Display for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> = self.weekdays.iter().map(|day| day.as_str()).collect();
        write!(f, "{} {} to {}", days.join(", "), self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn blackout(weekdays: &[Weekday], from: &str, to: &str) -> Blackout {
        Blackout { weekdays: weekdays.to_vec(), from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn a_moment_within_waits_for_the_end_and_any_other_does_not() {
        use Weekday::{Friday, Monday, Saturday, Sunday};
        let office = blackout(&[Monday, Friday], "08:00", "18:00");
        let night = blackout(&[Saturday], "22:00", "04:00");
        let change = blackout(&[Sunday], "00:30", "01:45");
        let blackouts = [office, night, change];
        let pauses = [Pause { from: at("2026-11-23T17:00:00Z"), until: at("2026-11-24T09:00:00Z") }];
        let quiet = Quiet { blackouts: &blackouts, pauses: &pauses };
        for (moment, free) in [
            ("2026-11-20T07:59:59Z", "2026-11-20T07:59:59Z"),
            ("2026-11-20T08:00:00Z", "2026-11-20T18:00:00Z"),
            ("2026-11-20T18:00:00Z", "2026-11-20T18:00:00Z"),
            // In summer eight o'clock is an hour earlier in UTC.
            ("2026-07-06T07:00:00Z", "2026-07-06T17:00:00Z"),
            // Over midnight, and only the night that begins on a Saturday.
            ("2026-11-21T23:00:00Z", "2026-11-22T04:00:00Z"),
            ("2026-11-22T03:59:00Z", "2026-11-22T04:00:00Z"),
            ("2026-11-20T23:00:00Z", "2026-11-20T23:00:00Z"),
            // A pause that begins within the hours of a Monday.
            ("2026-11-23T12:00:00Z", "2026-11-24T09:00:00Z"),
            ("2026-11-24T08:59:59Z", "2026-11-24T09:00:00Z"),
        ] {
            assert_eq!(quiet.free_from(at(moment)), at(free), "{moment}");
        }
        // The clocks go back on this Sunday: 01:00 to 02:00 comes twice, and the search ends all the same.
        let free = quiet.free_from(at("2026-10-25T01:10:00Z"));
        assert!(free > at("2026-10-25T01:40:00Z") && free <= at("2026-10-25T04:00:00Z"), "{free}");
        assert_eq!(Quiet::default().free_from(at("2026-11-20T08:00:00Z")), at("2026-11-20T08:00:00Z"));
    }

    #[test]
    fn a_week_without_a_free_hour_never_begins_a_run() {
        let always = [blackout(&Weekday::ALL, "00:00", "00:00")];
        let quiet = Quiet { blackouts: &always, pauses: &[] };
        assert_eq!(quiet.free_from(at("2026-11-20T08:00:00Z")), Timestamp::MAX);
    }
}
