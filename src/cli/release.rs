//! `cld-agent release`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, Format};
use crate::{
    document::{Document, Faults},
    exit,
    model::Confidence,
    spec::{
        Ask, Change, ChangeKind, Condition, FieldSpec, Release, difference,
        official::{AdoptError, Adopted, Column, Columns, Layout, ListNames, Official, Sheet, SheetError, adopt},
    },
    sys::fs::write_whole,
};

/// Show the national specification that is checked against, compare two, or read the official one in.
#[derive(Args, Debug)]
pub(super) struct ReleaseCommand {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Show fields and lists, and how well each is known.
    Show(Show),
    /// Compare two releases entry by entry.
    Diff(Diff),
    /// Read the official field list, code lists and template, show what differs, and write a release file with them.
    #[command(after_long_help = IMPORT_EXAMPLE)]
    Import(Box<Import>),
}

const IMPORT_EXAMPLE: &str =
    "Example, for a workbook with the sheets 'Fields' and 'Defined lists' whose headers are as named:

  cld-agent release import --fields spec.xlsx --fields-sheet Fields \\
    --column name='Field Name' --column mandatory='Mandatory?' \\
    --lists spec.xlsx --lists-sheet 'Defined lists' --column list='List' --column value='Permitted value' \\
    --source 'CLD specification, Release 1, March 2023' --out our-release.toml

Then name the file: release = \"our-release.toml\" in agent.toml, or check --release our-release.toml.";

/// Show a release.
#[derive(Args, Debug)]
struct Show {
    /// The release: release-1, or a release file.
    #[arg(long, value_name = "RELEASE", default_value = EMBEDDED)]
    release: String,
}

/// Compare two releases.
#[derive(Args, Debug)]
struct Diff {
    /// The first: release-1, or a release file.
    first: String,
    /// The other.
    other: String,
}

/// Read the official specification in. At least one of --fields, --lists and --template.
#[derive(Args, Debug)]
#[group(skip)]
struct Import {
    /// The official field list: CSV, or an XLSX workbook.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["lists", "template"])]
    fields: Option<PathBuf>,
    /// The workbook's sheet with the fields. Without it, the only one.
    #[arg(long, value_name = "NAME", requires = "fields")]
    fields_sheet: Option<String>,
    /// The official code lists: CSV, or an XLSX workbook; it may be the same one.
    #[arg(long, value_name = "FILE")]
    lists: Option<PathBuf>,
    /// The workbook's sheet with the lists. Without it, the only one.
    #[arg(long, value_name = "NAME", requires = "lists")]
    lists_sheet: Option<String>,
    /// How the lists lie: a row for each label with its list's name, or a column for each list with its name on top.
    #[arg(long, value_enum, default_value_t = Lie::Long, requires = "lists")]
    lists_layout: Lie,
    /// The official template: the file whose first row is the header of an upload file.
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The workbook's sheet with the template. Without it, the only one.
    #[arg(long, value_name = "NAME", requires = "template")]
    template_sheet: Option<String>,
    /// The header of a column: KEY is name, number, mandatory or format (of fields), list or value (of lists). A column
    /// that is not named has its key as its header. Name it once for each column.
    #[arg(long = "column", value_name = "KEY=HEADER", value_parser = column)]
    columns: Vec<(Column, String)>,
    /// A list that the release calls by another name. May be given several times.
    #[arg(long = "list-name", value_name = "OFFICIAL=OURS", value_parser = pair)]
    list_names: Vec<(String, String)>,
    /// The release to start from: release-1, or a release file.
    #[arg(long, value_name = "RELEASE", default_value = EMBEDDED)]
    base: String,
    /// What was read, as reports are to cite it: title, version, date.
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// The release file to write. Without it, only what differs is shown.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Lie {
    Long,
    Wide,
}

/// How the command line names the release inside the program.
const EMBEDDED: &str = "release-1";

impl ReleaseCommand {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        match &self.command {
            What::Show(show) => show.execute(format),
            What::Diff(diff) => diff.execute(format),
            What::Import(import) => import.execute(format),
        }
    }
}

fn document(name: &str) -> Result<Document, Failure> {
    let document = match name {
        EMBEDDED => Release::embedded().map(|release| Document::new("release-1.toml", release.text)),
        path => Document::open(Path::new(path)),
    };
    document.map_err(faults)
}

fn open(name: &str) -> Result<Release, Failure> {
    Release::from_document(&document(name)?).map_err(faults)
}

fn faults(faults: Faults) -> Failure {
    Failure::faults(exit::RELEASE, faults)
}

impl Show {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let release = open(&self.release)?;
        format.print(&shown(&release), || shown_as_json(&release));
        Ok(exit::SUCCESS)
    }
}

fn shown(release: &Release) -> String {
    let mut text = format!(
        "{} ({}, version {}): periods from {}{}\nSHA-256 {}\n",
        release.name,
        release.id,
        release.version,
        release.valid_from,
        release.valid_to.map_or_else(String::new, |last| format!(", to periods that end by {last}")),
        release.sha256
    );
    let width = release.fields().iter().map(|spec| spec.header.len()).max().unwrap_or_default();
    let _ = writeln!(text, "\nFields: number, name, type, when mandatory, what is not CONFIRMED");
    for (at, spec) in release.template().enumerate() {
        let doubts: Vec<_> = doubts(release, spec).into_iter().map(|(what, known)| format!("{what} {known}")).collect();
        let asked = if spec.mandatory.when == Condition::Always { "always" } else { often(&spec.mandatory) };
        let line =
            format!("{:2}  {:width$}  {:12}  {asked:9}  {}", at + 1, spec.header, spec.kind.name(), doubts.join(", "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for list in release.lists() {
        let _ = writeln!(text, "\nList {}", list.name);
        for value in &list.values {
            let mark = if value.fact.confidence == Confidence::Confirmed {
                String::new()
            } else {
                format!("  ({})", value.fact.confidence)
            };
            let _ = writeln!(text, "    {}{mark}", value.text);
        }
    }
    text
}

const fn often(ask: &Ask) -> &'static str {
    match ask.when {
        Condition::Always => "always",
        Condition::Never => "never",
        _ => "sometimes",
    }
}

/// What of a field is not confirmed.
fn doubts(release: &Release, spec: &FieldSpec) -> Vec<(&'static str, Confidence)> {
    let kind = if release.list(spec.field).is_some() { "list" } else { "format" };
    let facts = [
        ("name", spec.fact.confidence),
        ("applicable", spec.applicable.fact.confidence),
        ("mandatory", spec.mandatory.fact.confidence),
        (kind, release.type_confidence(spec.field)),
    ];
    facts.into_iter().filter(|(_, known)| *known != Confidence::Confirmed).collect()
}

fn shown_as_json(release: &Release) -> serde_json::Value {
    let fields: Vec<_> = release
        .template()
        .map(|spec| {
            serde_json::json!({
                "key": spec.field.key(),
                "header": spec.header,
                "type": spec.kind.name(),
                "list": release.list(spec.field).map(|list| &list.name),
                "known": spec.fact.confidence,
                "applicable": { "when": spec.applicable.text, "known": spec.applicable.fact.confidence },
                "mandatory": { "when": spec.mandatory.text, "known": spec.mandatory.fact.confidence },
                "format": spec.format.as_ref().map(|(text, fact)| serde_json::json!({ "text": text, "known": fact.confidence })),
            })
        })
        .collect();
    let lists: Vec<_> = release
        .lists()
        .iter()
        .map(|list| {
            let values: Vec<_> = list
                .values
                .iter()
                .map(|value| serde_json::json!({ "text": value.text, "known": value.fact.confidence }))
                .collect();
            serde_json::json!({ "name": list.name, "values": values })
        })
        .collect();
    serde_json::json!({
        "id": release.id,
        "name": release.name,
        "version": release.version,
        "valid_from": release.valid_from.to_string(),
        "valid_to": release.valid_to.map(|date| date.to_string()),
        "sha256": release.sha256,
        "fields": fields,
        "lists": lists,
        "sources": release.sources().iter().cloned().collect::<BTreeMap<_, _>>(),
    })
}

impl Diff {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        let (first, other) = (open(&self.first)?, open(&self.other)?);
        let changes = difference(&first, &other);
        format.print(&told(&changes), || changes.iter().map(change).collect());
        Ok(exit::SUCCESS)
    }
}

/// Changes as lines; how well labels are known is summed up by list.
fn told(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut known: BTreeMap<(String, Confidence, Confidence), usize> = BTreeMap::new();
    for change in changes {
        match &change.kind {
            ChangeKind::Known { what, from, to } => {
                let list = change.entry.split_once(": ").filter(|_| *what == "the label").map(|(list, _)| list);
                let of = list.map_or_else(|| format!("{}, {what}", change.entry), |list| format!("labels of {list}"));
                *known.entry((of, *from, *to)).or_default() += 1;
            }
            _ => _ = writeln!(text, "{change}"),
        }
    }
    for ((of, from, to), count) in known {
        let count = if count > 1 { format!(" ({count})") } else { String::new() };
        let _ = writeln!(text, "known: {of}{count}: {to}, was {from}");
    }
    if text.is_empty() { "No difference.".to_owned() } else { text }
}

fn change(change: &Change) -> serde_json::Value {
    serde_json::json!({ "kind": change.kind.word(), "entry": change.entry, "text": change.to_string() })
}

impl Import {
    fn execute(&self, format: Format) -> Result<u8, Failure> {
        if let Some(out) = self.out.as_deref().filter(|out| out.exists() && !self.force) {
            let message = format!("write {}: it is there already; name another file, or say --force", out.display());
            return Err(Failure::new(exit::USAGE, message));
        }
        let base = document(&self.base)?;
        let official = self.official()?;
        let names: ListNames = self.list_names.iter().cloned().collect();
        let adopted = adopt(&base, &official, &self.source, &names).map_err(|error| match error {
            AdoptError::Base(found) => faults(found),
            error => Failure::new(exit::RELEASE, error),
        })?;
        let changes = difference(&Release::from_document(&base).map_err(faults)?, &adopted.release);
        if let Some(out) = &self.out {
            write_whole(out, adopted.text.as_bytes()).map_err(|error| Failure::new(exit::OUTPUT, error))?;
        }
        format.print(&self.text(&changes, &adopted), || {
            let remarks = adopted.remarks.iter();
            serde_json::json!({
                "changes": changes.iter().map(change).collect::<Vec<_>>(),
                "remarks": remarks.map(|r| serde_json::json!({ "about": r.about, "text": r.text })).collect::<Vec<_>>(),
                "out": self.out.as_ref().map(|out| out.display().to_string()),
                "sha256": adopted.release.sha256,
            })
        });
        Ok(exit::SUCCESS)
    }

    fn official(&self) -> Result<Official, Failure> {
        let columns = Columns(self.columns.clone());
        let mut official = Official::default();
        let sheet = |path: &Path, name: &Option<String>| Sheet::open(path, name.as_deref()).map_err(unreadable);
        if let Some(path) = &self.fields {
            official.read_fields(&sheet(path, &self.fields_sheet)?, &columns).map_err(faults)?;
        }
        if let Some(path) = &self.lists {
            let layout = match self.lists_layout {
                Lie::Long => Layout::Long,
                Lie::Wide => Layout::Wide,
            };
            official.read_lists(&sheet(path, &self.lists_sheet)?, &columns, layout).map_err(faults)?;
        }
        if let Some(path) = &self.template {
            official.read_template(&sheet(path, &self.template_sheet)?).map_err(faults)?;
        }
        Ok(official)
    }

    fn text(&self, changes: &[Change], adopted: &Adopted) -> String {
        let mut text = told(changes);
        if !adopted.remarks.is_empty() {
            text.push_str("\nNot adopted, or to be settled by hand:\n");
        }
        let mut seen = BTreeSet::new();
        for remark in adopted.remarks.iter().filter(|remark| seen.insert((&remark.about, &remark.text))) {
            let _ = writeln!(text, "  {}: {}", remark.about, remark.text);
        }
        match &self.out {
            Some(out) => {
                let _ = write!(
                    text,
                    "\nWritten: {0}. It counts once it is named: release = \"{0}\" in agent.toml, or check --release {0}.\n",
                    out.display()
                );
            }
            None => text.push_str("\nNothing is written: name a file with --out.\n"),
        }
        text
    }
}

fn unreadable(error: SheetError) -> Failure {
    let code = match error {
        SheetError::WhichSheet { .. } | SheetError::NoSheet { .. } | SheetError::CsvSheet { .. } => exit::USAGE,
        _ => exit::SOURCE,
    };
    Failure::new(code, error)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("write it as LEFT=RIGHT")?;
    let pair = (left.trim(), right.trim());
    if pair.0.is_empty() || pair.1.is_empty() {
        Err("neither side may be blank".to_owned())
    } else {
        Ok((pair.0.to_owned(), pair.1.to_owned()))
    }
}

fn column(text: &str) -> Result<(Column, String), String> {
    let (key, header) = pair(text)?;
    let known = Column::ALL.iter().find(|(word, _)| *word == key).map(|(_, column)| (*column, header));
    known.ok_or_else(|| {
        let words: Vec<_> = Column::ALL.iter().map(|(word, _)| *word).collect();
        format!("'{key}' is none of {}", words.join(", "))
    })
}
