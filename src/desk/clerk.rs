//! Does what an answer says, as its owner would have done on the server.

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;

use super::{
    Tools,
    answer::{Answer, What},
};
use crate::{
    answers::{AcceptError, Answers, Decision, FOLDER, Wanted},
    check::Rule,
    config::{IndexKey, Settings, Submission},
    custody::{self, Approved, Approvers, Custody, CustodyError},
    document::Faults,
    ledger::{Deed, Ledger, LedgerError, NewAlert, PackageFacts},
    model::{Date, Field, Reason},
    notify::{Alert, Event},
    run::DataFolder,
    stage::{FINDINGS, Places},
    sys::{
        fs::{FsError, Readers},
        keyed::Keyed,
        lock::{FolderLock, LockError},
    },
};

/// Why an answer was not carried out. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub(super) enum ClerkError {
    /// The run is not one of this desk.
    #[error("find run {0}: it has nothing on this desk")]
    Unknown(String),
    #[error("find a field '{0}': write its key or its header")]
    NoField(String),
    #[error(transparent)]
    Accept(#[from] AcceptError),
    #[error(transparent)]
    Custody(#[from] CustodyError),
    #[error("read the release or the timetable:\n{0}")]
    Settings(#[from] Faults),
    #[error(transparent)]
    Key(#[from] crate::config::SecretError),
    #[error(transparent)]
    Answers(#[from] crate::answers::AnswerError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Fs(#[from] FsError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ClerkError {
    /// Whether it is the answer that is wrong, rather than the moment or the server.
    pub(super) const fn is_refusal(&self) -> bool {
        match self {
            Self::Accept(error) => !matches!(error, AcceptError::Unreadable { .. }),
            Self::Unknown(_) | Self::NoField(_) => true,
            Self::Custody(error) => !matches!(
                error,
                CustodyError::Fs(_) | CustodyError::Ledger(_) | CustodyError::Group(_) | CustodyError::Meanwhile(_)
            ),
            Self::Settings(_) | Self::Key(_) | Self::Answers(_) | Self::Lock(_) | Self::Fs(_) | Self::Ledger(_) => {
                false
            }
        }
    }
}

/// What is needed to carry out answers.
pub(super) struct Clerk<'a> {
    pub(super) settings: &'a Settings,
    pub(super) submission: &'a Submission,
    pub(super) ledger: &'a mut Ledger,
    pub(super) tools: Tools,
    pub(super) now: Timestamp,
}

impl Clerk<'_> {
    /// Carries out an answer of this account; what came of it, in a sentence.
    pub(super) fn carry_out(&mut self, answer: &Answer, by: &str) -> Result<String, ClerkError> {
        let Answer { run, what } = answer;
        match what {
            What::Accept { rule, field, rows, reason } => self.accept(run, (rule, field.as_deref(), rows), reason, by),
            What::Approve { reason } => self.approve(run, reason, by),
            What::Submitted { receipt, at, again } => {
                let at = at.unwrap_or(self.now);
                let submission = custody::Submission { receipt, at, file: None, again: again.as_ref() };
                self.step(run, |custody, now| custody.submit(run, &submission, (now, by)))
            }
            What::Accepted => self.step(run, |custody, now| custody.accept(run, (now, by))),
            What::Rejected { reason } => self.step(run, |custody, now| custody.reject(run, reason, (now, by))),
        }
    }

    fn step(
        &mut self,
        run: &str,
        step: impl FnOnce(&mut Custody<'_>, Timestamp) -> Result<PackageFacts, CustodyError>,
    ) -> Result<String, ClerkError> {
        self.package(run)?;
        let now = self.now;
        let package = self.custody(|custody| step(custody, now))??;
        Ok(format!("Run {run} is {}.", package.state.as_str()))
    }

    fn approve(&mut self, run: &str, reason: &Reason, by: &str) -> Result<String, ClerkError> {
        let package = self.package(run)?;
        let approval = &self.submission.approval;
        let (group, people, is_member) = (approval.group.as_deref(), approval.people, self.tools.is_member);
        let approvers = Approvers { group, people, is_member };
        let (alert, now) = (self.approved(&package, reason)?, self.now);
        Ok(match self.custody(|custody| custody.approve(run, reason, approvers, (now, by), Some(&alert)))?? {
            Approved::Released(_) => format!("Run {run} is ready to be submitted."),
            Approved::Waits(_) => format!("Run {run} is approved by one person; a second must approve it too."),
        })
    }

    fn approved(&self, package: &PackageFacts, reason: &Reason) -> Result<NewAlert, ClerkError> {
        let after = Date::from_days(package.period.end().days() + 1);
        let closes = self.submission.timetable()?.last_before(after).closes;
        let alert = Alert {
            council: self.settings.council.name.clone(),
            submission: Some(self.submission.name.clone()),
            period: Some(package.period),
            at: self.now,
            event: Event::Approved { run: package.run.clone(), reason: reason.clone(), closes },
        };
        Ok(alert.to_queue(Duration::ZERO))
    }

    fn accept(
        &mut self,
        run: &str,
        (rule, field, rows): (&'static Rule, Option<&str>, &[u64]),
        reason: &Reason,
        by: &str,
    ) -> Result<String, ClerkError> {
        let findings = self.findings(run)?;
        let release = self.submission.release.load()?;
        let named = |name: &str| Field::from_key(name).or_else(|| release.field_by_header(name));
        let field = field.map(|name| named(name).ok_or_else(|| ClerkError::NoField(name.to_owned()))).transpose()?;
        let keyed = Keyed::new(IndexKey::obtain(&self.settings.agent.index_key)?.bytes());
        let folder = self.submission.mapping.join(FOLDER);
        let (answers, _) = Answers::open(&folder, keyed.clone())?;
        let questions = answers.to_accept(Wanted { rule, field, rows }, &findings, &release, &keyed)?;
        let mut ids = Vec::new();
        for question in questions {
            let facts = (reason.clone(), by.to_owned(), self.now);
            let id = Answers::keep(&folder, &keyed, facts, Decision::Accept(question))?;
            let deed = Deed::AnswerAccepted { submission: &self.submission.name, rule: rule.id, reason };
            self.ledger.record(&id, &deed, (self.now, by))?;
            ids.push(id);
        }
        Ok(format!("{} is accepted, until the value changes, by {}.", rule.id, ids.join(", ")))
    }

    /// The findings of a run, on the server: a copy on the share could say anything.
    fn findings(&self, run: &str) -> Result<PathBuf, ClerkError> {
        let data = DataFolder(&self.settings.agent.data_dir);
        let rehearsed = self.ledger.run(run)?.filter(|row| row.submission == self.submission.name);
        let row = rehearsed.ok_or_else(|| ClerkError::Unknown(run.to_owned()))?;
        let Places { staging, held, superseded } = Places::of(&self.settings.agent);
        let package = self.ledger.package(run)?;
        let folders = package.iter().flat_map(|one| [&staging, &held, &superseded].map(|place| one.folder_in(place)));
        let rehearsal = data.rehearsals(&self.submission.name).join(row.id.as_str());
        let folder = folders.chain([rehearsal]).find(|folder| folder.is_dir());
        Ok(folder.ok_or_else(|| ClerkError::Unknown(run.to_owned()))?.join(FINDINGS))
    }

    /// The package of a run, which must be one of this submission: who may answer here may not answer elsewhere.
    fn package(&self, run: &str) -> Result<PackageFacts, ClerkError> {
        let package = self.ledger.package(run)?.filter(|package| package.submission == self.submission.name);
        package.ok_or_else(|| ClerkError::Unknown(run.to_owned()))
    }

    fn custody<T>(&mut self, step: impl FnOnce(&mut Custody<'_>) -> T) -> Result<T, ClerkError> {
        let agent = &self.settings.agent;
        let _lock = FolderLock::take(&agent.data_dir, self.now, "record")?;
        let readers = Readers::resolve(agent.readers_group.as_deref())?;
        Ok(step(&mut Custody::new(self.ledger, &Places::of(agent), readers)))
    }
}
