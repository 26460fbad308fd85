//! `cld-agent audit`.

use std::fmt::Write;

use clap::{Args, Subcommand};

use super::{ConfigArgument, Failure, Format, moment, order};
use crate::{
    exit,
    ledger::{AuditHead, AuditLine, Ledger, LedgerError},
    run::DataFolder,
    stage::head_of,
};

/// Show who did what, and whether that record is whole.
#[derive(Args, Debug)]
pub(super) struct AuditCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Look whether any line was changed, lost or moved, and say which: by the chain of hashes, by `audit.head` beside the
    /// ledger, and by the packages that are still in their folders.
    Verify(Verify),
    /// List the lines, the earliest first.
    List(List),
}

#[derive(Args, Debug)]
struct Verify {
    #[command(flatten)]
    config: ConfigArgument,
    /// The end of the trail as somebody has kept it elsewhere, such as in a mail: number and hash, in quotes.
    #[arg(long, value_name = "HEAD", value_parser = head)]
    head: Vec<AuditHead>,
}

#[derive(Args, Debug)]
struct List {
    #[command(flatten)]
    config: ConfigArgument,
    /// From this day or moment on.
    #[arg(long, value_name = "DATE", value_parser = from)]
    since: Option<jiff::Timestamp>,
}

fn head(text: &str) -> Result<AuditHead, String> {
    text.parse().map_err(|_| "write the number of a line, a space, and its hash of 64 digits".to_owned())
}

/// A day begins at midnight.
fn from(text: &str) -> Result<jiff::Timestamp, String> {
    if text.len() == 10 { moment(&format!("{text}T00:00:00Z")) } else { moment(text) }
}

impl AuditCommand {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        match &self.action {
            Action::Verify(verify) => verify.execute(format),
            Action::List(list) => list.execute(format),
        }
    }
}

/// The ledger of an installation; none where nothing has been done yet.
fn ledger(config: &ConfigArgument) -> Result<Option<Ledger>, Failure> {
    let settings = order::settings(&config.config)?;
    let path = DataFolder(&settings.agent.data_dir).ledger();
    if path.exists() { Ledger::open(&path).map(Some).map_err(failed) } else { Ok(None) }
}

fn failed(error: LedgerError) -> Failure {
    Failure::new(exit::LEDGER, error)
}

impl Verify {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let Some(ledger) = ledger(&self.config)? else {
            let message = "verify the audit trail: there is no ledger yet; check data_dir in the configuration";
            return Err(Failure::new(exit::LEDGER, message));
        };
        let mut known: Vec<_> = self.head.iter().map(|head| ("what was kept elsewhere".to_owned(), *head)).collect();
        known.extend(heads_in_packages(&ledger)?);
        let witnesses = known.len();
        let account = ledger.audit_account(known).map_err(failed)?;
        let end = ledger.audit_head().map_err(failed)?;
        let faults: Vec<_> = account.faults.iter().map(ToString::to_string).collect();
        let text = if faults.is_empty() {
            format!(
                "The audit trail is whole: {} lines, as its anchor and {witnesses} other heads have it.\nIts end: {end}",
                account.lines
            )
        } else {
            format!("The audit trail is not what was written.\n  {}", faults.join("\n  "))
        };
        let whole = faults.is_empty();
        format.print(&text, || {
            serde_json::json!({
                "whole": whole,
                "lines": account.lines,
                "other_heads": witnesses,
                "head": end.to_string(),
                "faults": faults,
            })
        });
        Ok(if whole { exit::SUCCESS } else { exit::CHANGED })
    }
}

/// The ends of the trail that the manifests of packages hold.
fn heads_in_packages(ledger: &Ledger) -> Result<Vec<(String, AuditHead)>, Failure> {
    let runs = ledger.runs(u32::MAX).map_err(failed)?;
    let heads = runs.into_iter().filter_map(|run| {
        let head = head_of(run.package.as_deref()?.as_ref())?;
        Some((format!("the package of run {}", run.id), head))
    });
    Ok(heads.collect())
}

impl List {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let lines = match ledger(&self.config)? {
            Some(ledger) => ledger.audit(self.since).map_err(failed)?,
            None => Vec::new(),
        };
        let mut text = String::new();
        for AuditLine { line, at, account, kind, subject, details, hash: _ } in &lines {
            let _ = writeln!(text, "{line:5}  {at}  {account}  {kind}  {subject}");
            for (key, value) in told(details) {
                let _ = writeln!(text, "       {key}: {value}");
            }
        }
        let text = if lines.is_empty() { "Nothing was done yet.".to_owned() } else { text };
        format.print(&text, || lines.iter().map(json).collect());
        Ok(exit::SUCCESS)
    }
}

/// The details for a person: what is there, without the marks of JSON.
fn told(details: &str) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(keys)) = serde_json::from_str(details) else {
        return vec![("details".to_owned(), details.to_owned())];
    };
    let words = |value: serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    keys.into_iter().filter_map(|(key, value)| Some((key.replace('_', " "), words(value)?))).collect()
}

fn json(line: &AuditLine) -> serde_json::Value {
    let details = serde_json::from_str(&line.details);
    serde_json::json!({
        "line": line.line,
        "at": line.at,
        "account": line.account,
        "kind": line.kind,
        "subject": line.subject,
        "details": details.unwrap_or_else(|_| serde_json::Value::String(line.details.clone())),
        "hash": line.hash,
    })
}
