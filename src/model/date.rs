//! A civil date, kept as a day number so that a row of dates costs nothing to compare.

use std::fmt;

/// A civil (Europe/London) date between 0001-01-01 and 9999-12-31.
///
/// Displayed as the portal wants it, `dd/mm/yyyy`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(i32);

impl Date {
    /// The date of this year, month and day, or `None` where the calendar has no such day.
    pub const fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // Days from the civil calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let y = if month <= 2 { year - 1 } else { year };
        let era = y.div_euclid(400);
        let of_era = y.rem_euclid(400);
        let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
        Some(Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468))
    }

    /// The date a number of days after 1 January 1970 (negative: before it).
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1 January 1970.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Year, month and day.
    pub const fn ymd(self) -> (i32, u32, u32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let mp = (5 * of_year + 2) / 153;
        let day = of_year - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = year_of_era + era * 400 + (month <= 2) as i32;
        (year, month as u32, day as u32)
    }

    /// Reads exactly `dd/mm/yyyy`: ten bytes, two slashes, a day that exists.
    pub fn parse_portal(text: &[u8]) -> Option<Self> {
        let [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4] = *text else { return None };
        Self::from_digits([y1, y2, y3, y4], [m1, m2], [d1, d2])
    }

    /// Reads exactly `yyyy-mm-dd`.
    pub fn parse_iso(text: &[u8]) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
        Self::from_digits([y1, y2, y3, y4], [m1, m2], [d1, d2])
    }

    fn from_digits(year: [u8; 4], month: [u8; 2], day: [u8; 2]) -> Option<Self> {
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |n, d| {
                let d = d.wrapping_sub(b'0');
                (d < 10).then_some(n * 10 + u32::from(d))
            })
        };
        Self::from_ymd(number(&year)? as i32, number(&month)?, number(&day)?)
    }

    /// The portal's ten bytes, `dd/mm/yyyy`.
    pub fn to_portal(self) -> [u8; 10] {
        let (year, month, day) = self.ymd();
        let digit = |n: u32| b'0' + (n % 10) as u8;
        let year = year as u32;
        [
            digit(day / 10),
            digit(day),
            b'/',
            digit(month / 10),
            digit(month),
            b'/',
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
        ]
    }

    /// `yyyy-mm-dd`, for file names, manifests and SQL parameters.
    pub fn iso(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The day after this one.
    #[must_use]
    pub const fn tomorrow(self) -> Self {
        Self(self.0 + 1)
    }

    /// Whole years lived on `on` by somebody born on this date, as birthdays are counted in England and Wales: a
    /// person born on 29 February is a year older on 1 March of a common year. Negative before the birth.
    pub const fn age_on(self, on: Self) -> i32 {
        let (by, bm, bd) = self.ymd();
        let (y, m, d) = on.ymd();
        y - by - ((m, d).0 < bm || ((m, d).0 == bm && d < bd)) as i32
    }
}

/// The English name of a month from 1 to 12.
pub(crate) fn month_name(month: u32) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES.get(month.wrapping_sub(1) as usize).copied().unwrap_or("unknown month")
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{day:02}/{month:02}/{year:04}")
    }
}

impl From<jiff::civil::Date> for Date {
    /// Years before 1 do not occur in the collection; they become 0001-01-01.
    fn from(date: jiff::civil::Date) -> Self {
        const FIRST: Date = Date::from_ymd(1, 1, 1).unwrap();
        Self::from_ymd(i32::from(date.year()), date.month() as u32, date.day() as u32).unwrap_or(FIRST)
    }
}

impl From<Date> for jiff::civil::Date {
    fn from(date: Date) -> Self {
        let (year, month, day) = date.ymd();
        jiff::civil::date(year as i16, month as i8, day as i8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jiff(date: Date) -> jiff::civil::Date {
        date.into()
    }

    proptest! {
        #[test]
        fn every_day_agrees_with_another_calendar(days in -719_162_i32..=2_932_896) {
            let ours = Date::from_days(days);
            let theirs = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(jiff(ours), theirs);
            prop_assert_eq!(Date::from(theirs), ours);
            prop_assert_eq!(ours.to_string().into_bytes(), ours.to_portal().to_vec());
            prop_assert_eq!(Date::parse_portal(&ours.to_portal()), Some(ours));
            prop_assert_eq!(Date::parse_iso(ours.iso().as_bytes()), Some(ours));
        }

        #[test]
        fn only_days_that_exist_are_read(y in 0_i32..=9999, m in 0_u32..=13, d in 0_u32..=32) {
            let exists = jiff::civil::Date::new(y as i16, m as i8, d as i8).is_ok() && y > 0;
            prop_assert_eq!(Date::parse_portal(format!("{d:02}/{m:02}/{y:04}").as_bytes()).is_some(), exists);
        }

        #[test]
        fn anything_else_is_refused_without_a_panic(text in "\\PC{0,14}") {
            if let Some(date) = Date::parse_portal(text.as_bytes()) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }

    #[test]
    fn a_birthday_is_reached_on_the_day_itself() {
        let date = |y, m, d| Date::from_ymd(y, m, d).unwrap();
        assert_eq!(date(2000, 5, 17).age_on(date(2018, 5, 16)), 17);
        assert_eq!(date(2000, 5, 17).age_on(date(2018, 5, 17)), 18);
        assert_eq!(date(2000, 2, 29).age_on(date(2018, 2, 28)), 17);
        assert_eq!(date(2000, 2, 29).age_on(date(2018, 3, 1)), 18);
    }
}
