//! What somebody must hear, by now: a pure function of now, the settings and the ledger.
//!
//! Every notice has a name of its own, under which the ledger remembers that it was said. Nothing here asks whether it was:
//! what is true is told again and again, and said once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{rehearsals::worse, turns::PlanHistory};
use crate::{
    config::{Expiry, Submission},
    doctor::needed_bytes,
    ledger::{Outcome, PackageFacts, RehearsalFinding, RunRow, RunState},
    model::{Date, Period, RunId},
    notify::{Alert, Event, Missing, Next},
    schedule::{Due, Plan, Quiet, Reminder, Round, Timetable, coming, instant, reminders},
    sys::clock::civil_date,
};

/// Something to be said, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Under what the ledger remembers it.
    pub name: String,
    /// What is said.
    pub alert: Alert,
}

/// All that notices follow from.
pub struct Facts<'f> {
    /// Now.
    pub now: Timestamp,
    /// The council's name.
    pub council: &'f str,
    /// What is known of each submission.
    pub submissions: &'f [SubmissionFacts<'f>],
    /// What ends on a day that the council named.
    pub expiries: &'f [Expiry],
    /// The disk of the data folder: its path, and the bytes that are free; none where that could not be found out.
    pub free: Option<(String, u64)>,
}

/// What is known of a submission.
pub struct SubmissionFacts<'f> {
    /// Its settings.
    pub submission: &'f Submission,
    /// Its timetable.
    pub timetable: &'f Timetable,
    /// When none of its runs begins.
    pub quiet: Quiet<'f>,
    /// Its plans, each with what the ledger knows of it.
    pub(super) plans: Vec<(&'f Plan, PlanHistory)>,
    /// Its packages of the last months, the last one last.
    pub packages: Vec<PackageFacts>,
    /// What its rehearsals found, by run, and what the ones before them had found.
    pub rehearsals: BTreeMap<RunId, Rehearsals>,
    /// The turn that is being run now, of which plan.
    pub at_work: Option<(String, String)>,
}

/// What a rehearsal found by rule, and what the one before it had found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rehearsals {
    /// By the one before.
    pub before: Option<BTreeMap<String, RehearsalFinding>>,
    /// By this one.
    pub now: BTreeMap<String, RehearsalFinding>,
}

/// How long an end is told of; after it, it is history.
const OF_LATE: SignedDuration = SignedDuration::from_hours(24 * 14);
/// How many days before its last day it is said that something expires.
const EXPIRES: [i32; 5] = [60, 30, 14, 7, 1];

/// Everything that is to have been said by now.
pub fn notices(facts: &Facts<'_>) -> Vec<Notice> {
    let mut all = Vec::new();
    for of in facts.submissions {
        for (plan, history) in &of.plans {
            of_runs(facts, of, plan, history, &mut all);
            of_turns(facts, of, plan, history, &mut all);
        }
        all.extend(of_window(facts, of));
        all.extend(of_holidays(facts, of));
    }
    all.extend(facts.expiries.iter().filter_map(|expiry| of_expiry(facts, expiry)));
    all.extend(of_disk(facts));
    all
}

impl Facts<'_> {
    fn alert(&self, of: Option<&SubmissionFacts<'_>>, period: Option<Period>, event: Event) -> Alert {
        let submission = of.map(|of| of.submission.name.clone());
        Alert { council: self.council.to_owned(), submission, period, at: self.now, event }
    }
}

/// How the runs of a plan ended.
fn of_runs(facts: &Facts<'_>, of: &SubmissionFacts<'_>, plan: &Plan, history: &PlanHistory, all: &mut Vec<Notice>) {
    let since = facts.now.saturating_sub(OF_LATE).unwrap_or(Timestamp::MIN);
    for (at, run) in history.runs.iter().enumerate() {
        let (RunState::Ended(outcome), Some(ended)) = (run.state, run.ended) else { continue };
        if ended < since {
            continue;
        }
        let before = &history.runs[..at];
        let mut say = |what: &str, event| {
            let name = format!("run/{}/{what}", run.id);
            all.push(Notice { name, alert: facts.alert(Some(of), Some(run.period), event) });
        };
        match outcome {
            Outcome::Failed => say("failed", failed(facts, of, plan, history, run)),
            Outcome::Stopped => {}
            Outcome::Released | Outcome::Held => {
                let failures = before.iter().rev().take_while(|run| run.state == RunState::Ended(Outcome::Failed));
                let failures = failures.count() as u32;
                if failures > 0 {
                    say("recovered", Event::Recovered { run: run.id.clone(), failed: failures });
                }
                if run.rehearsal {
                    let Some(found) = of.rehearsals.get(&run.id) else { continue };
                    let what = worse(found.before.as_ref(), &found.now);
                    if !what.is_empty() {
                        say("worse", Event::Worse { run: run.id.clone(), what });
                    }
                } else {
                    say("staged", staged(of, run, outcome));
                }
            }
        }
    }
}

fn failed(facts: &Facts<'_>, of: &SubmissionFacts<'_>, plan: &Plan, history: &PlanHistory, run: &RunRow) -> Event {
    let asked = history.due(facts.now, of.submission, plan, of.timetable, Quiet::default());
    let is_last = history.runs.last().is_some_and(|last| last.id == run.id);
    let coming = coming(facts.now, plan, of.timetable, history.history()).next();
    let next = match (asked, coming) {
        (Due::Run(turn), _) if is_last && run.slot.as_deref() == Some(&turn.slot()) => Next::Again(facts.now),
        (Due::At(moment), Some(turn)) if is_last && moment < instant(turn.at) => Next::Again(moment),
        (_, Some(turn)) => Next::NextTurn(turn.at),
        (_, None) => Next::Nothing,
    };
    Event::Failed {
        run: run.id.clone(),
        what: run.message.clone().unwrap_or_default(),
        code: run.exit_code.unwrap_or(crate::exit::UNEXPECTED),
        attempt: run.attempt,
        next,
        advice: crate::exit::advice(run.exit_code.unwrap_or(crate::exit::UNEXPECTED)).map(str::to_owned),
    }
}

/// A package, ready or held.
fn staged(of: &SubmissionFacts<'_>, run: &RunRow, outcome: Outcome) -> Event {
    let package = of.packages.iter().find(|package| package.run == run.id);
    let folder = run.package.clone().unwrap_or_default();
    if outcome == Outcome::Released {
        let round = of.timetable.last_before(run.period.end().tomorrow());
        let rows = package.map_or(0, |package| package.rows);
        return Event::Ready { run: run.id.clone(), rows, folder, closes: round.closes };
    }
    let holds = package.map_or(&[][..], |package| &package.holds);
    Event::Held {
        run: run.id.clone(),
        reasons: holds.iter().map(|hold| format!("{}: {}", hold.rule, hold.why)).collect(),
        approvable: !holds.is_empty() && holds.iter().all(|hold| hold.approvable),
        folder,
    }
}

/// Turns that passed without a run, and those that were given up.
fn of_turns(facts: &Facts<'_>, of: &SubmissionFacts<'_>, plan: &Plan, history: &PlanHistory, all: &mut Vec<Notice>) {
    let now = facts.now;
    let name = |what: &str, slot: &str| format!("turn/{}/{}/{slot}/{what}", of.submission.name, plan.name);
    if let Due::Parked(turn, _) = history.due(now, of.submission, plan, of.timetable, of.quiet) {
        let crashes = of.submission.unattended.patience.crashes;
        let event = Event::Parked { plan: plan.name.clone(), due: turn.at, crashes };
        let alert = facts.alert(Some(of), Some(turn.round.period), event);
        all.push(Notice { name: name("parked", &turn.slot()), alert });
    }
    let Some(turn) = history.missed(now, of.submission, plan, of.timetable, of.quiet) else { return };
    let slot = turn.slot();
    if of.at_work.as_ref().is_some_and(|(name, at)| *name == plan.name && *at == slot) {
        return;
    }
    let event = Event::DidNotRun { plan: plan.name.clone(), due: turn.at, why: None };
    let alert = facts.alert(Some(of), Some(turn.round.period), event);
    all.push(Notice { name: name("did-not-run", &slot), alert });
}

/// What is to be said of the submission window.
fn of_window(facts: &Facts<'_>, of: &SubmissionFacts<'_>) -> Option<Notice> {
    let today = civil_date(facts.now);
    let round = of.timetable.last_before(today);
    if today > round.late_until {
        return None;
    }
    let days = &of.timetable.working_days;
    let reminders = reminders(&round, days, &of.submission.remind);
    let (day, reminder) = reminders.into_iter().rfind(|(day, _)| *day <= today)?;
    let name = |what: &str| format!("window/{}/{}/{what}", of.submission.name, round.period);
    let say =
        |what: &str, event| Some(Notice { name: name(what), alert: facts.alert(Some(of), Some(round.period), event) });
    if reminder == Reminder::Opens {
        // Of a window that opened some days ago nobody needs to hear that it does.
        let late = days.between(day, today) > 2;
        return if late { None } else { say("opens", opens(facts, of, &round)) };
    }
    let missing = missing(of, round.period)?;
    let left = today.days() <= round.closes.days();
    let left = left.then(|| days.between(today.tomorrow(), round.closes));
    let what = match reminder {
        Reminder::Opens => return None,
        Reminder::ClosesIn(days) => format!("closes-in-{days}"),
        Reminder::ClosesToday => "closes-today".to_owned(),
        Reminder::Closed => {
            let since = days.between(round.closes.tomorrow(), today).saturating_sub(1);
            format!("closed-{}", since / of.submission.unattended.remind_late_every)
        }
    };
    say(&what, Event::WindowCloses { closes: round.closes, left, missing })
}

fn opens(facts: &Facts<'_>, of: &SubmissionFacts<'_>, round: &Round) -> Event {
    let planned = of.plans.iter().filter(|(plan, _)| plan.purpose == crate::schedule::Purpose::Extract);
    let planned = planned.filter_map(|(plan, history)| {
        let mut coming = coming(facts.now, plan, of.timetable, history.history());
        coming.next().filter(|turn| turn.round == *round).map(|turn| turn.at)
    });
    Event::WindowOpens { closes: round.closes, planned: planned.min() }
}

/// What is still to be done for a period; nothing once a file of it has been submitted and not been rejected.
fn missing(of: &SubmissionFacts<'_>, period: Period) -> Option<Missing> {
    let packages = of.packages.iter().filter(|package| package.period == period);
    let mut missing = Some(Missing::Package);
    for package in packages {
        if package.state.is_submitted() {
            return None;
        }
        if package.is_ready() {
            missing = Some(Missing::Submission);
        }
    }
    missing
}

fn of_holidays(facts: &Facts<'_>, of: &SubmissionFacts<'_>) -> Option<Notice> {
    let what = "the table of bank holidays in the timetable";
    let advice = match &of.submission.timetable {
        Some(_) => "Add the days of the coming years to the council's timetable file, from gov.uk/bank-holidays.",
        None => "Install a newer version, or name a timetable of the council's with the days of the coming years.",
    };
    expires(facts, what, of.timetable.working_days.until(), advice)
}

fn of_expiry(facts: &Facts<'_>, expiry: &Expiry) -> Option<Notice> {
    let advice = expiry.advice.as_deref().unwrap_or("Renew it, and put the new day into agent.toml ([[expires]]).");
    expires(facts, &expiry.what, expiry.last, advice)
}

fn expires(facts: &Facts<'_>, what: &str, last: Date, advice: &str) -> Option<Notice> {
    let left = last.days() - civil_date(facts.now).days();
    let threshold = EXPIRES.into_iter().rfind(|days| left <= *days)?;
    let event = Event::Expires { what: what.to_owned(), last, advice: advice.to_owned() };
    let name = format!("expires/{what}/{}/{threshold}", last.iso());
    Some(Notice { name, alert: facts.alert(None, None, event) })
}

/// Said once a day while it lasts; the spool makes a digest of that.
fn of_disk(facts: &Facts<'_>) -> Option<Notice> {
    let (folder, free) = facts.free.clone()?;
    let rows = facts.submissions.iter().filter_map(|of| of.packages.last()).map(|package| package.rows).max();
    let needed = needed_bytes(rows);
    let name = format!("disk/{}", civil_date(facts.now).iso());
    (free < needed).then(|| Notice { name, alert: facts.alert(None, None, Event::DiskLow { folder, free, needed }) })
}
