//! `cld-agent timetable`.

use std::{fmt::Write, path::PathBuf};

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    config::Settings,
    document::{Document, Faults},
    exit,
    model::Date,
    schedule::{
        EMBEDDED_TIMETABLE, History, Plan, Published, Reminder, Round, Taken, Timetable, coming, read_published,
        reminders, take_over,
    },
    sys::fs::write_whole,
};

/// Print when the return is due: periods, submission windows, planned runs and reminders.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct TimetableCommand {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    print: PrintTimetable,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Take the dates that were published over into the council's timetable file.
    Import(ImportTimetable),
}

/// Take the dates that were published over into the council's timetable file.
#[derive(clap::Args, Debug)]
struct ImportTimetable {
    /// A CSV file with the columns `period_end`, `opens` and `closes`; days as 2026-12-31 or 31/12/2026.
    file: PathBuf,
    /// Where the dates were published, to stand beside each.
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// The submission, where the configuration has several. Its timetable file is the one that it names.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    #[command(flatten)]
    config: ConfigArgument,
    /// Show what would change, and write nothing.
    #[arg(long = "dry-run")]
    try_out: bool,
}

impl TimetableCommand {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        match &self.action {
            Some(Action::Import(import)) => import.execute(format),
            None => self.print.execute(format),
        }
    }
}

impl ImportTimetable {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let failed = |faults: Faults| Failure::faults(exit::CONFIGURATION, faults);
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        let Some(path) = &submission.timetable else {
            let missing = format!(
                "find the timetable file of '{}': name one in the configuration (timetable = \"timetable.toml\")",
                submission.name
            );
            return Err(Failure::new(exit::CONFIGURATION, missing));
        };
        let published = read_published(&Document::open(&self.file).map_err(failed)?).map_err(failed)?;
        let timetable = if path.exists() {
            Document::open(path).map_err(failed)?
        } else {
            Document::new(path.display().to_string(), EMBEDDED_TIMETABLE)
        };
        let (text, taken) = take_over(&timetable, &published, &self.source).map_err(failed)?;
        if !self.try_out {
            write_whole(path, text.as_bytes()).map_err(|error| Failure::new(exit::OUTPUT, error))?;
        }
        let done = if self.try_out { "Nothing was written." } else { "Written." };
        let lines: Vec<_> = taken.iter().map(told).collect();
        let text = format!("{}\n{done} {}", lines.join("\n"), path.display());
        format.print(&text, || taken.iter().map(json).collect());
        Ok(exit::SUCCESS)
    }
}

fn told(taken: &Taken) -> String {
    let window = |window: &Published| format!("{} to {}", window.opens.iso(), window.closes.iso());
    match taken {
        Taken::Known(known) => format!("{}  known  {}", known.period_end.iso(), window(known)),
        Taken::Added(added) => format!("{}  added  {}", added.period_end.iso(), window(added)),
        Taken::Moved { from, to } => format!("{}  moved  {}, was {}", to.period_end.iso(), window(to), window(from)),
    }
}

fn json(taken: &Taken) -> serde_json::Value {
    let (what, window) = match taken {
        Taken::Known(window) => ("known", window),
        Taken::Added(window) => ("added", window),
        Taken::Moved { to, .. } => ("moved", to),
    };
    let Published { period_end, opens, closes } = window;
    serde_json::json!({
        "period_end": period_end.iso(), "opens": opens.iso(), "closes": closes.iso(), "what": what,
    })
}

/// Print when the return is due.
#[derive(clap::Args, Debug)]
struct PrintTimetable {
    /// The configuration file, for the council's own dates and plans; without one, the timetable of the program.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The submission, where the configuration has several.
    #[arg(long)]
    submission: Option<String>,
    /// How many years ahead.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=25))]
    years: u8,
    #[command(flatten)]
    as_of: AsOf,
}

/// What is printed.
struct Answer<'a> {
    timetable: &'a Timetable,
    rounds: Vec<Round>,
    plans: &'a [Plan],
    remind: &'a [u16],
    now: jiff::Timestamp,
    today: Date,
    last: Date,
}

impl PrintTimetable {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let failed = |faults: Faults| Failure::faults(exit::CONFIGURATION, faults);
        let settings = self.config.as_deref().map(order::settings).transpose()?;
        let submission = |settings| order::submission(settings, self.submission.as_deref());
        let submission = settings.as_ref().map(|settings: &Settings| submission(settings)).transpose()?;
        let timetable = match submission {
            Some(submission) => submission.timetable().map_err(failed)?,
            None => Timetable::embedded().map_err(failed)?,
        };
        let (now, today) = self.as_of.now();
        let (year, month, day) = today.ymd();
        let last = Date::from_ymd(year + i32::from(self.years), month, day.min(28)).unwrap_or(today);
        let mut rounds = vec![timetable.last_before(today)];
        while let Some(round) = rounds.last().filter(|round| round.closes < last) {
            rounds.push(timetable.next(round));
        }
        let plans = submission.map_or(&[][..], |submission| &submission.plans);
        let remind = submission.map_or(&[][..], |submission| &submission.remind);
        let answer = Answer { timetable: &timetable, rounds, plans, remind, now, today, last };
        format.print(&answer.text(), || answer.json());
        Ok(exit::SUCCESS)
    }
}

impl Answer<'_> {
    fn text(&self) -> String {
        let mut text = String::new();
        for round in &self.rounds {
            let _ = writeln!(text, "{}  window {} to {}", round.period, round.opens.iso(), round.closes.iso());
            for (day, line) in self.entries(round) {
                let _ = writeln!(text, "    {}  {line}", day.iso());
            }
        }
        let rule = self.timetable.rule();
        let _ = writeln!(text, "\nThe rule is {}: {}.", rule.confidence, rule.source);
        if self.runs_out() {
            let until = self.timetable.working_days.until();
            let _ =
                writeln!(text, "Bank holidays are known until {} only; after it weekends alone count.", until.iso());
        }
        text
    }

    /// Planned runs, and reminders, from today on.
    fn entries(&self, round: &Round) -> Vec<(Date, String)> {
        let mut entries: Vec<_> = self
            .reminders(round)
            .map(|(day, reminder)| {
                let line = match reminder {
                    Reminder::Opens => "the window opens".to_owned(),
                    Reminder::ClosesIn(1) => "the window closes on the next working day".to_owned(),
                    Reminder::ClosesIn(days) => format!("{days} working days are left"),
                    Reminder::ClosesToday => "the window closes".to_owned(),
                    Reminder::Closed => format!("late; a file may be used until about {}", round.late_until.iso()),
                };
                (day, line)
            })
            .collect();
        let runs =
            self.runs(round).map(|(plan, at)| (Date::from(at.date()), format!("{} at {}", plan, at.strftime("%H:%M"))));
        entries.extend(runs);
        entries.sort();
        entries
    }

    fn reminders(&self, round: &Round) -> impl Iterator<Item = (Date, Reminder)> {
        let today = self.today;
        let all = reminders(round, &self.timetable.working_days, self.remind);
        all.into_iter().filter(move |(day, _)| *day >= today)
    }

    /// The runs that will be for a round, as long as it has no package.
    fn runs<'s>(&'s self, round: &'s Round) -> impl Iterator<Item = (&'s str, jiff::civil::DateTime)> {
        let nothing = History { attempts: &[], ready: &[], submitted: &[] };
        self.plans.iter().flat_map(move |plan| {
            let turns = coming(self.now, plan, self.timetable, nothing);
            let turns = turns.take_while(|turn| Date::from(turn.at.date()) <= self.last);
            turns.filter(|turn| turn.round == *round).map(|turn| (plan.name.as_str(), turn.at))
        })
    }

    /// Whether the table of bank holidays ends within the time that is shown.
    fn runs_out(&self) -> bool {
        self.timetable.working_days.until() < self.last
    }

    fn json(&self) -> serde_json::Value {
        let round = |round: &Round| {
            let reminder = |(day, reminder): (Date, Reminder)| {
                let (what, days) = match reminder {
                    Reminder::Opens => ("opens", None),
                    Reminder::ClosesIn(days) => ("closes-in", Some(days)),
                    Reminder::ClosesToday => ("closes", None),
                    Reminder::Closed => ("closed", None),
                };
                serde_json::json!({ "day": day.iso(), "what": what, "working_days": days })
            };
            let run =
                |(plan, at): (&str, jiff::civil::DateTime)| serde_json::json!({ "plan": plan, "at": at.to_string() });
            serde_json::json!({
                "period": round.period.to_string(),
                "opens": round.opens.iso(),
                "closes": round.closes.iso(),
                "late_until": round.late_until.iso(),
                "source": &*round.source,
                "runs": self.runs(round).map(run).collect::<Vec<_>>(),
                "reminders": self.reminders(round).map(reminder).collect::<Vec<_>>(),
            })
        };
        serde_json::json!({
            "rounds": self.rounds.iter().map(round).collect::<Vec<_>>(),
            "bank_holidays_until": self.timetable.working_days.until().iso(),
        })
    }
}
