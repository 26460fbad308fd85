//! What is to be run, where, and who watches.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{NamedSource, Progress, Retry, Thresholds};
use crate::{
    answers::Answers,
    check::TestNumbers,
    compare::{Crosswalk, Tolerances},
    config::{Exclusions, SecretRef},
    ledger::NewRun,
    model::{Date, Environment, Period, Reason, RunId},
    spec::Release,
    stage::{Council, Places},
    sys::{clock::Clock, fs::Readers, shutdown::Shutdown},
};

/// What is to be run, with everything it needs.
pub struct Order<'a> {
    /// The submission's name in the configuration.
    pub submission: &'a str,
    /// Whose return it is.
    pub council: Council,
    /// Test or live.
    pub environment: Environment,
    /// Whether 999 numbers are numbers like any other.
    pub test_numbers: TestNumbers,
    /// The release followed.
    pub release: &'a Release,
    /// The folder of the mapping.
    pub mapping: &'a Path,
    /// Where rows come from.
    pub sources: Vec<NamedSource>,
    /// How often it is tried again where what ended it may pass.
    pub retry: Retry,
    /// People who must not be in the file.
    pub restricted: Exclusions,
    /// Whether a live package is held whose mapping and release nobody has rehearsed.
    pub require_rehearsal: bool,
    /// How much worse than the last a package may be.
    pub thresholds: Thresholds,
    /// What people answered to findings.
    pub answers: Answers,
    /// How far its figures may lie from those of the last.
    pub tolerances: Tolerances,
    /// Where the key of pseudonyms is; a file that does not exist is made.
    pub index_key: &'a SecretRef,
    /// New ids of people, after a change of case system.
    pub crosswalk: Crosswalk,
    /// The folder that holds ledger, lock and unfinished work.
    pub data: &'a Path,
    /// Where packages go.
    pub places: Places,
    /// Who may read packages.
    pub readers: Readers,
    /// The most findings that the worklist lists.
    pub worklist_rows: u64,
    /// The password of the evidence archive.
    pub evidence_password: Option<SecretString>,
    /// The configuration without its secrets, for the evidence.
    pub redacted_configuration: String,
    /// The reporting period; of a rehearsal for a plan, the part of it that has passed.
    pub period: Period,
    /// The turn of a plan that the run is for; none where a person asked.
    pub turn: Option<Turn<'a>>,
    /// The day taken as today.
    pub as_of: Date,
    /// When the run began.
    pub began: Timestamp,
    /// Under which account it runs, for the audit trail.
    pub account: &'a str,
    /// Why it runs although the period has been submitted.
    pub resubmits: Option<Reason>,
}

/// The turn of a plan that a run is for.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The plan.
    pub plan: &'a str,
    /// The turn, as the ledger calls it.
    pub slot: &'a str,
    /// The whole of the coming period, where it is a rehearsal.
    pub rehearses: Option<Period>,
}

impl<'a> Order<'a> {
    /// What is known when its run begins.
    pub(super) fn new_run(&self) -> NewRun<'a> {
        NewRun {
            submission: self.submission,
            plan: self.turn.map(|turn| turn.plan),
            period: self.turn.and_then(|turn| turn.rehearses).unwrap_or(self.period),
            slot: self.turn.map(|turn| turn.slot),
            began: self.began,
            rehearsal: false,
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The folders and files of an installation's data.
pub struct DataFolder<'a>(pub &'a Path);

impl DataFolder<'_> {
    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger.db")
    }

    /// The index of a run's file, or of an import.
    pub fn index(&self, run: &RunId) -> PathBuf {
        self.0.join("index").join(format!("{run}.cldx"))
    }

    /// The reports of a submission's last rehearsal, in a folder of their own.
    pub fn rehearsals(&self, submission: &str) -> PathBuf {
        self.all_rehearsals().join(submission)
    }

    /// The reports of all submissions' rehearsals.
    pub fn all_rehearsals(&self) -> PathBuf {
        self.0.join("rehearsals")
    }

    /// Where packages are made.
    pub fn work(&self) -> PathBuf {
        self.0.join("work")
    }
}

/// Who watches a run, who may stop it, and what tells the time.
pub struct Watch<'w> {
    /// Told of every stage.
    pub progress: &'w dyn Progress,
    /// Asks for an early end.
    pub stop: &'w Shutdown,
    /// Says when things happened.
    pub clock: Clock,
}
