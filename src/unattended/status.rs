//! How things stand, for a person and for a monitoring program.

use jiff::{SignedDuration, Timestamp, civil::DateTime};
use serde::Serialize;

use super::{
    daemon::{DaemonError, lock_folder},
    health::{ChannelHealth, Health, SourceHealth, of_channel, of_source},
    turns::PlanHistory,
};
use crate::{
    config::{Settings, Submission},
    exit,
    ledger::{Ledger, LedgerError, Outcome, PackageFacts, RunRow, RunState},
    model::{Date, Period},
    schedule::{Due, Pause, Purpose, Quiet, Round, Timetable, coming},
    sys::{
        clock::civil_date,
        lock::{Locked, locked},
    },
};

/// How things stand.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Status {
    /// The moment of which this is told.
    pub now: Timestamp,
    /// Whose return it is.
    pub council: String,
    /// Whether the agent runs by itself.
    pub service: Service,
    /// Whether the agent is at home on this machine; if not, it waits for `adopt`.
    pub at_home: bool,
    /// Until when the plans are paused.
    pub paused_until: Option<Timestamp>,
    /// Each submission.
    pub submissions: Vec<SubmissionStatus>,
    /// The last runs, whoever asked for them, the last one first.
    pub runs: Vec<RunStatus>,
    /// The ways by which alerts go.
    pub channels: Vec<ChannelHealth>,
    /// Alerts that nobody has got yet.
    pub alerts_waiting: usize,
    /// Alerts that no channel takes.
    pub alerts_refused: usize,
    /// What asks for somebody, a sentence each.
    pub attention: Vec<String>,
}

/// Whether the agent runs by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Service {
    /// Whether it does.
    pub running: bool,
    /// Its process.
    pub pid: Option<u32>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// How a submission stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SubmissionStatus {
    /// Its name.
    pub name: String,
    /// The last period that has ended.
    pub period: String,
    /// The first day of its window.
    pub opens: String,
    /// The last.
    pub closes: String,
    /// Working days left after today while the window is open.
    pub working_days_left: Option<u16>,
    /// How its sources did, in its last run that says so.
    pub source: SourceHealth,
    /// Its plans.
    pub plans: Vec<PlanStatus>,
    /// Packages of that period, the last one last.
    pub packages: Vec<PackageStatus>,
}

/// How a plan stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PlanStatus {
    /// Its name.
    pub name: String,
    /// What its last run was, if it had one.
    pub last: Option<LastRun>,
    /// Its next turn, in England's time.
    pub next: Option<DateTime>,
}

/// The last run of a plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LastRun {
    /// Its id.
    pub run: String,
    /// When it ended; none while it goes on.
    pub ended: Option<Timestamp>,
    /// How: `released`, `held`, `failed`, `stopped`, or `running`.
    pub state: &'static str,
    /// Whether it staged nothing.
    pub rehearsal: bool,
}

/// A run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RunStatus {
    /// Its id.
    pub run: String,
    /// The submission's name.
    pub submission: String,
    /// The plan that asked for it; none where a person did.
    pub plan: Option<String>,
    /// The reporting period.
    pub period: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; none while it goes on.
    pub ended: Option<Timestamp>,
    /// How: `released`, `held`, `failed`, `stopped`, or `running`.
    pub state: &'static str,
    /// Whether it staged nothing.
    pub rehearsal: bool,
    /// What its exit code says, where it came to no verdict.
    pub why: Option<&'static str>,
}

/// A package of a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PackageStatus {
    /// Its run.
    pub run: String,
    /// Where it stands.
    pub state: &'static str,
    /// Data rows of its upload file.
    pub rows: u64,
    /// Its folder.
    pub folder: String,
    /// When it was staged.
    pub staged: Timestamp,
}

/// How things stand now; `max_age` is how old the last run that came to a verdict may be.
pub fn status(
    settings: &Settings,
    ledger: &Ledger,
    now: Timestamp,
    max_age: Option<SignedDuration>,
) -> Result<Status, DaemonError> {
    let service = service(locked(&lock_folder(&settings.agent.data_dir)));
    let pauses = ledger.pauses(now)?;
    let paused: Vec<_> = pauses.iter().map(|pause| Pause { from: pause.paused_at, until: pause.until }).collect();
    let mut attention = Vec::new();
    let mut submissions = Vec::new();
    let at_home = ledger.is_at_home()?;
    if !at_home {
        attention.push("the agent is at home on another machine, and paused here: cld-agent adopt".to_owned());
    }
    let mut has_plans = false;
    let runs = ledger.runs(LOOKED_AT)?;
    for submission in &settings.submissions {
        let timetable = submission.timetable().map_err(DaemonError::Timetable)?;
        let round = timetable.last_before(civil_date(now));
        let quiet = Quiet { blackouts: &submission.unattended.blackouts, pauses: &paused };
        let mut plans = Vec::new();
        for plan in &submission.plans {
            has_plans = true;
            let history = PlanHistory::read(ledger, submission, plan, now)?;
            let of = format!("{}, {}", submission.name, plan.name);
            if let Some(why) = wrong_with(&history, plan.purpose, max_age, now) {
                attention.push(format!("{of}: {why}"));
            }
            if let Some(turn) = history.missed(now, submission, plan, &timetable, quiet) {
                attention.push(format!("{of}: the turn of {} did not run", turn.slot()));
            }
            if let Due::Parked(turn, _) = history.due(now, submission, plan, &timetable, quiet) {
                attention.push(format!("{of}: the turn of {} ended the program and is set aside", turn.slot()));
            }
            let next = coming(now, plan, &timetable, history.history()).next().map(|turn| turn.at);
            plans.push(PlanStatus { name: plan.name.clone(), last: history.runs.last().map(last_run), next });
        }
        let since = now.saturating_sub(SignedDuration::from_hours(24 * 400)).unwrap_or(Timestamp::MIN);
        let packages = ledger.packages(&submission.name, since)?;
        let of_round: Vec<_> = packages.iter().filter(|package| package.period == round.period).collect();
        attention.extend(of_window(submission, &timetable, &round, &of_round, now));
        let source = of_source(runs.iter().filter(|run| run.submission == submission.name));
        submissions.push(SubmissionStatus {
            name: submission.name.clone(),
            period: round.period.to_string(),
            opens: round.opens.iso(),
            closes: round.closes.iso(),
            working_days_left: days_left(&timetable, &round, civil_date(now)),
            source,
            plans,
            packages: of_round.into_iter().map(package).collect(),
        });
    }
    if has_plans && !service.running {
        attention.push("the agent does not run by itself: start its service, or cld-agent daemon".to_owned());
    }
    let waiting = ledger.alerts_waiting()?;
    let refused = waiting.iter().filter(|alert| alert.state == crate::ledger::AlertState::Refused).count();
    if refused > 0 {
        attention.push(format!("{refused} alerts are taken by no channel: cld-agent alert list"));
    }
    let channels = settings.notify.channels.iter();
    let channels = channels.map(|channel| Ok(of_channel(channel, ledger.channel_facts(&channel.name)?)));
    let channels: Vec<_> = channels.collect::<Result<_, LedgerError>>()?;
    for channel in channels.iter().filter(|channel| channel.health == Health::Ill) {
        let why = channel.why.as_deref().unwrap_or_default();
        attention.push(format!("alerts by {}: {why}", channel.name));
    }
    Ok(Status {
        now,
        council: settings.council.name.clone(),
        service,
        at_home,
        paused_until: paused.iter().filter(|pause| pause.from <= now).map(|pause| pause.until).max(),
        submissions,
        runs: runs.iter().take(TOLD).map(run_status).collect(),
        channels,
        alerts_waiting: waiting.len() - refused,
        alerts_refused: refused,
        attention,
    })
}

/// How many runs are looked at, and of how many it is told.
const LOOKED_AT: u32 = 200;
const TOLD: usize = 10;

fn run_status(run: &RunRow) -> RunStatus {
    let why = match run.state {
        RunState::Ended(Outcome::Failed | Outcome::Stopped) => run.exit_code.and_then(exit::meaning),
        RunState::Ended(Outcome::Released | Outcome::Held) | RunState::Running => None,
    };
    RunStatus {
        run: run.id.to_string(),
        submission: run.submission.clone(),
        plan: run.plan.clone(),
        period: run.period.to_string(),
        began: run.began,
        ended: run.ended,
        state: run.state.as_str(),
        rehearsal: run.rehearsal,
        why,
    }
}

fn service(locked: Locked) -> Service {
    match locked {
        Locked::No => Service { running: false, pid: None, since: None },
        Locked::Yes(holder) => {
            let (pid, since) = holder.map(|holder| (holder.pid, holder.since)).unzip();
            Service { running: true, pid, since }
        }
    }
}

/// What is wrong with the last runs of a plan, if anything.
fn wrong_with(
    history: &PlanHistory,
    purpose: Purpose,
    max_age: Option<SignedDuration>,
    now: Timestamp,
) -> Option<String> {
    let last = history.runs.iter().rfind(|run| run.ended.is_some());
    let verdict = |run: &&RunRow| matches!(run.state, RunState::Ended(Outcome::Released | Outcome::Held));
    if let Some(age) = max_age {
        let ended = history.runs.iter().filter(verdict).filter_map(|run| run.ended).max();
        if ended.is_none_or(|ended| now.duration_since(ended) > age) {
            return Some(match ended {
                Some(ended) => format!("its last run with a verdict ended at {ended:.0}"),
                None => "it has had no run with a verdict".to_owned(),
            });
        }
    }
    match last?.state {
        RunState::Ended(Outcome::Failed) => Some(format!("run {} failed", last?.id)),
        RunState::Ended(Outcome::Held) if purpose == Purpose::Rehearsal => {
            Some(format!("run {}, a rehearsal, would be held", last?.id))
        }
        _ => None,
    }
}

/// What a window asks for, if anything.
fn of_window(
    submission: &Submission,
    timetable: &Timetable,
    round: &Round,
    packages: &[&PackageFacts],
    now: Timestamp,
) -> Option<String> {
    let today = civil_date(now);
    if submission.plans.is_empty()
        || today > round.late_until
        || packages.iter().any(|package| package.state.is_submitted())
    {
        return None;
    }
    let name = &submission.name;
    let period = in_short(round.period);
    let left = match days_left(timetable, round, today) {
        Some(days) => format!("{days} working days are left"),
        None => "the window is over; a late file may still be used".to_owned(),
    };
    if let Some(ready) = packages.iter().rfind(|package| package.is_ready()) {
        return Some(format!("{name}: package {} for {period} waits to be submitted; {left}", ready.run));
    }
    if let Some(held) = packages.last() {
        return Some(format!("{name}: package {} for {period} is {}; {left}", held.run, held.state.as_str()));
    }
    // As long as the extract is not due, that there is none is as it should be.
    let due = timetable.working_days.between(round.opens, today) > FIRST_DAYS;
    due.then(|| format!("{name}: there is no package for {period}; {left}"))
}

/// In the first working days of a window nobody misses a package yet.
const FIRST_DAYS: u16 = 5;

fn days_left(timetable: &Timetable, round: &Round, today: Date) -> Option<u16> {
    (today <= round.closes).then(|| timetable.working_days.between(today.tomorrow(), round.closes))
}

fn in_short(period: Period) -> String {
    format!("{} to {}", period.start().iso(), period.end().iso())
}

fn last_run(run: &RunRow) -> LastRun {
    LastRun { run: run.id.to_string(), ended: run.ended, state: run.state.as_str(), rehearsal: run.rehearsal }
}

fn package(package: &PackageFacts) -> PackageStatus {
    PackageStatus {
        run: package.run.to_string(),
        state: package.state.as_str(),
        rows: package.rows,
        folder: package.path.display().to_string(),
        staged: package.staged_at,
    }
}
