//! Checking a file that somebody else made.

mod form;

use std::{fs, io, path::Path};

use jiff::Timestamp;

pub use self::form::PortalLimits;
use super::{
    Built, Job, Outputs, QueryJob, RunError, SHARED_FINDINGS, SHARED_WORKLIST, Thresholds, Verdict, Watch,
    again::Kept,
    answered, build,
    compared::{self, Against, Compared, Means},
    decide,
    derived::PeriodOfRows,
    imported::ExtractToIndex,
    reports::{self, Worklist},
    summary::{CheckedFile, model_of_check},
    superseded,
};
use crate::{
    answers::Answers,
    check::{Counts, FileFinding, Header, Origin, Settings, TestNumbers, find},
    compare::{Crosswalk, Indexer, Pseudonyms, Tolerances},
    config::IndexKey,
    exit,
    model::{Date, Environment, Field, Period},
    report::{ReportModel, UploadFile},
    shape::Plan,
    source::{
        BatchSink, Column, Extract, Limits, Opening, Parameters, QueryText, RowsRead, Snapshot, SnapshotFacts,
        SourceError,
    },
    spec::Release,
    stage::{FINDINGS, REPORT, REPORT_JSON, WORKLIST},
    sys::{
        fs::{FsError, NewFile, Operation, WorkFolder},
        hash::Sha256,
        shutdown::Shutdown,
    },
    write::{Answered, LateFindings, Split, append_compared, append_file_findings},
};

/// A file to be checked, and by what.
pub struct CheckOrder<'a> {
    /// The file.
    pub file: &'a Path,
    /// The sheet of a workbook; without a name the only one, or the first that begins with the header.
    pub sheet: Option<&'a str>,
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
    /// Whether findings and worklist may hold personal values.
    pub personal: PersonalValues,
    /// The most findings that the worklist lists.
    pub worklist_rows: u64,
    /// How often a field may fail.
    pub thresholds: Thresholds,
    /// What people answered to findings.
    pub answers: Answers,
    /// An earlier extract to compare it with.
    pub baseline: Option<&'a Path>,
    /// How far its figures may lie from those of the earlier one.
    pub tolerances: Tolerances,
    /// The day taken as today.
    pub as_of: Date,
    /// When the check began.
    pub began: Timestamp,
    /// How much is read of a file, whatever it holds.
    pub limits: Limits,
    /// What the portal takes.
    pub portal: PortalLimits,
}

/// Whether findings and worklist may hold personal values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonalValues {
    /// They may, and stay in a protected folder.
    Kept,
    /// They may not, and may leave it.
    Withheld,
}

/// A file that was checked.
pub struct Checked {
    /// Whether it could be released.
    pub verdict: Verdict,
    /// The report.
    pub report: ReportModel,
    /// What became of people's answers, in words.
    pub answers: String,
}

/// Checks a file and writes report, findings and worklist.
pub fn check_file(order: &CheckOrder<'_>, watch: &Watch<'_>) -> Result<Checked, RunError> {
    let query = QueryText { index: 0, name: "file", file: order.file, sql: "", outside: &[] };
    let mut extract = open(order.file, order.sheet, order.release, order.limits)?;
    let header = header_of(extract.columns(), order.release);
    if header.known() < Header::FEWEST {
        let release = order.release.name.clone();
        return Err(RunError::OtherColumns { file: order.file.to_owned(), release, known: header.known() });
    }
    let columns = header.names(order.release);
    let stated = stated_period(&extract, &columns, order.release);
    let period = order.period.or(stated).unwrap_or_else(|| Period::last_closed_rolling_year(order.as_of));
    let stated_code = first_cell(&extract, &columns, order.release, Field::LaCode)
        .map(|code| String::from_utf8_lossy(code).into_owned());
    let la_code = order.la_code.clone().or(stated_code).unwrap_or_default();

    let plan = Plan::as_submitted(&columns, order.release);
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
    let comparing = order.baseline.map(|earlier| Comparing::begin(order, earlier, period, &work)).transpose()?;
    let (comparing, mut indexer) = comparing.unzip();
    let outputs = Outputs {
        upload: None::<io::Sink>,
        findings: Answered::new(work.create(FINDINGS)?, &order.answers, order.release),
        left_out: io::sink(),
        index: indexer.as_mut(),
    };
    let one = OneFile { extract: &mut extract, stop: watch.stop.clone() };
    let mut snapshots: Vec<Box<dyn Snapshot + '_>> = vec![Box::new(one)];
    let (mut built, outputs) = build(&job, &mut snapshots, outputs, watch.progress, watch.stop)?;
    drop(snapshots);
    let mut findings = outputs.findings;
    append_late(&mut findings, order, &built, watch.stop)?;
    let compared = match comparing.zip(indexer) {
        Some((comparing, indexer)) => Some(comparing.finish(indexer, &work, watch)?),
        None => None,
    };
    let (sha256, bytes) = Sha256::of_file(order.file)?;
    extract.as_it_was(Ok(()))?;
    let mut file_findings = findings_of_file(order, &extract, &header, &built, period);
    if let Some(compared) = &compared {
        compared.count(&mut built.counts);
        file_findings.extend(compared.file_findings());
        let rows = compared.rows(order.release, Some(order.kept()));
        let appended = append_compared(&mut findings, order.release, &rows);
        appended.map_err(|error| findings.get_ref().failed(error))?;
    }
    file_findings.sort_by_key(|finding| finding.rule.id);
    let appended = append_file_findings(&mut findings, order.release, &file_findings);
    appended.map_err(|error| findings.get_ref().failed(error))?;
    let (findings, applied) = findings.into_parts();
    findings.finish()?;
    let counts = order.answers.relieve(&built.counts, order.as_of);
    let verdict = decide(&counts, &file_findings, order.release, None, order.thresholds);
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
    let mut report = model_of_check(checked, &built, &file_findings, &verdict);
    compared::tell(compared.as_ref(), &mut report);
    answered::tell(&mut report, order.release, (&order.answers, &applied), &built.counts, order.as_of);
    let answers = answered::text(&order.answers, &applied, &built.counts, order.as_of);
    let mut head = reports::head(&report);
    let (findings, worklist) = match order.personal {
        PersonalValues::Kept => (FINDINGS, WORKLIST),
        PersonalValues::Withheld => {
            reports::withhold(&work, order.release, &built.counts.values)?;
            head.insert(1, reports::shared_head());
            (SHARED_FINDINGS, SHARED_WORKLIST)
        }
    };
    let (most, split, advice) = (order.worklist_rows, Split::Together, reports::advice(&report));
    let listed = Worklist { findings, name: worklist, head, most, split, advice };
    report.worklist = reports::write_workbook(&work, &listed)?;
    reports::write_reports(&work, &report)?;
    for name in [findings, worklist, REPORT, REPORT_JSON] {
        let place = order.out.join(name);
        fs::rename(work.file(name), &place).map_err(FsError::while_trying(Operation::Rename, &place))?;
    }
    Ok(Checked { verdict, report, answers })
}

impl<'a> CheckOrder<'a> {
    fn kept(&self) -> Kept<'a> {
        Kept { file: self.file, sheet: self.sheet, limits: self.limits }
    }
}

/// Appends what was found about rows when all had gone by.
fn append_late(
    findings: &mut Answered<'_, NewFile>,
    order: &CheckOrder<'_>,
    built: &Built,
    stop: &Shutdown,
) -> Result<(), RunError> {
    if built.across.findings.is_empty() {
        return Ok(());
    }
    let names = ["file"].into_iter();
    let mut late = LateFindings::new(findings, order.release, &built.across.findings, &built.origins, names);
    order.kept().show(order.release, &mut late, stop)?;
    late.finish().map_err(|error| findings.get_ref().failed(error).into())
}

/// The comparison of a file with an earlier one, under a key that is forgotten with it.
struct Comparing<'a> {
    earlier: ExtractToIndex<'a>,
    pseudonyms: Pseudonyms,
    tolerances: Tolerances,
}

impl<'a> Comparing<'a> {
    fn begin(
        order: &CheckOrder<'a>,
        earlier: &'a Path,
        period: Period,
        work: &WorkFolder,
    ) -> Result<(Self, Indexer), RunError> {
        let pseudonyms = Pseudonyms::new(&IndexKey::random()?);
        let indexer = Indexer::new(order.release, period, &pseudonyms, work)?;
        let CheckOrder { release, test_numbers, as_of, limits, tolerances, .. } = *order;
        let earlier = ExtractToIndex { file: earlier, release, period: None, test_numbers, as_of, limits };
        Ok((Self { earlier, pseudonyms, tolerances }, indexer))
    }

    fn finish(self, indexer: Indexer, work: &WorkFolder, watch: &Watch<'_>) -> Result<Compared, RunError> {
        let before = self.earlier.index(&self.pseudonyms, work, "earlier.cldx", watch)?;
        let against = Against {
            run: None,
            kind: "the earlier file".to_owned(),
            period: before.facts().period,
            upload: Some(self.earlier.file.to_owned()),
        };
        let crosswalk = Crosswalk::default();
        let means =
            Means { pseudonyms: &self.pseudonyms, crosswalk: &crosswalk, tolerances: self.tolerances, scratch: work };
        Compared::new(indexer, Some(against), || Ok(before), &means)
    }
}

/// The code that a check ends with.
pub fn exit_code(verdict: &Verdict) -> u8 {
    if *verdict == Verdict::Release { exit::SUCCESS } else { exit::HELD }
}

/// A finding about the file as a whole, as grave as its rule usually is.
fn of_file(id: &str, text: String) -> Option<FileFinding> {
    find(id).map(|rule| FileFinding { rule, severity: rule.severity, field: None, text })
}

/// What the file's header, period and number of rows say.
fn content_findings(release: &Release, header: &Header, period: Period, counts: &Counts) -> Vec<FileFinding> {
    let difference = header.difference(release).map(|text| of_file("F001", text));
    let old = (!release.is_current_for(period)).then(|| of_file("F005", superseded::told(release, &counts.values)));
    let empty = (counts.records == 0).then(|| of_file("F006", "the file has no rows".to_owned()));
    [difference, old, empty].into_iter().flatten().flatten().collect()
}

/// What is found about the file as a whole, the comparison aside.
fn findings_of_file(
    order: &CheckOrder<'_>,
    extract: &Extract,
    header: &Header,
    built: &Built,
    period: Period,
) -> Vec<FileFinding> {
    let mut findings = form::findings(&extract.saved(), order.portal);
    findings.extend(content_findings(order.release, header, period, &built.counts));
    findings.extend(PeriodOfRows::new(&built.counts, period, order.as_of).finding(built.counts.records));
    findings.extend(built.across.file.iter().cloned());
    findings
}

/// Opens a file that should be an extract for this release.
pub(super) fn open(
    file: &Path,
    sheet: Option<&str>,
    release: &Release,
    limits: Limits,
) -> Result<Extract, SourceError> {
    let is_header = |columns: &[Column]| header_of(columns, release).known() >= Header::FEWEST;
    Extract::open(file, &Opening { sheet, is_header: &is_header, limits })
}

/// What a field of the first row holds.
fn first_cell<'e>(extract: &'e Extract, columns: &[String], release: &Release, field: Field) -> Option<&'e [u8]> {
    let header = &release.field(field).header;
    let at = columns.iter().position(|column| column == header)?;
    extract.first_row()?.get(at).map(Vec::as_slice)
}

/// The period that the first row states, where it states one.
pub(super) fn stated_period(extract: &Extract, columns: &[String], release: &Release) -> Option<Period> {
    let day = |field| first_cell(extract, columns, release, field).and_then(Date::parse_portal);
    let (start, end) = day(Field::ReportingPeriodStartDate).zip(day(Field::ReportingPeriodEndDate))?;
    Period::new(start, end).ok()
}

pub(super) fn header_of(columns: &[Column], release: &Release) -> Header {
    Header::read(columns.iter().map(|column| column.name.as_str()), release)
}

/// A single file as a source.
pub(super) struct OneFile<'e> {
    pub(super) extract: &'e mut Extract,
    pub(super) stop: Shutdown,
}

impl Snapshot for OneFile<'_> {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts { fingerprint: String::new(), isolation: "a file", notes: Vec::new() }
    }

    fn columns(&mut self, _: &QueryText, _: Parameters) -> Result<Vec<Column>, SourceError> {
        Ok(self.extract.columns().to_vec())
    }

    fn read(&mut self, query: &QueryText, _: Parameters, sink: &mut dyn BatchSink) -> Result<RowsRead, SourceError> {
        self.extract.read(query, sink, &self.stop)
    }
}
