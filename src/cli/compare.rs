//! `cld-agent check compare`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{Failure, Format};
use crate::{
    answers::FindingLine,
    document::nearest,
    exit,
    model::{Field, FieldStatus, Validity, push_cell},
    spec::{Release, official::Sheet},
    stage::{FINDINGS, REPORT_JSON},
    sys::fs::{FsError, Operation, write_whole},
};

/// Compare what the portal or the national dashboard says of a file with what was found here, by rule and field.
#[derive(clap::Args, Debug)]
pub(super) struct Compare {
    /// The portal's error list, or a dashboard's export of field validity: CSV or XLSX.
    file: PathBuf,
    /// The package, or the folder of a check, that has what was found here.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder for differences.csv and differences.txt.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The workbook's sheet. Without it, the only one.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// The header of the column with the field.
    #[arg(long, value_name = "HEADER")]
    field_column: String,
    /// The header of the column with the row of the upload file, for a list of single errors.
    #[arg(long, value_name = "HEADER", required_unless_present = "count_column")]
    row_column: Option<String>,
    /// The header of the column with the national status. Without it, every line is a failure.
    #[arg(long, value_name = "HEADER", required_unless_present = "row_column")]
    status_column: Option<String>,
    /// The header of the column with how many rows there are, for a list of counts by field and status.
    #[arg(long, value_name = "HEADER", conflicts_with = "row_column", requires = "status_column")]
    count_column: Option<String>,
    /// The number that the first data row has in the list: 2 where the header counts as row 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    first_row: u64,
    /// A release file, where the embedded Release 1 is not meant.
    #[arg(long, value_name = "FILE")]
    release: Option<PathBuf>,
}

/// One difference: of one row, or of a count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Difference {
    field: Field,
    side: Side,
    /// The rules that found something here; blank where none did.
    rules: String,
    /// The data row of the upload file; 0 for a count.
    row: u64,
    status: &'static str,
    ours: u64,
    theirs: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Side {
    TheyFailed,
    WeFailed,
    Count,
}

impl Side {
    const fn words(self) -> &'static str {
        match self {
            Self::TheyFailed => "they failed what we passed",
            Self::WeFailed => "we failed what they passed",
            Self::Count => "counts differ",
        }
    }
}

/// What the list of the centre says.
#[derive(Default)]
struct Central {
    failed: BTreeSet<(u64, Field)>,
    counts: BTreeMap<(Field, Validity), u64>,
    /// Fields and statuses that are not known, with how many lines have them.
    unknown: BTreeMap<String, u64>,
}

impl Compare {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let release = self.release.as_deref().map_or_else(Release::embedded, Release::open);
        let release = release.map_err(|faults| Failure::faults(exit::RELEASE, faults))?;
        let sheet = Sheet::open_list(&self.file, self.sheet.as_deref());
        let central = self.central(&sheet.map_err(|error| Failure::new(exit::SOURCE, error))?, &release)?;
        let mut differences = match self.count_column {
            Some(_) => counts(&central, &self.from.join(REPORT_JSON), &release)?,
            None => rows(&central, &self.from.join(FINDINGS), &release)?,
        };
        differences.sort();
        let summary = summary(&differences, &central, &release);
        let failed = |error| Failure::new(exit::OUTPUT, error);
        std::fs::create_dir_all(&self.out)
            .map_err(|error| failed(FsError::while_trying(Operation::Create, &self.out)(error)))?;
        let table = table(&differences, &release);
        write_whole(&self.out.join("differences.csv"), &table).map_err(failed)?;
        write_whole(&self.out.join("differences.txt"), summary.as_bytes()).map_err(failed)?;
        format.print(&summary, || {
            let of = |side| differences.iter().filter(|difference| difference.side == side).count();
            serde_json::json!({
                "they_failed": of(Side::TheyFailed),
                "we_failed": of(Side::WeFailed),
                "counts_differ": of(Side::Count),
                "unknown": central.unknown,
                "out": self.out.display().to_string(),
            })
        });
        Ok(exit::SUCCESS)
    }

    fn central(&self, sheet: &Sheet, release: &Release) -> Result<Central, Failure> {
        let header = sheet.rows.first().map_or(&[][..], |(_, cells)| cells);
        let place = |name: &String| {
            header.iter().position(|cell| cell == name).ok_or_else(|| {
                let near = nearest(name, header.iter().map(String::as_str));
                let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                Failure::new(exit::USAGE, format!("find the column '{name}' in {}{hint}", sheet.name))
            })
        };
        let field_at = place(&self.field_column)?;
        let row_at = self.row_column.as_ref().map(place).transpose()?;
        let status_at = self.status_column.as_ref().map(place).transpose()?;
        let count_at = self.count_column.as_ref().map(place).transpose()?;
        let mut central = Central::default();
        for (line, cells) in sheet.rows.iter().skip(1) {
            let cell = |at: usize| cells.get(at).map_or("", String::as_str);
            let number = |at: usize| {
                let number = cell(at).replace(',', "").parse::<u64>();
                number.map_err(|_| {
                    Failure::new(exit::SOURCE, format!("read {}, row {line}: a number is expected", sheet.name))
                })
            };
            let field = field_named(cell(field_at), release);
            let status = status_at.map_or(Some(Validity::Invalid), |at| status_named(cell(at)));
            let (Some(field), Some(status)) = (field, status) else {
                let what = if field.is_none() { ("field", field_at) } else { ("status", status_at.unwrap_or(0)) };
                *central.unknown.entry(format!("{} '{}'", what.0, cell(what.1))).or_default() += 1;
                continue;
            };
            if let Some(at) = count_at {
                *central.counts.entry((field, status)).or_default() += number(at)?;
            } else if let Some(at) = row_at
                && status.is_failed()
            {
                let row = number(at)?;
                if row < self.first_row {
                    let message = format!("read {}, row {line}: it names row {row}, before the first", sheet.name);
                    return Err(Failure::new(exit::SOURCE, message));
                }
                central.failed.insert((row + 1 - self.first_row, field));
            }
        }
        Ok(central)
    }
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn field_named(name: &str, release: &Release) -> Option<Field> {
    let same = |spec: &&crate::spec::FieldSpec| folded(&spec.header) == folded(name);
    let folded = || release.fields().iter().find(same).map(|spec| spec.field);
    release.field_by_header(name).or_else(|| Field::from_key(name)).or_else(folded)
}

fn status_named(text: &str) -> Option<Validity> {
    Validity::ALL.iter().copied().find(|status| folded(status.as_str()) == folded(text))
}

/// The rows on which one side failed a field that the other passed.
fn rows(central: &Central, findings: &Path, release: &Release) -> Result<Vec<Difference>, Failure> {
    let unreadable = |error: csv::Error| {
        let error = format!("read {}: {error}; name the folder of a package, or of a check", findings.display());
        Failure::new(exit::SOURCE, error)
    };
    let file = File::open(findings).map_err(|error| unreadable(error.into()))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(file));
    let mut ours: BTreeMap<(u64, Field), (BTreeSet<&'static str>, bool)> = BTreeMap::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        let Some((row, finding)) = FindingLine::from_cells(record.iter(), release) else { continue };
        let status = record.get(4).and_then(|status| std::str::from_utf8(status).ok());
        let failed = status.and_then(Validity::from_word).is_some_and(Validity::is_failed);
        if failed || central.failed.contains(&(row, finding.field)) {
            let known = ours.entry((row, finding.field)).or_default();
            known.0.insert(finding.rule.id);
            known.1 |= failed;
        }
    }
    let rules = |at: &(u64, Field)| {
        ours.get(at).map(|(rules, _)| rules.iter().copied().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    let failed_here = |at: &&(u64, Field)| ours.get(*at).is_some_and(|(_, failed)| *failed);
    let difference = |at: &(u64, Field), side, ours, theirs| {
        let (row, field) = *at;
        Difference { field, side, rules: rules(at), row, status: "Failed", ours, theirs }
    };
    let theirs = central.failed.iter().filter(|at| !failed_here(at));
    let mut differences: Vec<_> = theirs.map(|at| difference(at, Side::TheyFailed, 0, 1)).collect();
    let own = ours.keys().filter(|at| failed_here(at) && !central.failed.contains(at));
    differences.extend(own.map(|at| difference(at, Side::WeFailed, 1, 0)));
    Ok(differences)
}

/// Fields and statuses with other counts, as far as the centre's list has them.
fn counts(central: &Central, report: &Path, release: &Release) -> Result<Vec<Difference>, Failure> {
    let unreadable = |error: String| Failure::new(exit::SOURCE, format!("read {}: {error}", report.display()));
    let text = std::fs::read_to_string(report).map_err(|error| unreadable(error.to_string()))?;
    let report: serde_json::Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let none = || unreadable("it lists no fields".to_owned());
    let fields = report["report"]["fields"].as_array().ok_or_else(none)?;
    let mut differences = Vec::new();
    for ((field, status), theirs) in &central.counts {
        let header = release.field(*field).header.as_str();
        let own = fields.iter().find(|own| own["header"] == header);
        let own = own.ok_or_else(|| unreadable(format!("it has no field '{header}'")))?;
        let applies = FieldStatus::ALL.iter().filter(|asked| **asked != FieldStatus::NotApplicable);
        let ours = applies.filter_map(|asked| own["tally"][asked.as_str()][status.as_str()].as_u64()).sum();
        if ours != *theirs {
            let (side, status) = (Side::Count, status.as_str());
            differences.push(Difference {
                field: *field,
                side,
                rules: String::new(),
                row: 0,
                status,
                ours,
                theirs: *theirs,
            });
        }
    }
    Ok(differences)
}

fn table(differences: &[Difference], release: &Release) -> Vec<u8> {
    let mut table = b"row,field,difference,rules,status,ours,theirs\r\n".to_vec();
    for difference in differences {
        let row = if difference.row == 0 { String::new() } else { difference.row.to_string() };
        let header = &release.field(difference.field).header;
        let (ours, theirs) = (difference.ours.to_string(), difference.theirs.to_string());
        let cells = [&row, header, difference.side.words(), &difference.rules, difference.status, &ours, &theirs];
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                table.push(b',');
            }
            push_cell(cell.as_bytes(), &mut table);
        }
        table.extend_from_slice(b"\r\n");
    }
    table
}

/// The first rows of a group; the others are in the table.
const MOST_ROWS: usize = 10;

fn summary(differences: &[Difference], central: &Central, release: &Release) -> String {
    let mut groups: BTreeMap<(Side, Field, &str), Vec<&Difference>> = BTreeMap::new();
    for difference in differences {
        groups.entry((difference.side, difference.field, &difference.rules)).or_default().push(difference);
    }
    let mut text = String::new();
    for ((side, field, rules), group) in groups {
        let header = &release.field(field).header;
        if side == Side::Count {
            for Difference { status, ours, theirs, .. } in group {
                let _ = writeln!(text, "{}: {header}: {status}: {ours} here, {theirs} there", side.words());
            }
            continue;
        }
        let rules = if rules.is_empty() { "no rule" } else { rules };
        let rows: Vec<_> = group.iter().take(MOST_ROWS).map(|difference| difference.row.to_string()).collect();
        let more = if group.len() > MOST_ROWS { " …" } else { "" };
        let _ = writeln!(text, "{}: {header}, {rules}: {} (rows {}{more})", side.words(), group.len(), rows.join(", "));
    }
    if text.is_empty() {
        text.push_str("No difference.\n");
    }
    for (what, lines) in &central.unknown {
        let _ = writeln!(text, "not compared: {what}, which is not known: {lines}");
    }
    text
}
