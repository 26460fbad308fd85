//! `cld-agent doctor` and `cld-agent mapping check`.

use std::fmt::Write;

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    config::{Settings, Submission},
    doctor::{Known, Line, Network, Patient, Secrets, examine, exit_code, fit, ground, ways},
    exit,
    ledger::Ledger,
    model::Period,
    notify::Dispatch,
    run::DataFolder,
    source::Found,
    spec::Release,
    sys::{
        clock::{Clock, civil_date},
        machine::Machine,
        shutdown::Shutdown,
    },
};

/// Try everything that a run stands on: configuration, release, mapping, sources, rights.
#[derive(clap::Args, Debug)]
pub(super) struct Doctor {
    #[command(flatten)]
    visit: Visit,
    /// Leave secrets alone: for a look at settings and mappings by whoever is not let in on them.
    #[arg(long)]
    no_secrets: bool,
}

/// Look after a mapping.
#[derive(clap::Args, Debug)]
pub(super) struct MappingCommand {
    #[command(subcommand)]
    command: MappingAction,
}

#[derive(clap::Subcommand, Debug)]
enum MappingAction {
    /// Compare a mapping with its release and with the columns of its sources, and tell all that is wrong at once.
    Check(CheckMapping),
}

#[derive(clap::Args, Debug)]
struct CheckMapping {
    #[command(flatten)]
    visit: Visit,
}

#[derive(clap::Args, Debug)]
struct Visit {
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several; without it the doctor looks at all.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    /// Leave the sources alone: look at configuration, release and mapping only.
    #[arg(long)]
    no_network: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Visit {
    fn network(&self) -> Network {
        if self.no_network { Network::Left } else { Network::Asked }
    }
}

impl Doctor {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let visit = &self.visit;
        let settings = order::settings(&visit.config.config)?;
        let secrets = if self.no_secrets { Secrets::Left } else { Secrets::Fetched };
        let wanted = match &visit.submission {
            Some(name) => vec![order::submission(&settings, Some(name))?],
            None => settings.submissions.iter().collect(),
        };
        let lines = examined(&settings, &wanted, (visit.network(), secrets), visit.as_of.clock(), stop)?;
        tell(&lines, format);
        Ok(exit_code(&lines))
    }
}

/// Whether the agent is at home here, and would notice that it is not. It starts all the same, so nothing here is a fault.
fn of_machine(settings: &Settings) -> Option<Line> {
    let path = DataFolder(&settings.agent.data_dir).ledger();
    let at_home = path.exists().then(|| Ledger::open(&path).and_then(|ledger| ledger.is_at_home()));
    if let Some(Ok(false)) = at_home {
        let text = "the agent is at home on another one: nothing is staged and nothing is sent from here";
        return Some(Line::doubt("machine", text, "see that it runs nowhere else, then: cld-agent adopt"));
    }
    let text = "it does not say which one it is: a copy of the agent on another like it would not be noticed";
    let advice = "give it a machine-id that stays; docs/backup.md says how";
    (!Machine::here().is_named()).then(|| Line::doubt("machine", text, advice))
}

/// Everything that runs of these submissions stand on.
pub(super) fn examined(
    settings: &Settings,
    submissions: &[&Submission],
    (network, secrets): (Network, Secrets),
    clock: Clock,
    stop: &Shutdown,
) -> Result<Vec<Line>, Failure> {
    let count = settings.submissions.len();
    let mut lines = vec![Line::good("configuration", format!("sound, with {count} submission(s)"))];
    lines.extend(of_machine(settings));
    lines.extend(on_what(settings, clock));
    lines.extend(ways(settings, clock.now()));
    if secrets == Secrets::Fetched {
        lines.extend(of_alerts(settings, network));
    }
    for submission in submissions {
        let release = order::release(submission)?;
        let about = format!("submission {}", submission.name);
        lines.push(Line::good(about, format!("{}, version {}", release.name, release.version)));
        let password = submission.package.evidence_password.as_ref().filter(|_| secrets == Secrets::Fetched);
        if let Some(Err(error)) = password.map(crate::config::SecretRef::resolve) {
            lines.push(Line::fault("evidence password", format!("failed to {error}"), exit::CONFIGURATION));
        }
        lines.extend(examine(patient(settings, submission, &release, clock), network, stop));
    }
    Ok(lines)
}

/// The ground that the agent stands on.
fn on_what(settings: &Settings, clock: Clock) -> Vec<Line> {
    match Known::of(settings) {
        Ok(known) => ground(settings, known, clock.now()),
        Err(error) => vec![Line::fault("ledger", format!("failed to {error}"), error.exit_code())],
    }
}

/// What is looked at before each planned run, besides what the run finds out itself: a fault keeps it from beginning.
pub(super) fn before_a_planned_run(settings: &Settings, clock: Clock) -> Result<(), Failure> {
    for line in on_what(settings, clock) {
        let advice = line.advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        let told = format!("{}: {}{advice}", line.about, line.text);
        match line.found {
            Found::Good => {}
            Found::Doubt => tracing::warn!("{told}"),
            Found::Fault => return Err(Failure::new(line.code, format!("begin the run: {told}"))),
        }
    }
    Ok(())
}

fn patient<'a>(settings: &Settings, submission: &'a Submission, release: &'a Release, clock: Clock) -> Patient<'a> {
    Patient {
        mapping: &submission.mapping,
        release,
        sources: order::sources(settings, submission, clock),
        period: Period::last_closed_rolling_year(civil_date(clock.now())),
    }
}

/// Whether somebody would hear of what happens. No run depends on it, so nothing here is a fault.
pub(super) fn of_alerts(settings: &Settings, network: Network) -> Vec<Line> {
    let dispatch = Dispatch::of(settings);
    let tried = dispatch.channels.iter().map(|channel| {
        let about = format!("alerts by {}", channel.name());
        let (well, tried) = match network {
            Network::Asked => ("it answers", channel.is_ready().and_then(|()| channel.answers())),
            Network::Left => ("its secrets can be read", channel.is_ready()),
        };
        match tried {
            Ok(()) => Line::good(about, well),
            Err(fault) => Line::doubt(about, fault.why, "mend it, then: cld-agent alert test"),
        }
    });
    let mut lines: Vec<_> = tried.collect();
    if lines.is_empty() && settings.submissions.iter().any(|submission| !submission.plans.is_empty()) {
        let text = "runs are planned, and nobody would hear that one failed";
        lines.push(Line::doubt("alerts", text, "add a [[notify.channel]]; docs/alerts.md says how"));
    }
    if let Some(Err(error)) = settings.notify.heartbeat.url.as_ref().map(crate::config::SecretRef::resolve) {
        lines.push(Line::doubt("heartbeat", format!("failed to {error}"), "mend it: without it, all seems wrong"));
    }
    lines
}

impl MappingCommand {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let MappingAction::Check(CheckMapping { visit }) = &self.command;
        let settings = order::settings(&visit.config.config)?;
        let submission = order::submission(&settings, visit.submission.as_deref())?;
        let release = order::release(submission)?;
        let (mut lines, mapping) =
            fit(&mut patient(&settings, submission, &release, visit.as_of.clock()), visit.network(), stop);
        match mapping {
            Ok(mapping) => {
                lines.push(Line::good("mapping", format!("'{}' is sound", mapping.name)));
                tell(&lines, format);
                Ok(exit_code(&lines))
            }
            Err(faults) => {
                eprint!("{}", lines.iter().map(shown).collect::<String>());
                Err(Failure::faults(exit::MAPPING, faults))
            }
        }
    }
}

fn tell(lines: &[Line], format: Format) {
    let text: String = lines.iter().map(shown).collect();
    format.print(&text, || as_json(lines));
}

pub(super) fn as_json(lines: &[Line]) -> serde_json::Value {
    let told = lines.iter().map(|line| {
        serde_json::json!({
            "about": line.about,
            "found": word(line.found),
            "text": line.text,
            "advice": line.advice,
        })
    });
    serde_json::json!({ "exit_code": exit_code(lines), "lines": told.collect::<Vec<_>>() })
}

pub(super) fn shown(line: &Line) -> String {
    let mut text = format!("{:6} {}: {}\n", word(line.found), line.about, line.text);
    for advice in line.advice.iter().flat_map(|advice| advice.lines()) {
        let _ = writeln!(text, "       {advice}");
    }
    text
}

fn word(found: Found) -> &'static str {
    match found {
        Found::Good => "ok",
        Found::Doubt => "doubt",
        Found::Fault => "FAULT",
    }
}
