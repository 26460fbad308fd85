//! What a run tells of the period that the centre would derive.

use crate::{
    check::{self, Counts, Coverage, FileFinding, derived_period, find},
    model::{Date, Period},
    report::{DerivedMonth, DerivedPeriod, NotRun, Rate, Selected, month_and_year},
};

/// The rule that asks whether the data covers the stated period.
const RULE: &str = "P004";

/// What the rows of a file say of its period.
pub(super) struct PeriodOfRows {
    stated: Period,
    derived: check::DerivedPeriod,
}

impl PeriodOfRows {
    /// Of a file that states a period and arrives in the month of this day.
    pub(super) fn new(counts: &Counts, stated: Period, arrives: Date) -> Self {
        Self { stated, derived: derived_period(counts.ends.months(), arrives).near(stated) }
    }

    /// That the file does not cover the period that it states, if so. Of a file without rows another rule speaks.
    pub(super) fn finding(&self, records: u64) -> Option<FileFinding> {
        let rule = find(RULE)?;
        let lacks = records > 0 && self.derived.coverage(self.stated) == Coverage::NotCovered;
        lacks.then(|| FileFinding { rule, severity: rule.severity, field: None, text: self.meaning() })
    }

    /// That the rule has nothing to say yet, if so.
    pub(super) fn not_run(&self) -> Option<NotRun> {
        (self.derived.coverage(self.stated) == Coverage::NotOver)
            .then(|| NotRun { id: RULE.to_owned(), why: self.meaning() })
    }

    /// The part of the report.
    pub(super) fn report(&self) -> DerivedPeriod {
        let month = |month: &check::DerivedMonth| DerivedMonth {
            month: month_and_year(month.ends.first),
            rows: month.ends.rows,
            share: match month.fate {
                check::Fate::NotOver => None,
                _ => Rate::new(month.ends.rows, self.derived.rows),
            },
            event_types: u64::from(month.ends.event_types),
            left_out: month.fate.why_not().map(str::to_owned),
        };
        DerivedPeriod {
            period: self.derived.period,
            meaning: self.meaning(),
            selected: match self.derived.coverage(self.stated) {
                Coverage::Covered => Selected::Yes,
                Coverage::NotCovered => Selected::No,
                Coverage::NotOver => Selected::TooEarly,
            },
            months: self.derived.months.iter().map(month).collect(),
        }
    }

    fn meaning(&self) -> String {
        let (start, end) = (self.stated.start(), self.stated.end());
        let arrival = month_and_year(self.derived.import_month);
        let derived = match self.derived.period {
            None => "in no month do enough events end".to_owned(),
            Some(period) => format!("events end from {} to {}", period.start(), period.end()),
        };
        match self.derived.coverage(self.stated) {
            Coverage::Covered => format!(
                "Of a file that arrives in {arrival} the centre would see that {derived}: it covers the stated period."
            ),
            Coverage::NotCovered => format!(
                "The file states {start} to {end}, but of a file that arrives in {arrival} the centre would see that \
                 {derived}: it would not be selected for its period."
            ),
            Coverage::NotOver => format!(
                "The stated period, {start} to {end}, is not over in {arrival}: whether the data covers it can be said \
                 in the month after it ends."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::RULES;

    fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_file_that_does_not_cover_its_period_is_found_once_the_period_is_over() {
        let stated = "2025-04-01_2025-06-30".parse().unwrap();
        let counts = Counts::new(RULES.len(), stated);
        let of = |arrives| PeriodOfRows::new(&counts, stated, date(arrives));
        let finding = of("2025-07-01").finding(1).unwrap();
        assert_eq!((finding.rule.id, finding.severity), ("P004", crate::model::Severity::Block));
        assert!(finding.rule.overridable);
        assert_eq!(of("2025-07-01").report().selected, Selected::No);
        assert!(of("2025-07-01").not_run().is_none());
        // Without rows, F006 says so.
        assert!(of("2025-07-01").finding(0).is_none());
        // In the period, or in its last month, nothing can be said.
        for early in ["2025-06-30", "2025-05-02"] {
            assert!(of(early).finding(1).is_none());
            assert_eq!(of(early).not_run().unwrap().id, "P004");
            assert_eq!(of(early).report().selected, Selected::TooEarly);
        }
    }
}
