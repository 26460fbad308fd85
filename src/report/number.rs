//! How numbers, days and moments are written for people.

use std::fmt;

use jiff::Timestamp;

use crate::model::{Date, month_name};

/// A share of a whole, written in per cent with one decimal.
///
/// It is never rounded to a claim that is false: one failure in ten thousand reads `99.9%`, not `100.0%`, and one
/// success in ten thousand `0.1%`, not `0.0%`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    part: u64,
    whole: u64,
}

impl Rate {
    /// `part` of `whole`, or `None` where there is no whole to speak of. A part above the whole counts as the whole.
    pub fn new(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then_some(Self { part: part.min(whole), whole })
    }

    /// The rate in tenths of a per cent, from 0 to 1000.
    pub fn tenths(self) -> u64 {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let nearest = ((part * 2000 + whole) / (whole * 2)) as u64;
        match nearest {
            1000 if self.part < self.whole => 999,
            0 if self.part > 0 => 1,
            exact => exact,
        }
    }
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let cross = |a: Self, b: Self| u128::from(a.part) * u128::from(b.whole);
        cross(*self, *other).cmp(&cross(*other, *self)).then(self.whole.cmp(&other.whole))
    }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.tenths();
        f.pad(&format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

/// A count with a comma between thousands.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun, `1 row` or `2 rows`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// Pence as pounds, `£1,234.50`.
pub(super) fn pounds(pence: i64) -> String {
    let (sign, pence) = (if pence < 0 { "\u{2212}" } else { "" }, pence.unsigned_abs());
    format!("{sign}£{}.{:02}", thousands(pence / 100), pence % 100)
}

/// A day in words, `1 October 2025`.
pub(super) fn long_date(date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{day} {} {year}", month_name(month))
}

/// A month in words, `October 2025`.
pub fn month_and_year(date: Date) -> String {
    let (year, month, _) = date.ymd();
    format!("{} {year}", month_name(month))
}

/// A moment in words, `23 November 2026, 22:15:03 UTC`.
pub(super) fn long_moment(moment: Timestamp) -> String {
    moment.strftime("%-d %B %Y, %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(part: u64, whole: u64) -> String {
        Rate::new(part, whole).unwrap().to_string()
    }

    #[test]
    fn one_failure_never_reads_as_none() {
        assert_eq!(rate(9_996, 10_000), "99.9%");
        assert_eq!(rate(u64::MAX - 1, u64::MAX), "99.9%");
        assert_eq!(rate(10_000, 10_000), "100.0%");
        assert_eq!(rate(1, 1_000_000), "0.1%");
        assert_eq!(rate(0, 7), "0.0%");
    }

    #[test]
    fn other_rates_go_to_the_nearest_tenth() {
        assert_eq!(rate(2, 3), "66.7%");
        assert_eq!(rate(1, 3), "33.3%");
        assert_eq!(rate(1, 2_000), "0.1%");
        assert_eq!(rate(3, 2), "100.0%");
        assert_eq!(Rate::new(0, 0), None);
    }

    proptest! {
        #[test]
        fn a_higher_rate_is_never_written_lower(a in 0_u64..5_000, b in 0_u64..5_000, whole in 1_u64..5_000) {
            let (low, high) = (Rate::new(a.min(b), whole).unwrap(), Rate::new(a.max(b), whole).unwrap());
            prop_assert!(low <= high && low.tenths() <= high.tenths());
        }

        #[test]
        fn commas_change_nothing_but_the_look(count: u64) {
            let text = thousands(count);
            prop_assert_eq!(text.replace(',', ""), count.to_string());
            prop_assert!(text.rsplit(',').skip(1).all(|part| (1..=3).contains(&part.len())));
        }
    }

    #[test]
    fn counts_and_moments_read_as_people_write_them() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1_000, "row"), "1,000 rows");
        assert_eq!(pounds(123_405), "£1,234.05");
        assert_eq!(pounds(-7), "\u{2212}£0.07");
        assert_eq!(long_date(Date::from_ymd(2025, 10, 1).unwrap()), "1 October 2025");
        assert_eq!(long_moment("2026-11-03T02:15:03Z".parse().unwrap()), "3 November 2026, 02:15:03 UTC");
        assert_eq!(month_name(0), "unknown month");
    }
}
