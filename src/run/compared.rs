//! What a run remembers of its file, and what it tells of the file before.

use std::path::PathBuf;

use super::{
    RunError,
    again::{Kept, Wanting},
};
use crate::{
    check::{FileFinding, find, place},
    compare::{
        CHANGES, Change, Comparison, Crosswalk, Figure, FigureOf, Index, Indexer, Place, Pseudonyms, Tolerances,
        Tolerated, compare,
    },
    ledger::{Baseline, IndexRow},
    model::{Field, Period, RunId, Severity},
    report::{self, Count, Judged, Measure, NotRun},
    spec::Release,
    stage::{BaselineUsed, ComparisonUsed},
    sys::{fs::WorkFolder, shutdown::Shutdown},
    write::RowCompared,
};

/// The index of the file, while it lies in the work folder.
pub(super) const INDEX: &str = "file.cldx";

/// Every rule that compares, for a report that says they were not run.
const RULES_OF_ALL: &str = "C001 to C007";

/// A file's index, and how the file compares with the one before.
pub(super) struct Compared {
    /// The index, for the ledger.
    pub(super) index: IndexRow,
    against: Option<Against>,
    outcome: Outcome,
}

enum Outcome {
    NotRun(String),
    Made(Comparison),
}

/// What a file is set against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Against {
    /// Its run, or the id of its import; none for a file that was named by hand.
    pub(super) run: Option<RunId>,
    /// Why it is this one.
    pub(super) kind: String,
    /// Its reporting period.
    pub(super) period: Period,
    /// Its upload file, as far as it is known where it was.
    pub(super) upload: Option<PathBuf>,
}

impl Against {
    /// The baseline of a submission.
    pub(super) fn baseline(baseline: &Baseline) -> Self {
        Self {
            run: Some(baseline.run.clone()),
            kind: baseline.kind.to_string(),
            period: baseline.period,
            upload: baseline.package.as_deref().and_then(crate::stage::upload_of),
        }
    }

    fn in_words(&self) -> String {
        let run = self.run.as_ref().map(|run| format!(" (run {run})")).unwrap_or_default();
        format!("{}{run}, {} to {}", self.kind, self.period.start(), self.period.end())
    }
}

/// What a comparison is made with.
pub(super) struct Means<'a> {
    pub(super) pseudonyms: &'a Pseudonyms,
    pub(super) crosswalk: &'a Crosswalk,
    pub(super) tolerances: Tolerances,
    /// Where indexes and what does not fit into memory lie meanwhile.
    pub(super) scratch: &'a WorkFolder,
}

impl Compared {
    /// Finishes the index of a file, and sets it against the one before: `before` gives its index, or says why there is
    /// none to be had.
    pub(super) fn new(
        indexer: Indexer,
        against: Option<Against>,
        before: impl FnOnce() -> Result<Index, String>,
        means: &Means<'_>,
    ) -> Result<Self, RunError> {
        indexer.finish(means.scratch, INDEX)?;
        let mut now = Index::open(&means.scratch.file(INDEX), means.pseudonyms)?;
        let facts = now.facts();
        let index = IndexRow {
            sha256: facts.sha256,
            rows: facts.rows,
            people: facts.people,
            open_services: facts.open_services,
        };
        let outcome = match before() {
            Err(why) => Outcome::NotRun(why),
            Ok(mut before) => {
                let Means { pseudonyms, crosswalk, tolerances, scratch } = *means;
                Outcome::Made(compare(&mut before, &mut now, crosswalk, pseudonyms, tolerances, scratch)?)
            }
        };
        Ok(Self { index, against, outcome })
    }

    /// What is found about the file as a whole: figures that moved beyond tolerance.
    pub(super) fn file_findings(&self) -> Vec<FileFinding> {
        let Some((against, comparison)) = self.made() else { return Vec::new() };
        let finding = |figure: &Figure| {
            let rule = find(if figure.of == FigureOf::Month { "C002" } else { "C001" })?;
            let severity = match figure.outcome {
                Tolerated::Held => Severity::Block,
                Tolerated::Asked => Severity::Query,
                Tolerated::Within | Tolerated::TooFew => return None,
            };
            Some(FileFinding { rule, severity, field: None, text: moved(figure, against) })
        };
        comparison.figures.iter().filter_map(finding).collect()
    }

    /// Adds what became of people and events to the findings by rule and field.
    pub(super) fn count(&self, counts: &mut crate::check::Counts) {
        let Some((_, comparison)) = self.made() else { return };
        for (change, count) in CHANGES.into_iter().zip(comparison.changes) {
            if let Some(rule) = find(change.rule()) {
                counts.rules[place(rule)][change.field().index()] += count;
            }
        }
    }

    /// What was found row by row: first in this file, by row, then in the one before. Where a file is still kept, its rows
    /// are named by their event reference and person; the indexes know no names.
    pub(super) fn rows(&self, release: &Release, this: Option<Kept<'_>>) -> Vec<RowCompared> {
        let Some((against, comparison)) = self.made() else { return Vec::new() };
        let (mut now, mut before) = (Vec::new(), Vec::new());
        for listed in &comparison.listed {
            match listed.place {
                Place::Now(row) => now.push((row, listed.change)),
                Place::Before(row) => before.push((row, listed.change)),
            }
        }
        now.sort_unstable();
        before.sort_unstable();
        let names = Names::read(this, release, &now);
        let now = now.into_iter().zip(names).map(|((row, change), names)| (Some(row), change, names));
        let of =
            against.run.as_ref().map_or("the earlier file".to_owned(), |run| format!("the upload file of run {run}"));
        let names = Names::read(against.upload.as_deref().map(Kept::at), release, &before);
        let before = before.into_iter().zip(names).map(|((row, change), names)| {
            (None, change, Names { value: format!("row {row} of {of}").into_bytes(), ..names })
        });
        let found = now.chain(before).filter_map(|(row, change, Names { value, named })| {
            Some(RowCompared { rule: find(change.rule())?, field: change.field(), row, value, named })
        });
        found.collect()
    }

    /// The part of the report.
    pub(super) fn report(&self) -> report::Comparison {
        let (against, comparison) = match (&self.outcome, &self.against) {
            (Outcome::Made(comparison), Some(against)) => (against, comparison),
            (Outcome::NotRun(why), _) => return report::Comparison::NotRun { why: why.clone() },
            (Outcome::Made(_), None) => return report::Comparison::NotRun { why: NO_BASELINE.to_owned() },
        };
        let measures = comparison.figures.iter().map(|figure| Measure {
            name: figure.name.clone(),
            before: figure.before,
            now: figure.now,
            judged: match figure.outcome {
                Tolerated::Held => Judged::Held,
                Tolerated::Asked => Judged::Asked,
                Tolerated::Within | Tolerated::TooFew => Judged::Within,
            },
        });
        let changes = CHANGES.into_iter().zip(comparison.changes);
        report::Comparison::Made(report::Compared {
            with: against.in_words(),
            measures: measures.collect(),
            changes: changes.map(|(change, count)| Count::new(words(change), count)).collect(),
        })
    }

    /// What was not compared, and why.
    pub(super) fn not_run(&self) -> Vec<NotRun> {
        let not_run = |id: &str, why: &str| NotRun { id: id.to_owned(), why: why.to_owned() };
        match &self.outcome {
            Outcome::NotRun(why) => vec![not_run(RULES_OF_ALL, why)],
            Outcome::Made(comparison) => {
                let id = |of| match of {
                    FigureOf::Month => "C002",
                    FigureOf::OpenServices => "C003",
                    FigureOf::File | FigureOf::EventType => "C001",
                };
                comparison.not_run.iter().map(|(of, why)| not_run(id(*of), why)).collect()
            }
        }
    }

    /// What the manifest says of it.
    pub(super) fn manifest(&self) -> ComparisonUsed {
        let used = |against: &Against| BaselineUsed {
            run: against.run.as_ref().map(ToString::to_string),
            kind: against.kind.clone(),
            period: against.period,
        };
        ComparisonUsed {
            baseline: self.against.as_ref().map(used),
            not_run: match &self.outcome {
                Outcome::NotRun(why) => Some(why.clone()),
                Outcome::Made(_) => None,
            },
        }
    }

    fn made(&self) -> Option<(&Against, &Comparison)> {
        match &self.outcome {
            Outcome::Made(comparison) => self.against.as_ref().map(|against| (against, comparison)),
            Outcome::NotRun(_) => None,
        }
    }
}

/// Puts into the report of a file what it was compared with, if anything.
pub(super) fn tell(compared: Option<&Compared>, report: &mut report::ReportModel) {
    if let Some(compared) = compared {
        report.comparison = compared.report();
        report.not_run.extend(compared.not_run());
    } else {
        let why = "no earlier file was named (--baseline FILE)".to_owned();
        report.comparison = report::Comparison::NotRun { why: why.clone() };
        report.not_run.push(NotRun { id: RULES_OF_ALL.to_owned(), why });
    }
}

const NO_BASELINE: &str = "there is nothing to compare with: no package was submitted or released before, and no extract \
                           imported (cld-agent baseline import)";

/// The index of a submission's baseline, or why it cannot be used.
pub(super) fn index_of(
    baseline: Option<&Baseline>,
    data: &super::DataFolder<'_>,
    pseudonyms: &Pseudonyms,
) -> Result<Index, String> {
    let baseline = baseline.ok_or(NO_BASELINE)?;
    let run = &baseline.run;
    let row = baseline.index.ok_or_else(|| {
        format!(
            "run {run} was made by a version that kept no index: import its upload file (cld-agent baseline import)"
        )
    })?;
    Index::open_known(&data.index(run), row.sha256, pseudonyms).map_err(|error| {
        format!("it was not possible to {error}; import the extract again, or choose another (cld-agent baseline)")
    })
}

/// What a row of an upload file says of itself, as UTF-8.
#[derive(Clone, Default)]
struct Names {
    /// The value of the field in which something was found.
    value: Vec<u8>,
    /// Event reference and local person id.
    named: [Vec<u8>; 2],
}

impl Names {
    /// The names of rows, sorted, of an upload file. What cannot be read stays blank: a file may be purged at any time, and
    /// the findings stand without it.
    fn read(file: Option<Kept<'_>>, release: &Release, rows: &[(u64, Change)]) -> Vec<Self> {
        let mut naming = Naming { rows, names: Vec::new() };
        if let Some(file) = file.filter(|_| !rows.is_empty()) {
            // Nobody waits for it long enough to stop it.
            let _ = file.show(release, &mut naming, &Shutdown::default());
        }
        naming.names.resize(rows.len(), Self::default());
        naming.names
    }
}

/// Takes the names of rows as a file is read.
struct Naming<'r> {
    rows: &'r [(u64, Change)],
    /// Those of the first rows.
    names: Vec<Names>,
}

impl Wanting for Naming<'_> {
    fn next_row(&mut self) -> Option<u64> {
        self.rows.get(self.names.len()).map(|(row, _)| *row)
    }

    fn see<'t>(&mut self, _: u64, text: impl Fn(Field) -> &'t [u8]) {
        let Some((_, change)) = self.rows.get(self.names.len()) else { return };
        let [value, reference, person] =
            [change.field(), Field::EventReference, Field::LaPersonUniqueIdentifier].map(|field| text(field).to_vec());
        self.names.push(Names { value, named: [reference, person] });
    }
}

fn moved(figure: &Figure, against: &Against) -> String {
    let Figure { name, before, now, .. } = figure;
    let of = if figure.of == FigureOf::Month { format!("Events of {name}") } else { name.clone() };
    let change = (*now as f64 - *before as f64) * 100.0 / (*before).max(1) as f64;
    let change = if *before == 0 { "there were none".to_owned() } else { format!("{change:+.1} %") };
    format!("{of}: {now} now, {before} before ({change}); compared with {}", against.in_words())
}

fn words(change: Change) -> &'static str {
    match change {
        Change::ServiceVanished => "services that were open and are gone, without an end",
        Change::PersonVanished => "people who are gone though their events belong in the file",
        Change::Reference => "events with another reference",
        Change::LocalId => "people with another local id",
        Change::NhsNumber => "people with another NHS number",
        Change::StartReset => "services whose start was set to 1 April",
    }
}
