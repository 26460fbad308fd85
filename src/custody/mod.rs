//! What becomes of a package after it was staged.
//!
//! [`next`] says where a package stands after a step; [`Custody`] takes the step: the ledger, its audit trail and the alert in one
//! transaction, and after it the folder. A package is never changed; it is moved, in one rename, to where packages of its
//! state lie, and what is said about it stands beside it.
//!
//! A process may die between the ledger and the folder. The ledger then remembers from where the folder is to be moved, and
//! [`Custody::settle`], which every step and every run begins with, moves it. What a killed run left behind is the next
//! run's to take away.
//!
//! What is ready may be placed for a MESH client ([`fill_outbox`]).
//!
//! Who acts is an argument: the desk folder acts for the owner of a file.

mod approval;
mod outbox;
mod state;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

pub use self::{
    approval::{Approved, Approvers},
    outbox::{OutboxError, fill_outbox},
    state::{Refusal, Step, next},
};
use crate::{
    exit,
    ledger::{Change, Deed, Ledger, LedgerError, PackageFacts, PackageState},
    model::{Period, Reason, RunId},
    stage::{Places, content_hash},
    sys::{
        account::GroupError,
        failpoint,
        fs::{FsError, Readers, move_folder},
        hash::Sha256,
    },
};

/// Why a package stays where it is. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// There is no such package.
    #[error("find the package of run {0}: the ledger knows none; `cld-agent runs` lists them")]
    Unknown(String),
    /// The step does not follow from where the package stands.
    #[error("{} run {run}: {refusal}", Doing(*step))]
    Refused {
        /// The run.
        run: RunId,
        /// What was to be done.
        step: Step,
        /// Why not.
        refusal: Refusal,
    },
    /// The file that was submitted is not that of the package.
    #[error(
        "record run {run} as submitted: {} is not its upload file; it was edited on the way, or it is another run's (SHA-256 {found}, and \
         {expected} when it was staged)",
        file.display()
    )]
    OtherFile {
        /// The run.
        run: RunId,
        /// The file.
        file: PathBuf,
        /// Its hash.
        found: Sha256,
        /// That of the upload file.
        expected: Sha256,
    },
    /// There is a submission of the period.
    #[error(
        "record run {run} as submitted: run {earlier} is recorded as submitted for {period}; where this one was sent after it, say \
         so with --again --reason"
    )]
    Again {
        /// The run.
        run: RunId,
        /// The one that is submitted.
        earlier: RunId,
        /// The period.
        period: Period,
    },
    /// Nobody knows the future.
    #[error("record run {0} as submitted: the moment lies ahead, or before the package was staged; check --at")]
    NotYet(RunId),
    /// The receipt could be anything.
    #[error(
        "record run {0} as submitted: a receipt is one line of 1 to 100 letters, digits and marks, without blanks at its ends"
    )]
    Receipt(RunId),
    /// What holds the package cannot be overridden.
    #[error("approve run {run}: {rule} cannot be overridden ({why}); mend it and run again")]
    NotApprovable {
        /// The run.
        run: RunId,
        /// The rule.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// Nothing says who may.
    #[error("approve run {0}: nobody may; name a group in [submission.approval] of the configuration")]
    NoApprovers(RunId),
    /// Somebody else may.
    #[error("approve run {run}: {account} is not a member of the group '{group}'")]
    NotApprover {
        /// The run.
        run: RunId,
        /// Who tried.
        account: String,
        /// Who may.
        group: String,
    },
    /// A second person must.
    #[error("approve run {0}: this account has approved it already; somebody else must too")]
    SamePerson(RunId),
    /// There is nothing to let go.
    #[error("approve run {0}: its folder is in none of the places that the configuration names")]
    Gone(RunId),
    /// The package is not what was staged.
    #[error(transparent)]
    Changed(#[from] crate::stage::VerifyError),
    /// Somebody else was faster.
    #[error("change run {0}: something else became of it meanwhile; look with `cld-agent runs`, and try again")]
    Meanwhile(RunId),
    /// Groups could not be looked up.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl CustodyError {
    /// The exit code that says so.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unknown(_) => exit::USAGE,
            Self::OtherFile { .. } | Self::Changed(_) | Self::Gone(_) => exit::CHANGED,
            Self::Again { .. } => exit::SUBMITTED,
            Self::Group(_) | Self::NoApprovers(_) => exit::CONFIGURATION,
            Self::Fs(_) => exit::OUTPUT,
            Self::Ledger(error) => error.exit_code(),
            Self::Refused { .. }
            | Self::NotYet(_)
            | Self::Receipt(_)
            | Self::NotApprovable { .. }
            | Self::NotApprover { .. }
            | Self::SamePerson(_)
            | Self::Meanwhile(_) => exit::REFUSED,
        }
    }
}

/// "approve", "record the submission of".
struct Doing(Step);

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Step::Approve => "approve",
            Step::Submit => "record the submission of",
            Step::Accept => "record the acceptance of",
            Step::Reject => "record the rejection of",
            Step::Withdraw => "withdraw",
        })
    }
}

/// What somebody says of a submission.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// What the portal gave for it.
    pub receipt: &'a str,
    /// When it was submitted.
    pub at: Timestamp,
    /// The file that was uploaded, to be compared.
    pub file: Option<&'a Path>,
    /// Why there is a second one for the period.
    pub again: Option<&'a Reason>,
}

/// Who does something, and when.
pub type By<'a> = (Timestamp, &'a str);

/// The ledger, and the folders that follow it.
pub struct Custody<'a> {
    ledger: &'a mut Ledger,
    places: &'a Places,
    readers: Readers,
}

impl<'a> Custody<'a> {
    /// Takes charge. The caller holds the lock of the data folder.
    pub fn new(ledger: &'a mut Ledger, places: &'a Places, readers: Readers) -> Self {
        Self { ledger, places, readers }
    }

    /// Makes the folders agree with the ledger.
    pub fn settle(&mut self) -> Result<(), CustodyError> {
        for package in self.ledger.unmoved_packages()? {
            self.move_package(&package)?;
        }
        Ok(())
    }

    fn move_package(&mut self, package: &PackageFacts) -> Result<(), CustodyError> {
        let to = package.folder_in(self.place(package.state));
        // There is none where the package was purged.
        if let Some(from) = self.folder(package)
            && from != to
        {
            move_folder(&from, &to, self.readers)?;
        }
        failpoint::reach(failpoint::PACKAGE_MOVED);
        self.say_beside(package)?;
        Ok(self.ledger.package_moved(&package.run)?)
    }

    /// Where the folder of a package is: where its state has it, or in another of the places. The path in the ledger is not
    /// followed: in a copy of an installation it leads to the packages of the other one.
    fn folder(&self, package: &PackageFacts) -> Option<PathBuf> {
        let Places { staging, held, superseded } = self.places;
        let places = [self.place(package.state), staging, held, superseded];
        places.map(|place| package.folder_in(place)).into_iter().find(|folder| folder.is_dir())
    }

    /// The package of a run, once ledger and folders agree.
    pub fn find(&mut self, run: &str) -> Result<PackageFacts, CustodyError> {
        self.settle()?;
        self.ledger.package(run)?.ok_or_else(|| CustodyError::Unknown(run.to_owned()))
    }

    /// Where packages of a state lie.
    fn place(&self, state: PackageState) -> &Path {
        match state {
            PackageState::Held => &self.places.held,
            PackageState::Superseded | PackageState::Withdrawn => &self.places.superseded,
            PackageState::Ready | PackageState::Submitted | PackageState::Accepted | PackageState::Rejected => {
                &self.places.staging
            }
        }
    }

    fn next(package: &PackageFacts, step: Step) -> Result<PackageState, CustodyError> {
        let run = package.run.clone();
        next(package.state, step).map_err(|refusal| CustodyError::Refused { run, step, refusal })
    }

    /// Takes a step: the ledger first, then the folder.
    fn take(&mut self, change: Change<'_>, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        let run = change.package.run.clone();
        if !self.ledger.change_package(&change, by)? {
            return Err(CustodyError::Meanwhile(run));
        }
        failpoint::reach(failpoint::PACKAGE_CHANGED);
        self.find(run.as_str())
    }

    fn plain(&mut self, run: &str, step: Step, deed: &Deed<'_>, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        let package = self.find(run)?;
        let state = Self::next(&package, step)?;
        let path = package.folder_in(self.place(state));
        let change =
            Change { package: &package, state, path: &path, submitted: None, approved: None, deed, alert: None };
        self.take(change, by)
    }

    /// Records that a package was submitted.
    pub fn submit(&mut self, run: &str, submission: &Submission<'_>, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        let package = self.find(run)?;
        let state = Self::next(&package, Step::Submit)?;
        let id = || package.run.clone();
        let Submission { receipt, at, file, again } = *submission;
        let of_one_line = receipt.trim() == receipt && !receipt.chars().any(char::is_control);
        if !of_one_line || !(1..=100).contains(&receipt.chars().count()) {
            return Err(CustodyError::Receipt(id()));
        }
        if at > by.0 || at < package.staged_at {
            return Err(CustodyError::NotYet(id()));
        }
        if let Some(file) = file {
            same_file(&package, file)?;
        }
        let earlier = self.ledger.submitted_package(&package.submission, package.period)?;
        if let Some(earlier) = earlier
            && again.is_none()
        {
            return Err(CustodyError::Again { run: id(), earlier: earlier.run, period: package.period });
        }
        let path = package.folder_in(self.place(state));
        let deed = Deed::Submitted { receipt, upload: package.upload_sha256, submitted_at: at, again };
        let submitted = Some((at, receipt));
        let change =
            Change { package: &package, state, path: &path, submitted, approved: None, deed: &deed, alert: None };
        self.take(change, by)
    }

    /// Records that the centre accepted a package.
    pub fn accept(&mut self, run: &str, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        self.plain(run, Step::Accept, &Deed::Accepted {}, by)
    }

    /// Records that the centre rejected a package.
    pub fn reject(&mut self, run: &str, reason: &Reason, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        self.plain(run, Step::Reject, &Deed::Rejected { reason }, by)
    }

    /// Takes a package back.
    pub fn withdraw(&mut self, run: &str, reason: &Reason, by: By<'_>) -> Result<PackageFacts, CustodyError> {
        self.plain(run, Step::Withdraw, &Deed::Withdrawn { reason }, by)
    }
}

/// Refuses a file that is not the package's upload file, compressed or not.
fn same_file(package: &PackageFacts, file: &Path) -> Result<(), CustodyError> {
    let (found, _) = Sha256::of_file(file)?;
    let expected = package.upload_sha256;
    let same = found == expected || content_hash(file)? == Some(expected);
    let run = || package.run.clone();
    if same { Ok(()) } else { Err(CustodyError::OtherFile { run: run(), file: file.to_owned(), found, expected }) }
}
