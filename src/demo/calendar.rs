//! When things happen: the days the demo's records cover, and dates as the system keeps them.

use fastrand::Rng;

use super::codes::chance;
use crate::model::{Date, Period};

/// A date as a column of the system holds it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Written {
    /// NULL.
    #[default]
    Blank,
    /// A day.
    On(Date),
    /// What somebody typed instead.
    Text(String),
}

impl Written {
    /// The day, where it is one.
    pub(super) fn date(&self) -> Option<Date> {
        match self {
            Self::On(date) => Some(*date),
            Self::Blank | Self::Text(_) => None,
        }
    }

    /// `yyyy-mm-dd`, or NULL.
    pub(super) fn iso(&self) -> Option<String> {
        self.written(Date::iso)
    }

    /// `yyyy-mm-dd hh:mi:ss`, at midnight as these systems have it.
    pub(super) fn iso_time(&self) -> Option<String> {
        self.written(|date| format!("{} 00:00:00", date.iso()))
    }

    /// `dd/mm/yyyy`.
    pub(super) fn slashed(&self) -> Option<String> {
        self.written(|date| date.to_string())
    }

    fn written(&self, style: impl Fn(Date) -> String) -> Option<String> {
        match self {
            Self::Blank => None,
            Self::On(date) => Some(style(*date)),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

/// The days on record: the period, some weeks before it, and the three weeks after it in which the return is made.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    pub(super) period: Period,
}

impl Calendar {
    /// First day on which an event can have ended.
    pub(super) fn first(self) -> Date {
        later(self.period.start(), -60)
    }

    /// The day on which the database was copied.
    pub(super) fn last(self) -> Date {
        later(self.period.end(), 20)
    }

    /// The last day before which the queries select nothing that has ended: one month before the period, as SQLite
    /// counts months.
    pub(super) fn queries_from(self) -> Date {
        let (year, month, day) = self.period.start().ymd();
        let (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
        // A day that the shorter month lacks runs over into the next one.
        Date::from_ymd(year, month, 1).map_or(self.period.start(), |first| later(first, day as i32 - 1))
    }

    /// A working day in the period.
    pub(super) fn in_period(self, rng: &mut Rng) -> Date {
        working_day(rng, self.period.start(), self.period.end())
    }
}

/// A day between two others, both included: seldom at a weekend, somewhat less often in the holidays.
pub(super) fn working_day(rng: &mut Rng, from: Date, to: Date) -> Date {
    let span = (to.days() - from.days()).max(0);
    let mut day = from;
    for _ in 0..6 {
        day = later(from, rng.i32(0..=span));
        let weekend = (day.days() + 3).rem_euclid(7) >= 5;
        let holidays = matches!(day.ymd(), (_, 7 | 8, _) | (_, 12, 20..=31));
        if !(weekend && chance(rng, 88) || holidays && chance(rng, 20)) {
            break;
        }
    }
    day
}

/// The day a number of days later (negative: earlier).
pub(super) fn later(date: Date, days: i32) -> Date {
    Date::from_days(date.days() + days)
}

/// The same day of the year, some years later; 28 February stands for the 29th.
pub(super) fn years_later(date: Date, years: i32) -> Date {
    let (year, month, day) = date.ymd();
    Date::from_ymd(year + years, month, if (month, day) == (2, 29) { 28 } else { day }).unwrap_or(date)
}
