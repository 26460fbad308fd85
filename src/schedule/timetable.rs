//! Which periods are due, and when their windows open and close.

use std::{path::Path, sync::Arc};

use super::WorkingDays;
use crate::{
    document::{Document, Faults, Spanned, Table},
    model::{Confidence, Date, Period},
};

/// The timetable file that comes with the program.
pub const EMBEDDED: &str = include_str!("../../config/timetable.toml");

/// The rule, the dates that differ from it, and the bank holidays.
#[derive(Clone, Debug)]
pub struct Timetable {
    rule: Rule,
    overrides: Vec<Override>,
    /// Working days in England.
    pub working_days: WorkingDays,
    /// Where the bank holidays were read.
    pub holidays_source: String,
}

/// What holds where no date of its own is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// How often a file is due.
    pub cadence: Cadence,
    /// What a file covers.
    pub covers: Covers,
    /// A month, from 1, in which a quarter begins.
    pub anchor_month: u8,
    /// How many calendar months after the period the window stays open.
    pub window_months: u8,
    /// Days after the window in which a file may still be used.
    pub late_days: u16,
    /// How well the rule is known.
    pub confidence: Confidence,
    /// Where it was read.
    pub source: Arc<str>,
}

/// How often a file is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cadence {
    /// Every quarter.
    Quarterly,
    /// Every month.
    Monthly,
}

impl Cadence {
    const fn months(self) -> i32 {
        match self {
            Self::Quarterly => 3,
            Self::Monthly => 1,
        }
    }
}

/// What a file covers, up to the last day of its period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Covers {
    /// Twelve months.
    RollingYear,
    /// From 1 April.
    FinancialYearToDate,
    /// Three months.
    Quarter,
    /// One month.
    Month,
}

/// A window whose dates were published.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Override {
    period_end: Date,
    opens: Date,
    closes: Date,
    source: Arc<str>,
}

/// A period that is due, and the days on which it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Round {
    /// What the file covers.
    pub period: Period,
    /// The first day of the submission window.
    pub opens: Date,
    /// Its last day.
    pub closes: Date,
    /// The last day on which a late file may still be used.
    pub late_until: Date,
    /// Where the dates were read.
    pub source: Arc<str>,
}

impl Timetable {
    /// The timetable that comes with the program.
    pub fn embedded() -> Result<Self, Faults> {
        Self::from_document(&Document::new("timetable.toml", EMBEDDED))
    }

    /// A timetable of the council's.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        Self::from_document(&Document::open(path)?)
    }

    /// A timetable already in memory.
    pub fn from_document(document: &Document) -> Result<Self, Faults> {
        document.read_toml(read)
    }

    /// The same with quarters that begin in another month, from 1.
    #[must_use]
    pub fn anchored(mut self, month: u8) -> Self {
        self.rule.anchor_month = month;
        self
    }

    /// The rule.
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The round whose period is the last to end before a day.
    pub fn last_before(&self, day: Date) -> Round {
        let (year, month, _) = day.ymd();
        let months = year * 12 + month as i32 - 1;
        // Months of the calendar are counted from the anchor in steps of the cadence.
        let into = (months - i32::from(self.rule.anchor_month) + 1).rem_euclid(self.rule.cadence.months());
        self.round_of(months - into)
    }

    /// The round whose period is the first to end on a day or after it.
    pub fn first_from(&self, day: Date) -> Round {
        self.next(&self.last_before(day))
    }

    /// The round after another.
    pub fn next(&self, round: &Round) -> Round {
        let (year, month, _) = round.period.end().tomorrow().ymd();
        self.round_of(year * 12 + month as i32 - 1 + self.rule.cadence.months())
    }

    /// The round whose period ends before the first of a month, given in months since year 0.
    fn round_of(&self, months: i32) -> Round {
        let opens = first_of(months);
        let end = Date::from_days(opens.days() - 1);
        let back = match self.rule.covers {
            Covers::RollingYear => 12,
            // April is the fourth month.
            Covers::FinancialYearToDate => (months - 4).rem_euclid(12) as u32 + 1,
            Covers::Quarter => 3,
            Covers::Month => 1,
        };
        let period = Period::months_to(end, back);
        let published = self.overrides.iter().find(|published| published.period_end == end);
        let (opens, closes, source) = if let Some(published) = published {
            (published.opens, published.closes, &published.source)
        } else {
            let after = first_of(months + i32::from(self.rule.window_months));
            (opens, Date::from_days(after.days() - 1), &self.rule.source)
        };
        let late_until = Date::from_days(closes.days() + i32::from(self.rule.late_days));
        Round { period, opens, closes, late_until, source: source.clone() }
    }
}

/// The first day of a month, given in months since year 0.
fn first_of(months: i32) -> Date {
    Date::from_ymd(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1).unwrap_or(Date::from_days(0))
}

fn read(root: &Table<'_>) -> Option<Timetable> {
    match root.integer("version", 1..=1) {
        None if !root.has("version") => root.fault_at(root.span(), "'version' is missing: write version = 1"),
        _ => {}
    }
    let rule = root.need_table("rule").and_then(|table| rule(&table));
    let overrides: Vec<_> = root.tables("override").iter().map(published).collect();
    let holidays = root.need_table("bank_holidays").and_then(|table| holidays(&table));
    let (working_days, holidays_source) = holidays?;
    Some(Timetable {
        rule: rule?,
        overrides: overrides.into_iter().collect::<Option<_>>()?,
        working_days,
        holidays_source,
    })
}

fn rule(table: &Table<'_>) -> Option<Rule> {
    let cadence = table.need_word("cadence", &[("quarterly", Cadence::Quarterly), ("monthly", Cadence::Monthly)]);
    let covers = table.need_word(
        "covers",
        &[
            ("rolling-year", Covers::RollingYear),
            ("financial-year-to-date", Covers::FinancialYearToDate),
            ("quarter", Covers::Quarter),
            ("month", Covers::Month),
        ],
    );
    let anchor_month = table.integer("anchor_month", 1..=12);
    let window_months = table.integer("window_months", 1..=12);
    let late_days = table.integer("late_days", 0..=366);
    let known: Vec<_> = Confidence::ALL.iter().map(|known| (known.as_str(), *known)).collect();
    let confidence = table.need_word("confidence", &known);
    let source = table.need_text("source");
    table.finish();
    Some(Rule {
        cadence: cadence?,
        covers: covers?,
        anchor_month: anchor_month?.value as u8,
        window_months: window_months?.value as u8,
        late_days: late_days?.value as u16,
        confidence: confidence?,
        source: source?.value.into(),
    })
}

fn published(table: &Table<'_>) -> Option<Override> {
    let (period_end, opens, closes) = (day(table, "period_end"), day(table, "opens"), day(table, "closes"));
    let source = table.need_text("source");
    table.finish();
    let (period_end, opens, closes) = (period_end?, opens?, closes?);
    if opens <= period_end {
        table.fault_at(
            table.place("opens"),
            "'opens' must lie after 'period_end': a file of an open period is not used",
        );
    }
    if closes < opens {
        table.fault_at(table.place("closes"), "'closes' lies before 'opens'");
    }
    Some(Override { period_end, opens, closes, source: source?.value.into() })
}

fn holidays(table: &Table<'_>) -> Option<(WorkingDays, String)> {
    let until = day(table, "until");
    let source = table.need_text("source");
    let days = table.texts("days");
    table.finish();
    let days: Vec<_> = days?.iter().map(|text| as_day(table, "days", text)).collect();
    let days = days.into_iter().collect::<Option<Vec<_>>>()?;
    Some((WorkingDays::new(days, until?), source?.value.to_owned()))
}

fn day(table: &Table<'_>, key: &'static str) -> Option<Date> {
    as_day(table, key, &table.need_text(key)?)
}

fn as_day(table: &Table<'_>, key: &str, text: &Spanned<&str>) -> Option<Date> {
    let date = Date::parse_iso(text.value.as_bytes());
    if date.is_none() {
        table.fault_at(text.span.clone(), format!("'{key}' is not a date: write yyyy-mm-dd"));
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::testing::{date, timetable};

    #[test]
    fn each_rule_gives_its_periods_and_windows() {
        for (changes, day, period, opens, closes) in [
            (&[][..], "2026-11-24", "2025-10-01_2026-09-30", "2026-10-01", "2026-10-31"),
            (&[], "2027-01-01", "2026-01-01_2026-12-31", "2027-01-01", "2027-01-31"),
            (&[], "2026-12-31", "2025-10-01_2026-09-30", "2026-10-01", "2026-10-31"),
            (&[("quarterly", "monthly")], "2026-11-24", "2025-11-01_2026-10-31", "2026-11-01", "2026-11-30"),
            (&[("rolling-year", "quarter")], "2026-05-05", "2026-01-01_2026-03-31", "2026-04-01", "2026-04-30"),
            (
                &[("\"quarterly\"", "\"monthly\""), ("rolling-year", "month")],
                "2028-03-01",
                "2028-02-01_2028-02-29",
                "2028-03-01",
                "2028-03-31",
            ),
            (
                &[("rolling-year", "financial-year-to-date")],
                "2027-01-02",
                "2026-04-01_2026-12-31",
                "2027-01-01",
                "2027-01-31",
            ),
            (
                &[("rolling-year", "financial-year-to-date")],
                "2026-04-02",
                "2025-04-01_2026-03-31",
                "2026-04-01",
                "2026-04-30",
            ),
            (
                &[("anchor_month = 4", "anchor_month = 5")],
                "2026-11-24",
                "2025-11-01_2026-10-31",
                "2026-11-01",
                "2026-11-30",
            ),
            (
                &[("window_months = 1", "window_months = 2")],
                "2026-11-24",
                "2025-10-01_2026-09-30",
                "2026-10-01",
                "2026-11-30",
            ),
        ] {
            let round = timetable(changes).last_before(date(day));
            assert_eq!(round.period.to_string(), period, "{changes:?} {day}");
            assert_eq!((round.opens, round.closes), (date(opens), date(closes)), "{changes:?} {day}");
        }
    }

    #[test]
    fn rounds_follow_one_another_without_a_gap() {
        let timetable = timetable(&[]);
        let mut round = timetable.last_before(date("2026-01-01"));
        for _ in 0..100 {
            let next = timetable.next(&round);
            assert_eq!(timetable.first_from(round.period.end().tomorrow()), next);
            assert_eq!(timetable.first_from(next.period.end()), next);
            assert_eq!(timetable.last_before(next.period.end()), round);
            assert_eq!(timetable.last_before(next.period.end().tomorrow()), next);
            assert!(round.closes < next.opens);
            round = next;
        }
    }

    #[test]
    fn published_dates_go_before_the_rule() {
        let published =
            "[[override]]\nperiod_end = '2026-12-31'\nopens = '2027-01-04'\ncloses = '2027-02-05'\nsource = 'sheet'\n";
        let timetable = timetable(&[("# Days on which nobody works", &format!("{published}\n# Days"))]);
        let round = timetable.last_before(date("2027-01-20"));
        assert_eq!((round.opens, round.closes, &*round.source), (date("2027-01-04"), date("2027-02-05"), "sheet"));
        assert_eq!(round.late_until, date("2027-02-19"));
    }

    #[test]
    fn faults_of_a_timetable_are_told_with_their_place() {
        let text = EMBEDDED
            .replace("\"quarterly\"\n", "\"quarterely\"\n")
            .replace("late_days = 14", "late_days = -1")
            .replace("\"2027-01-01\", ", "\"2027-02-30\", ")
            .replace("# Days on", "[[override]]\nperiod_end = '2026-12-31'\nopens = '2026-12-31'\ncloses = '2026-12-01'\nsource = 's'\n# Days on");
        let faults = Timetable::from_document(&Document::new("timetable.toml", text)).unwrap_err();
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(faults.join("\n"));
    }

    /// Easter Sunday by Oudin's algorithm, and the rules of the Act: an account of the table that shares nothing with it.
    #[test]
    fn the_bank_holidays_are_those_of_the_law() {
        let embedded = Timetable::embedded().unwrap();
        for day in (date("2026-01-01").days()..=embedded.working_days.until().days()).map(Date::from_days) {
            let weekend = (day.days() + 3).rem_euclid(7) >= 5;
            if !weekend {
                let off = bank_holidays(day.ymd().0).contains(&day);
                assert_eq!(embedded.working_days.is_working_day(day), !off, "{day}");
            }
        }
    }

    fn bank_holidays(year: i32) -> Vec<Date> {
        let (golden, century) = (year % 19, year / 100);
        let epact = (century - century / 4 - (8 * century + 13) / 25 + 19 * golden + 15) % 30;
        let moon = epact - (epact / 28) * (1 - (29 / (epact + 1)) * ((21 - golden) / 11));
        let shift = (year + year / 4 + moon + 2 - century + century / 4) % 7;
        let easter = Date::from_ymd(year, 3, 1).unwrap().days() + 27 + moon - shift;
        let weekday = |days: i32| (days + 3).rem_euclid(7);
        let of = |month, day| Date::from_ymd(year, month, day).unwrap().days();
        let first_monday = |month| of(month, 1) + (7 - weekday(of(month, 1))) % 7;
        let last_monday = |month, last| of(month, last) - weekday(of(month, last));
        let (christmas, boxing) = match weekday(of(12, 25)) {
            4 => (of(12, 25), of(12, 28)),
            5 => (of(12, 27), of(12, 28)),
            6 => (of(12, 27), of(12, 26)),
            _ => (of(12, 25), of(12, 26)),
        };
        let new_year = of(1, 1) + [0, 0, 0, 0, 0, 2, 1][weekday(of(1, 1)) as usize];
        let days = [
            new_year,
            easter - 2,
            easter + 1,
            first_monday(5),
            last_monday(5, 31),
            last_monday(8, 31),
            christmas,
            boxing,
        ];
        days.map(Date::from_days).to_vec()
    }
}
