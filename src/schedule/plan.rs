//! When the agent means to run.

use croner::Cron;
use jiff::{
    ToSpan,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::{Round, Timetable, Weekday};
use crate::model::Date;

/// When a submission is rehearsed, or extracted.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Its name in the configuration.
    pub name: String,
    /// What its runs are for.
    pub purpose: Purpose,
    /// When it runs.
    pub when: When,
}

/// What a plan's runs are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To see how the coming file does; nothing is staged.
    Rehearsal,
    /// To stage the file of a period that has ended.
    Extract,
}

/// When a plan runs. All times are England's.
#[derive(Clone, PartialEq, Debug)]
pub enum When {
    /// On one day of every week.
    Weekly(Weekday, Time),
    /// On the n-th working day after the period, from 1, and then every so many working days as long as the period has no
    /// package and a file may still be used; 0: not again.
    WorkingDay {
        /// Which working day.
        nth: u16,
        /// How many working days later again.
        again: u16,
        /// The time of day.
        at: Time,
    },
    /// When a cron expression says.
    Cron(Box<Cron>),
}

/// A turn of a plan: at most one run is for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// When, in England. It names the turn: an hour that the clocks repeat or leave out makes no second turn and loses none.
    pub at: DateTime,
    /// What the run is for.
    pub round: Round,
    /// Whether it is the first for its round.
    pub first: First,
}

/// Whether a turn is a round's first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum First {
    /// It is.
    Yes,
    /// The round had its turn, and may have its package.
    No,
}

impl Turn {
    /// How the ledger calls it, `2026-10-05T06:00`.
    pub fn slot(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M").to_string()
    }
}

impl Plan {
    /// The turns on the days from one to another, both included, in order.
    pub fn turns<'t>(&'t self, timetable: &'t Timetable, first: Date, last: Date) -> impl Iterator<Item = Turn> + 't {
        let times: Box<dyn Iterator<Item = DateTime> + 't> = match &self.when {
            When::Weekly(weekday, at) => {
                let days = days(first, last).filter(|day| Weekday::of(*day) == *weekday);
                Box::new(days.map(|day| jiff::civil::Date::from(day).to_datetime(*at)))
            }
            When::WorkingDay { at, .. } => {
                let days = days(first, last).filter(|day| timetable.working_days.is_working_day(*day));
                Box::new(days.map(|day| jiff::civil::Date::from(day).to_datetime(*at)))
            }
            When::Cron(cron) => Box::new(occurrences(cron, first).take_while(move |at| Date::from(at.date()) <= last)),
        };
        times.filter_map(|at| self.turn(timetable, at))
    }

    /// The turn at a time on which the plan may run, if it does.
    fn turn(&self, timetable: &Timetable, at: DateTime) -> Option<Turn> {
        let day = Date::from(at.date());
        let round = match self.purpose {
            Purpose::Rehearsal => timetable.first_from(day),
            Purpose::Extract => timetable.last_before(day),
        };
        // What nobody would use is not made.
        if self.purpose == Purpose::Extract && day > round.late_until {
            return None;
        }
        let begins = round.period.end().tomorrow();
        let had_before = match &self.when {
            When::Weekly(..) => Date::from_days(day.days() - 7) >= begins,
            When::Cron(cron) => occurrences(cron, begins).next() < Some(at),
            When::WorkingDay { nth, again, .. } => {
                let later = timetable.working_days.between(begins, day).checked_sub(*nth)?;
                if later > 0 && (*again == 0 || later % again > 0) {
                    return None;
                }
                later > 0
            }
        };
        Some(Turn { at, round, first: if had_before { First::No } else { First::Yes } })
    }
}

fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    (first.days()..=last.days()).map(Date::from_days)
}

/// The civil times at which an expression holds, from the beginning of a day on. It is asked in a zone whose clocks never
/// change, so that each is had once.
fn occurrences(cron: &Cron, first: Date) -> impl Iterator<Item = DateTime> {
    let begin = jiff::civil::Date::from(first)
        .to_zoned(TimeZone::UTC)
        .ok()
        .and_then(|midnight| midnight.checked_sub(1.second()).ok());
    begin.into_iter().flat_map(|begin| cron.iter_after(begin)).map(|zoned| zoned.datetime())
}
