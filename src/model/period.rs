//! A reporting period.

use std::{fmt, str::FromStr};

use super::Date;

/// The days a submission covers, both included. Written `2025-10-01_2026-09-30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period {
    start: Date,
    end: Date,
}

/// Why a text is not a period.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PeriodError {
    /// Neither `yyyy-mm-dd_yyyy-mm-dd` nor a financial quarter.
    #[error("'{0}' is not a period: write 2025-10-01_2026-09-30, or a financial quarter such as 2026/27 Q2")]
    Shape(String),
    /// The last day lies before the first.
    #[error("the period ends before it starts ({start} to {end})")]
    Backwards {
        /// First day.
        start: Date,
        /// Last day.
        end: Date,
    },
}

impl Period {
    /// The period from one day to another.
    pub fn new(start: Date, end: Date) -> Result<Self, PeriodError> {
        if start > end { Err(PeriodError::Backwards { start, end }) } else { Ok(Self { start, end }) }
    }

    /// First day.
    pub const fn start(self) -> Date {
        self.start
    }

    /// Last day.
    pub const fn end(self) -> Date {
        self.end
    }

    /// Whether the day lies in the period.
    pub fn contains(self, day: Date) -> bool {
        self.start <= day && day <= self.end
    }

    /// The rolling twelve months that end with the last financial quarter closed before `today`: what a council
    /// submits in the month after that quarter.
    pub fn last_closed_rolling_year(today: Date) -> Self {
        let (year, month, _) = today.ymd();
        let quarter_start = first_of(year, month - (month - 1) % 3);
        Self::months_to(Date::from_days(quarter_start.days() - 1), 12)
    }

    /// This many whole months that end on `end`, the last day of a month.
    pub fn months_to(end: Date, months: u32) -> Self {
        let (year, month, _) = end.tomorrow().ymd();
        let first = year * 12 + month as i32 - 1 - months as i32;
        Self { start: first_of(first.div_euclid(12), first.rem_euclid(12) as u32 + 1), end }
    }
}

fn first_of(year: i32, month: u32) -> Date {
    Date::from_ymd(year, month, 1).unwrap_or(Date::from_days(0))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.start.iso(), self.end.iso())
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads `2025-10-01_2026-09-30`, or `2026/27 Q2`: the rolling twelve months that end with that financial quarter.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let shape = || PeriodError::Shape(text.chars().take(40).collect());
        if let Some((start, end)) = text.split_once('_') {
            let date = |part: &str| Date::parse_iso(part.as_bytes()).ok_or_else(shape);
            return Self::new(date(start)?, date(end)?);
        }
        let (years, quarter) = text.split_once(" Q").ok_or_else(shape)?;
        let (first, second) = years.split_once('/').ok_or_else(shape)?;
        let year: i32 = first.parse().map_err(|_| shape())?;
        let follows = second.len() == 2 && second.parse() == Ok((year + 1).rem_euclid(100));
        if first.len() != 4 || !follows {
            return Err(shape());
        }
        let next_quarter = match quarter {
            "1" => first_of(year, 7),
            "2" => first_of(year, 10),
            "3" => first_of(year + 1, 1),
            "4" => first_of(year + 1, 4),
            _ => return Err(shape()),
        };
        Ok(Self::months_to(Date::from_days(next_quarter.days() - 1), 12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_last_closed_quarter_ends_the_rolling_year() {
        for (today, period) in [
            ("2026-11-23", "2025-10-01_2026-09-30"),
            ("2026-10-01", "2025-10-01_2026-09-30"),
            ("2026-09-30", "2025-07-01_2026-06-30"),
            ("2026-01-01", "2025-01-01_2025-12-31"),
            ("2024-03-31", "2023-01-01_2023-12-31"),
            ("2024-04-01", "2023-04-01_2024-03-31"),
        ] {
            assert_eq!(Period::last_closed_rolling_year(date(today)).to_string(), period, "{today}");
        }
    }

    #[test]
    fn both_ways_of_writing_a_period_are_read() {
        for (text, period) in [
            ("2025-10-01_2026-09-30", "2025-10-01_2026-09-30"),
            ("2026/27 Q2", "2025-10-01_2026-09-30"),
            ("2026/27 Q3", "2026-01-01_2026-12-31"),
            ("2023/24 Q4", "2023-04-01_2024-03-31"),
            ("1999/00 Q1", "1998-07-01_1999-06-30"),
        ] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), period, "{text}");
        }
        for bad in ["", "2026", "2026/28 Q1", "2026/27 Q5", "2026-01-01", "2026-01-01_2026-02-30", "26/27 Q1"] {
            assert!(matches!(bad.parse::<Period>(), Err(PeriodError::Shape(_))), "{bad}");
        }
        assert!(matches!("2026-02-01_2026-01-31".parse::<Period>(), Err(PeriodError::Backwards { .. })));
    }
}
