//! A run: the only place that composes the stages.
//!
//! ```text
//! prepare ─▶ build (read ∥ shape + check ∥ write ∥ compress) ─▶ read back ─▶ decide ─▶ report ─▶ seal ─▶ publish ─▶ ledger
//! ```
//!
//! Each stage hands a type of its own to the next: what was not read back cannot be sealed, what was not sealed cannot be
//! published. Whatever fails on the way leaves nothing in the staging folder, and the ledger says why. [`decide`] says,
//! as a pure function, whether a package is released or held.

mod account;
mod again;
mod answered;
mod checked;
mod compared;
mod derived;
mod error;
mod files;
mod imported;
mod judged;
mod killed;
mod order;
mod pipeline;
mod policy;
mod prepare;
mod preview;
mod progress;
mod rehearsal;
mod reports;
mod retry;
mod statistics;
mod suggestions;
mod summary;
mod superseded;
mod unwanted;
mod values;

pub use checked::{CheckOrder, Checked, PersonalValues, PortalLimits, check_file, exit_code};
pub use error::RunError;
pub use imported::{ImportOrder, Imported, import_baseline};
pub use killed::bury_killed_runs;
pub use order::{DataFolder, Order, Turn, Watch};
pub use pipeline::{BuildError, Built, Job, Outputs, QueryJob, QueryTally, RESTRICTED, build};
pub use policy::{HoldReason, Thresholds, Verdict, decide};
pub use prepare::{NamedSource, Prepared};
pub use progress::{Progress, Silent, Step};
pub use rehearsal::{Rehearsed, Tried, rehearse, to_date, try_out};
pub use reports::{SHARED_FINDINGS, SHARED_WORKLIST};
pub use retry::Retry;

use std::fmt::Write;

use jiff::Timestamp;

use self::{
    compared::INDEX,
    judged::{Judged, judge},
};
use crate::{
    custody::Custody,
    exit,
    ledger::{Deed, FieldRate, HoldRow, IndexRow, Ledger, Outcome, PackageRow, PackageState, RunEnd, Used},
    model::{Environment, FailedAttempt, Field, RunId},
    stage::{NameParts, PackageName, StagedPackage, seal},
    sys::{
        failpoint,
        fs::{FsError, Operation, WorkFolder},
        lock::FolderLock,
    },
};

/// The file that names the rows left out.
pub const LEFT_OUT: &str = "left-out.csv";

/// A run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// Its id.
    pub run: RunId,
    /// Whether its package may be submitted.
    pub verdict: Verdict,
    /// The package.
    pub package: StagedPackage,
    /// What to tell a person who watches.
    pub summary: String,
}

/// Runs an order to its end: a package under `staging/` or `held/`, and a line in the ledger.
pub fn run(order: Order<'_>, watch: &Watch<'_>) -> Result<Finished, RunError> {
    let data = DataFolder(order.data);
    std::fs::create_dir_all(order.data).map_err(FsError::while_trying(Operation::Create, order.data))?;
    let lock = FolderLock::take(order.data, order.began, "run")?;
    let mut ledger = Ledger::open(&data.ledger())?.acting_as(order.account);
    ledger.settle_in(order.began)?;
    bury_killed_runs(&mut ledger, &order.places, &lock, order.began)?;
    let work = data.work();
    let (places, readers, resubmits) = (order.places.clone(), order.readers, order.resubmits.clone());
    Custody::new(&mut ledger, &places, readers).settle()?;
    if let Some(earlier) = ledger.submitted_package(order.submission, order.period)?
        && resubmits.is_none()
    {
        return Err(RunError::Submitted { run: earlier.run, period: order.period });
    }
    let (began, account) = (order.began, order.account);
    failpoint::reach(failpoint::RUN_BEFORE_BEGINNING);
    let run = ledger.begin_run(order.new_run())?;
    failpoint::reach(failpoint::RUN_BEGUN);
    watch.progress.step(Step::Begun(&run));
    if let Some(reason) = &resubmits {
        ledger.record(run.as_str(), &Deed::Resubmits { reason }, (began, account))?;
    }
    let mut failed = Vec::new();
    let result = stage_run(order, &run, &ledger, &mut failed, watch);
    let ended = watch.clock.now();
    let Staged { mut finished, rates, used, index, scratch } = match result {
        Ok(staged) => staged,
        Err(error) => {
            write_down_failure(&mut ledger, &run, (&error, &failed), ended);
            return Err(error);
        }
    };
    let package = &finished.package;
    let (outcome, exit_code, message) = outcome_of(&finished.verdict);
    let state = if outcome == Outcome::Released { PackageState::Ready } else { PackageState::Held };
    let row = PackageRow {
        state,
        path: &package.path,
        manifest_sha256: package.manifest_sha256,
        upload_sha256: package.upload.sha256,
        rows: package.upload.rows.unwrap_or_default(),
        staged_at: ended,
        holds: &holds(&finished.verdict),
        superseded: &places.superseded,
    };
    failpoint::reach(failpoint::RUN_PUBLISHED);
    let kept = data.index(&run);
    let message = at_attempt(message, &failed);
    let end = RunEnd { ended, outcome, exit_code: Some(exit_code), may_pass: false, message: &message };
    let written = scratch
        .hand_over(INDEX, &kept)
        .map_err(RunError::from)
        .inspect(|()| failpoint::reach(failpoint::RUN_INDEX_KEPT))
        .and_then(|()| ledger.finish_staged(&run, end, row, used, index, rates).map_err(RunError::from));
    if let Err(error) = written {
        // The ledger knows neither: nobody may find them. Why it failed matters more than an index that stays behind.
        let _ = std::fs::remove_file(&kept);
        package.withdraw(&work)?;
        return Err(error);
    }
    failpoint::reach(failpoint::RUN_WRITTEN_DOWN);
    if let Err(error) = Custody::new(&mut ledger, &places, readers).settle() {
        // The package is staged, and known. The folder that could not be moved is tried again by whatever comes next.
        let _ =
            write!(finished.summary, "\nNot moved away yet, a package whose place this one took: failed to {error}\n");
    }
    Ok(finished)
}

/// Why a package is held, for the ledger.
fn holds(verdict: &Verdict) -> Vec<HoldRow> {
    let Verdict::Hold(reasons) = verdict else { return Vec::new() };
    let rows = reasons.iter().map(|reason| HoldRow {
        rule: reason.id.to_owned(),
        why: reason.text.clone(),
        approvable: reason.approvable,
    });
    rows.collect()
}

/// Writes down why a run failed. That matters more than that it could not be written down: the next run closes the line.
fn write_down_failure(
    ledger: &mut Ledger,
    run: &RunId,
    (error, failed): (&RunError, &[FailedAttempt]),
    ended: Timestamp,
) {
    let outcome = if matches!(error, RunError::Stopped) { Outcome::Stopped } else { Outcome::Failed };
    let message = at_attempt(error.to_string(), failed);
    let (exit_code, may_pass) = (Some(error.exit_code()), error.may_pass());
    let _ = ledger.finish_run(run, RunEnd { ended, outcome, exit_code, may_pass, message: &message });
}

/// How a run with a verdict ends: its outcome, its exit code, and a sentence.
fn outcome_of(verdict: &Verdict) -> (Outcome, u8, String) {
    match verdict {
        Verdict::Release => (Outcome::Released, exit::SUCCESS, "released".to_owned()),
        Verdict::Hold(reasons) => {
            let ids: Vec<_> = reasons.iter().map(|reason| reason.id).collect();
            (Outcome::Held, exit::HELD, format!("held: {}", ids.join(", ")))
        }
    }
}

/// What the ledger says of a run, with the attempts that it took.
fn at_attempt(message: String, failed: &[FailedAttempt]) -> String {
    if failed.is_empty() { message } else { format!("{message} (at attempt {})", failed.len() + 1) }
}

/// A package in its place, and what is to be written down of it.
struct Staged {
    finished: Finished,
    /// How each field fared.
    rates: Vec<(Field, FieldRate)>,
    used: Used,
    index: IndexRow,
    /// Where the index lies.
    scratch: WorkFolder,
}

fn stage_run(
    mut order: Order<'_>,
    run: &RunId,
    ledger: &Ledger,
    failed: &mut Vec<FailedAttempt>,
    watch: &Watch<'_>,
) -> Result<Staged, RunError> {
    let baseline = ledger.baseline(order.submission)?;
    let name = PackageName::new(NameParts {
        la_code: &order.council.la_code,
        submission: order.submission,
        release: &order.release.id,
        period: order.period,
        run: run.as_str(),
        environment: order.environment,
    })?;
    let (places, readers) = (order.places.clone(), order.readers);
    let Judged { work, made, read, verdict, scratch } =
        judge(&mut order, name.upload(), baseline.as_ref(), failed, watch)?;
    let used = account::used(&order, &made);
    let untried = order.require_rehearsal
        && order.environment == Environment::Live
        && !ledger.was_tried_with(order.submission, used)?;
    let verdict = if untried { verdict.and(HoldReason::untried()) } else { verdict };

    failpoint::reach(failpoint::RUN_JUDGED);
    watch.progress.step(Step::Stage);
    let mut model = summary::model_of_run(&order, run, &made, &verdict, &read, name.upload());
    reports::write_all(&work, &mut model, &made, order.worklist_rows)?;
    let answers = answered::text(&order.answers, &made.applied, &made.built.counts, order.as_of);
    let rows = read.rows;
    let manifest = account::manifest(&order, run, &made, &verdict, ledger.audit_head()?)?;
    let index = made.compared.index;
    let evidence = account::evidence(order, &made, &work);
    let sealed = seal(work, manifest, rows, evidence)?;
    failpoint::reach(failpoint::RUN_SEALED);
    if watch.stop.is_requested() {
        return Err(RunError::Stopped);
    }
    let package = sealed.publish(&places, readers)?;
    let rates = Field::ALL.into_iter().map(|field| {
        let (judged, failed) = made.built.counts.field(field).mandatory();
        (field, FieldRate { failed, judged })
    });
    let rates = rates.collect();
    let finished = Finished { run: run.clone(), verdict, package, summary: model.text() + &answers };
    Ok(Staged { finished, rates, used, index, scratch })
}
