//! When a thing goes: a pure function.

use std::fmt;

use crate::{config::Retention, ledger::Until, model::Date};

/// A part of what is kept, with an age of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The files of a package but its findings and its manifest: the upload file, its copy, the reports.
    Extract,
    /// Its findings, and the evidence, which holds them too.
    Findings,
    /// The index of a package or an import.
    Index,
    /// The reports of a rehearsal.
    Rehearsal,
}

impl Part {
    const ALL: [Self; 4] = [Self::Extract, Self::Findings, Self::Index, Self::Rehearsal];

    /// The word in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Findings => "findings",
            Self::Index => "index",
            Self::Rehearsal => "rehearsal",
        }
    }

    /// The part that the ledger calls by a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == word)
    }
}

/// Where a package stands, as far as its age depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was submitted, on this day.
    Submitted(Date),
    /// It still may be: it is ready, held or rejected.
    Waiting,
    /// It will not be: another took its place, or somebody withdrew it.
    Over,
    /// It is no package but an extract of another program, of which there is only an index.
    Imported,
}

/// What is known of a package, or of an extract that was imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The day on which it was staged, or imported.
    pub staged: Date,
    /// Where it stands.
    pub standing: Standing,
    /// The last day of its submission window.
    pub closes: Date,
    /// Whether it is what the next package is compared with.
    pub is_baseline: bool,
    /// Until when somebody keeps it.
    pub until: Option<Until>,
    /// When somebody was warned that it goes.
    pub warned: Option<Date>,
}

/// When a thing goes. Displayed with its rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaves {
    /// On this day, or whenever house is kept after it.
    On(Date, Rule),
    /// Not as long as this holds.
    Not(Rule),
}

impl Leaves {
    /// Whether it is to go.
    pub fn is_due(self, today: Date) -> bool {
        matches!(self, Self::On(day, _) if day <= today)
    }

    /// By what rule it goes or stays.
    pub const fn rule(self) -> Rule {
        match self {
            Self::On(_, rule) | Self::Not(rule) => rule,
        }
    }

    /// The later of two: a thing that does not go is later than all that do.
    fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::Not(_), _) => self,
            (_, Self::Not(_)) => other,
            (Self::On(one, _), Self::On(two, _)) => {
                if two > one {
                    other
                } else {
                    self
                }
            }
        }
    }
}

impl fmt::Display for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(day, rule) => write!(f, "{}, {rule}", day.iso()),
            Self::Not(rule) => write!(f, "not while {rule}"),
        }
    }
}

/// Why a thing goes on its day, or stays. Displayed in words that the ledger keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// So many days after it was submitted.
    Submitted(i32),
    /// So many days after its window closed, without having been submitted.
    Unsubmitted(i32),
    /// So many days after somebody was warned, without having been submitted.
    Warned(i32),
    /// So many days after it was staged, or imported.
    Staged(i32),
    /// As soon as the files of its package are gone.
    WithFiles,
    /// So many days after it was made.
    Made(i32),
    /// So many days after it was delivered.
    Delivered(i32),
    /// Once nobody keeps it any more, being old enough.
    Retained(Until),
    /// Never, while the next package is compared with it.
    Baseline,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submitted(days) => write!(f, "{} after it was submitted", Days(*days)),
            Self::Unsubmitted(days) => write!(f, "{} after its window, not submitted", Days(*days)),
            Self::Warned(days) => write!(f, "{} after the warning, not submitted", Days(*days)),
            Self::Staged(days) => write!(f, "{} after it was staged", Days(*days)),
            Self::WithFiles => f.write_str("with the files of its package"),
            Self::Made(days) => write!(f, "{} after it was made", Days(*days)),
            Self::Delivered(days) => write!(f, "{} after it was delivered", Days(*days)),
            Self::Retained(Until::Day(day)) => write!(f, "retained until {}", day.iso()),
            Self::Retained(Until::Released) => f.write_str("retained until released"),
            Self::Baseline => f.write_str("the next package is compared with it"),
        }
    }
}

struct Days(i32);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 day") } else { write!(f, "{} days", self.0) }
    }
}

fn after(day: Date, days: i32) -> Date {
    Date::from_days(day.days().saturating_add(days))
}

/// When a part of a package goes, as things stand today.
///
/// What was not submitted goes after its window, or after its staging where that was later, and never before somebody was
/// warned: where nobody was, the earliest day is that on which a warning of today has run out. An index stays at least as
/// long as the files that it is an index of, so that whoever asks for a person is not told of less than there is.
pub fn leaves(facts: &Facts, part: Part, ages: &Retention, today: Date) -> Leaves {
    let by_age = match (part, facts.standing) {
        (Part::Index, _) if facts.is_baseline => return Leaves::Not(Rule::Baseline),
        (Part::Index, standing) => {
            let by_age = Leaves::On(after(facts.staged, ages.indexes), Rule::Staged(ages.indexes));
            if standing == Standing::Imported {
                by_age
            } else {
                let files = leaves(facts, Part::Extract, ages, today).later(leaves(facts, Part::Findings, ages, today));
                by_age.later(match files {
                    Leaves::On(day, _) => Leaves::On(day, Rule::WithFiles),
                    stays @ Leaves::Not(_) => stays,
                })
            }
        }
        (Part::Findings, Standing::Submitted(day)) => {
            Leaves::On(after(day, ages.findings), Rule::Submitted(ages.findings))
        }
        (_, Standing::Submitted(day)) => Leaves::On(after(day, ages.extracts), Rule::Submitted(ages.extracts)),
        (_, Standing::Waiting) => {
            let warned = facts.warned.unwrap_or(today);
            unsubmitted(facts, ages).later(Leaves::On(after(warned, ages.warn), Rule::Warned(ages.warn)))
        }
        (_, Standing::Over | Standing::Imported) => unsubmitted(facts, ages),
    };
    match facts.until {
        None => by_age,
        Some(until @ Until::Released) => Leaves::Not(Rule::Retained(until)),
        Some(until @ Until::Day(day)) => by_age.later(Leaves::On(day.tomorrow(), Rule::Retained(until))),
    }
}

fn unsubmitted(facts: &Facts, ages: &Retention) -> Leaves {
    let from = facts.closes.max(facts.staged);
    Leaves::On(after(from, ages.unsubmitted), Rule::Unsubmitted(ages.unsubmitted))
}

/// Whether somebody must be warned today that a package goes: it waits, nobody was warned, and it is old enough by then.
pub(super) fn must_warn(facts: &Facts, ages: &Retention, today: Date) -> bool {
    facts.standing == Standing::Waiting
        && facts.warned.is_none()
        && matches!(leaves(facts, Part::Extract, ages, today), Leaves::On(day, _) if day <= after(today, ages.warn))
}

/// When a thing without any other rule than its age goes.
pub(super) fn by_age(made: Date, days: i32) -> Leaves {
    Leaves::On(after(made, days), Rule::Made(days))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap()
    }

    const AGES: Retention =
        Retention { extracts: 180, findings: 90, unsubmitted: 60, warn: 14, indexes: 800, rehearsals: 30, alerts: 180 };

    /// Staged in the window of October 2026, and waiting; today is a day in November.
    fn waiting() -> Facts {
        Facts {
            staged: date("2026-10-06"),
            standing: Standing::Waiting,
            closes: date("2026-10-31"),
            is_baseline: false,
            until: None,
            warned: None,
        }
    }

    #[test]
    fn every_case_has_its_day() {
        use Part::*;
        use Standing::*;
        let submitted = Facts { standing: Submitted(date("2026-10-20")), ..waiting() };
        let until = |facts, until: &str| Facts { until: Some(until.parse().unwrap()), ..facts };
        let warned = |day: &str| Facts { warned: Some(date(day)), ..waiting() };
        let late = |standing| Facts { staged: date("2027-02-01"), standing, ..waiting() };
        #[rustfmt::skip]
        let table = [
            // what it is                                  part      when it goes
            (submitted,                                    Extract,  "2027-04-18, 180 days after it was submitted"),
            (submitted,                                    Findings, "2027-01-18, 90 days after it was submitted"),
            (submitted,                                    Index,    "2028-12-14, 800 days after it was staged"),
            (Facts { is_baseline: true, ..submitted },     Index,    "not while the next package is compared with it"),
            (Facts { is_baseline: true, ..submitted },     Extract,  "2027-04-18, 180 days after it was submitted"),
            // Nobody was warned: not today, but the window's rule comes later anyway.
            (waiting(),                                    Extract,  "2026-12-30, 60 days after its window, not submitted"),
            (waiting(),                                    Findings, "2026-12-30, 60 days after its window, not submitted"),
            (warned("2026-12-16"),                         Extract,  "2026-12-30, 60 days after its window, not submitted"),
            // The machine was off, and the warning came late.
            (warned("2026-12-28"),                         Extract,  "2027-01-11, 14 days after the warning, not submitted"),
            // A return for a window that is long over.
            (late(Waiting),                                Extract,  "2027-04-02, 60 days after its window, not submitted"),
            (late(Over),                                   Extract,  "2027-04-02, 60 days after its window, not submitted"),
            (Facts { standing: Over, ..waiting() },        Extract,  "2026-12-30, 60 days after its window, not submitted"),
            // Somebody keeps it: longer than its age, shorter than its age, and until further notice.
            (until(submitted, "2027-06-30"),               Extract,  "2027-07-01, retained until 2027-06-30"),
            (until(submitted, "2027-02-28"),               Extract,  "2027-04-18, 180 days after it was submitted"),
            (until(submitted, "2027-02-28"),               Findings, "2027-03-01, retained until 2027-02-28"),
            (until(submitted, "released"),                 Findings, "not while retained until released"),
            (until(submitted, "released"),                 Index,    "not while retained until released"),
            (until(waiting(), "2030-01-01"),               Index,    "2030-01-02, with the files of its package"),
            (until(Facts { is_baseline: true, ..submitted }, "2027-02-28"), Index, "not while the next package is compared with it"),
            // Of what was imported there is only an index.
            (Facts { standing: Imported, ..waiting() },    Index,    "2028-12-14, 800 days after it was staged"),
            (until(Facts { standing: Imported, ..waiting() }, "2029-01-01"), Index, "2029-01-02, retained until 2029-01-01"),
        ];
        for (facts, part, expected) in table {
            assert_eq!(leaves(&facts, part, &AGES, date("2026-11-10")).to_string(), expected, "{facts:?} {part:?}");
        }
        assert_eq!(by_age(date("2026-10-05"), 30).to_string(), "2026-11-04, 30 days after it was made");
    }

    #[test]
    fn a_warning_is_due_when_its_time_is_all_that_is_left() {
        let days = ["2026-12-15", "2026-12-16", "2027-08-01"].map(date);
        assert_eq!(days.map(|day| must_warn(&waiting(), &AGES, day)), [false, true, true]);
        let warned = Facts { warned: Some(date("2026-12-16")), ..waiting() };
        let kept = Facts { until: Some(Until::Released), ..waiting() };
        let over = Facts { standing: Standing::Over, ..waiting() };
        assert!([warned, kept, over].iter().all(|facts| !must_warn(facts, &AGES, date("2027-08-01"))));
        // The machine was off for months: it is warned of first all the same.
        assert!(!leaves(&waiting(), Part::Extract, &AGES, date("2027-08-01")).is_due(date("2027-08-01")));
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let day = || (20_000..21_000_i32).prop_map(Date::from_days);
        let standing = prop_oneof![
            day().prop_map(Standing::Submitted),
            Just(Standing::Waiting),
            Just(Standing::Over),
            Just(Standing::Imported)
        ];
        let until = proptest::option::of(prop_oneof![day().prop_map(Until::Day), Just(Until::Released)]);
        (day(), standing, day(), any::<bool>(), until, proptest::option::of(day())).prop_map(
            |(staged, standing, closes, is_baseline, until, warned)| Facts {
                staged,
                standing,
                closes,
                is_baseline,
                until,
                warned,
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_goes_that_somebody_keeps_or_that_is_needed(facts in facts(), today in 20_000..23_000_i32) {
            let today = Date::from_days(today);
            let due = |part| leaves(&facts, part, &AGES, today).is_due(today);
            let kept = facts.until.is_some_and(|until| until >= Until::Day(today));
            for part in [Part::Extract, Part::Findings, Part::Index] {
                prop_assert!(!(due(part) && kept), "{part:?} goes though it is retained");
            }
            if facts.standing != Standing::Imported {
                prop_assert!(!due(Part::Index) || due(Part::Extract) && due(Part::Findings), "the index goes first");
            }
            prop_assert!(!(facts.is_baseline && due(Part::Index)));
            if facts.standing == Standing::Waiting {
                let warned = facts.warned.is_some_and(|day| day.days() + AGES.warn <= today.days());
                prop_assert!(!due(Part::Extract) || warned, "nobody was warned");
            }
        }
    }
}
