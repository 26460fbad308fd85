//! `cld-agent submitted`, `accepted`, `rejected`, `withdraw`, `approve`: what became of a package.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use jiff::Timestamp;

use super::{AsOf, ConfigArgument, Failure, Format, moment, order};
use crate::{
    config::Settings,
    custody::{Approved, Approvers, By, Custody, CustodyError, Submission},
    exit,
    ledger::{Ledger, NewAlert, PackageFacts},
    model::Reason,
    notify::{Alert, Event},
    run::DataFolder,
    sys::{
        account::{account, is_member},
        fs::Readers,
        lock::FolderLock,
    },
};

/// Record that a package was submitted: reminders stop, and the next package is compared with it.
#[derive(Args, Debug)]
pub(super) struct Submitted {
    #[command(flatten)]
    package: Package,
    /// What the portal gave for it.
    #[arg(long, value_name = "REF")]
    receipt: String,
    /// When it was submitted; without it, now: 2026-10-20T14:05:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    /// The file that was uploaded: it is refused where it is not, to the byte, the one that was staged.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// It was sent after another of the same period.
    #[arg(long, requires = "reason")]
    again: bool,
    /// Why; without naming anybody.
    #[arg(long, value_name = "TEXT", requires = "again")]
    reason: Option<Reason>,
}

/// Record that the centre accepted a package.
#[derive(Args, Debug)]
pub(super) struct Accepted {
    #[command(flatten)]
    package: Package,
}

/// Record that the centre rejected a package, or that its checks failed.
#[derive(Args, Debug)]
pub(super) struct Rejected {
    #[command(flatten)]
    package: Package,
    /// Why; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

/// Take a package back, so that nobody submits it.
#[derive(Args, Debug)]
pub(super) struct Withdraw {
    #[command(flatten)]
    package: Package,
    /// Why; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

/// Let a held package go, where all that holds it may be overridden. For members of the group that the configuration names.
#[derive(Args, Debug)]
pub(super) struct Approve {
    #[command(flatten)]
    package: Package,
    /// Why it may be submitted in spite of what holds it; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

#[derive(Args, Debug)]
struct Package {
    /// The run that staged the package, as `cld-agent runs` lists it.
    run: String,
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    as_of: AsOf,
}

impl Submitted {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        self.package.change(format, |custody, run, by| {
            let again = self.reason.as_ref().filter(|_| self.again);
            let submission =
                Submission { receipt: &self.receipt, at: self.at.unwrap_or(by.0), file: self.file.as_deref(), again };
            custody.submit(run, &submission, by)
        })
    }
}

impl Accepted {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general enough")]
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        self.package.change(format, |custody, run, by| custody.accept(run, by))
    }
}

impl Rejected {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        self.package.change(format, |custody, run, by| custody.reject(run, &self.reason, by))
    }
}

impl Withdraw {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        self.package.change(format, |custody, run, by| custody.withdraw(run, &self.reason, by))
    }
}

impl Approve {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        self.package.with_custody(|settings, custody, by| {
            let run = &self.package.run;
            let facts = custody.find(run)?;
            let submission = order::submission(settings, Some(&facts.submission))?;
            let approval = &submission.approval;
            let approvers = Approvers { group: approval.group.as_deref(), people: approval.people, is_member };
            let alert = self.alert(&settings.council.name, submission, &facts, by)?;
            let (package, text) = match custody.approve(run, &self.reason, approvers, by, Some(&alert))? {
                Approved::Released(package) => {
                    let folder = package.path.display().to_string();
                    (package, format!("Run {run} is ready to be submitted.\nPackage: {folder}"))
                }
                Approved::Waits(package) => {
                    (package, format!("Run {run} is approved by one person; a second must approve it too."))
                }
            };
            print(format, &package, &text);
            Ok(exit::SUCCESS)
        })
    }

    /// Whom it concerns hears of it.
    fn alert(
        &self,
        council: &str,
        submission: &crate::config::Submission,
        package: &PackageFacts,
        by: By<'_>,
    ) -> Result<NewAlert, Failure> {
        let timetable = submission.timetable().map_err(|faults| Failure::faults(exit::CONFIGURATION, faults))?;
        let after = crate::model::Date::from_days(package.period.end().days() + 1);
        let closes = timetable.last_before(after).closes;
        let event = Event::Approved { run: package.run.clone(), reason: self.reason.clone(), closes };
        let council = council.to_owned();
        let alert =
            Alert { council, event, at: by.0, submission: Some(submission.name.clone()), period: Some(package.period) };
        Ok(alert.to_queue(Duration::ZERO))
    }
}

impl Package {
    /// Takes a step, and says where the package stands.
    fn change(
        &self,
        format: Format,
        step: impl FnOnce(&mut Custody<'_>, &str, By<'_>) -> Result<PackageFacts, CustodyError>,
    ) -> Result<u8, Failure> {
        self.with_custody(|_, custody, by| {
            let package = step(custody, &self.run, by)?;
            let text =
                format!("Run {} is {}.\nPackage: {}", package.run, package.state.as_str(), package.path.display());
            print(format, &package, &text);
            Ok(exit::SUCCESS)
        })
    }

    fn with_custody(
        &self,
        body: impl FnOnce(&Settings, &mut Custody<'_>, By<'_>) -> Result<u8, Failure>,
    ) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config)?;
        let data = DataFolder(&settings.agent.data_dir);
        let (now, _) = self.as_of.now();
        if !data.ledger().exists() {
            return Err(CustodyError::Unknown(self.run.clone()).into());
        }
        let _lock = FolderLock::take(data.0, now, "record")
            .map_err(|error| Failure::from(crate::run::RunError::from(error)))?;
        let mut ledger = Ledger::open(&data.ledger()).map_err(|error| Failure::from(CustodyError::from(error)))?;
        ledger.settle_in(now)?;
        let readers = Readers::resolve(settings.agent.readers_group.as_deref());
        let readers = readers.map_err(|error| Failure::new(exit::CONFIGURATION, error))?;
        let places = order::places(&settings);
        let mut custody = Custody::new(&mut ledger, &places, readers);
        body(&settings, &mut custody, (now, &account()))
    }
}

impl From<CustodyError> for Failure {
    fn from(error: CustodyError) -> Self {
        Self::new(error.exit_code(), error)
    }
}

fn print(format: Format, package: &PackageFacts, text: &str) {
    format.print(text, || {
        serde_json::json!({
            "run": package.run.to_string(),
            "state": package.state.as_str(),
            "package": package.path.display().to_string(),
            "receipt": package.receipt,
            "submitted_at": package.submitted_at.map(|at| at.to_string()),
            "approved_by": package.approvals.iter().map(|one| one.by.as_str()).collect::<Vec<_>>(),
        })
    });
}
