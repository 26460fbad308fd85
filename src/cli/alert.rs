//! `cld-agent alert`.

use std::fmt::Write;

use super::{ConfigArgument, Failure, Format, order};
use crate::{
    config::Settings,
    document::nearest,
    exit,
    ledger::{AlertRow, Ledger},
    notify::{Alert, Channel, Dispatch, Envelope, Event, Message, deliver},
    run::DataFolder,
    sys::{clock::Clock, shutdown::Shutdown},
};

/// Look after alerts: see whether they arrive, list what waits, send it.
#[derive(clap::Args, Debug)]
pub(super) struct AlertCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Send a test alert by every channel, and say by which it was taken.
    Test(Test),
    /// List the alerts that wait for a channel, that the next digest tells, and that no channel took.
    List(List),
    /// Send what waits, as the agent does by itself when it runs as a service.
    Send(Send),
}

#[derive(clap::Args, Debug)]
struct Test {
    #[command(flatten)]
    config: ConfigArgument,
    /// This channel alone.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
}

#[derive(clap::Args, Debug)]
struct List {
    #[command(flatten)]
    config: ConfigArgument,
}

#[derive(clap::Args, Debug)]
struct Send {
    #[command(flatten)]
    config: ConfigArgument,
    /// Send again what every channel refused: something has been changed.
    #[arg(long)]
    again: bool,
}

impl AlertCommand {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        match &self.action {
            Action::Test(test) => test.execute(format),
            Action::List(list) => list.execute(format),
            Action::Send(send) => send.execute(format, stop),
        }
    }
}

impl Test {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let dispatch = Dispatch::of(&settings);
        let channels = self.chosen(&dispatch)?;
        let at = Clock::Machine.now();
        let council = settings.council.name.clone();
        let message = Alert { council, submission: None, period: None, at, event: Event::Test }.message();
        // Not in the ledger, whose alerts have ids of 32 letters: nobody waits for this one.
        let id = format!("test{}", at.as_microsecond());
        let (mut text, mut told, mut refused) = (String::new(), Vec::new(), false);
        for channel in channels {
            let sent = channel.send(Envelope { id: &id, message: &message, kind: Event::Test.kind(), at });
            let why = sent.err().map(|fault| fault.why);
            refused |= why.is_some();
            let said = why.as_deref().unwrap_or("it was taken; see whether it arrives");
            let word = if why.is_some() { "FAULT" } else { "ok" };
            let _ = writeln!(text, "{word:6} {}: {said}", channel.name());
            told.push(serde_json::json!({ "channel": channel.name(), "taken": why.is_none(), "why": why }));
        }
        format.print(&text, || serde_json::json!({ "id": id, "channels": told }));
        Ok(if refused { exit::ALERT } else { exit::SUCCESS })
    }

    fn chosen<'d>(&self, dispatch: &'d Dispatch) -> Result<Vec<&'d dyn Channel>, Failure> {
        let all: Vec<_> = dispatch.channels.iter().map(AsRef::as_ref).collect();
        let Some(name) = &self.channel else {
            let none = "send an alert: the configuration has no [[notify.channel]]";
            return if all.is_empty() { Err(Failure::new(exit::USAGE, none)) } else { Ok(all) };
        };
        let found = all.iter().find(|channel| channel.name() == name);
        found.map(|channel| vec![*channel]).ok_or_else(|| {
            let near = nearest(name, all.iter().map(|channel| channel.name()));
            let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            Failure::new(exit::USAGE, format!("find the channel '{name}' in the configuration{hint}"))
        })
    }
}

impl List {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let rows = match ledger(&settings)? {
            Some(ledger) => ledger
                .alerts_waiting()
                .and_then(|waiting| Ok([waiting, ledger.alerts_counted()?].concat()))
                .map_err(|error| Failure::new(exit::LEDGER, error))?,
            None => Vec::new(),
        };
        let text = if rows.is_empty() { "No alert waits.".to_owned() } else { rows.iter().map(line).collect() };
        format.print(&text, || rows.iter().map(json).collect());
        Ok(exit::SUCCESS)
    }
}

impl Send {
    fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let Some(mut ledger) = ledger(&settings)? else {
            format.print("No alert waits.", || serde_json::json!({ "sent": 0, "waiting": 0, "refused": 0 }));
            return Ok(exit::SUCCESS);
        };
        let failed = |error| Failure::new(exit::LEDGER, error);
        if self.again {
            ledger.alerts_again().map_err(failed)?;
        }
        let delivered = deliver(&mut ledger, &Dispatch::of(&settings), Clock::Machine, stop).map_err(failed)?;
        let (sent, waiting, refused) = (delivered.sent, delivered.waiting, delivered.refused);
        let text = format!("Sent {sent}; {waiting} wait for a channel, and no channel took {refused}.");
        format.print(&text, || serde_json::json!({ "sent": sent, "waiting": waiting, "refused": refused }));
        Ok(if waiting + refused > 0 { exit::ALERT } else { exit::SUCCESS })
    }
}

/// The ledger, if there is one.
fn ledger(settings: &Settings) -> Result<Option<Ledger>, Failure> {
    let path = DataFolder(&settings.agent.data_dir).ledger();
    let open = path.exists().then(|| Ledger::open(&path)).transpose();
    open.map_err(|error| Failure::new(exit::LEDGER, error))
}

fn line(row: &AlertRow) -> String {
    let mut text = format!("{:8} {}  {}\n", row.state.as_str(), row.raised, subject(row));
    for answer in &row.answers {
        let until = answer.not_before.map(|until| format!(", again from {until}")).unwrap_or_default();
        let _ = writeln!(text, "         {}: {}{until}", answer.channel, answer.why);
    }
    text
}

fn json(row: &AlertRow) -> serde_json::Value {
    let answers = row.answers.iter().map(|answer| {
        let until = answer.not_before.map(|until| until.to_string());
        serde_json::json!({ "channel": answer.channel, "not_before": until, "why": answer.why })
    });
    serde_json::json!({
        "id": row.id,
        "kind": row.kind,
        "state": row.state.as_str(),
        "raised": row.raised.to_string(),
        "subject": subject(row),
        "over": row.over,
        "attempts": row.attempts,
        "answers": answers.collect::<Vec<_>>(),
    })
}

fn subject(row: &AlertRow) -> String {
    Message::from_json(&row.message).map_or_else(|_| row.kind.clone(), |message| message.subject)
}
