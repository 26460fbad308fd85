//! `cld-agent baseline`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{AsOf, ConfigArgument, Failure, Format, order, period, watch::Watcher};
use crate::{
    check::TestNumbers,
    exit,
    ledger::{Baseline, BaselineKind, Ledger, LedgerError},
    model::{Period, Reason},
    run::{DataFolder, ImportOrder, RunError, Watch, import_baseline},
    sys::{account::account, lock::FolderLock, shutdown::Shutdown},
};

/// Say what the next package is compared with, or choose it.
#[derive(clap::Args, Debug)]
pub(super) struct BaselineCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Say what the next package is compared with.
    Show(Show),
    /// Index an extract that the old process made, to compare the first packages with. Nothing else is kept of it.
    Import(Import),
    /// Choose another run, or an import, after a package that was faulty. It holds until a later one is submitted, or
    /// released where nobody records submissions.
    Set(Set),
}

#[derive(clap::Args, Debug)]
struct Show {
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
}

#[derive(clap::Args, Debug)]
struct Import {
    /// The file, as it was submitted.
    file: PathBuf,
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    /// The period that the file covers.
    #[arg(long, value_parser = period)]
    period: Period,
    /// Take NHS numbers of the range kept for tests as numbers like any other.
    #[arg(long)]
    allow_test_nhs_numbers: bool,
    #[command(flatten)]
    as_of: AsOf,
}

#[derive(clap::Args, Debug)]
struct Set {
    /// The run whose package it is, or the id of an import.
    run: String,
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    /// Why, in a sentence that names nobody.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    as_of: AsOf,
}

impl BaselineCommand {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        match &self.action {
            Action::Show(show) => show.execute(format),
            Action::Import(import) => import.execute(format, stop),
            Action::Set(set) => set.execute(format),
        }
    }
}

impl Show {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        let data = DataFolder(&settings.agent.data_dir);
        let baseline = match data.ledger() {
            path if path.exists() => Ledger::open(&path).and_then(|ledger| ledger.baseline(&submission.name)),
            _ => Ok(None),
        };
        let baseline = baseline.map_err(of_ledger)?;
        let text = match &baseline {
            Some(baseline) => in_words(baseline, &data),
            None => "There is nothing to compare with: the guard is not run.".to_owned(),
        };
        format.print(&text, || baseline.as_ref().map_or(serde_json::Value::Null, json));
        Ok(exit::SUCCESS)
    }
}

impl Import {
    fn execute(&self, format: Format, stop: &Shutdown) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        let release = order::release(submission)?;
        let (at, _) = self.as_of.now();
        let allowed = self.allow_test_nhs_numbers || submission.allow_test_nhs_numbers;
        let order = ImportOrder {
            submission: &submission.name,
            file: &self.file,
            release: &release,
            period: self.period,
            test_numbers: if allowed { TestNumbers::Allowed } else { TestNumbers::Strange },
            data: &settings.agent.data_dir,
            index_key: &settings.agent.index_key,
            account: &account(),
            at,
        };
        let watcher = Watcher::new(format);
        let imported = import_baseline(&order, &Watch { progress: &watcher, stop, clock: self.as_of.clock() });
        watcher.done();
        let imported = imported?;
        let index = imported.index;
        let text = format!(
            "Indexed as {}: {} rows, {} people, {} open services.",
            imported.id, index.rows, index.people, index.open_services
        );
        format.print(&text, || {
            serde_json::json!({
                "import": imported.id.to_string(),
                "rows": index.rows,
                "people": index.people,
                "open_services": index.open_services,
            })
        });
        Ok(exit::SUCCESS)
    }
}

impl Set {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let reason: Reason = self.reason.parse().map_err(|error| Failure::new(exit::USAGE, error_of(error)))?;
        let settings = order::settings(&self.config.config)?;
        let submission = order::submission(&settings, self.submission.as_deref())?;
        let data = &settings.agent.data_dir;
        let (at, _) = self.as_of.now();
        // A run that is under way has read what it is compared with, and writes it down at its end.
        let _lock = FolderLock::take(data, at, "baseline set").map_err(RunError::from)?;
        let mut ledger = Ledger::open(&DataFolder(data).ledger()).map_err(of_ledger)?;
        ledger.choose_baseline(&submission.name, &self.run, &reason, (at, &account())).map_err(of_ledger)?;
        format.print(
            &format!("The next package is compared with {}.", self.run),
            || serde_json::json!({ "baseline": self.run }),
        );
        Ok(exit::SUCCESS)
    }
}

fn error_of(error: crate::model::ReasonError) -> Box<dyn std::error::Error> {
    error.into()
}

/// A wrong name is the caller's, everything else the ledger's.
fn of_ledger(error: LedgerError) -> Failure {
    let code = if matches!(error, LedgerError::NoBaseline { .. }) { exit::USAGE } else { exit::LEDGER };
    Failure::new(code, error)
}

fn in_words(baseline: &Baseline, data: &DataFolder<'_>) -> String {
    let Baseline { run, kind, period, rows, index, .. } = baseline;
    let why = match kind {
        BaselineKind::Chosen(reason) => format!("\nWhy: {reason}"),
        _ => String::new(),
    };
    let of_index = match index {
        Some(index) if data.index(run).exists() => {
            format!("People: {}\nOpen services: {}", index.people, index.open_services)
        }
        Some(_) => format!("Its index {} is not there: the guard is not run.", data.index(run).display()),
        None => "It has no index: the guard is not run.".to_owned(),
    };
    format!("{run}: {kind}{why}\nPeriod: {period}\nRows: {rows}\n{of_index}")
}

fn json(baseline: &Baseline) -> serde_json::Value {
    let reason = match &baseline.kind {
        BaselineKind::Chosen(reason) => Some(reason),
        _ => None,
    };
    serde_json::json!({
        "run": baseline.run.to_string(),
        "kind": baseline.kind.to_string(),
        "reason": reason,
        "period": baseline.period.to_string(),
        "rows": baseline.rows,
        "people": baseline.index.map(|index| index.people),
        "open_services": baseline.index.map(|index| index.open_services),
    })
}
