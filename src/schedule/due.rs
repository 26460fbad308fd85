//! What is due: a pure function of now, a plan and what the ledger knows.

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::{First, Plan, Purpose, Timetable, Turn};
use crate::{
    model::{Date, Period},
    sys::clock::{civil_date, england},
};

/// How hard a turn is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// A turn that was missed is made up for this long.
    pub make_up: SignedDuration,
    /// What may pass by itself is tried again after this long, then after twice as long, and so on …
    pub first_wait: SignedDuration,
    /// … but never after longer than this …
    pub longest_wait: SignedDuration,
    /// … and not later than this after the turn.
    pub deadline: SignedDuration,
    /// After so many attempts that took the process down with them the turn is parked.
    pub crashes: u32,
}

/// An attempt at a turn, as the ledger knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The turn, as [`Turn::slot`] writes it.
    pub slot: String,
    /// The period that it was for.
    pub period: Period,
    /// How it ended.
    pub end: AttemptEnd,
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptEnd {
    /// It goes on.
    Running,
    /// With a verdict, or with an error that does not pass by itself.
    Closed,
    /// With an error that may pass, at this moment.
    MayPass(Timestamp),
    /// Somebody asked it to stop.
    Stopped,
    /// The process ended before it did.
    Killed,
}

/// What the ledger knows of a plan and its submission.
#[derive(Clone, Copy, Debug)]
pub struct History<'h> {
    /// The attempts of this plan, in order.
    pub attempts: &'h [Attempt],
    /// The periods for which a package is ready.
    pub ready: &'h [Period],
    /// The periods for which one has been submitted.
    pub submitted: &'h [Period],
}

/// What a plan asks for now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Due {
    /// A run for this turn.
    Run(Turn),
    /// Nothing before this moment.
    At(Timestamp),
    /// Somebody must look: the turn took the process down too often. Its successor is due at this moment.
    Parked(Turn, Timestamp),
}

/// How a turn stands after its attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Open,
    OpenAt(Timestamp),
    Closed,
    Parked,
}

/// What the plan asks for now. Of the turns that were missed only the last is made up.
pub fn due(now: Timestamp, plan: &Plan, timetable: &Timetable, history: History<'_>, patience: &Patience) -> Due {
    let today = civil_date(now);
    let since = civil_date(now.saturating_sub(patience.make_up).unwrap_or(now));
    let passed = plan.turns(timetable, since, today).take_while(|turn| instant(turn.at) <= now).last();
    let next = next_turn(now, plan, timetable, history);
    let Some(turn) = passed.filter(|turn| !needless(plan, turn, history)) else { return Due::At(next) };
    match standing(&turn, history.attempts, now, patience) {
        Standing::Open => Due::Run(turn),
        Standing::OpenAt(moment) => Due::At(moment.min(next)),
        Standing::Closed => Due::At(next),
        Standing::Parked => Due::Parked(turn, next),
    }
}

/// The moment of a civil time in England: an hour that the clocks leave out is taken an hour later, one that they repeat
/// the first time.
pub fn instant(at: DateTime) -> Timestamp {
    at.to_zoned(england()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The next turns of a plan that are not needless, from a moment on.
pub fn coming<'p>(
    now: Timestamp,
    plan: &'p Plan,
    timetable: &'p Timetable,
    history: History<'p>,
) -> impl Iterator<Item = Turn> + 'p {
    const LAST: Date = Date::from_ymd(9999, 12, 31).unwrap();
    let turns = plan.turns(timetable, civil_date(now), LAST);
    turns.filter(move |turn| instant(turn.at) > now && !needless(plan, turn, history))
}

/// When the plan's next turn is that is not needless.
pub fn next_turn(now: Timestamp, plan: &Plan, timetable: &Timetable, history: History<'_>) -> Timestamp {
    coming(now, plan, timetable, history).next().map_or(Timestamp::MAX, |turn| instant(turn.at))
}

/// A period that has its package is not extracted again by itself. The first turn is had all the same, somebody may have tried
/// things out before it, but not once a file of the period has been submitted.
pub fn needless(plan: &Plan, turn: &Turn, history: History<'_>) -> bool {
    let period = &turn.round.period;
    let has_file = history.submitted.contains(period) || (turn.first == First::No && history.ready.contains(period));
    plan.purpose == Purpose::Extract && has_file
}

fn standing(turn: &Turn, attempts: &[Attempt], now: Timestamp, patience: &Patience) -> Standing {
    let slot = turn.slot();
    let ends: Vec<_> = attempts.iter().filter(|attempt| attempt.slot == slot).map(|attempt| attempt.end).collect();
    let crashes = ends.iter().rev().take_while(|end| **end == AttemptEnd::Killed).count();
    match ends.last() {
        Some(AttemptEnd::Running | AttemptEnd::Closed) => Standing::Closed,
        Some(AttemptEnd::Killed) if crashes as u32 >= patience.crashes => Standing::Parked,
        None | Some(AttemptEnd::Stopped | AttemptEnd::Killed) => Standing::Open,
        Some(AttemptEnd::MayPass(ended)) => {
            let again = ended.saturating_add(wait(ends.len() as u32, patience)).unwrap_or(Timestamp::MAX);
            let deadline = instant(turn.at).saturating_add(patience.deadline).unwrap_or(Timestamp::MAX);
            match again {
                again if again > deadline.max(*ended) => Standing::Closed,
                again if again > now => Standing::OpenAt(again),
                _ => Standing::Open,
            }
        }
    }
}

/// How long to wait after the n-th attempt, from 1.
fn wait(attempts: u32, patience: &Patience) -> SignedDuration {
    let doubled = patience.first_wait.saturating_mul(1 << attempts.saturating_sub(1).min(20));
    doubled.min(patience.longest_wait)
}

#[cfg(test)]
mod tests;
