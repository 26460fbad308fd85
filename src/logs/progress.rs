//! The lines of a run.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use tracing::{Span, error_span, info, warn};

use super::events;
use crate::{
    model::Period,
    run::{Progress, Step, Verdict},
};

/// Writes a run's milestones into the log, and passes everything on to somebody else who watches.
pub struct Logged<'w> {
    watcher: &'w dyn Progress,
    submission: &'w str,
    plan: Option<&'w str>,
    period: Period,
    /// Has the run's id, as soon as there is one. Several threads tell of steps, so none can be inside of it.
    span: OnceLock<Span>,
    read: AtomicU64,
    kept: AtomicU64,
}

static NO_RUN: Span = Span::none();

impl<'w> Logged<'w> {
    /// For a run of a submission and a period, and of a plan where one began it.
    pub fn new(watcher: &'w dyn Progress, (submission, plan): (&'w str, Option<&'w str>), period: Period) -> Self {
        Self {
            watcher,
            submission,
            plan,
            period,
            span: OnceLock::new(),
            read: AtomicU64::new(0),
            kept: AtomicU64::new(0),
        }
    }

    /// Says how the run ended, if it did so with a verdict.
    pub fn ended(&self, verdict: &Verdict) {
        let span = self.span();
        match verdict {
            Verdict::Release => info!(name: events::RELEASED, parent: span, "the run has ended: released"),
            Verdict::Hold(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(|reason| reason.id).collect();
                info!(name: events::HELD, parent: span, "the run has ended: held for {}", reasons.join(", "));
            }
        }
    }

    /// The run, for what is said of it elsewhere.
    pub fn span(&self) -> &Span {
        self.span.get().unwrap_or(&NO_RUN)
    }
}

impl Progress for Logged<'_> {
    fn step(&self, step: Step<'_>) {
        if let Step::Begun(run) = step {
            // Lines of every level are to name the run.
            let span = self.span.get_or_init(|| error_span!("run", id = %run));
            let (submission, plan, period) = (self.submission, self.plan, self.period);
            info!(name: events::RUN_BEGINS, parent: span, submission, plan, %period, version = env!("CARGO_PKG_VERSION"), "the run begins");
        }
        let span = self.span();
        match step {
            Step::Begun(_) => {}
            Step::Open => info!(parent: span, "opening the sources and checking the mapping"),
            Step::Query(query) => info!(parent: span, query, "reading"),
            Step::ReadBack => {
                let rows = |count: &AtomicU64| count.load(Ordering::Relaxed);
                let (read, kept) = (rows(&self.read), rows(&self.kept));
                info!(parent: span, rows = read, in_the_file = kept, "all is read; reading the upload file back");
            }
            Step::Stage => info!(parent: span, "completing the package"),
            Step::Again { error, delay } => {
                // The next attempt reads everything again.
                self.read.store(0, Ordering::Relaxed);
                self.kept.store(0, Ordering::Relaxed);
                warn!(parent: span, "failed to {error}; trying again in {} s", delay.as_secs());
            }
        }
        self.watcher.step(step);
    }

    fn rows_read(&self, query: usize, rows: u64) {
        self.read.fetch_add(rows, Ordering::Relaxed);
        self.watcher.rows_read(query, rows);
    }

    fn rows_kept(&self, records: u64) {
        self.kept.fetch_add(records, Ordering::Relaxed);
        self.watcher.rows_kept(records);
    }
}
