//! Rows stream from the source to the files: reading, shaping and checking, writing, and compressing each have a thread,
//! and bounded queues between them. Batches go round: a written batch is filled again.

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use super::{Progress, Step};
use crate::{
    check::{Checker, Counts, Judged, Origin, OutOfScope, Settings, Skipped, out_of_scope},
    compare::Indexer,
    mapping::Mapping,
    model::{Batch, Field, Vocabulary},
    shape::{LocalValue, Plan, Shaper, encoded},
    source::{BatchSink, Flow, Parameters, QueryText, RawBatch, RowsRead, Snapshot, SourceError},
    spec::Release,
    sys::shutdown::Shutdown,
    write::{FindingsFile, LeftOutFile, Origins, Upload, Written},
};

/// What is built, and by what.
pub struct Job<'a> {
    /// The release followed.
    pub release: &'a Release,
    /// The mapping's queries, in order.
    pub queries: Vec<QueryJob<'a>>,
    /// How rows become records.
    pub plan: &'a Plan<'a>,
    /// What the check is to know.
    pub settings: Settings,
    /// Local person ids whose rows stay out of the file, as UTF-8.
    pub restricted: BTreeSet<String>,
}

/// One query of a job.
#[derive(Clone, Copy)]
pub struct QueryJob<'a> {
    /// The query.
    pub text: QueryText<'a>,
    /// The place of its source among the snapshots.
    pub source: usize,
    /// What it may ask for; `None` where its source covers no day of the period, so that it is not asked at all.
    pub parameters: Option<Parameters>,
}

impl<'a> QueryJob<'a> {
    /// The mapping's query at a place.
    pub fn text_of(mapping: &'a Mapping, index: usize) -> QueryText<'a> {
        let query = &mapping.queries[index];
        QueryText { index, name: &query.name, file: &query.file, sql: &query.sql, outside: &query.outside }
    }
}

/// Where the files go. An upload of `None` is not written: a file that exists already is checked.
pub struct Outputs<'i, U, F, L> {
    /// The upload file.
    pub upload: Option<U>,
    /// `findings.csv`.
    pub findings: F,
    /// `left-out.csv`.
    pub left_out: L,
    /// What remembers the rows for the next run. `None`: nothing does.
    pub index: Option<&'i mut Indexer>,
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// What was counted.
    pub counts: Counts,
    /// What the rows say about one another.
    pub across: Judged,
    /// Which query each row comes from.
    pub origins: Origins,
    /// Rows by query, in the order of the queries.
    pub queries: Vec<QueryTally>,
    /// The upload file's size.
    pub written: Written,
    /// Values that no map and no list knows.
    pub local_values: Vec<LocalValue>,
    /// Rules that have nothing to say with this release.
    pub skipped: Vec<Skipped>,
}

/// What became of a query's rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueryTally {
    /// Rows that came in.
    pub rows_in: u64,
    /// Records that went out.
    pub rows_out: u64,
    /// Rows left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file could not be written.
    #[error("write the files of the run")]
    Write(#[source] io::Error),
    /// Somebody asked to stop.
    #[error("finish: the run was stopped")]
    Stopped,
}

/// Why a row of a restricted person is left out.
pub const RESTRICTED: &str = "restricted record";
/// The reason that stands for all beyond the first few that a mapping gives.
const OTHER_REASONS: &str = "other reasons of the mapping";
/// A mapping gives a handful of reasons; a wrong column would give one per row, and perhaps names.
const MOST_REASONS: usize = 40;
/// Batches under way at each hand-over.
const QUEUE: usize = 4;

/// Runs a job to its end.
pub fn build<'i, U: Write + Send, F: Write + Send, L: Write + Send>(
    job: &Job<'_>,
    snapshots: &mut [Box<dyn Snapshot + '_>],
    outputs: Outputs<'i, U, F, L>,
    progress: &dyn Progress,
    stop: &Shutdown,
) -> Result<(Built, Outputs<'i, U, F, L>), BuildError> {
    let vocabulary = job.plan.vocabulary();
    let (raw_out, raw_in) = sync_channel::<RawBatch>(QUEUE);
    let (raw_back, raw_spare) = channel::<RawBatch>();
    let (batch_out, batch_in) = sync_channel::<Batch>(QUEUE);
    let (batch_back, batch_spare) = channel::<Batch>();
    let (read, shaped, wrote) = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut sink = Sink { out: raw_out, spare: raw_spare, stop, progress };
            read(job, snapshots, &mut sink)
        });
        let writer = {
            let vocabulary = Arc::clone(&vocabulary);
            scope.spawn(move || write(job, outputs, &vocabulary, &batch_in, &batch_back))
        };
        let shaped = shape_and_check(job, &vocabulary, &raw_in, &raw_back, &batch_out, &batch_spare, progress);
        // Closing the queues lets both neighbours end, whatever made this stage end.
        drop((raw_in, batch_out));
        (join(reader), shaped, join(writer))
    });
    let (written, outputs) = wrote.map_err(BuildError::Write)?;
    let rows_read = read?;
    if stop.is_requested() {
        return Err(BuildError::Stopped);
    }
    for (query, read) in job.queries.iter().zip(rows_read) {
        let arrived = shaped.queries[query.text.index].rows_in;
        if arrived != read {
            let file = query.text.file.to_owned();
            return Err(SourceError::Incomplete { file, told: read, read: arrived }.into());
        }
    }
    Ok((Built { written, ..shaped }, outputs))
}

/// A thread's result; a panic of it goes on here.
fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

struct Sink<'s> {
    out: SyncSender<RawBatch>,
    spare: Receiver<RawBatch>,
    stop: &'s Shutdown,
    progress: &'s dyn Progress,
}

impl BatchSink for Sink<'_> {
    fn empty(&mut self) -> RawBatch {
        self.spare.try_recv().unwrap_or_default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        self.progress.rows_read(batch.query, batch.rows() as u64);
        if self.stop.is_requested() || self.out.send(batch).is_err() { Flow::Stop } else { Flow::Continue }
    }
}

fn read(job: &Job<'_>, snapshots: &mut [Box<dyn Snapshot + '_>], sink: &mut Sink<'_>) -> Result<Vec<u64>, BuildError> {
    let mut rows = Vec::new();
    for query in &job.queries {
        let Some(parameters) = query.parameters else {
            rows.push(0);
            continue;
        };
        sink.progress.step(Step::Query(query.text.name));
        match snapshots[query.source].read(&query.text, parameters, sink) {
            Ok(RowsRead { rows: read, .. }) => rows.push(read),
            Err(SourceError::Stopped { .. }) => return Err(BuildError::Stopped),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rows)
}

fn shape_and_check(
    job: &Job<'_>,
    vocabulary: &Vocabulary,
    raw_in: &Receiver<RawBatch>,
    raw_back: &Sender<RawBatch>,
    batch_out: &SyncSender<Batch>,
    batch_spare: &Receiver<Batch>,
    progress: &dyn Progress,
) -> Built {
    let restricted = job.restricted.iter().filter_map(|person| encoded(person)).collect();
    let mut shaper = Shaper::new(job.plan);
    let mut checker = Checker::new(job.release, job.settings.clone());
    let queries = job.queries.iter().map(|query| query.text.index + 1).max().unwrap_or(0);
    let mut tallies = vec![QueryTally::default(); queries];
    let mut reasons = Arc::new(Vec::<String>::new());
    let mut origins = Origins::default();
    let mut next_row = 1;
    while let Ok(mut raw) = raw_in.recv() {
        let mut batch = batch_spare.try_recv().unwrap_or_default();
        shaper.begin(&mut raw, &mut batch, next_row);
        for row in 0..raw.rows() {
            let asked = shaper.shape(&raw, row, &mut batch);
            let reason = match job.settings.origin {
                Origin::Built => {
                    let asked = asked.map(Cow::Owned);
                    asked.or_else(|| left_out(&restricted, &checker, &batch, vocabulary).map(Cow::Borrowed))
                }
                // What is out of scope in another's file stays there, and rules say so.
                Origin::Submitted => None,
            };
            if let Some(reason) = reason {
                let place = place_of(&mut reasons, &reason);
                batch.leave_out(place);
                let tally = &mut tallies[raw.query].left_out;
                match tally.get_mut(&reasons[place]) {
                    Some(count) => *count += 1,
                    None => _ = tally.insert(reasons[place].clone(), 1),
                }
            }
        }
        batch.reasons = Arc::clone(&reasons);
        origins.begin(next_row, raw.query);
        checker.check(&mut batch, vocabulary);
        next_row += batch.records() as u64;
        let tally = &mut tallies[raw.query];
        tally.rows_in += batch.rows_in as u64;
        tally.rows_out += batch.records() as u64;
        progress.rows_kept(batch.records() as u64);
        // The reader may have ended and let go of its end; the batch is then simply dropped.
        let _ = raw_back.send(raw);
        if batch_out.send(batch).is_err() {
            break;
        }
    }
    let skipped = checker.skipped().to_vec();
    let (counts, across) = checker.finish();
    Built {
        counts,
        across,
        origins,
        queries: tallies,
        written: Written::default(),
        local_values: shaper.local_values().to_vec(),
        skipped,
    }
}

/// Why the batch's last record does not go into the file, as far as the nation or the council's list of restricted
/// records (ids as the file holds them) says so.
fn left_out(
    restricted: &BTreeSet<Vec<u8>>,
    checker: &Checker,
    batch: &Batch,
    vocabulary: &Vocabulary,
) -> Option<&'static str> {
    let record = batch.record(batch.records() - 1, vocabulary);
    if !restricted.is_empty() && restricted.contains(record.text(Field::LaPersonUniqueIdentifier)) {
        return Some(RESTRICTED);
    }
    out_of_scope(&record, checker.context()).map(OutOfScope::reason)
}

fn place_of(reasons: &mut Arc<Vec<String>>, reason: &str) -> usize {
    if let Some(place) = reasons.iter().position(|known| known == reason) {
        return place;
    }
    if reasons.len() >= MOST_REASONS && reason != OTHER_REASONS {
        return place_of(reasons, OTHER_REASONS);
    }
    Arc::make_mut(reasons).push(reason.to_owned());
    reasons.len() - 1
}

type Written3<'i, U, F, L> = (Written, Outputs<'i, U, F, L>);

fn write<'i, U: Write, F: Write, L: Write>(
    job: &Job<'_>,
    outputs: Outputs<'i, U, F, L>,
    vocabulary: &Arc<Vocabulary>,
    batch_in: &Receiver<Batch>,
    batch_back: &Sender<Batch>,
) -> io::Result<Written3<'i, U, F, L>> {
    let names = || job.queries.iter().map(|query| query.text.name);
    let upload = outputs.upload.map(|out| Upload::new(out, job.release, Arc::clone(vocabulary)));
    let mut upload = upload.transpose()?;
    let mut findings = FindingsFile::new(outputs.findings, job.release, Arc::clone(vocabulary), names())?;
    let mut index = outputs.index;
    let mut left_out = LeftOutFile::new(outputs.left_out, names())?;
    while let Ok(batch) = batch_in.recv() {
        if let Some(upload) = &mut upload {
            upload.write(&batch)?;
        }
        findings.write(&batch)?;
        left_out.write(&batch)?;
        if let Some(index) = &mut index {
            index.add(&batch, vocabulary)?;
        }
        let _ = batch_back.send(batch);
    }
    let (written, upload) = match upload.map(Upload::finish) {
        Some((written, upload)) => (written, Some(upload)),
        None => (Written::default(), None),
    };
    Ok((written, Outputs { upload, findings: findings.finish(), left_out: left_out.finish()?, index }))
}
