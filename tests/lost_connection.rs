//! A source that is lost, slow, or not as long as it says, through a whole run: nothing is staged, and the next run works.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{fs, path::Path, time::Duration};

use cld_agent::{
    check::TestNumbers,
    config::Exclusions,
    exit,
    ledger::{Ledger, Outcome, RunState},
    model::Environment,
    run::{Finished, NamedSource, Order, RunError, Silent, Thresholds, Verdict, Watch, run},
    source::{Filler, RawBatch},
    spec::Release,
    stage::{Council, Places, verify},
    sys::{clock::Clock, fs::Readers, shutdown::Shutdown},
};
use support::{
    Demo, LATER, assert_same, put,
    scripted::{Scripted, Step},
    tree,
};

const MAPPING: &str = r#"
version = 1
name = "A view with the national headers"
release = "release-1"
[query.events]
file = "sql/events.sql"
source = "script"
key = "Event Reference"
by_name = true
"#;

/// A council whose system returns a view that is national already.
struct Installation {
    folder: tempfile::TempDir,
    columns: Vec<&'static str>,
    rows: Vec<Step>,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        put(&folder.path().join("mapping/mapping.toml"), MAPPING.as_bytes());
        put(&folder.path().join("mapping/sql/events.sql"), b"SELECT * FROM national_view");
        let upload = Demo::new(10, 1).package().rows();
        let filled = ["LA Code", "Reporting Period Start Date", "Reporting Period End Date"];
        let headers = upload[0].keys().filter(|header| !filled.contains(&header.as_str()));
        // The columns of a script live as long as the test.
        let columns: Vec<&'static str> = headers.map(|header| &*header.clone().leak()).collect();
        let row = |line: &support::Line| Step::Row(columns.iter().map(|column| line[*column].clone()).collect());
        let events = upload.iter().filter(|line| !line["Event Reference"].is_empty());
        let rows = events.map(row).collect();
        Self { folder, columns, rows }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// So many rows.
    fn rows(&self, count: usize) -> impl Iterator<Item = Step> {
        self.rows.iter().cycle().take(count).cloned()
    }

    fn run(&self, steps: impl IntoIterator<Item = Step>, stop: &Shutdown) -> Result<Finished, RunError> {
        let release = Release::embedded().unwrap();
        let script = Scripted::new(&self.columns, steps);
        let moment = LATER.parse().unwrap();
        let order = Order {
            submission: "adult-social-care",
            council: Council { name: "Demo Council (fictional)".to_owned(), la_code: "999".to_owned() },
            environment: Environment::Test,
            test_numbers: TestNumbers::Allowed,
            release: &release,
            mapping: &self.path().join("mapping"),
            sources: vec![NamedSource {
                name: "script".to_owned(),
                source: Box::new(script),
                valid_from: None,
                valid_to: None,
            }],
            restricted: Exclusions::default(),
            thresholds: Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 },
            answers: cld_agent::answers::Answers::default(),
            data: self.path(),
            places: Places { staging: self.path().join("staging"), held: self.path().join("held") },
            readers: Readers::default(),
            worklist_rows: 1_000,
            evidence_password: None,
            redacted_configuration: String::new(),
            period: "2025-10-01_2026-09-30".parse().unwrap(),
            as_of: cld_agent::sys::clock::civil_date(moment),
            began: moment,
        };
        run(order, &Watch { progress: &Silent, stop, clock: Clock::Fixed(moment) })
    }

    /// Runs a script that must fail with this code and change nothing; what it said.
    #[track_caller]
    fn fails(&self, steps: impl IntoIterator<Item = Step>, code: u8) -> String {
        let before = tree(&self.path().join("staging"));
        let error = self.run(steps, &Shutdown::default()).unwrap_err();
        assert_eq!(error.exit_code(), code, "{error}");
        assert_same(&before, &tree(&self.path().join("staging")));
        assert_same(&tree(&self.path().join("held")), &std::collections::BTreeMap::new());
        assert_eq!(fs::read_dir(self.path().join("work")).unwrap().count(), 0, "left-overs");
        let text = error.to_string();
        assert_eq!(self.last_run(), (RunState::Ended(ended(code)), Some(text.clone())));
        text
    }

    fn last_run(&self) -> (RunState, Option<String>) {
        let last = Ledger::open(&self.path().join("ledger.db")).unwrap().runs(1).unwrap().remove(0);
        (last.state, last.message)
    }

    #[track_caller]
    fn works(&self, rows: usize) {
        let finished = self.run(self.rows(rows), &Shutdown::default()).unwrap();
        assert_eq!(finished.verdict, Verdict::Release);
        assert_eq!(finished.package.upload.rows, Some(rows as u64));
        verify(&finished.package.path, Some(finished.package.manifest_sha256)).unwrap();
    }
}

fn ended(code: u8) -> Outcome {
    if code == exit::STOPPED { Outcome::Stopped } else { Outcome::Failed }
}

#[test]
fn a_connection_lost_around_any_batch_stages_nothing_and_the_next_run_works() {
    let council = Installation::new();
    council.works(100);
    for batches in 0..4 {
        for rows in [0, 1, RawBatch::FULL_ROWS - 1].map(|rows| batches * RawBatch::FULL_ROWS + rows) {
            let steps = council.rows(rows).chain([Step::Lose]).chain(council.rows(5));
            let said = council.fails(steps, exit::LOST);
            assert!(said.contains("sql/events.sql") && said.contains(&format!("after {rows} rows")), "{said}");
            assert!(said.contains("run it again"), "{said}");
        }
    }
    council.works(2 * RawBatch::FULL_ROWS);
}

#[test]
fn fewer_rows_than_the_source_says_it_sent_are_not_a_package() {
    let council = Installation::new();
    council.works(50);
    let said = council.fails(council.rows(2_000).chain([Step::Tell(2_001)]), exit::LOST);
    assert!(said.contains("it sent 2001, and 2000 arrived"), "{said}");
    council.works(60);
}

#[test]
fn rows_that_arrive_slowly_arrive_all_the_same() {
    let council = Installation::new();
    let pause = || [Step::Pause(Filler::PATIENCE + Duration::from_millis(20))];
    let slow = council.rows(30).chain(pause()).chain(council.rows(1)).chain(pause()).chain(council.rows(30));
    let finished = council.run(slow, &Shutdown::default()).unwrap();
    assert_eq!(finished.package.upload.rows, Some(61));
}

#[test]
fn a_stop_between_any_two_batches_is_a_stop() {
    let council = Installation::new();
    council.works(50);
    for rows in [0, 1, 1_024, 5_000] {
        let steps = council.rows(rows).chain([Step::Stop]).chain(council.rows(3));
        assert!(council.fails(steps, exit::STOPPED).contains("nothing was staged"));
    }
    council.works(60);
}

#[test]
fn a_stop_that_was_asked_for_before_the_run_is_one_as_well() {
    let council = Installation::new();
    let stop = Shutdown::default();
    stop.request();
    let error = council.run(council.rows(10), &stop).unwrap_err();
    assert_eq!(error.exit_code(), exit::STOPPED);
    assert!(!council.path().join("staging").exists());
}
