//! Checking a file that somebody else made.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Job, Outputs, QueryJob, RunError, Thresholds, Verdict, Watch, build, decide,
    derived::PeriodOfRows,
    summary::{CheckedFile, model_of_check},
};
use crate::{
    check::{FileFinding, Origin, Settings, TestNumbers, find},
    exit,
    model::{Date, Environment, Field, Period},
    report::{ReportModel, UploadFile},
    shape::Plan,
    source::{
        BatchSink, Column, CsvFile, CsvFormat, Flow, Parameters, QueryText, RawBatch, RowsRead, Snapshot,
        SnapshotFacts, SourceError, TextEncoding,
    },
    spec::Release,
    stage::{FINDINGS, REPORT},
    sys::{
        fs::{FsError, NewFile, Operation, WorkFolder},
        hash::Sha256,
        shutdown::Shutdown,
    },
    write::append_file_findings,
};

/// A file to be checked, and by what.
pub struct CheckOrder<'a> {
    /// The file.
    pub file: &'a Path,
    /// Where reports and findings go.
    pub out: &'a Path,
    /// The release to check against.
    pub release: &'a Release,
    /// The council whose file it should be; without one, the council of its first row.
    pub la_code: Option<String>,
    /// The period it should state; without one, that of its first row.
    pub period: Option<Period>,
    /// Test or live.
    pub environment: Environment,
    /// Whether 999 numbers are numbers like any other.
    pub test_numbers: TestNumbers,
    /// How often a field may fail.
    pub thresholds: Thresholds,
    /// The day taken as today.
    pub as_of: Date,
    /// When the check began.
    pub began: Timestamp,
}

/// A file that was checked.
pub struct Checked {
    /// Whether it could be released.
    pub verdict: Verdict,
    /// The report.
    pub report: ReportModel,
}

/// Checks a CSV file and writes `report.html` and `findings.csv`.
pub fn check_file(order: &CheckOrder<'_>, watch: &Watch<'_>) -> Result<Checked, RunError> {
    let query = QueryText { index: 0, name: "file", file: order.file, sql: "" };
    let first = first_row(order.file, &query)?;
    let named = |field: Field| {
        let header = &order.release.field(field).header;
        let at = first.columns.iter().position(|column| column == header)?;
        first.cells.get(at).map(Vec::as_slice)
    };
    let day = |field| named(field).and_then(Date::parse_portal);
    let stated = day(Field::ReportingPeriodStartDate).zip(day(Field::ReportingPeriodEndDate));
    let stated = stated.and_then(|(start, end)| Period::new(start, end).ok());
    let period = order.period.or(stated).unwrap_or_else(|| Period::last_closed_rolling_year(order.as_of));
    let stated_code = named(Field::LaCode).map(|code| String::from_utf8_lossy(code).into_owned());
    let la_code = order.la_code.clone().or(stated_code).unwrap_or_default();

    let plan = Plan::as_submitted(&first.columns, order.release);
    let job = Job {
        release: order.release,
        queries: vec![QueryJob { text: query, source: 0, parameters: Some(Parameters { period }) }],
        plan: &plan,
        settings: Settings {
            la_code: la_code.clone(),
            period,
            as_of: order.as_of,
            environment: order.environment,
            test_numbers: order.test_numbers,
            origin: Origin::Submitted,
        },
        restricted: std::collections::BTreeSet::new(),
    };
    fs::create_dir_all(order.out).map_err(FsError::while_trying(Operation::Create, order.out))?;
    let work = WorkFolder::new(order.out)?;
    let outputs = Outputs { upload: None::<io::Sink>, findings: work.create(FINDINGS)?, left_out: io::sink() };
    let mut encoding = None;
    let one = OneFile { path: order.file.to_owned(), stop: watch.stop.clone(), encoding: &mut encoding };
    let mut snapshots: Vec<Box<dyn Snapshot + '_>> = vec![Box::new(one)];
    let (built, outputs) = build(&job, &mut snapshots, outputs, watch.progress, watch.stop)?;
    drop(snapshots);
    let mut file_findings = file_findings(order.release, &first.columns, period, built.counts.records, encoding);
    file_findings.extend(PeriodOfRows::new(&built.counts, period, order.as_of).finding(built.counts.records));
    let mut findings: NewFile = outputs.findings;
    append_file_findings(&mut findings, order.release, &file_findings).map_err(|error| findings.failed(error))?;
    findings.finish()?;
    let verdict = decide(&built.counts, &file_findings, order.release, None, order.thresholds);
    let (sha256, bytes) = Sha256::of_file(order.file)?;
    let name = order.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = UploadFile { name, rows: built.counts.records, bytes, sha256: sha256.to_string() };
    let checked = CheckedFile {
        file,
        la_code: Some(la_code),
        environment: order.environment,
        test_numbers: order.test_numbers,
        release: order.release,
        period,
        as_of: order.as_of,
        made: order.began,
    };
    let report = model_of_check(checked, &built, &file_findings, &verdict);
    let mut page = work.create(REPORT)?;
    page.write_all(report.html()?.as_bytes()).map_err(|error| page.failed(error))?;
    page.finish()?;
    for name in [FINDINGS, REPORT] {
        let place = order.out.join(name);
        fs::rename(work.file(name), &place).map_err(FsError::while_trying(Operation::Rename, &place))?;
    }
    Ok(Checked { verdict, report })
}

/// The code that a check ends with.
pub fn exit_code(verdict: &Verdict) -> u8 {
    if *verdict == Verdict::Release { exit::SUCCESS } else { exit::HELD }
}

fn file_findings(
    release: &Release,
    columns: &[String],
    period: Period,
    rows: u64,
    encoding: Option<TextEncoding>,
) -> Vec<FileFinding> {
    let mut findings = Vec::new();
    let mut found = |id: &str, text: String| {
        findings.extend(find(id).map(|rule| FileFinding { rule, severity: rule.severity, field: None, text }));
    };
    let expected = || release.fields().iter().map(|spec| spec.header.as_str());
    if !columns.iter().map(String::as_str).eq(expected()) {
        let missing: Vec<_> = expected().filter(|header| !columns.iter().any(|column| column == header)).collect();
        found(
            "F001",
            match (missing.as_slice(), columns.len()) {
                ([], 50) => "the columns stand in another order than the template's".to_owned(),
                ([], count) => format!("there are {count} columns where the template has 50"),
                (missing, _) => format!("not in the header, to the letter: {}", missing.join(", ")),
            },
        );
    }
    if encoding == Some(TextEncoding::Utf8) {
        found("F004", "the file is UTF-8, not Windows-1252".to_owned());
    }
    if !release.is_current_for(period) {
        found("F005", super::account::no_longer_current(release));
    }
    if rows == 0 {
        found("F006", "the file has no rows".to_owned());
    }
    findings
}

/// The header and the first row of a file.
struct FirstRow {
    columns: Vec<String>,
    cells: Vec<Vec<u8>>,
}

fn first_row(path: &Path, query: &QueryText<'_>) -> Result<FirstRow, RunError> {
    let mut file = open(path)?;
    let columns = file.columns().iter().map(|column| column.name.clone()).collect();
    let mut sink = FirstBatch(None);
    match file.read(query, &mut sink, &Shutdown::default()) {
        Ok(_) | Err(SourceError::Stopped { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let cells = sink.0.map(|batch| (0..batch.columns()).map(|column| batch.cell(0, column).to_vec()).collect());
    Ok(FirstRow { columns, cells: cells.unwrap_or_default() })
}

fn open(path: &Path) -> Result<CsvFile, SourceError> {
    CsvFile::open(path, CsvFormat { separator: b',', encoding: None })
}

struct FirstBatch(Option<RawBatch>);

impl BatchSink for FirstBatch {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        self.0 = Some(batch);
        Flow::Stop
    }
}

/// A single file as a source.
struct OneFile<'e> {
    path: PathBuf,
    stop: Shutdown,
    /// Told when the file has been read.
    encoding: &'e mut Option<TextEncoding>,
}

impl Snapshot for OneFile<'_> {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts { fingerprint: String::new(), isolation: "a file" }
    }

    fn columns(&mut self, _: &QueryText, _: Parameters) -> Result<Vec<Column>, SourceError> {
        Ok(open(&self.path)?.columns().to_vec())
    }

    fn read(&mut self, query: &QueryText, _: Parameters, sink: &mut dyn BatchSink) -> Result<RowsRead, SourceError> {
        let mut file = open(&self.path)?;
        let read = file.read(query, sink, &self.stop);
        *self.encoding = file.encoding();
        read
    }
}
