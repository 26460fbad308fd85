//! `cld-agent where-is`.

use std::{
    fmt::Write,
    io::{self, BufRead, IsTerminal, Read},
    path::PathBuf,
};

use secrecy::zeroize::Zeroizing;

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::Ledger,
    model::Reason,
    retention::{Found, NotKnown, Place, where_is},
    run::DataFolder,
    sys::account::account,
};

/// List the packages that hold a person, by the pseudonymised indexes that are still kept. The NHS number, or the person's id
/// in the case system, is read from standard input: as an argument others on this machine could see it.
#[derive(clap::Args, Debug)]
pub(super) struct WhereIs {
    #[command(flatten)]
    config: ConfigArgument,
    /// Why somebody asks, in a sentence that names nobody. It is kept in the audit trail; whom it was about is not.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    as_of: AsOf,
}

/// No identifier is longer.
const LONGEST: u64 = 200;

impl WhereIs {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let path = DataFolder(&settings.agent.data_dir).ledger();
        if !path.exists() {
            format.print("There is nothing: no run yet.", || json(&Found::default()));
            return Ok(exit::SUCCESS);
        }
        let identifier = read()?;
        let (now, _) = self.as_of.now();
        let mut ledger = Ledger::open(&path)?;
        let found = where_is(&settings, &mut ledger, &identifier, &self.reason, (now, &account()))?;
        format.print(&told(&found), || json(&found));
        Ok(exit::SUCCESS)
    }
}

/// One line of standard input.
fn read() -> Result<Zeroizing<String>, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        eprintln!("NHS number or local id (it is shown as you type; pipe it in where others can see the screen):");
    }
    let mut line = Zeroizing::new(String::new());
    let read = input.lock().take(LONGEST).read_line(&mut line);
    if read.is_err() || line.trim().is_empty() {
        let message = "read whom to look for: write one NHS number or local id to standard input, as text in UTF-8";
        return Err(Failure::new(exit::USAGE, message));
    }
    Ok(line)
}

fn told(found: &Found) -> String {
    let Found { places, others, not_known, gone } = found;
    let mut text = String::new();
    for Place { run, submission, period, state, folder, rows } in places {
        let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let _ = writeln!(text, "{run}  {submission}  {period}  {state}  {rows}  {}", place(folder.as_ref()));
    }
    if places.is_empty() {
        let _ = writeln!(text, "No index holds this person; {others} were asked.");
    } else {
        let _ = writeln!(text, "{others} other indexes do not hold this person.");
    }
    for NotKnown { run, submission, period, why, folder } in not_known {
        let _ = writeln!(text, "Not known of {run}  {submission}  {period}: {why}; {}", place(folder.as_ref()));
    }
    if *gone > 0 {
        let _ = writeln!(text, "Of {gone} others neither files nor an index are kept.");
    }
    text
}

fn place(folder: Option<&PathBuf>) -> String {
    folder.map_or_else(|| "no files are kept".to_owned(), |folder| folder.display().to_string())
}

fn json(found: &Found) -> serde_json::Value {
    let place = |place: &Place| {
        let Place { run, submission, period, state, folder, rows } = place;
        serde_json::json!({
            "run": run.to_string(), "submission": submission, "period": period.to_string(), "state": state,
            "folder": folder, "rows": rows,
        })
    };
    let not_known = |not_known: &NotKnown| {
        let NotKnown { run, submission, period, why, folder } = not_known;
        serde_json::json!({
            "run": run.to_string(), "submission": submission, "period": period.to_string(), "why": why, "folder": folder,
        })
    };
    serde_json::json!({
        "places": found.places.iter().map(place).collect::<Vec<_>>(),
        "others": found.others,
        "not_known": found.not_known.iter().map(not_known).collect::<Vec<_>>(),
        "gone": found.gone,
    })
}
