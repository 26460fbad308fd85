//! The period that the centre derives from a file's rows, whatever the file states.
//!
//! Many councils state a period that is longer than their data. The centre therefore looks at the months in which events
//! end, and takes a file for a period only where the derived one covers it. A file that covers too little is not used,
//! and nobody is told.
//!
//! Source: DHSC, `create_REF_Submission_Reporting_Periods_table.sql`, as its code does it. Its text says that files under
//! 100 rows are taken at their word; its code uses their first and last month, and so does this.

use std::collections::BTreeMap;

use crate::model::{Date, Period};

/// Rows by month of the event's end, whatever the period.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ends(BTreeMap<i32, (u64, EventTypes)>);

/// A set of event types: those of the list by code, odd texts by when they were first seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct EventTypes(u128);

impl EventTypes {
    /// No event type: a blank one is not counted.
    pub(super) const NONE: Self = Self(0);

    /// The set of one. What lies beyond the bound is one and the same.
    pub(super) const fn one(number: usize) -> Self {
        Self(1 << if number < 127 { number } else { 127 })
    }
}

impl Ends {
    pub(super) fn add(&mut self, month: i32, event_type: EventTypes) {
        let (rows, types) = self.0.entry(month).or_default();
        *rows += 1;
        types.0 |= event_type.0;
    }

    /// The months in which events end, in order.
    pub fn months(&self) -> impl Iterator<Item = EndMonth> {
        self.0.iter().filter_map(|(month, (rows, types))| {
            let first = super::count::first_day(*month)?;
            Some(EndMonth { first, rows: *rows, event_types: types.0.count_ones() })
        })
    }
}

/// The rows whose events end in one month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndMonth {
    /// The first day of the month.
    pub first: Date,
    /// Rows.
    pub rows: u64,
    /// Event types among them that differ; rows without one add none.
    pub event_types: u32,
}

/// What a month counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The period reaches over it.
    Kept,
    /// It holds less than 2 % of the rows.
    TooFewRows,
    /// It has at least two event types fewer than the month that has most.
    TooFewEventTypes,
    /// It was not over when the file arrived, and is not looked at.
    NotOver,
}

impl Fate {
    /// Why the month does not count, if it does not.
    pub const fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Kept => None,
            Self::TooFewRows => Some("less than 2% of the rows"),
            Self::TooFewEventTypes => Some("two or more event types fewer than the fullest month"),
            Self::NotOver => Some("not over before the month in which the file arrives"),
        }
    }
}

/// A month, and what it counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DerivedMonth {
    /// The month.
    pub ends: EndMonth,
    /// What it counts for.
    pub fate: Fate,
}

/// The period that the centre would derive, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DerivedPeriod {
    /// The first day of the month in which the file is taken to arrive.
    pub import_month: Date,
    /// Rows whose event ended before that month.
    pub rows: u64,
    /// Event types in the month that has most.
    pub most_event_types: u32,
    /// The months in which events end, in order.
    pub months: Vec<DerivedMonth>,
    /// Rows of months that [`DerivedPeriod::near`] left out of the list.
    pub rows_elsewhere: u64,
    /// From the first day of the first month kept to the last of the last; none where no month is kept.
    pub period: Option<Period>,
}

/// Files with fewer rows keep every month.
const FEWEST_ROWS: u64 = 100;
/// A month needs this share of the rows, in per cent.
const LEAST_SHARE: u64 = 2;

/// The period that the centre derives from these months, in order, of a file that arrives in the month of `import`.
pub fn derived_period(months: impl IntoIterator<Item = EndMonth>, import: Date) -> DerivedPeriod {
    let import_month = first_of_month(import);
    let months: Vec<_> = months.into_iter().collect();
    let over = || months.iter().filter(|month| month.first < import_month);
    let rows = over().map(|month| month.rows).sum();
    let most_event_types = over().map(|month| month.event_types).max().unwrap_or(0);
    let fate = |month: &EndMonth| match month {
        _ if month.first >= import_month => Fate::NotOver,
        _ if rows < FEWEST_ROWS => Fate::Kept,
        _ if month.rows * 100 < rows * LEAST_SHARE => Fate::TooFewRows,
        _ if month.event_types + 1 < most_event_types => Fate::TooFewEventTypes,
        _ => Fate::Kept,
    };
    let months: Vec<_> = months.iter().map(|month| DerivedMonth { ends: *month, fate: fate(month) }).collect();
    let mut kept = months.iter().filter(|month| month.fate == Fate::Kept).map(|month| month.ends.first);
    let first = kept.next();
    let last = kept.next_back().or(first);
    let period = first.zip(last).and_then(|(first, last)| Period::new(first, last_of_month(last)).ok());
    DerivedPeriod { import_month, rows, most_event_types, months, rows_elsewhere: 0, period }
}

/// Whether the centre would take a file for the period that it states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// It would: the derived period reaches over the stated one.
    Covered,
    /// It would not.
    NotCovered,
    /// Nothing can be said yet: the stated period is not over.
    NotOver,
}

impl DerivedPeriod {
    /// Without the months that decide nothing and lie more than a year away from the stated period, so that mistyped years
    /// cannot fill a page.
    #[must_use]
    pub fn near(mut self, stated: Period) -> Self {
        let far = |first: Date| first.days() < stated.start().days() - 366 || first.days() > stated.end().days() + 366;
        let decides = |fate| matches!(fate, Fate::Kept | Fate::TooFewEventTypes);
        let (told, elsewhere) =
            self.months.into_iter().partition::<Vec<_>, _>(|month| decides(month.fate) || !far(month.ends.first));
        self.months = told;
        self.rows_elsewhere += elsewhere.iter().map(|month| month.ends.rows).sum::<u64>();
        self
    }

    /// Whether the derived period reaches over the stated one.
    pub fn coverage(&self, stated: Period) -> Coverage {
        let covers = |derived: Period| derived.start() <= stated.start() && derived.end() >= stated.end();
        match self.period {
            _ if self.import_month <= stated.end() => Coverage::NotOver,
            Some(derived) if covers(derived) => Coverage::Covered,
            _ => Coverage::NotCovered,
        }
    }
}

fn first_of_month(date: Date) -> Date {
    let (.., day) = date.ymd();
    Date::from_days(date.days() - day as i32 + 1)
}

/// The last day of the month that begins on `first`: the day before the first of the next.
fn last_of_month(first: Date) -> Date {
    let next = first_of_month(Date::from_days(first.days() + 31));
    Date::from_days(next.days() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap()
    }

    /// Months as `2025-04 rows/types`.
    fn months(text: &str) -> Vec<EndMonth> {
        let month = |(first, counts): (&str, &str)| {
            let (rows, types) = counts.split_once('/').unwrap();
            EndMonth {
                first: date(&format!("{first}-01")),
                rows: rows.parse().unwrap(),
                event_types: types.parse().unwrap(),
            }
        };
        let words: Vec<_> = text.split_whitespace().collect();
        words.chunks(2).map(|pair| month((pair[0], pair[1]))).collect()
    }

    #[test]
    fn the_period_is_derived_as_the_centres_code_does_it() {
        for (case, table, import, expected) in [
            ("every month is full", "2025-04 50/4 2025-05 50/4 2025-06 50/4", "2025-07-10", "2025-04-01_2025-06-30"),
            ("2 % is enough, to the row", "2025-04 2/4 2025-05 98/4", "2025-07-10", "2025-04-01_2025-05-31"),
            ("below 2 % is not", "2025-04 2/4 2025-05 99/4", "2025-07-10", "2025-05-01_2025-05-31"),
            ("one event type fewer is enough", "2025-04 50/3 2025-05 50/4", "2025-07-10", "2025-04-01_2025-05-31"),
            ("two are not", "2025-04 50/2 2025-05 50/4", "2025-07-10", "2025-05-01_2025-05-31"),
            (
                "with one type in all, none is enough",
                "2025-04 50/0 2025-05 50/1",
                "2025-07-10",
                "2025-04-01_2025-05-31",
            ),
            ("99 rows keep every month", "2020-01 1/1 2025-05 98/4", "2025-07-10", "2020-01-01_2025-05-31"),
            ("100 rows do not", "2020-01 1/1 2025-05 99/4", "2025-07-10", "2025-05-01_2025-05-31"),
            ("a gap is bridged", "2025-01 50/4 2025-02 1/4 2025-04 50/4", "2025-07-10", "2025-01-01_2025-04-30"),
            ("the month of import is not over", "2025-05 50/4 2025-06 500/4", "2025-06-30", "2025-05-01_2025-05-31"),
            (
                "nor does it count towards the shares",
                "2025-04 1/4 2025-05 9/4 2025-06 990/4",
                "2025-06-01",
                "2025-04-01_2025-05-31",
            ),
            ("nor towards the types", "2025-04 50/2 2025-05 60/3 2025-06 90/9", "2025-06-01", "2025-04-01_2025-05-31"),
            ("February in a leap year", "2024-02 50/4", "2024-03-01", "2024-02-01_2024-02-29"),
            ("December", "2024-12 50/4", "2025-01-31", "2024-12-01_2024-12-31"),
            ("nothing is over", "2025-06 50/4", "2025-06-30", "none"),
            ("no rows", "", "2025-06-30", "none"),
        ] {
            let derived = derived_period(months(table), date(import));
            let told = derived.period.map_or_else(|| "none".to_owned(), |period| period.to_string());
            assert_eq!(told, expected, "{case}");
        }
    }

    #[test]
    fn every_month_is_told_with_its_fate() {
        let derived = derived_period(months("2025-03 1/4 2025-04 90/4 2025-05 20/2 2025-06 7/4"), date("2025-06-20"));
        assert_eq!((derived.rows, derived.most_event_types), (111, 4));
        let fates: Vec<_> = derived.months.iter().map(|month| month.fate).collect();
        assert_eq!(fates, [Fate::TooFewRows, Fate::Kept, Fate::TooFewEventTypes, Fate::NotOver]);
    }

    #[test]
    fn mistyped_years_are_counted_and_not_listed() {
        let table = "0204-01 1/1 2024-03 1/1 2024-04 1/1 2025-04 50/4 2025-05 50/4 2204-01 3/1";
        let derived = derived_period(months(table), date("2025-07-20")).near("2025-04-01_2025-05-31".parse().unwrap());
        assert_eq!((derived.months.len(), derived.rows_elsewhere), (3, 5));
        let few = derived_period(months("1904-01 1/1 2025-05 50/4"), date("2025-07-20"));
        let few = few.near("2025-04-01_2025-05-31".parse().unwrap());
        assert_eq!((few.months.len(), few.rows_elsewhere), (2, 0), "what is kept decides");
    }

    #[test]
    fn a_file_is_taken_where_the_derived_period_reaches_over_the_stated_one() {
        let derived = |import| derived_period(months("2025-04 50/4 2025-05 50/4 2025-06 50/4"), date(import));
        for (stated, import, expected) in [
            ("2025-04-01_2025-06-30", "2025-07-01", Coverage::Covered),
            ("2025-05-01_2025-05-31", "2025-07-01", Coverage::Covered),
            ("2025-03-31_2025-06-30", "2025-07-01", Coverage::NotCovered),
            ("2025-04-01_2025-07-01", "2025-08-01", Coverage::NotCovered),
            ("2025-04-01_2025-06-30", "2025-06-30", Coverage::NotOver),
            ("2025-04-01_2025-06-30", "2025-02-01", Coverage::NotOver),
        ] {
            assert_eq!(derived(import).coverage(stated.parse().unwrap()), expected, "{stated} on {import}");
        }
        assert_eq!(
            derived_period([], date("2025-07-01")).coverage("2025-04-01_2025-06-30".parse().unwrap()),
            Coverage::NotCovered
        );
    }

    #[test]
    fn event_types_are_told_apart_up_to_a_bound() {
        let mut ends = Ends::default();
        for number in [1, 2, 2, 126, 127, 200] {
            ends.add(2025 * 12, EventTypes::one(number));
        }
        ends.add(2025 * 12, EventTypes::NONE);
        let expected = EndMonth { first: date("2025-01-01"), rows: 7, event_types: 4 };
        assert_eq!(ends.months().collect::<Vec<_>>(), [expected]);
    }
}
