//! What a run tells those who watch.

use std::time::Duration;

use super::RunError;
use crate::model::RunId;

/// A stage of a run.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The ledger knows the run.
    Begun(&'a RunId),
    /// Sources are opened and the mapping is compared with their columns.
    Open,
    /// A query's rows are read, shaped, checked and written.
    Query(&'a str),
    /// The upload file is read back.
    ReadBack,
    /// The package is completed and moved into place.
    Stage,
    /// What failed may pass: everything is tried again from the start, after a while.
    Again {
        /// What failed.
        error: &'a RunError,
        /// How long it waits.
        delay: Duration,
    },
}

/// Somebody who watches a run. Called from several threads.
pub trait Progress: Sync {
    /// A stage begins.
    fn step(&self, step: Step<'_>);
    /// Rows of a query, by its place, have come in.
    fn rows_read(&self, query: usize, rows: u64);
    /// Records have been checked and go on to be written.
    fn rows_kept(&self, records: u64);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step<'_>) {}
    fn rows_read(&self, _: usize, _: u64) {}
    fn rows_kept(&self, _: u64) {}
}
