//! A source that is lost, slow, or not as long as it says, through a whole run: nothing is staged, and the next run works.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::time::Duration;

use cld_agent::{
    exit,
    run::{Finished, RunError},
    source::{Filler, RawBatch},
    sys::shutdown::Shutdown,
};
use support::{
    Demo,
    installation::Installation,
    put,
    scripted::{Scripted, Step},
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
struct Council {
    installation: Installation,
    columns: Vec<&'static str>,
    rows: Vec<Step>,
}

impl Council {
    fn new() -> Self {
        let installation = Installation::new("script");
        put(&installation.path().join("mapping/mapping.toml"), MAPPING.as_bytes());
        put(&installation.path().join("mapping/sql/events.sql"), b"SELECT * FROM national_view");
        let upload = Demo::new(10, 1).package().rows();
        let filled = ["LA Code", "Reporting Period Start Date", "Reporting Period End Date"];
        let headers = upload[0].keys().filter(|header| !filled.contains(&header.as_str()));
        // The columns of a script live as long as the test.
        let columns: Vec<&'static str> = headers.map(|header| &*header.clone().leak()).collect();
        let row = |line: &support::Line| Step::Row(columns.iter().map(|column| line[*column].clone()).collect());
        let events = upload.iter().filter(|line| !line["Event Reference"].is_empty());
        let rows = events.map(row).collect();
        Self { installation, columns, rows }
    }

    /// So many rows.
    fn rows(&self, count: usize) -> impl Iterator<Item = Step> {
        self.rows.iter().cycle().take(count).cloned()
    }

    fn run(&self, steps: impl IntoIterator<Item = Step>, stop: &Shutdown) -> Result<Finished, RunError> {
        self.installation.run(Scripted::new(&self.columns, steps), stop)
    }

    #[track_caller]
    fn fails(&self, steps: impl IntoIterator<Item = Step>, code: u8) -> String {
        self.installation.fails(Scripted::new(&self.columns, steps), code)
    }

    #[track_caller]
    fn works(&self, rows: usize) {
        self.installation.works(Scripted::new(&self.columns, self.rows(rows)), rows);
    }
}

#[test]
fn a_connection_lost_around_any_batch_stages_nothing_and_the_next_run_works() {
    let council = Council::new();
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
    let council = Council::new();
    council.works(50);
    let said = council.fails(council.rows(2_000).chain([Step::Tell(2_001)]), exit::LOST);
    assert!(said.contains("it sent 2001, and 2000 arrived"), "{said}");
    council.works(60);
}

#[test]
fn rows_that_arrive_slowly_arrive_all_the_same() {
    let council = Council::new();
    let pause = || [Step::Pause(Filler::PATIENCE + Duration::from_millis(20))];
    let slow = council.rows(30).chain(pause()).chain(council.rows(1)).chain(pause()).chain(council.rows(30));
    let finished = council.run(slow, &Shutdown::default()).unwrap();
    assert_eq!(finished.package.upload.rows, Some(61));
}

#[test]
fn a_stop_between_any_two_batches_is_a_stop() {
    let council = Council::new();
    council.works(50);
    for rows in [0, 1, 1_024, 5_000] {
        let steps = council.rows(rows).chain([Step::Stop]).chain(council.rows(3));
        assert!(council.fails(steps, exit::STOPPED).contains("nothing was staged"));
    }
    council.works(60);
}

#[test]
fn a_stop_that_was_asked_for_before_the_run_is_one_as_well() {
    let council = Council::new();
    let stop = Shutdown::default();
    stop.request();
    let error = council.run(council.rows(10), &stop).unwrap_err();
    assert_eq!(error.exit_code(), exit::STOPPED);
    assert!(!council.installation.path().join("staging").exists());
}
