//! From single rows to batches.

use std::{
    mem,
    time::{Duration, Instant},
};

use super::{BatchSink, Flow, QueryText, RawBatch, RowsRead, SourceError};
use crate::sys::shutdown::Shutdown;

/// Fills batches with the rows of one query and hands them on: when they are full, or when their first row has waited
/// long enough. Every source reads through it.
pub struct Filler<'a> {
    query: &'a QueryText<'a>,
    columns: usize,
    sink: &'a mut dyn BatchSink,
    stop: &'a Shutdown,
    batch: RawBatch,
    since: Instant,
}

impl<'a> Filler<'a> {
    /// A row waits at most this long for others, as long as others arrive at all.
    pub const PATIENCE: Duration = Duration::from_secs(1);

    /// Begins with the first row of a query that returns this many columns.
    pub fn new(query: &'a QueryText<'a>, columns: usize, sink: &'a mut dyn BatchSink, stop: &'a Shutdown) -> Self {
        let mut batch = sink.empty();
        batch.reset(query.index, 0, columns);
        Self { query, columns, sink, stop, batch, since: Instant::now() }
    }

    /// The batch, to append cells to.
    pub fn batch(&mut self) -> &mut RawBatch {
        &mut self.batch
    }

    /// Whole rows so far.
    pub fn rows(&self) -> u64 {
        self.batch.first_row + self.batch.rows() as u64
    }

    /// Says that the batch ends with a whole row now.
    pub fn end_row(&mut self) -> Result<(), SourceError> {
        if self.batch.is_full() || self.since.elapsed() >= Self::PATIENCE { self.hand_on() } else { Ok(()) }
    }

    /// Hands on what there is. A source that can wait for a row with a clock beside it calls this when the clock rings.
    pub fn hand_on(&mut self) -> Result<(), SourceError> {
        if self.batch.rows() > 0 {
            let rows = self.rows();
            if self.sink.full(mem::take(&mut self.batch)) == Flow::Stop {
                return Err(self.stopped());
            }
            self.batch = self.sink.empty();
            self.batch.reset(self.query.index, rows, self.columns);
        }
        if self.stop.is_requested() {
            return Err(self.stopped());
        }
        self.since = Instant::now();
        Ok(())
    }

    /// Hands on the last rows. `told` is how many rows the source says it sent, where it says so.
    pub fn finish(mut self, told: Option<u64>) -> Result<RowsRead, SourceError> {
        let rows = self.rows();
        if self.stop.is_requested() {
            return Err(self.stopped());
        }
        if let Some(told) = told.filter(|told| *told != rows) {
            return Err(SourceError::Incomplete { file: self.query.file.to_owned(), told, read: rows });
        }
        if self.batch.rows() > 0 && self.sink.full(mem::take(&mut self.batch)) == Flow::Stop {
            return Err(self.stopped());
        }
        Ok(RowsRead { rows, told })
    }

    /// The error of a read that was stopped.
    pub fn stopped(&self) -> SourceError {
        SourceError::Stopped { file: self.query.file.to_owned() }
    }
}
