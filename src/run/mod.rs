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
mod killed;
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
pub use pipeline::{BuildError, Built, Job, Outputs, QueryJob, QueryTally, RESTRICTED, build};
pub use policy::{HoldReason, Thresholds, UNTRIED, Verdict, decide};
pub use prepare::{NamedSource, Prepared};
pub use progress::{Progress, Silent, Step};
pub use rehearsal::{Rehearsed, Tried, rehearse, to_date, try_out};
pub use reports::{SHARED_FINDINGS, SHARED_WORKLIST};
pub use retry::Retry;

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use secrecy::SecretString;

use self::{
    again::Kept,
    compared::{Against, Compared, INDEX, Means},
    files::UploadFiles,
    reports::Worklist,
    retry::{MachineTime, delays, retried},
};
use crate::{
    answers::{Answers, Applied},
    check::{FileFinding, Origin, Settings, TestNumbers},
    compare::{Crosswalk, Indexer, Pseudonyms, Tolerances},
    config::{Exclusions, IndexKey, SecretRef},
    custody::Custody,
    exit,
    ledger::{
        Baseline, Deed, FieldRate, HoldRow, IndexRow, Ledger, NewRun, Outcome, PackageRow, PackageState, RunEnd, Used,
    },
    mapping::Empty,
    model::{Date, Environment, FailedAttempt, Field, Period, Reason, RunId},
    shape::{Constants, Plan, decoded},
    spec::Release,
    stage::{Council, FINDINGS, Gzip, NameParts, PackageName, Places, StagedPackage, WORKLIST, seal},
    sys::{
        clock::Clock,
        failpoint,
        fs::{FsError, NewFile, Operation, Readers, WorkFolder},
        lock::FolderLock,
        shutdown::Shutdown,
    },
    write::{Answered, LateFindings, ReadBack, Split, append_compared, append_file_findings, read_back},
};

/// The file that names the rows left out.
pub const LEFT_OUT: &str = "left-out.csv";

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
    fn new_run(&self) -> NewRun<'a> {
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

/// Runs an order to its end: a package under `staging/` or `held/`, and a line in the ledger.
pub fn run(order: Order<'_>, watch: &Watch<'_>) -> Result<Finished, RunError> {
    let data = DataFolder(order.data);
    std::fs::create_dir_all(order.data).map_err(FsError::while_trying(Operation::Create, order.data))?;
    let lock = FolderLock::take(order.data, order.began, "run")?;
    let mut ledger = Ledger::open(&data.ledger())?.acting_as(order.account);
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
    let end = RunEnd { ended, outcome, exit_code, may_pass: false, message: &message };
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
    let (exit_code, may_pass) = (error.exit_code(), error.may_pass());
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
    let used = rehearsal::used(&order, &made);
    let untried = order.require_rehearsal
        && order.environment == Environment::Live
        && !ledger.was_tried_with(order.submission, used)?;
    let verdict = if untried { verdict.and(HoldReason::untried()) } else { verdict };

    failpoint::reach(failpoint::RUN_JUDGED);
    watch.progress.step(Step::Stage);
    let mut model = summary::model_of_run(&order, run, &made, &verdict, &read, name.upload());
    let worklist = Worklist {
        findings: FINDINGS,
        name: WORKLIST,
        head: reports::head(&model),
        most: order.worklist_rows,
        split: if made.prepared.splits_worklist() { Split::ByWorklist } else { Split::Together },
        advice: reports::advice(&model),
    };
    model.worklist = reports::write_workbook(&work, &worklist)?;
    reports::write_reports(&work, &model)?;
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

/// Files in the work folder that have been read back, and what the policy says of them.
struct Judged {
    work: WorkFolder,
    made: Made,
    read: ReadBack,
    verdict: Verdict,
    /// Where the index of the upload file lies: it is no part of the package.
    scratch: WorkFolder,
}

/// Makes the files of a package, reads the upload file back, and decides; again where what failed may pass.
fn judge(
    order: &mut Order<'_>,
    upload: &str,
    baseline: Option<&Baseline>,
    failed: &mut Vec<FailedAttempt>,
    watch: &Watch<'_>,
) -> Result<Judged, RunError> {
    let mut sources = std::mem::take(&mut order.sources);
    let order = &*order;
    let (retry, time) = (order.retry, &mut MachineTime::begin());
    let mut judged = retried(retry.within, time, delays(retry), failed, watch, || {
        let work = WorkFolder::new(&DataFolder(order.data).work())?;
        let scratch = WorkFolder::new(&DataFolder(order.data).work())?;
        let unread = make(order, &mut sources, (&work, &scratch), upload, baseline, watch)?;
        watch.progress.step(Step::ReadBack);
        let (made, read) = unread.read_back(order, &work.file(upload))?;
        let counts = order.answers.relieve(&made.built.counts, order.as_of);
        let verdict = decide(&counts, &made.file_findings, order.release, baseline, order.thresholds);
        Ok(Judged { work, made, read, verdict, scratch })
    })?;
    judged.made.failed_attempts.clone_from(failed);
    Ok(judged)
}

/// What was made in the work folder, and all that is known of it.
struct Made {
    prepared: Prepared,
    built: Built,
    compared: Compared,
    file_findings: Vec<FileFinding>,
    /// What became of people's answers.
    applied: Applied,
    /// The attempts before.
    failed_attempts: Vec<FailedAttempt>,
}

/// What was made, the upload file not read back yet, and the findings to which what reading it shows is added.
struct Unread<'a> {
    prepared: Prepared,
    built: Built,
    compared: Compared,
    file_findings: Vec<FileFinding>,
    findings: Answered<'a, NewFile>,
}

impl Unread<'_> {
    /// Reads the upload file back, and completes the findings with those about rows that have gone by, those of the
    /// comparison, and those about the file as a whole.
    fn read_back(self, order: &Order<'_>, upload: &Path) -> Result<(Made, ReadBack), RunError> {
        let Self { prepared, built, compared, file_findings, mut findings } = self;
        let names = prepared.mapping.queries.iter().map(|query| query.name.as_str());
        let across = &built.across.findings;
        let mut late = LateFindings::new(&mut findings, order.release, across, &built.origins, names);
        let read = read_back(upload, order.release, built.written, &built.counts, |row, cells| {
            late.row(row, |field| decoded(&cells[order.release.place(field)]));
        })?;
        let written = late.finish();
        let rows = compared.rows(order.release, Some(Kept::at(upload)));
        let written = written.and_then(|()| append_compared(&mut findings, order.release, &rows));
        let written = written.and_then(|()| append_file_findings(&mut findings, order.release, &file_findings));
        written.map_err(|error| findings.get_ref().failed(error))?;
        let (findings, applied) = findings.into_parts();
        findings.finish()?;
        Ok((Made { prepared, built, compared, file_findings, applied, failed_attempts: Vec::new() }, read))
    }
}

/// Opens the sources, compiles the mapping and writes upload file, findings and rows left out into the work folder.
fn make<'a>(
    order: &'a Order<'_>,
    sources: &mut [NamedSource],
    (work, scratch): (&WorkFolder, &WorkFolder),
    name: &str,
    baseline: Option<&Baseline>,
    watch: &Watch<'_>,
) -> Result<Unread<'a>, RunError> {
    let pseudonyms = Pseudonyms::new(&IndexKey::obtain(order.index_key)?);
    watch.progress.step(Step::Open);
    let (prepared, mut snapshots) = prepare::prepare(order, sources, watch)?;
    let constants = Constants { la_code: order.council.la_code.clone(), period: order.period };
    let plan = Plan::compile(&prepared.mapping, &prepared.columns, order.release, &constants);
    let job = Job {
        release: order.release,
        queries: prepared.jobs(),
        plan: &plan,
        settings: Settings {
            la_code: order.council.la_code.clone(),
            period: order.period,
            as_of: order.as_of,
            environment: order.environment,
            test_numbers: order.test_numbers,
            origin: Origin::Built,
        },
        restricted: order.restricted.on(order.as_of),
    };
    let mut indexer = Indexer::new(order.release, order.period, &pseudonyms, scratch)?;
    let outputs = Outputs {
        upload: Some(UploadFiles::new(work.create(name)?, Gzip::new(work, name)?)),
        findings: Answered::new(work.create(FINDINGS)?, &order.answers, order.release),
        left_out: work.create(LEFT_OUT)?,
        index: Some(&mut indexer),
    };
    let (mut built, outputs) = build(&job, &mut snapshots, outputs, watch.progress, watch.stop)?;
    drop(snapshots);
    let Outputs { upload, findings, left_out, .. } = outputs;
    for (query, tally) in prepared.mapping.queries.iter().zip(&built.queries) {
        if tally.rows_in == 0 && query.empty == Empty::Refused {
            return Err(RunError::NoRows { query: query.name.clone(), file: query.file.clone() });
        }
    }
    if let Some(upload) = upload {
        upload.finish()?;
    }
    let means = Means { pseudonyms: &pseudonyms, crosswalk: &order.crosswalk, tolerances: order.tolerances, scratch };
    let before = || compared::index_of(baseline, &DataFolder(order.data), &pseudonyms);
    let compared = Compared::new(indexer, baseline.map(Against::baseline), before, &means)?;
    compared.count(&mut built.counts);
    let mut file_findings = account::file_findings(order, &built);
    file_findings.extend(compared.file_findings());
    left_out.finish()?;
    Ok(Unread { prepared, built, compared, file_findings, findings })
}
