//! `cld-agent pause` and `cld-agent resume`.

use jiff::Timestamp;

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::Ledger,
    model::{Date, Reason},
    run::DataFolder,
    schedule::instant,
    sys::{
        account::account,
        fs::{FsError, Operation},
    },
};

/// Let no planned run begin for a while; deadlines are still spoken of.
#[derive(clap::Args, Debug)]
pub(super) struct PausePlans {
    #[command(flatten)]
    config: ConfigArgument,
    /// Until the beginning of this day in England, or until this moment: 2026-12-01, or 2026-12-01T06:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = end)]
    until: Timestamp,
    /// Why. No names, no numbers of people.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    as_of: AsOf,
}

/// End a pause before its time.
#[derive(clap::Args, Debug)]
pub(super) struct ResumePlans {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    as_of: AsOf,
}

impl PausePlans {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let (now, _) = self.as_of.now();
        if self.until <= now {
            return Err(Failure::new(exit::USAGE, "pause: the end given with --until is over; name a later day"));
        }
        ledger(&self.config)?.pause(self.until, &self.reason, (now, &account()))?;
        let text = format!("No planned run begins before {:.0}. Deadlines are still spoken of.", self.until);
        format.print(&text, || serde_json::json!({ "paused_until": self.until.to_string() }));
        Ok(exit::SUCCESS)
    }
}

impl ResumePlans {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let (now, _) = self.as_of.now();
        let ended = ledger(&self.config)?.resume(now)?;
        let text = if ended { "The pause has ended." } else { "Nothing was paused." };
        format.print(text, || serde_json::json!({ "ended": ended }));
        Ok(exit::SUCCESS)
    }
}

fn ledger(config: &ConfigArgument) -> Result<Ledger, Failure> {
    let settings = order::settings(&config.config)?;
    let data = &settings.agent.data_dir;
    std::fs::create_dir_all(data)
        .map_err(|error| Failure::new(exit::OUTPUT, FsError::while_trying(Operation::Create, data)(error)))?;
    Ok(Ledger::open(&DataFolder(data).ledger())?)
}

fn end(text: &str) -> Result<Timestamp, String> {
    if let Some(day) = Date::parse_iso(text.as_bytes()) {
        return Ok(instant(jiff::civil::Date::from(day).at(0, 0, 0, 0)));
    }
    text.parse().map_err(|_| "write a day as 2026-12-01, or a moment as 2026-12-01T06:00:00Z".to_owned())
}
