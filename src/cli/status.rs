//! `cld-agent status`.

use std::fmt::Write;

use jiff::SignedDuration;

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::Ledger,
    run::DataFolder,
    unattended::{ChannelHealth, LastRun, PlanStatus, RunStatus, SourceHealth, Status, SubmissionStatus, status},
};

/// Say how things stand: last runs, what is next, packages that wait, alerts. Exit code 5 where somebody should look.
#[derive(clap::Args, Debug)]
pub(super) struct PrintStatus {
    #[command(flatten)]
    config: ConfigArgument,
    /// Each plan must have had a run with a verdict within this time, such as 8d or 36h.
    #[arg(long, value_name = "TIME", value_parser = age)]
    max_age: Option<SignedDuration>,
    #[command(flatten)]
    as_of: AsOf,
}

impl PrintStatus {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let path = DataFolder(&settings.agent.data_dir).ledger();
        // To ask is not to begin: whoever asks may be another account than the agent's.
        if !path.exists() {
            let nothing = format!("say how things stand: the agent has not run yet; there is no {}", path.display());
            return Err(Failure::new(exit::ATTENTION, nothing));
        }
        let ledger = Ledger::open_to_read(&path)?;
        let status = status(&settings, &ledger, self.as_of.now().0, self.max_age)?;
        format.print(&text(&status), || serde_json::json!(status));
        Ok(if status.attention.is_empty() { exit::SUCCESS } else { exit::ATTENTION })
    }
}

fn age(text: &str) -> Result<SignedDuration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok()).map(|days: i64| days * 24);
    let age = days.map(SignedDuration::from_hours).or_else(|| text.parse().ok());
    age.filter(SignedDuration::is_positive).ok_or_else(|| "write a time as 8d, 36h or 90m".to_owned())
}

fn text(status: &Status) -> String {
    let mut text = String::new();
    let service = &status.service;
    let runs = match (service.running, service.pid, service.since) {
        (false, ..) => "does not run".to_owned(),
        (true, Some(pid), Some(since)) => format!("runs (process {pid}, since {since:.0})"),
        (true, ..) => "runs".to_owned(),
    };
    let _ = writeln!(text, "The agent {runs}.");
    if !status.at_home {
        let _ = writeln!(text, "It is at home on another machine, and paused on this one.");
    }
    if let Some(until) = status.paused_until {
        let _ = writeln!(text, "Its plans are paused until {until:.0}.");
    }
    for submission in &status.submissions {
        of_submission(&mut text, submission);
    }
    if !status.runs.is_empty() {
        let _ = writeln!(text, "\nLast runs");
    }
    for run in &status.runs {
        of_run(&mut text, run);
    }
    let (waiting, refused) = (status.alerts_waiting, status.alerts_refused);
    let _ = writeln!(text, "\nAlerts: {waiting} waiting, {refused} refused");
    for ChannelHealth { name, kind, health, at, why } in &status.channels {
        let when = at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
        let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let _ = writeln!(text, "  {name:9} {kind}, {}{when}{why}", health.as_str());
    }
    if status.attention.is_empty() {
        let _ = writeln!(text, "\nNothing needs attention.");
    } else {
        let _ = writeln!(text, "\nSomething needs attention:");
        status.attention.iter().for_each(|line| {
            let _ = writeln!(text, "  {line}");
        });
    }
    text
}

fn of_submission(text: &mut String, submission: &SubmissionStatus) {
    let SubmissionStatus { name, period, opens, closes, working_days_left, source, plans, packages } = submission;
    let left = working_days_left.map(|days| format!(", {days} working days left")).unwrap_or_default();
    let _ = writeln!(text, "\n{name}");
    let _ = writeln!(text, "  period    {period}, window {opens} to {closes}{left}");
    let SourceHealth { health, at, why, .. } = source;
    let when = at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let _ = writeln!(text, "  source    {}{when}{why}", health.as_str());
    for PlanStatus { name, last, next } in plans {
        let last = last.as_ref().map_or_else(|| "no run yet".to_owned(), last_run);
        let next = next.map_or_else(|| "nothing planned".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
        let _ = writeln!(text, "  plan      {name}: {last}; next {next}");
    }
    if packages.is_empty() {
        let _ = writeln!(text, "  packages  none for this period");
    }
    for package in packages {
        let _ =
            writeln!(text, "  package   {}, {}, {} rows, {}", package.run, package.state, package.rows, package.folder);
    }
}

fn of_run(text: &mut String, run: &RunStatus) {
    let RunStatus { run, submission, plan, period, state, rehearsal, why, .. } = run;
    let plan = plan.as_ref().map_or_else(|| "by hand".to_owned(), |plan| format!("plan {plan}"));
    let kind = if *rehearsal { ", a rehearsal" } else { "" };
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let _ = writeln!(text, "  {run}  {submission}, {period}, {plan}{kind}: {state}{why}");
}

fn last_run(run: &LastRun) -> String {
    let kind = if run.rehearsal { "rehearsal" } else { "run" };
    let ended = run.ended.map(|ended| format!(" at {ended:.0}")).unwrap_or_default();
    format!("{kind} {} {}{ended}", run.run, run.state)
}
