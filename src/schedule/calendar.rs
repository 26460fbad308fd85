//! Working days in England.

use crate::model::Date;

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weekday {
    /// The first working day of a week.
    Monday,
    /// The day after Monday.
    Tuesday,
    /// The day after Tuesday.
    Wednesday,
    /// The day after Wednesday.
    Thursday,
    /// The day after Thursday.
    Friday,
    /// The first day of the weekend.
    Saturday,
    /// The second.
    Sunday,
}

impl Weekday {
    /// The word in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// All of them, Monday first.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// The weekday of a date.
    pub const fn of(date: Date) -> Self {
        // 1 January 1970 was a Thursday.
        Self::ALL[(date.days() + 3).rem_euclid(7) as usize]
    }
}

/// Bank holidays up to a day; after it only weekends are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkingDays {
    holidays: Vec<Date>,
    until: Date,
}

impl WorkingDays {
    /// From the bank holidays up to and including `until`.
    pub fn new(mut holidays: Vec<Date>, until: Date) -> Self {
        holidays.sort_unstable();
        Self { holidays, until }
    }

    /// The last day for which bank holidays are known.
    pub const fn until(&self) -> Date {
        self.until
    }

    /// Whether people work on that day.
    pub fn is_working_day(&self, day: Date) -> bool {
        !matches!(Weekday::of(day), Weekday::Saturday | Weekday::Sunday) && self.holidays.binary_search(&day).is_err()
    }

    /// The n-th working day after a day, from 1; the day itself for 0.
    pub fn nth_after(&self, day: Date, n: u16) -> Date {
        let mut left = n;
        let mut at = day;
        while left > 0 {
            at = at.tomorrow();
            left -= u16::from(self.is_working_day(at));
        }
        at
    }

    /// Working days from one day to another, both included; 0 where the second lies before the first.
    pub fn between(&self, first: Date, last: Date) -> u16 {
        let days = (first.days()..=last.days()).map(Date::from_days);
        days.filter(|day| self.is_working_day(*day)).count() as u16
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::testing::date;

    fn easter() -> WorkingDays {
        let days = ["2027-03-26", "2027-03-29", "2027-12-27", "2027-12-28"].map(date);
        WorkingDays::new(days.to_vec(), date("2027-12-31"))
    }

    #[test]
    fn weekends_and_bank_holidays_are_passed_over() {
        let days = easter();
        for (after, n, expected) in [
            ("2027-03-24", 0, "2027-03-24"),
            ("2027-03-24", 1, "2027-03-25"),
            ("2027-03-25", 1, "2027-03-30"),
            ("2027-03-27", 1, "2027-03-30"),
            ("2027-03-31", 3, "2027-04-05"),
            ("2027-12-24", 1, "2027-12-29"),
        ] {
            assert_eq!(days.nth_after(date(after), n), date(expected), "{n} after {after}");
        }
        assert_eq!(days.between(date("2027-03-25"), date("2027-03-30")), 2);
        assert_eq!(days.between(date("2027-03-30"), date("2027-03-25")), 0);
    }

    proptest! {
        #[test]
        fn weekdays_agree_with_another_calendar(days in -719_162_i32..=2_932_896) {
            let (year, month, day) = Date::from_days(days).ymd();
            let theirs = jiff::civil::date(year as i16, month as i8, day as i8).weekday();
            prop_assert_eq!(Weekday::of(Date::from_days(days)) as i8, theirs.to_monday_zero_offset());
        }

        #[test]
        fn the_nth_working_day_has_n_working_days_up_to_it(start in 20_000_i32..22_000, n in 1_u16..40) {
            let days = easter();
            let nth = days.nth_after(Date::from_days(start), n);
            prop_assert!(days.is_working_day(nth));
            prop_assert_eq!(days.between(Date::from_days(start + 1), nth), n);
        }
    }
}
