//! What is said of a submission window, and on which day.

use super::{Round, WorkingDays};
use crate::model::Date;

/// What is said of a window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reminder {
    /// It opens.
    Opens,
    /// It closes after this many more working days.
    ClosesIn(u16),
    /// It closes today.
    ClosesToday,
    /// It has closed; a file may still be used for a while.
    Closed,
}

/// The reminders of a round, each with its day, in order. `working_days` says how many working days before the last one the
/// window is spoken of again.
pub fn reminders(round: &Round, calendar: &WorkingDays, working_days: &[u16]) -> Vec<(Date, Reminder)> {
    let before = |n: u16| {
        let mut days = (round.opens.days()..round.closes.days()).rev().map(Date::from_days);
        days.find(|day| calendar.is_working_day(*day) && calendar.between(day.tomorrow(), round.closes) == n)
    };
    let closing = working_days.iter().filter(|n| **n > 0).filter_map(|n| Some((before(*n)?, Reminder::ClosesIn(*n))));
    let mut all: Vec<_> = [(round.opens, Reminder::Opens)]
        .into_iter()
        .chain(closing)
        .chain([(round.closes, Reminder::ClosesToday), (round.closes.tomorrow(), Reminder::Closed)])
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::testing::{date, timetable};

    #[test]
    fn working_days_before_the_end_are_counted_over_weekends_and_holidays() {
        let timetable = timetable(&[]);
        let round = timetable.last_before(date("2026-05-05"));
        assert_eq!(round.closes, date("2026-04-30"));
        let told = reminders(&round, &timetable.working_days, &[1, 18, 5, 5, 40]);
        let expected = [
            ("2026-04-01", Reminder::Opens),
            // Good Friday and Easter Monday lie between.
            ("2026-04-02", Reminder::ClosesIn(18)),
            ("2026-04-23", Reminder::ClosesIn(5)),
            ("2026-04-29", Reminder::ClosesIn(1)),
            ("2026-04-30", Reminder::ClosesToday),
            ("2026-05-01", Reminder::Closed),
        ];
        assert_eq!(told, expected.map(|(day, reminder)| (date(day), reminder)));
    }

    #[test]
    fn a_window_that_closes_on_a_weekend_counts_from_its_last_working_day() {
        let timetable = timetable(&[]);
        let round = timetable.last_before(date("2026-10-05"));
        assert_eq!(round.closes, date("2026-10-31"));
        let told = reminders(&round, &timetable.working_days, &[0, 1]);
        assert_eq!(told[1], (date("2026-10-29"), Reminder::ClosesIn(1)));
    }
}
