//! Where the centre's verdict is not ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

use super::{CentralError, CentralList};
use crate::{
    answers::each_finding,
    model::{Field, FieldStatus, Validity, push_cell},
    spec::Release,
};

/// One difference: of one row, or of a count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// Who says what.
    pub side: Side,
    /// The rules that found something here; blank where none did.
    pub rules: String,
    /// The data row of the upload file; 0 for a count.
    pub row: u64,
    /// The national status.
    pub status: &'static str,
    /// How many values have it here.
    pub ours: u64,
    /// How many have it there.
    pub theirs: u64,
}

/// Who says what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// A value that passed here failed there.
    TheyFailed,
    /// A value that failed here passed there.
    WeFailed,
    /// So many here, so many there.
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

/// The rows on which one side failed a field that the other passed.
pub fn of_rows(central: &CentralList, findings: &Path, release: &Release) -> Result<Vec<Difference>, CentralError> {
    let mut ours: BTreeMap<(u64, Field), (BTreeSet<&'static str>, bool)> = BTreeMap::new();
    let read = each_finding(findings, release, |row, finding| {
        let failed = finding.status.is_some_and(Validity::is_failed);
        if failed || central.failed.contains(&(row, finding.field)) {
            let known = ours.entry((row, finding.field)).or_default();
            known.0.insert(finding.rule.id);
            known.1 |= failed;
        }
    });
    read.map_err(CentralError::Findings)?;
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
    differences.sort();
    Ok(differences)
}

/// Fields and statuses with other counts, as far as the centre's list has them.
pub fn of_counts(central: &CentralList, report: &Path, release: &Release) -> Result<Vec<Difference>, CentralError> {
    let unreadable = |why: String| CentralError::Report { path: report.to_owned(), why };
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
    differences.sort();
    Ok(differences)
}

/// `differences.csv`.
pub fn table(differences: &[Difference], release: &Release) -> Vec<u8> {
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

/// The differences in words: by side, field and the rules that spoke here.
pub fn summary(differences: &[Difference], central: &CentralList, release: &Release) -> String {
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
