//! From an order to files that have been read back, and what the policy says of them.

use std::path::Path;

use super::{
    DataFolder, Job, LEFT_OUT, NamedSource, Order, Outputs, Prepared, RunError, Step, Verdict, Watch, account,
    again::Kept,
    build,
    compared::{self, Against, Compared, Means},
    decide,
    files::UploadFiles,
    pipeline::Built,
    prepare,
    retry::{MachineTime, delays, retried},
};
use crate::{
    answers::Applied,
    check::{FileFinding, Origin, Settings},
    compare::{Indexer, Pseudonyms},
    config::IndexKey,
    ledger::Baseline,
    mapping::Empty,
    model::FailedAttempt,
    shape::{Constants, Plan, decoded},
    stage::{FINDINGS, Gzip},
    sys::fs::{NewFile, WorkFolder},
    write::{Answered, LateFindings, ReadBack, append_compared, append_file_findings, read_back},
};

/// Files in the work folder that have been read back, and what the policy says of them.
pub(super) struct Judged {
    pub(super) work: WorkFolder,
    pub(super) made: Made,
    pub(super) read: ReadBack,
    pub(super) verdict: Verdict,
    /// Where the index of the upload file lies: it is no part of the package.
    pub(super) scratch: WorkFolder,
}

/// Makes the files of a package, reads the upload file back, and decides; again where what failed may pass.
pub(super) fn judge(
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
pub(super) struct Made {
    pub(super) prepared: Prepared,
    pub(super) built: Built,
    pub(super) compared: Compared,
    pub(super) file_findings: Vec<FileFinding>,
    /// What became of people's answers.
    pub(super) applied: Applied,
    /// The attempts before.
    pub(super) failed_attempts: Vec<FailedAttempt>,
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
