//! `cld-agent purge`.

use std::fmt::Write;

use super::{AsOf, ConfigArgument, Failure, Format, order};
use crate::{
    exit,
    ledger::Ledger,
    model::Date,
    retention::{Done, Housekeeping, Item, Plan, Purged, RetentionError},
    run::{DataFolder, RunError},
    sys::{account::account, lock::FolderLock},
};

/// Delete what is older than agent.toml has it kept. The daemon does so by itself, once a day.
#[derive(clap::Args, Debug)]
pub(super) struct PurgeOld {
    #[command(flatten)]
    config: ConfigArgument,
    /// Say what would go and why, and what stays until when; delete nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl PurgeOld {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let data = &settings.agent.data_dir;
        let (now, today) = self.as_of.now();
        let path = DataFolder(data).ledger();
        if !path.exists() {
            format.print("There is nothing: no run yet.", || serde_json::json!({}));
            return Ok(exit::SUCCESS);
        }
        if self.dry_run {
            let plan = Housekeeping::plan(&settings, &Ledger::open(&path)?, now)?;
            format.print(&planned(&plan, today), || json_of_plan(&plan, today));
            return Ok(exit::SUCCESS);
        }
        let lock = FolderLock::take(data, now, "purge").map_err(RunError::from)?;
        let account = account();
        let done = Housekeeping::new(&settings, &mut Ledger::open(&path)?, (now, &account), &lock).keep()?;
        format.print(&told(&done), || json_of_done(&done));
        Ok(exit::SUCCESS)
    }
}

impl From<RetentionError> for Failure {
    fn from(error: RetentionError) -> Self {
        let code = match &error {
            RetentionError::Timetable(_) | RetentionError::Key(_) => exit::CONFIGURATION,
            RetentionError::Ledger(error) => error.exit_code(),
            RetentionError::Fs(_) | RetentionError::Index(_) => exit::OUTPUT,
        };
        Self::new(code, error)
    }
}

fn planned(plan: &Plan, today: Date) -> String {
    let mut text = String::new();
    let (goes, stays): (Vec<_>, Vec<_>) = plan.items.iter().partition(|item| item.leaves.is_due(today));
    for open in &plan.open {
        let _ = writeln!(text, "A purge goes on where it was interrupted: {} of {}.", open.what, open.subject);
    }
    let _ = writeln!(text, "{}", if goes.is_empty() { "Nothing would go." } else { "Would go:" });
    for item in goes {
        line(&mut text, item, &item.leaves.rule().to_string());
    }
    if plan.alerts > 0 {
        let _ = writeln!(text, "  alerts     {} that were delivered", plan.alerts);
    }
    if !stays.is_empty() {
        let _ = writeln!(text, "Stays until:");
    }
    for item in stays {
        line(&mut text, item, &item.leaves.to_string());
    }
    for (run, on) in &plan.warnings {
        let _ = writeln!(text, "Nobody has been warned that {run} goes on {}.", on.iso());
    }
    text
}

fn line(text: &mut String, item: &Item, why: &str) {
    let Item { part, subject, files, .. } = item;
    let _ = writeln!(text, "  {:10} {subject}  {}  {why}", part.as_str(), amount(files.count, files.bytes));
}

fn amount(files: u64, bytes: u64) -> String {
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    format!("{files}, {bytes} bytes")
}

fn told(done: &Done) -> String {
    let mut text = String::new();
    if done.purged.is_empty() {
        let _ = writeln!(text, "Nothing was old enough.");
    }
    for Purged { what, subject, rule, files, bytes } in &done.purged {
        let _ = writeln!(text, "Purged {what:10} {subject}  {}  {rule}", amount(*files, *bytes));
    }
    if done.alerts > 0 {
        let _ = writeln!(text, "Forgotten: {} alerts that were delivered", done.alerts);
    }
    for (run, on) in &done.warned {
        let _ = writeln!(text, "Warned: {run} goes on {}.", on.iso());
    }
    text
}

fn json_of_plan(plan: &Plan, today: Date) -> serde_json::Value {
    let item = |item: &Item| {
        serde_json::json!({
            "what": item.part.as_str(),
            "subject": item.subject,
            "submission": item.about.as_ref().map(|(submission, _)| submission),
            "period": item.about.as_ref().map(|(_, period)| period.to_string()),
            "goes": item.leaves.is_due(today),
            "leaves": item.leaves.to_string(),
            "files": item.files.count,
            "bytes": item.files.bytes,
        })
    };
    serde_json::json!({
        "items": plan.items.iter().map(item).collect::<Vec<_>>(),
        "alerts": plan.alerts,
        "interrupted": plan.open.iter().map(|open| &open.subject).collect::<Vec<_>>(),
        "to_be_warned_of": of_warnings(&plan.warnings),
    })
}

fn json_of_done(done: &Done) -> serde_json::Value {
    let purged = |purged: &Purged| {
        let Purged { what, subject, rule, files, bytes } = purged;
        serde_json::json!({ "what": what, "subject": subject, "rule": rule, "files": files, "bytes": bytes })
    };
    serde_json::json!({
        "purged": done.purged.iter().map(purged).collect::<Vec<_>>(),
        "alerts": done.alerts,
        "warned_of": of_warnings(&done.warned),
    })
}

fn of_warnings(warnings: &[(String, Date)]) -> serde_json::Value {
    warnings.iter().map(|(run, on)| serde_json::json!({ "run": run, "goes_on": on.iso() })).collect()
}
