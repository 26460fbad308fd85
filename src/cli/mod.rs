//! The command line: one file per command.
//!
//! Results go to standard output, what happens on the way to standard error. Without a command the program prints its
//! help and does nothing. Every end has an exit code of [`exit`].

mod adopt;
mod alert;
mod answer;
mod audit;
mod backup;
mod baseline;
mod check;
mod compare;
mod custody;
mod daemon;
mod demo;
mod doctor;
mod explain;
mod failure;
mod init;
mod manual;
mod order;
mod passphrase;
mod pause;
mod purge;
mod release;
mod retain;
mod rules;
mod run;
mod runs;
mod service;
mod status;
mod support;
mod timetable;
mod verify;
mod version;
mod watch;
mod whereis;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

pub use failure::Failure;

use crate::{
    exit, logs,
    model::{Date, Period},
    sys::{
        clock::{Clock, civil_date},
        shutdown::Shutdown,
        signals::{self, Reload},
    },
};

/// Builds, checks and stages the Adult Social Care Client Level Data return of an English council.
#[derive(Parser, Debug)]
#[command(name = "cld-agent", version = version::short(), long_version = version::long(), max_term_width = 100, arg_required_else_help = false)]
pub struct Arguments {
    /// Print the result as JSON, for scripts.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Debug)]
enum Command {
    /// Make a fictional council, and its package, in one go.
    Demo(demo::Demo),
    /// Set the agent up: ask, try each answer, write agent.toml and a mapping.
    Init(Box<init::Init>),
    /// Build the package of a submission: extract, check, stage.
    Run(run::Run),
    /// Check an extract, however it was made.
    Check(Box<check::Check>),
    /// Say what a rule checks, why it matters and what to do; without a rule, list them all.
    Explain(explain::Explain),
    /// List every rule; with a release file, say which cannot run with it, and why.
    Rules(rules::Rules),
    /// Compare a package with its manifest.
    Verify(verify::Verify),
    /// Say what the next package is compared with, or choose it.
    Baseline(baseline::BaselineCommand),
    /// Try everything that a run stands on.
    Doctor(doctor::Doctor),
    /// Look after a mapping.
    Mapping(doctor::MappingCommand),
    /// Record that a package was submitted.
    Submitted(custody::Submitted),
    /// Record that the centre accepted a package.
    Accepted(custody::Accepted),
    /// Record that the centre rejected a package.
    Rejected(custody::Rejected),
    /// Take a package back, so that nobody submits it.
    Withdraw(custody::Withdraw),
    /// Let a held package go.
    Approve(custody::Approve),
    /// Show who did what, and whether that record is whole.
    Audit(audit::AuditCommand),
    /// List the runs of an installation.
    Runs(runs::Runs),
    /// Answer findings: accept a QUERY, defer an ERROR, list answers, take one back.
    Answer(Box<answer::AnswerCommand>),
    /// Show, compare or import the national specification that is checked against.
    Release(release::ReleaseCommand),
    /// Run the plans on time, and speak when somebody must hear of something.
    Daemon(daemon::RunDaemon),
    /// Look after the service of this machine that keeps the plans.
    Service(service::ServiceCommand),
    /// Say how things stand: last runs, what is next, packages that wait, alerts.
    Status(status::PrintStatus),
    /// Let no planned run begin for a while; deadlines are still spoken of.
    Pause(pause::PausePlans),
    /// End a pause before its time.
    Resume(pause::ResumePlans),
    /// Have the agent go on on this machine, where it was another before.
    Adopt(adopt::Adopt),
    /// Back the installation up into one encrypted file.
    Backup(backup::MakeBackup),
    /// Restore a backup where nothing is, on this machine or another.
    Restore(backup::RestoreBackup),
    /// Look after alerts: see whether they arrive, list what waits, send it.
    Alert(alert::AlertCommand),
    /// Delete what is older than agent.toml has it kept.
    Purge(purge::PurgeOld),
    /// Keep a package beyond its age, for an incident or a legal hold.
    Retain(retain::Retain),
    /// List the packages that hold a person, who is named on standard input.
    WhereIs(whereis::WhereIs),
    /// Print when the return is due: periods, submission windows, planned runs and reminders.
    Timetable(timetable::TimetableCommand),
    /// Put together what somebody who helps needs to see; nothing of anybody's.
    Support(support::Support),
    /// Print what completes commands and options in a shell.
    Completions(manual::Completions),
    /// Write the manual pages, for a package.
    #[command(hide = true)]
    Man(manual::Manual),
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

impl Format {
    /// Prints a result.
    fn print(self, text: &str, json: impl FnOnce() -> serde_json::Value) {
        match self {
            Self::Text => println!("{}", text.trim_end()),
            Self::Json => println!("{}", json()),
        }
    }
}

/// Parses the command line, does what it says, and prints what went wrong.
pub fn main() -> ExitCode {
    logs::hide_payloads();
    let arguments = Arguments::parse();
    let format = if arguments.json { Format::Json } else { Format::Text };
    let Some(command) = arguments.command else {
        let help = <Arguments as clap::CommandFactory>::command().render_help();
        println!("{help}");
        return ExitCode::from(exit::SUCCESS);
    };
    let (stop, reload) = (Shutdown::default(), Reload::default());
    if let Err(error) = signals::listen(&stop, &reload) {
        eprintln!("cld-agent: Ctrl-C will end the program at once, leaving its work folder behind: {error}");
    }
    let result = match command {
        Command::Demo(demo) => demo.execute(format, &stop),
        Command::Init(init) => init.execute(format, &stop),
        Command::Run(run) => run.execute(format, &stop),
        Command::Check(check) => check.execute(format, &stop),
        Command::Explain(explain) => explain.execute(format),
        Command::Rules(rules) => rules.execute(format),
        Command::Verify(verify) => verify.execute(format),
        Command::Baseline(baseline) => baseline.execute(format, &stop),
        Command::Submitted(submitted) => submitted.execute(format),
        Command::Accepted(accepted) => accepted.execute(format),
        Command::Rejected(rejected) => rejected.execute(format),
        Command::Withdraw(withdraw) => withdraw.execute(format),
        Command::Approve(approve) => approve.execute(format),
        Command::Audit(audit) => audit.execute(format),
        Command::Runs(runs) => runs.execute(format),
        Command::Doctor(doctor) => doctor.execute(format, &stop),
        Command::Mapping(mapping) => mapping.execute(format, &stop),
        Command::Answer(answer) => answer.execute(format),
        Command::Release(release) => release.execute(format),
        Command::Daemon(daemon) => daemon.execute(&stop),
        Command::Service(service) => service.execute(format, &stop, &reload),
        Command::Status(status) => status.execute(format),
        Command::Pause(pause) => pause.execute(format),
        Command::Resume(resume) => resume.execute(format),
        Command::Adopt(adopt) => adopt.execute(format),
        Command::Backup(backup) => backup.execute(format, &stop),
        Command::Restore(restore) => restore.execute(format),
        Command::Alert(alert) => alert.execute(format, &stop),
        Command::Purge(purge) => purge.execute(format),
        Command::Retain(retain) => retain.execute(format),
        Command::WhereIs(where_is) => where_is.execute(format),
        Command::Timetable(timetable) => timetable.execute(format),
        Command::Support(support) => support.execute(format, &stop),
        Command::Completions(completions) => Ok(completions.execute()),
        Command::Man(manual) => manual.execute(),
    };
    let code = result.unwrap_or_else(|failure| {
        failure.print(format);
        failure.exit_code()
    });
    logs::finish();
    ExitCode::from(code)
}

/// Where the configuration is, for commands that need one.
#[derive(clap::Args, Debug)]
struct ConfigArgument {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "agent.toml")]
    config: PathBuf,
}

/// What is taken as today, for commands that depend on it.
#[derive(clap::Args, Debug)]
struct AsOf {
    /// Take this day, or moment, as now, and let the clock stand still: 2026-10-20, or 2026-10-20T06:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    as_of: Option<jiff::Timestamp>,
}

impl AsOf {
    /// What tells the time from now on.
    fn clock(&self) -> Clock {
        self.as_of.map_or(Clock::Machine, Clock::Fixed)
    }

    /// The moment, and the civil day in England.
    fn now(&self) -> (jiff::Timestamp, Date) {
        let moment = self.clock().now();
        (moment, civil_date(moment))
    }
}

fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    let noon = |date: &str| format!("{date}T12:00:00Z").parse();
    let parsed = if text.len() == 10 { noon(text) } else { text.parse() };
    parsed.map_err(|_| "write a day as 2026-10-20, or a moment as 2026-10-20T06:00:00Z".to_owned())
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse_iso(text.as_bytes()).ok_or_else(|| "write a day as 2026-10-20".to_owned())
}

fn period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|error: crate::model::PeriodError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
