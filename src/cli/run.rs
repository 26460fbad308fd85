//! `cld-agent run`.

use super::{AsOf, ConfigArgument, Failure, Format, day, doctor::before_a_planned_run, order, period, watch::Watcher};
use crate::{
    config::Submission,
    exit,
    logs::Logged,
    model::{Date, Period, Reason},
    run::{Finished, Rehearsed, Tried, Turn, Verdict, Watch, exit_code, rehearse, to_date, try_out},
    schedule::Purpose,
    sys::{account::account, shutdown::Shutdown},
};

/// Build the package of a submission.
#[derive(clap::Args, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    /// The period: 2025-10-01_2026-09-30, or a financial quarter whose rolling twelve months are meant (2026/27 Q2).
    /// Without it, the rolling twelve months to the end of the last closed quarter.
    #[arg(long, value_parser = period, conflicts_with_all = ["from", "to"])]
    period: Option<Period>,
    /// The first day of the period.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "to")]
    from: Option<Date>,
    /// The last day of the period.
    #[arg(long, value_name = "DATE", value_parser = day, requires = "from")]
    to: Option<Date>,
    /// Do everything but stage: show the verdict and some rows, personal values masked.
    #[arg(long = "dry-run")]
    try_out: bool,
    #[command(flatten)]
    turn: TurnArguments,
    /// Run although the period has been submitted: what comes of it is to be sent after that.
    #[arg(long, requires = "reason")]
    resubmit: bool,
    /// Why; without naming anybody.
    #[arg(long, value_name = "TEXT", requires = "resubmit")]
    reason: Option<Reason>,
    #[command(flatten)]
    as_of: AsOf,
}

/// What the schedule says of a run that it begins. A person has no use for it.
#[derive(clap::Args, Debug)]
struct TurnArguments {
    /// The plan.
    #[arg(long, hide = true, requires_all = ["slot", "period"], conflicts_with = "try_out")]
    plan: Option<String>,
    /// Its turn.
    #[arg(long, hide = true, requires = "plan")]
    slot: Option<String>,
    /// Stop when standard input ends: whoever began the run has gone, or wants it to end.
    #[arg(long, hide = true)]
    while_fed: bool,
}

impl TurnArguments {
    /// The turn, if it is one.
    fn turn<'a>(&'a self, submission: &Submission, period: Period) -> Result<Option<Turn<'a>>, Failure> {
        let (Some(name), Some(slot)) = (&self.plan, &self.slot) else { return Ok(None) };
        let plan = submission.plans.iter().find(|plan| plan.name == *name);
        let plan =
            plan.ok_or_else(|| Failure::new(exit::USAGE, format!("find the plan '{name}' in the configuration")))?;
        let rehearses = (plan.purpose == Purpose::Rehearsal).then_some(period);
        Ok(Some(Turn { plan: name, slot, rehearses }))
    }
}

/// Asks for the end when standard input ends.
fn stop_when_no_longer_fed(stop: &Shutdown) {
    let stop = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        stop.request();
    });
}

impl Run {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let (began, today) = self.as_of.now();
        let period = match (self.period, self.from, self.to) {
            (Some(period), _, _) => period,
            (None, Some(from), Some(to)) => Period::new(from, to).map_err(|e| Failure::new(exit::USAGE, e))?,
            _ => Period::last_closed_rolling_year(today),
        };
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        if !self.try_out {
            order::begin_log(&settings);
        }
        let release = order::release(submission)?;
        let turn = self.turn.turn(submission, period)?;
        if turn.is_some() {
            before_a_planned_run(&settings, self.as_of.clock())?;
        }
        let rehearses = turn.and_then(|turn| turn.rehearses);
        let period = rehearses.map_or(period, |whole| to_date(whole, today));
        let account = account();
        let mut order =
            order::order(&settings, submission, &release, (period, turn), (began, self.as_of.clock()), &account)?;
        order.resubmits = self.reason.clone().filter(|_| self.resubmit);
        if self.turn.while_fed {
            stop_when_no_longer_fed(stop);
        }
        let watcher = Watcher::new(format);
        let logged = Logged::new(&watcher, (&submission.name, turn.map(|turn| turn.plan)), period);
        let watch = Watch { progress: &logged, stop, clock: self.as_of.clock() };
        if self.try_out {
            let tried = try_out(order, &watch);
            watcher.done();
            return Ok(tell_tried(&tried?, format));
        }
        if rehearses.is_some() {
            let rehearsed = rehearse(order, &watch);
            watcher.done();
            let rehearsed = rehearsed.map_err(|error| Failure::from(error).of_run(logged.span()))?;
            logged.ended(&rehearsed.verdict);
            return Ok(tell_rehearsed(&rehearsed, format));
        }
        let finished = crate::run::run(order, &watch);
        watcher.done();
        let finished = finished.map_err(|error| Failure::from(error).of_run(logged.span()))?;
        logged.ended(&finished.verdict);
        Ok(tell(&finished, format))
    }
}

/// Prints how a run ended; the exit code that says so.
pub(super) fn tell(finished: &Finished, format: Format) -> u8 {
    let folder = finished.package.path.display().to_string();
    let text = format!("{}\nPackage: {folder}", finished.summary.trim_end());
    format.print(&text, || {
        serde_json::json!({
            "run": finished.run.to_string(),
            "verdict": word(&finished.verdict),
            "reasons": reasons(&finished.verdict),
            "package": folder,
            "upload": finished.package.upload.name,
            "rows": finished.package.upload.rows,
            "sha256": finished.package.upload.sha256.to_string(),
        })
    });
    exit_code(&finished.verdict)
}

fn tell_tried(tried: &Tried, format: Format) -> u8 {
    let text = format!("{}\n{}\nNothing was staged.", tried.summary.trim_end(), tried.preview);
    format.print(&text, || {
        serde_json::json!({
            "run": null,
            "verdict": word(&tried.verdict),
            "reasons": reasons(&tried.verdict),
            "preview": tried.preview,
        })
    });
    exit_code(&tried.verdict)
}

fn tell_rehearsed(rehearsed: &Rehearsed, format: Format) -> u8 {
    let folder = rehearsed.folder.display().to_string();
    let text = format!("{}\nReports: {folder}\nNothing was staged.", rehearsed.summary.trim_end());
    format.print(&text, || {
        serde_json::json!({
            "run": rehearsed.run.to_string(),
            "verdict": word(&rehearsed.verdict),
            "reasons": reasons(&rehearsed.verdict),
            "reports": folder,
        })
    });
    exit_code(&rehearsed.verdict)
}

fn word(verdict: &Verdict) -> &'static str {
    if *verdict == Verdict::Release { "released" } else { "held" }
}

pub(super) fn reasons(verdict: &Verdict) -> Vec<serde_json::Value> {
    let Verdict::Hold(reasons) = verdict else { return Vec::new() };
    let told = reasons.iter().map(
        |reason| serde_json::json!({ "id": reason.id, "text": reason.text, "can_be_approved": reason.approvable }),
    );
    told.collect()
}
