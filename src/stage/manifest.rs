//! `manifest.json`: what a package is, what it was made from, and every byte it holds.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NameParts, PackageName, StageError};
use crate::{
    check::National,
    model::{Date, Environment, FailedAttempt, Field, FieldStatus, Period, Validity},
    sys::hash::{NotAHash, Sha256},
};

/// The manifest of a package. Holds no personal data.
///
/// Written as JSON with its keys in the order below; maps are sorted by key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this layout.
    pub format: Format,
    /// What made the package.
    pub tool: Tool,
    /// The run that made it.
    pub run: RunFacts,
    /// The submission's name in the configuration.
    pub submission: String,
    /// Whose return it is.
    pub council: Council,
    /// Test or live.
    pub environment: Environment,
    /// The national specification followed.
    pub release: ReleaseUsed,
    /// The reporting period.
    #[serde(with = "period")]
    pub period: Period,
    /// Released or held, and why.
    pub verdict: Verdict,
    /// Why it was made although the period had been submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmission: Option<String>,
    /// Settings that change what counts as right.
    pub settings: Settings,
    /// What the upload file was compared with. Packages of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonUsed>,
    /// The mapping as it was at the start of the run.
    pub mapping: MappingUsed,
    /// Where rows came from.
    pub sources: Vec<SourceUsed>,
    /// What became of every row.
    pub queries: Vec<QueryAccount>,
    /// Findings and cells, counted.
    pub counts: Counts,
    /// Where the audit trail ended when the package was sealed. Packages of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditHead>,
    /// Every other file of the package, by name. Filled by [`seal`](super::seal): whatever stands here before is
    /// replaced.
    pub files: Vec<FileEntry>,
}

/// The layout of the manifest. A manifest of another layout is refused when it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Format;

impl Format {
    const NUMBER: u32 = 1;
}

impl From<Format> for u32 {
    fn from(_: Format) -> Self {
        Format::NUMBER
    }
}

impl TryFrom<u32> for Format {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        let refused = || format!("it has format {number}, and this version of cld-agent reads format {}", Self::NUMBER);
        (number == Self::NUMBER).then_some(Self).ok_or_else(refused)
    }
}

/// What made a package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The run that made a package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// When it began.
    pub began: Timestamp,
    /// The day taken as today.
    #[serde(with = "iso_date")]
    pub as_of: Date,
    /// Which attempt made it, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// The attempts before, each of which failed for a reason that may pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_attempts: Vec<FailedAttempt>,
}

/// The attempt of which manifests of earlier versions tell.
const fn first() -> u32 {
    1
}

/// Whose return a package is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Council {
    /// The council's name.
    pub name: String,
    /// Its code.
    pub la_code: String,
}

/// The national specification that a package follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReleaseUsed {
    /// Its id, such as `release-1`.
    pub id: String,
    /// The version of the release file.
    pub version: String,
    /// The hash of the release file.
    pub sha256: Sha256,
    /// Whether the period lies after the release's last day.
    pub no_longer_current: bool,
}

/// Released or held, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Which of the two.
    pub state: State,
    /// One sentence for each reason.
    pub reasons: Vec<String>,
}

/// Whether a package may be submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It may.
    Released,
    /// It may not.
    Held,
}

/// Settings that change what counts as right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Whether NHS numbers of the test range (999…) are taken as numbers like any other.
    pub allow_test_nhs_numbers: bool,
}

/// What an upload file was compared with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ComparisonUsed {
    /// The baseline, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineUsed>,
    /// Why nothing was compared, where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
}

/// The file before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BaselineUsed {
    /// Its run, or the id of its import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why it is this one.
    pub kind: String,
    /// Its reporting period.
    #[serde(with = "period")]
    pub period: Period,
}

/// The mapping as it was at the start of the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MappingUsed {
    /// Its name.
    pub name: String,
    /// The hash over all its files.
    pub sha256: Sha256,
    /// Its files, by path.
    pub files: Vec<MappingFile>,
}

/// A file of the mapping.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MappingFile {
    /// Its path inside the mapping folder, with `/`.
    pub path: String,
    /// Its hash.
    pub sha256: Sha256,
}

/// Where rows came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceUsed {
    /// The source's name in the configuration.
    pub name: String,
    /// What it is, such as `sqlite`.
    pub kind: String,
    /// What tells its state from another.
    pub fingerprint: String,
    /// The moment whose state the rows show.
    pub snapshot: Timestamp,
    /// What keeps later changes out, such as `snapshot`.
    pub isolation: String,
    /// What else its reader ought to know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of the rows of a query.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueryRows {
    /// The query's name.
    pub name: String,
    /// The name of its source.
    pub source: String,
    /// The hash of its SQL, or of its file.
    pub sha256: Sha256,
    /// What the mapping lets it read outside its source's own database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// Rows that came in.
    pub rows_in: u64,
    /// Rows that went into the upload file.
    pub rows_out: u64,
    /// Rows left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// An account that adds up: every row that came in went out, or was left out for a named reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(into = "QueryRows", try_from = "QueryRows")]
pub struct QueryAccount(QueryRows);

impl QueryAccount {
    /// The figures.
    pub const fn rows(&self) -> &QueryRows {
        &self.0
    }
}

impl TryFrom<QueryRows> for QueryAccount {
    type Error = StageError;

    /// Refuses figures that do not add up.
    fn try_from(rows: QueryRows) -> Result<Self, StageError> {
        let left_out = rows.left_out.values().fold(0, |sum: u64, rows| sum.saturating_add(*rows));
        if rows.rows_out.checked_add(left_out) == Some(rows.rows_in) {
            return Ok(Self(rows));
        }
        let QueryRows { name: query, rows_in, rows_out, .. } = rows;
        Err(StageError::RowsLost { query, rows_in, rows_out, left_out })
    }
}

impl From<QueryAccount> for QueryRows {
    fn from(account: QueryAccount) -> Self {
        account.0
    }
}

/// Findings and cells, counted.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// Findings by rule.
    pub rules: BTreeMap<String, u64>,
    /// Cells by field, in template order.
    pub fields: Vec<FieldCounts>,
    /// What the national process would do with the rows.
    pub national: National,
}

/// The cells of a field, by what was asked of them and how they fared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldCounts {
    /// The field's key.
    pub field: String,
    /// Its header text.
    pub header: String,
    /// By national field status, then by national validity; what does not occur is not listed.
    pub cells: BTreeMap<String, BTreeMap<String, u64>>,
}

impl FieldCounts {
    /// The counts of a field, given in the order of [`FieldStatus::ALL`] and, in each, of [`Validity::ALL`].
    pub fn new(field: Field, header: &str, counts: &[[u64; 4]; 4]) -> Self {
        let mut cells: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (status, row) in FieldStatus::ALL.iter().zip(counts) {
            for (validity, count) in Validity::ALL.iter().zip(row).filter(|(_, count)| **count > 0) {
                cells.entry(status.to_string()).or_default().insert(validity.to_string(), *count);
            }
        }
        Self { field: field.key().to_owned(), header: header.to_owned(), cells }
    }
}

/// The end of the ledger's audit trail: the number of a line, and its hash. Written as `17 9f86d0…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditHead {
    /// The number of the line; 0 before the first.
    pub line: i64,
    /// Its hash.
    pub sha256: Sha256,
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.line, self.sha256)
    }
}

impl FromStr for AuditHead {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let (line, sha256) = text.trim_end().split_once(' ').ok_or(NotAHash)?;
        Ok(Self { line: line.parse().map_err(|_| NotAHash)?, sha256: sha256.parse()? })
    }
}

/// A file of the package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
    /// Data rows, for the upload file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Manifest {
    /// What the package is called.
    pub fn package_name(&self) -> Result<PackageName, StageError> {
        PackageName::new(NameParts {
            la_code: &self.council.la_code,
            submission: &self.submission,
            release: &self.release.id,
            period: self.period,
            run: &self.run.id,
            environment: self.environment,
        })
    }

    /// Rows that all queries together gave to the upload file.
    pub fn rows_out(&self) -> u64 {
        self.queries.iter().map(|query| query.rows().rows_out).sum()
    }

    /// The bytes of `manifest.json`.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, StageError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(StageError::Manifest)?;
        json.push(b'\n');
        Ok(json)
    }
}

/// A date as `yyyy-mm-dd`.
mod iso_date {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::model::Date;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&date.iso())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        Date::parse_iso(text.as_bytes()).ok_or_else(|| D::Error::custom("a date is written yyyy-mm-dd"))
    }
}

/// A period as its first and last day.
mod period {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::model::{Date, Period};

    #[derive(Serialize, Deserialize)]
    struct Days {
        #[serde(with = "super::iso_date")]
        start: Date,
        #[serde(with = "super::iso_date")]
        end: Date,
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
        Days { start: period.start(), end: period.end() }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let days = Days::deserialize(deserializer)?;
        Period::new(days.start, days.end).map_err(D::Error::custom)
    }
}

#[cfg(test)]
pub(super) mod tests;
