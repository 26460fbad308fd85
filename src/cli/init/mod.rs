//! `cld-agent init`.

mod ask;
mod dialogue;
mod flags;
mod questions;
#[cfg(test)]
mod tests;

use std::{fmt::Write, io::IsTerminal, path::PathBuf};

use ask::{Answerer, Nobody, Terminal};
use dialogue::Dialogue;
use flags::Flags;
use questions::{Trial, gather};

use super::{AsOf, Failure, Format, doctor, order};
use crate::{
    config::{Settings, Submission},
    doctor::{Line, Network, Secrets, exit_code, reach},
    exit,
    init::{
        Answers, InitError, Made, MailAnswer, PageAnswer, PlanAnswer, SourceAnswer, Starter, ToldAnswer, has_room,
        set_up, settings,
    },
    schedule::{History, coming},
    source::Found,
    sys::shutdown::Shutdown,
};

/// Set the agent up: asks for the council, its source, its plan and who is told, tries each answer, and writes agent.toml and
/// a mapping folder. Every answer is also a flag. Nothing that exists is overwritten.
#[derive(clap::Args, Debug)]
pub(super) struct Init {
    /// The folder for agent.toml and the mapping.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Ask nothing, as without a terminal: what is not given and has no default is told.
    #[arg(long)]
    no_input: bool,
    /// Leave source and mail server alone: neither is tried, nor looked at by the doctor at the end.
    #[arg(long)]
    no_network: bool,
    #[command(flatten)]
    answers: Flags,
    #[command(flatten)]
    as_of: AsOf,
}

impl Init {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        has_room(&self.folder)?;
        let asks = !self.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let answerer: &mut dyn Answerer = if asks { &mut Terminal } else { &mut Nobody };
        let mut dialogue = Dialogue::new(answerer);
        let mut trial = World { init: self, asks, stop };
        let answers = gather(&mut dialogue, &self.answers, "data", &mut trial)?;
        let answers = dialogue.end(answers)?;
        let made = set_up(&answers, &self.folder)?;
        let settings = order::settings(&made.configuration)?;
        let submission = order::submission(&settings, None)?;
        let lines =
            doctor::examined(&settings, &[submission], (self.network(), Secrets::Fetched), self.as_of.clock(), stop)?;
        let runs = next_runs(submission, self.as_of.now().0)?;
        let text = told(&made, &lines, &runs);
        format.print(&text, || {
            serde_json::json!({
                "configuration": made.configuration,
                "mapping": made.mapping,
                "doctor": doctor::as_json(&lines),
                "next_runs": runs.iter().map(|(plan, at)| serde_json::json!({ "plan": plan, "at": at })).collect::<Vec<_>>(),
            })
        });
        Ok(exit_code(&lines))
    }

    fn network(&self) -> Network {
        if self.no_network { Network::Left } else { Network::Asked }
    }
}

/// The next runs that are planned: plan, and civil time in England.
fn next_runs(submission: &Submission, now: jiff::Timestamp) -> Result<Vec<(String, String)>, Failure> {
    const AS_MANY: usize = 3;
    let timetable = submission.timetable().map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))?;
    let nothing = History { attempts: &[], ready: &[], submitted: &[] };
    let mut runs: Vec<_> = submission
        .plans
        .iter()
        .flat_map(|plan| {
            let turns = coming(now, plan, &timetable, nothing).take(AS_MANY);
            turns.map(|turn| (turn.at, plan.name.clone())).collect::<Vec<_>>()
        })
        .collect();
    runs.sort();
    runs.truncate(AS_MANY);
    Ok(runs.into_iter().map(|(at, plan)| (plan, at.strftime("%A %-d %B %Y, %H:%M").to_string())).collect())
}

fn told(made: &Made, lines: &[Line], runs: &[(String, String)]) -> String {
    let (configuration, mapping) = (made.configuration.display(), made.mapping.display());
    let readme = made.mapping.join("README.md");
    let mut text = format!("Written: {configuration} and {mapping}\n\n");
    text.extend(lines.iter().map(doctor::shown));
    if runs.is_empty() {
        text.push_str("\nNo run is planned: cld-agent run --config FILE makes one.\n");
    } else {
        text.push_str("\nThe next runs, once the agent runs by itself:\n");
        text.extend(runs.iter().map(|(plan, at)| format!("  {at}  {plan}\n")));
    }
    let _ = writeln!(text, "\nNext: {} says what the mapping needs.", readme.display());
    if exit_code(lines) != exit::SUCCESS {
        let _ = writeln!(text, "Then look again: cld-agent doctor --config {configuration}");
    }
    text
}

/// Tries answers on the world, and tells a person what came back.
struct World<'a> {
    init: &'a Init,
    asks: bool,
    stop: &'a Shutdown,
}

impl World<'_> {
    /// The settings that some answers would make; nothing else in them matters.
    fn settings(
        &self,
        (council, code): (&str, &str),
        source: SourceAnswer,
        told: ToldAnswer,
    ) -> Result<Settings, InitError> {
        let answers = Answers {
            council: council.to_owned(),
            la_code: code.to_owned(),
            starter: Starter::fitting(&source)[0],
            source,
            data_dir: "data".to_owned(),
            plan: PlanAnswer::None,
            told,
            status_page: PageAnswer::None,
        };
        settings(&answers, &self.init.folder)
    }

    /// Whether no line is a fault; all are told.
    fn is_well(lines: &[Line]) -> bool {
        for line in lines {
            eprint!("{}", doctor::shown(line));
        }
        lines.iter().all(|line| line.found != Found::Fault)
    }

    /// Answers of which nothing is tried: somebody has to be there who could answer again.
    fn leaves(&self) -> bool {
        !self.asks || self.init.no_network
    }
}

impl Trial for World<'_> {
    fn source(&mut self, council: (&str, &str), source: &SourceAnswer) -> Result<bool, Failure> {
        if self.leaves() {
            return Ok(true);
        }
        let settings = self.settings(council, source.clone(), ToldAnswer::Nobody)?;
        let mut sources = order::sources(&settings, &settings.submissions[0], self.init.as_of.clock());
        let lines: Vec<_> = sources.iter_mut().flat_map(|source| reach(source, self.stop)).collect();
        Ok(Self::is_well(&lines))
    }

    fn mail(&mut self, mail: &MailAnswer) -> Result<bool, Failure> {
        if self.leaves() {
            return Ok(true);
        }
        let anywhere = SourceAnswer::Csv { folder: ".".to_owned() };
        let settings = self.settings(("Council", "999"), anywhere, ToldAnswer::Mail(mail.clone()))?;
        let lines = doctor::of_alerts(&settings, Network::Asked);
        // No run depends on a mail server, so the doctor finds no fault in one that does not answer; here it was just named.
        Ok(Self::is_well(&lines) && lines.iter().all(|line| line.found == Found::Good))
    }
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Answers(faults) => Self::faults(exit::CONFIGURATION, faults),
            InitError::Template(_) => Self::new(exit::UNEXPECTED, error),
            InitError::Exists(_) | InitError::Fs(_) => Self::new(exit::OUTPUT, error),
        }
    }
}
