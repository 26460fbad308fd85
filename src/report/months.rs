//! Rows by month and event type: the shape by which the centre derives the period a file really covers.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};

use crate::model::{Date, Period, month_name};

/// Where in time a row falls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum When {
    /// Before the reporting period: services still open that started earlier.
    Before,
    /// In a month of the period.
    Month {
        /// The year.
        year: i32,
        /// The month, from 1.
        month: u32,
    },
    /// After the reporting period.
    After,
    /// A row without a date that can be read.
    NoDate,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before => f.write_str("Before the period"),
            Self::Month { year, month } => write!(f, "{} {year}", month_name(*month)),
            Self::After => f.write_str("After the period"),
            Self::NoDate => f.write_str("No date"),
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Month { year, month } => serializer.collect_str(&format_args!("{year:04}-{month:02}")),
            other => serializer.collect_str(other),
        }
    }
}

/// Rows by month of the event's end (of its start for a service still open) and by event type.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MonthTable {
    event_types: Vec<String>,
    rows: BTreeMap<When, Vec<u64>>,
    #[serde(skip)]
    period: Option<Period>,
}

impl MonthTable {
    /// A table of zeros for every month of the period, so that a month without rows is seen. Without a period every
    /// month that occurs gets a line.
    pub fn new(event_types: Vec<String>, period: Option<Period>) -> Self {
        let mut table = Self { event_types, rows: BTreeMap::new(), period };
        let mut day = period.map(Period::start);
        while let (Some(date), Some(period)) = (day, period) {
            if !period.contains(date) {
                break;
            }
            let (year, month, _) = date.ymd();
            table.line(When::Month { year, month });
            let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            day = Date::from_ymd(year, month, 1);
        }
        table
    }

    /// Counts rows of an event type, named by its place in the list given to [`MonthTable::new`]; a place outside the
    /// list counts nothing.
    pub fn add(&mut self, date: Option<Date>, event_type: usize, rows: u64) {
        if event_type >= self.event_types.len() {
            return;
        }
        let when = match (date, self.period) {
            (None, _) => When::NoDate,
            (Some(date), Some(period)) if date < period.start() => When::Before,
            (Some(date), Some(period)) if date > period.end() => When::After,
            (Some(date), _) => {
                let (year, month, _) = date.ymd();
                When::Month { year, month }
            }
        };
        if let Some(cell) = self.line(when).get_mut(event_type) {
            *cell += rows;
        }
    }

    fn line(&mut self, when: When) -> &mut Vec<u64> {
        let width = self.event_types.len();
        self.rows.entry(when).or_insert_with(|| vec![0; width])
    }

    /// The event types, which head the columns.
    pub fn event_types(&self) -> &[String] {
        &self.event_types
    }

    /// The lines in the order of time.
    pub fn lines(&self) -> impl Iterator<Item = (&When, &[u64])> {
        self.rows.iter().map(|(when, counts)| (when, counts.as_slice()))
    }

    /// Rows of each event type.
    pub fn totals(&self) -> Vec<u64> {
        (0..self.event_types.len()).map(|column| self.column(column).sum()).collect()
    }

    /// How deep to shade a month's cell: 0 for no rows, else 1 to 5 against the busiest month *of the same event type*,
    /// since services would otherwise drown the rest. What lies outside the months is not shaded.
    pub(super) fn shade(&self, when: When, column: usize, rows: u64) -> Option<u64> {
        let is_month = |when: &When| matches!(when, When::Month { .. });
        let months = self.rows.iter().filter(|(when, _)| is_month(when));
        let busiest = months.filter_map(|(_, counts)| counts.get(column)).max().copied().unwrap_or(0).max(1);
        is_month(&when).then(|| (u128::from(rows) * 5).div_ceil(u128::from(busiest)) as u64)
    }

    fn column(&self, column: usize) -> impl Iterator<Item = u64> {
        self.rows.values().filter_map(move |counts| counts.get(column).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Date> {
        Date::parse_iso(text.as_bytes())
    }

    fn table() -> MonthTable {
        MonthTable::new(vec!["Request".into(), "Service".into()], Some("2025-11-15_2026-02-28".parse().unwrap()))
    }

    #[test]
    fn every_month_of_the_period_has_a_line_even_without_rows() {
        let lines: Vec<_> = table().lines().map(|(when, _)| when.to_string()).collect();
        assert_eq!(lines, ["November 2025", "December 2025", "January 2026", "February 2026"]);
    }

    #[test]
    fn dates_outside_the_period_share_a_line_on_either_side() {
        let mut table = table();
        for (date, event_type) in
            [(day("1999-01-01"), 1), (day("2025-11-14"), 1), (day("2026-03-01"), 0), (None, 0), (day("2026-01-31"), 0)]
        {
            table.add(date, event_type, 1);
        }
        table.add(day("2026-01-01"), 7, 100);
        let filled: Vec<_> = table.lines().filter(|(_, n)| n.iter().any(|n| *n > 0)).collect();
        let text: Vec<_> = filled.iter().map(|(when, n)| format!("{when} {n:?}")).collect();
        assert_eq!(
            text,
            ["Before the period [0, 2]", "January 2026 [1, 0]", "After the period [1, 0]", "No date [1, 0]"]
        );
        assert_eq!(table.totals(), [3, 2]);
    }

    #[test]
    fn a_month_is_shaded_against_its_own_event_type() {
        let mut table = table();
        table.add(day("2026-01-01"), 0, 10);
        table.add(day("2026-02-01"), 0, 1);
        table.add(day("2026-02-01"), 1, 100_000);
        table.add(day("1999-01-01"), 0, 1_000);
        let month = When::Month { year: 2026, month: 1 };
        assert_eq!([10, 5, 1, 0].map(|rows| table.shade(month, 0, rows)), [5, 3, 1, 0].map(Some));
        assert_eq!(table.shade(month, 1, 10), Some(1));
        assert_eq!(table.shade(When::Before, 0, 1_000), None);
        assert_eq!(MonthTable::default().shade(month, 0, 0), Some(0));
    }
}
