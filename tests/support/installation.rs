//! An installation whose source is given by the test: a whole run, and what must be left of one that failed.

use std::{fs, path::Path};

use cld_agent::{
    check::TestNumbers,
    compare::{Crosswalk, Tolerances},
    config::{Exclusions, SecretRef},
    exit,
    ledger::{Ledger, Outcome, RunState},
    model::Environment,
    run::{Finished, NamedSource, Order, Retry, RunError, Silent, Thresholds, Watch, run},
    source::Source,
    spec::Release,
    stage::{Council, Places, verify},
    sys::{clock::Clock, fs::Readers, shutdown::Shutdown},
};

use super::{NOW, assert_same, tree};

/// A folder with a mapping in `mapping`, and whatever runs leave there.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    source: &'static str,
    /// How often a run is tried: once, unless a test says otherwise.
    pub(crate) retry: Retry,
}

impl Installation {
    /// Without a mapping as yet, whose source will have this name.
    pub(crate) fn new(source: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), source, retry: Retry::NEVER }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A run on this source.
    pub(crate) fn run(&self, source: impl Source + 'static, stop: &Shutdown) -> Result<Finished, RunError> {
        let release = Release::embedded().unwrap();
        let moment = NOW.parse().unwrap();
        let order = Order {
            submission: "adult-social-care",
            council: Council { name: "Demo Council (fictional)".to_owned(), la_code: "999".to_owned() },
            environment: Environment::Test,
            test_numbers: TestNumbers::Allowed,
            release: &release,
            mapping: &self.path().join("mapping"),
            retry: self.retry,
            sources: vec![NamedSource {
                name: self.source.to_owned(),
                source: Box::new(source),
                valid_from: None,
                valid_to: None,
            }],
            restricted: Exclusions::default(),
            require_rehearsal: false,
            thresholds: Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 },
            answers: cld_agent::answers::Answers::default(),
            tolerances: Tolerances::default(),
            index_key: &SecretRef::File(self.path().join("index.key")),
            crosswalk: Crosswalk::default(),
            data: self.path(),
            places: Places::below(self.path()),
            readers: Readers::default(),
            worklist_rows: 1_000,
            evidence_password: None,
            redacted_configuration: String::new(),
            account: "test",
            resubmits: None,
            period: "2025-10-01_2026-09-30".parse().unwrap(),
            turn: None,
            as_of: cld_agent::sys::clock::civil_date(moment),
            began: moment,
        };
        run(order, &Watch { progress: &Silent, stop, clock: Clock::Fixed(moment) })
    }

    /// A run that must fail and change nothing; its error.
    #[track_caller]
    pub(crate) fn failing(&self, source: impl Source + 'static) -> RunError {
        let packages = || ["staging", "held"].map(|folder| tree(&self.path().join(folder)));
        let before = packages();
        let error = self.run(source, &Shutdown::default()).unwrap_err();
        before.iter().zip(&packages()).for_each(|(before, after)| assert_same(before, after));
        assert_eq!(fs::read_dir(self.path().join("work")).unwrap().count(), 0, "left-overs");
        let (state, message) = self.last_run();
        assert_eq!(state, RunState::Ended(ended(error.exit_code())));
        assert!(message.as_ref().is_some_and(|message| message.starts_with(&error.to_string())), "{message:?}");
        error
    }

    /// A run that must fail with this code and change nothing; what it said.
    #[track_caller]
    pub(crate) fn fails(&self, source: impl Source + 'static, code: u8) -> String {
        let error = self.failing(source);
        assert_eq!(error.exit_code(), code, "{error}");
        error.to_string()
    }

    /// A run that must make a package of so many rows, whatever is thought of them.
    #[track_caller]
    pub(crate) fn works(&self, source: impl Source + 'static, rows: usize) {
        let finished = self.run(source, &Shutdown::default()).unwrap();
        assert_eq!(finished.package.upload.rows, Some(rows as u64));
        verify(&finished.package.path, Some(finished.package.manifest_sha256)).unwrap();
    }

    fn last_run(&self) -> (RunState, Option<String>) {
        let last = Ledger::open(&self.path().join("ledger.db")).unwrap().runs(1).unwrap().remove(0);
        (last.state, last.message)
    }
}

fn ended(code: u8) -> Outcome {
    if code == exit::STOPPED { Outcome::Stopped } else { Outcome::Failed }
}
