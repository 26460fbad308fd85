//! Figures of two files, and how far they may lie apart.

use super::event::Event;
use crate::model::{Date, Period, month_name};

/// How far a figure may lie from the baseline's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tolerances {
    /// A fall by this many per cent, or more, holds a package.
    pub fall_that_holds: f64,
    /// A change by this many per cent, or more, in either direction, is asked about.
    pub change_that_asks: f64,
    /// A figure that is below this in both files says nothing.
    pub fewest: u64,
    /// Whether totals of a period of other length are taken in proportion, as a rehearsal does while its period lasts.
    pub pro_rata: bool,
}

impl Default for Tolerances {
    /// What holds where nothing is set.
    fn default() -> Self {
        Self { fall_that_holds: 20.0, change_that_asks: 10.0, fewest: 20, pro_rata: false }
    }
}

/// A number that both files have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// What is counted.
    pub of: FigureOf,
    /// Its name: `Rows`, the label of an event type, `April 2026`.
    pub name: String,
    /// In the baseline.
    pub before: u64,
    /// Now.
    pub now: u64,
    /// What the difference means.
    pub outcome: Tolerated,
}

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FigureOf {
    /// The file: its rows, its people.
    File,
    /// Services that are open at the end of the period.
    OpenServices,
    /// Rows of one event type.
    EventType,
    /// Events of one month that both periods have: of a service its start, of all others their end.
    Month,
}

/// What a difference means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tolerated {
    /// Too few to say anything.
    TooFew,
    /// Within tolerance.
    Within,
    /// Somebody should look.
    Asked,
    /// The file may be partial: a package is held until a person says otherwise.
    Held,
}

/// What the difference between two figures means.
pub fn judge(before: u64, now: u64, tolerances: Tolerances) -> Tolerated {
    if before.max(now) < tolerances.fewest {
        return Tolerated::TooFew;
    }
    let per_cent =
        |difference: u64, reached: f64| difference > 0 && difference as f64 * 100.0 >= reached * before as f64;
    if per_cent(before.saturating_sub(now), tolerances.fall_that_holds) {
        Tolerated::Held
    } else if per_cent(before.abs_diff(now), tolerances.change_that_asks) {
        Tolerated::Asked
    } else {
        Tolerated::Within
    }
}

/// What is counted in one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tally {
    /// Rows by code of the event type.
    pub(super) event_types: Vec<u64>,
    /// Events by month of the overlap.
    pub(super) months: Vec<u64>,
}

/// The months that lie whole in both periods, as a span of month numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Months(std::ops::Range<i32>);

impl Months {
    pub(super) fn of_both(a: Period, b: Period) -> Self {
        let start = a.start().max(b.start());
        let end = a.end().min(b.end());
        let (_, _, day) = start.ymd();
        let first = number(start) + i32::from(day > 1);
        // The day after the end is the first of a month where the last month is whole.
        let last = number(end.tomorrow());
        Self(first..last.max(first))
    }

    fn place(&self, day: Date) -> Option<usize> {
        let month = number(day);
        self.0.contains(&month).then(|| (month - self.0.start) as usize)
    }

    /// Their names, in order: `April 2026`.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.clone().map(|month| format!("{} {}", month_name(month.rem_euclid(12) as u32 + 1), month.div_euclid(12)))
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Months since the beginning of year 0.
fn number(date: Date) -> i32 {
    let (year, month, _) = date.ymd();
    year * 12 + month as i32 - 1
}

impl Tally {
    pub(super) fn new(event_types: usize, months: &Months) -> Self {
        Self { event_types: vec![0; event_types + 1], months: vec![0; months.count()] }
    }

    pub(super) fn add(&mut self, event: &Event, service: u8, months: &Months) {
        if let Some(count) = self.event_types.get_mut(usize::from(event.event_type)) {
            *count += 1;
        }
        if event.event_type == 0 {
            return;
        }
        // A service's end may be filled in since; its start stays. All others are sent once they have ended.
        let day = if event.event_type == service { event.start } else { event.end };
        if let Some(place) = day.date().and_then(|day| months.place(day)) {
            self.months[place] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_of_a_fifth_holds_and_a_change_of_a_tenth_is_asked_about() {
        use Tolerated::*;
        for (before, now, expected) in [
            (1000, 1000, Within),
            (1000, 901, Within),
            (1000, 900, Asked),
            (1000, 801, Asked),
            (1000, 800, Held),
            (1000, 0, Held),
            (1000, 1099, Within),
            (1000, 1100, Asked),
            // However much it grows, a file is not partial for it.
            (1000, 9000, Asked),
            (0, 0, TooFew),
            (19, 0, TooFew),
            (0, 19, TooFew),
            (20, 0, Held),
            // Where there was nothing, any growth is more than a tenth.
            (0, 20, Asked),
            (19, 20, Within),
        ] {
            assert_eq!(judge(before, now, Tolerances::default()), expected, "{before} to {now}");
        }
    }

    #[test]
    fn tolerances_can_be_set() {
        let tight = Tolerances { fall_that_holds: 5.0, change_that_asks: 1.0, fewest: 0, pro_rata: false };
        assert_eq!(judge(100, 95, tight), Tolerated::Held);
        assert_eq!(judge(100, 99, tight), Tolerated::Asked);
        let none = Tolerances { fall_that_holds: 0.0, change_that_asks: 0.0, fewest: 0, pro_rata: false };
        assert_eq!(judge(100, 100, none), Tolerated::Within, "no change is never too much");
    }

    #[test]
    fn months_are_those_that_lie_whole_in_both_periods() {
        let names =
            |a: &str, b: &str| Months::of_both(a.parse().unwrap(), b.parse().unwrap()).names().collect::<Vec<_>>();
        assert_eq!(names("2025-07-01_2026-06-30", "2025-10-01_2026-09-30").len(), 9);
        assert_eq!(names("2025-11-01_2026-01-31", "2025-12-01_2026-02-28"), ["December 2025", "January 2026"]);
        assert_eq!(names("2025-11-15_2026-01-30", "2025-01-01_2026-12-31"), ["December 2025"]);
        assert!(names("2025-01-01_2025-03-31", "2025-04-01_2025-06-30").is_empty());
        assert!(names("2025-01-01_2025-03-31", "2026-04-01_2026-06-30").is_empty());
    }
}
