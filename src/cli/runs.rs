//! `cld-agent runs`.

use std::fmt::Write;

use super::{ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::{Ledger, PackageState, RunRow},
    run::DataFolder,
};

/// List the runs of an installation, the last one first.
#[derive(clap::Args, Debug)]
pub(super) struct Runs {
    #[command(flatten)]
    config: ConfigArgument,
    /// How many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// This run alone.
    #[arg(long, value_name = "RUN", conflicts_with = "limit")]
    run: Option<String>,
}

impl Runs {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let path = DataFolder(&settings.agent.data_dir).ledger();
        if !path.exists() {
            format.print("No run yet.", || serde_json::json!([]));
            return Ok(exit::SUCCESS);
        }
        let failed = |error| Failure::new(exit::LEDGER, error);
        let read = |ledger: Ledger| match &self.run {
            Some(id) => Ok(ledger.run(id)?.into_iter().collect()),
            None => ledger.runs(self.limit),
        };
        let runs = Ledger::open(&path).and_then(read).map_err(failed)?;
        if let (Some(id), []) = (&self.run, &runs[..]) {
            return Err(Failure::new(exit::USAGE, format!("find the run {id} in the ledger")));
        }
        let mut text = String::new();
        for run in &runs {
            let _ = writeln!(
                text,
                "{:22} {:10} {}  {}  {}",
                run.id.to_string(),
                run.package_state.map_or(run.state.as_str(), PackageState::as_str),
                run.submission,
                run.period,
                run.package.as_deref().or(run.message.as_deref()).unwrap_or_default()
            );
        }
        let text = if runs.is_empty() { "No run yet.".to_owned() } else { text };
        format.print(&text, || runs.iter().map(json).collect());
        Ok(exit::SUCCESS)
    }
}

fn json(run: &RunRow) -> serde_json::Value {
    serde_json::json!({
        "run": run.id.to_string(),
        "state": run.state.as_str(),
        "submission": run.submission,
        "period": run.period.to_string(),
        "attempt": run.attempt,
        "began": run.began.to_string(),
        "ended": run.ended.map(|ended| ended.to_string()),
        "exit_code": run.exit_code,
        "message": run.message,
        "package": run.package,
        "package_state": run.package_state.map(PackageState::as_str),
        "tool_version": run.tool_version,
    })
}
