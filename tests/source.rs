//! How a read ends, whatever the source: shown with one that follows a script.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/scripted.rs"]
mod scripted;

use std::{path::Path, time::Duration};

use cld_agent::source::{
    BatchSink, Class, Filler, Flow, Parameters, QueryText, RawBatch, RowsRead, Source, SourceError,
};
use cld_agent::sys::shutdown::Shutdown;
use scripted::{Scripted, Step};

/// Rows of each batch that arrived.
#[derive(Default)]
struct Sizes(Vec<usize>);

impl BatchSink for Sizes {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        self.0.push(batch.rows());
        Flow::Continue
    }
}

fn row() -> Step {
    Step::Row(vec!["1".to_owned(), String::new()])
}

/// How the read of the script ends, and the sizes of the batches handed on until then.
fn follow(steps: impl IntoIterator<Item = Step>) -> (Result<RowsRead, SourceError>, Vec<usize>) {
    let mut script = Scripted::new(&["a", "b"], steps);
    let query = QueryText { index: 0, name: "requests", file: Path::new("requests.sql"), sql: "", outside: &[] };
    let parameters = Parameters { period: "2026/27 Q2".parse().unwrap() };
    let mut sizes = Sizes::default();
    let read = script.open(&Shutdown::default()).unwrap().read(&query, parameters, &mut sizes);
    (read, sizes.0)
}

#[test]
fn rows_are_handed_on_in_full_batches() {
    let rows = RawBatch::FULL_ROWS * 2 + 1;
    let (read, sizes) = follow(vec![row(); rows]);
    assert_eq!(read.unwrap(), RowsRead { rows: rows as u64, told: None });
    assert_eq!(sizes, [RawBatch::FULL_ROWS, RawBatch::FULL_ROWS, 1]);
}

#[test]
fn a_query_without_rows_hands_on_nothing() {
    let (read, sizes) = follow([]);
    assert_eq!((read.unwrap().rows, sizes.len()), (0, 0));
}

#[test]
fn slow_rows_do_not_wait_for_a_full_batch() {
    let (read, sizes) = follow([row(), Step::Pause(Filler::PATIENCE + Duration::from_millis(50)), row(), row()]);
    assert_eq!((read.unwrap().rows, sizes), (3, vec![2, 1]));
}

#[test]
fn a_lost_connection_is_not_the_end_of_the_rows() {
    let (read, _) = follow([row(), row(), Step::Lose, row()]);
    let error = read.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains("requests.sql to the end: the connection was lost after 2 rows"), "{error}");
}

#[test]
fn rows_are_compared_with_what_the_source_says_it_sent() {
    assert_eq!(follow([row(), Step::Tell(1)]).0.unwrap(), RowsRead { rows: 1, told: Some(1) });
    let error = follow([row(), Step::Tell(2)]).0.unwrap_err();
    assert!(matches!(error, SourceError::Incomplete { told: 2, read: 1, .. }) && error.is_transient());
}

#[test]
fn a_stopped_read_is_no_whole_read() {
    let (read, sizes) = follow([row(), Step::Stop, row()]);
    assert_eq!((read.unwrap_err().class(), sizes.len()), (Class::Stopped, 0));
}
