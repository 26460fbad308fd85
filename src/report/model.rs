//! What a report says, before anybody has decided how it looks.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{
    AnswersTold, Comparison, CostLine, DerivedPeriod, FieldResult, MonthTable, NotToBeUsed, Statistics, Suggestion,
    UnmappedValue,
};
use crate::{
    check::{National, Scope},
    model::{Confidence, Environment, FailedAttempt, Period, RunId, Severity},
};

/// Everything a report says about one upload file. Counts, names of fields and rules, and texts of the release and the
/// mapping; never a row, an identifier or a name.
#[derive(Clone, Debug, Serialize)]
pub struct ReportModel {
    /// The version of the agent.
    pub agent_version: String,
    /// When the report was made.
    pub made: Timestamp,
    /// The run, unless a file was checked on its own.
    #[serde(serialize_with = "optional_text")]
    pub run: Option<RunId>,
    /// What is submitted, by whom and for which period.
    pub submission: Submission,
    /// The upload file.
    pub file: UploadFile,
    /// Whether NHS numbers of the 999 test range count as numbers.
    pub test_nhs_numbers: TestNhsNumbers,
    /// What became of the package.
    pub verdict: Verdict,
    /// Rows in and out of each query, in the order in which rows are written.
    pub queries: Vec<QueryCount>,
    /// Attempts of the run before the one that made the file.
    pub failed_attempts: Vec<FailedAttempt>,
    /// What is to be known of the sources, such as a certificate that anybody could have made.
    pub source_notes: Vec<SourceNote>,
    /// What changed between source and file beyond the mapping.
    pub alterations: Alterations,
    /// What the rows tell of people, events and services.
    pub statistics: Vec<Statistics>,
    /// Unit costs, by how often they fall due.
    pub costs: Vec<CostLine>,
    /// What the national process would do with the rows, where that was worked out.
    pub national: Option<National>,
    /// The period that the centre would derive, where that was worked out.
    pub derived_period: Option<DerivedPeriod>,
    /// The file against the last submission.
    pub comparison: Comparison,
    /// The rules, in any order; a rule without findings may be listed with a count of 0.
    pub rules: Vec<RuleFindings>,
    /// What became of people's answers to findings.
    pub answers: AnswersTold,
    /// Findings that the worklist lists, and those beyond the most that it may.
    pub worklist: Worklist,
    /// Rules and guards that were not run.
    pub not_run: Vec<NotRun>,
    /// The fields, in template order.
    pub fields: Vec<FieldResult>,
    /// Local values without an entry in their value map. Values of personal fields must not be among them.
    pub unmapped: Vec<UnmappedValue>,
    /// Values that are nearly right, and what they probably mean. Values of personal fields must not be among them.
    pub suggestions: Vec<Suggestion>,
    /// Values that are listed and not to be used.
    pub not_to_be_used: Vec<NotToBeUsed>,
    /// Rows by month and event type.
    pub months: MonthTable,
    /// What the checks assume and nobody has confirmed.
    pub caveats: Vec<Caveat>,
}

/// What is submitted, by whom and for which period. A file that is checked on its own may leave parts unknown.
#[derive(Clone, Debug, Serialize)]
pub struct Submission {
    /// The council's name.
    pub council: Option<String>,
    /// The council's CASSR code.
    pub la_code: Option<String>,
    /// The submission's name in the configuration.
    pub name: Option<String>,
    /// Whether this may be sent as the council's return.
    pub environment: Environment,
    /// The release of the collection.
    pub release: Release,
    /// The reporting period.
    #[serde(serialize_with = "optional_text")]
    pub period: Option<Period>,
}

/// The release of the collection that a file was built and checked against.
#[derive(Clone, Debug, Serialize)]
pub struct Release {
    /// Its name, `Release 1`.
    pub name: String,
    /// The version of the release file.
    pub version: String,
    /// One line that nobody may miss, such as that this is no longer the current release.
    pub notice: Option<String>,
}

/// The file that would be uploaded.
#[derive(Clone, Debug, Serialize)]
pub struct UploadFile {
    /// Its name, without a folder.
    pub name: String,
    /// Data rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Whether NHS numbers of the 999 test range count as numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TestNhsNumbers {
    /// They do: demo and training data.
    Allowed,
    /// They do not.
    Refused,
}

/// What became of the package.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Verdict {
    /// Staged, ready for a person to submit.
    Released,
    /// Staged apart, for these reasons.
    Held {
        /// Why, gravest first.
        reasons: Vec<HoldReason>,
    },
    /// A file checked on its own: nothing was staged. Without reasons a package with this file could be released.
    Judged {
        /// What would hold it back, gravest first.
        reasons: Vec<HoldReason>,
    },
}

impl Verdict {
    /// What a verdict is not; printed wherever one is.
    pub const IS_NOT: &'static str = "This verdict is neither acceptance by the portal nor approval by the council. The portal checks the file when it is uploaded, and a named person decides to submit it.";

    /// The verdict in a few words.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Released => "Released",
            Self::Held { .. } => "Held",
            Self::Judged { reasons } if reasons.is_empty() => "Could be released",
            Self::Judged { .. } => "Would be held",
        }
    }

    /// What holds the package back, or would.
    pub fn reasons(&self) -> &[HoldReason] {
        match self {
            Self::Released => &[],
            Self::Held { reasons } | Self::Judged { reasons } => reasons,
        }
    }
}

/// One thing that holds a package back.
#[derive(Clone, Debug, Serialize)]
pub struct HoldReason {
    /// The rule or guard.
    pub id: String,
    /// What was found, with the numbers.
    pub text: String,
    /// Whether a person may release the package all the same.
    pub approval: Approval,
}

/// Whether a person may release a package in spite of a reason to hold it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// A named person may approve it.
    Possible,
    /// The cause must be mended and the package built again.
    Impossible,
}

/// The rows of one query.
#[derive(Clone, Debug, Serialize)]
pub struct QueryCount {
    /// The query's name in the mapping.
    pub name: String,
    /// The source it reads.
    pub source: String,
    /// The moment at which the source was frozen for reading.
    pub snapshot: Option<Timestamp>,
    /// Rows that the query returned.
    pub rows_in: u64,
    /// Rows left out, by reason.
    pub left_out: Vec<Count>,
    /// Rows written to the upload file.
    pub rows_out: u64,
}

/// What is to be known of a source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceNote {
    /// The source's name in the configuration.
    pub source: String,
    /// A sentence about it.
    pub text: String,
}

impl QueryCount {
    /// Rows left out for any reason.
    pub fn rows_left_out(&self) -> u64 {
        self.left_out.iter().map(|reason| reason.count).sum()
    }

    /// Whether every row that came in was written or left out for a reason.
    pub fn is_conserved(&self) -> bool {
        self.rows_in == self.rows_out + self.rows_left_out()
    }
}

/// A named count.
#[derive(Clone, Debug, Serialize)]
pub struct Count {
    /// What is counted.
    pub name: String,
    /// How many.
    pub count: u64,
}

impl Count {
    /// This many of that.
    pub fn new(name: impl Into<String>, count: u64) -> Self {
        Self { name: name.into(), count }
    }
}

/// Cells that the agent did not write as mapped.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Alterations {
    /// Letters written as another, since Windows-1252 lacks them.
    pub letters_transliterated: u64,
    /// Cells written blank, since their text could not be written safely.
    pub cells_blanked: u64,
}

/// What one rule found, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct RuleFindings {
    /// The rule's id, `L002`.
    pub id: String,
    /// What it finds, in a few words.
    pub title: String,
    /// How grave a finding is.
    pub severity: Severity,
    /// What it looks at.
    pub scope: Scope,
    /// How many there are.
    pub count: u64,
    /// How many of these somebody has accepted, with a reason.
    pub accepted: u64,
    /// How many of these somebody has deferred, with an owner and a day.
    pub deferred: u64,
    /// The findings by header of their field, in template order. Empty for a rule about the whole file.
    pub fields: Vec<Count>,
    /// The rule's manual page.
    pub help: Vec<HelpSection>,
}

/// What the worklist, `findings.xlsx`, holds of the findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Worklist {
    /// Findings that it lists.
    pub listed: u64,
    /// Findings beyond the most that it may list, which stand in `findings.csv` alone.
    pub left_off: u64,
}

/// A part of a rule's manual page.
#[derive(Clone, Debug, Serialize)]
pub struct HelpSection {
    /// `What it checks`, `Why it matters`, `How to fix it in the case system`, `Example` or `Source`.
    pub heading: String,
    /// Paragraphs apart by blank lines, lists by `- `, and code between backticks.
    pub body: String,
}

/// A rule or guard that was not run.
#[derive(Clone, Debug, Serialize)]
pub struct NotRun {
    /// The rule or guard.
    pub id: String,
    /// Why not.
    pub why: String,
}

/// Something the checks assume and nobody has confirmed.
#[derive(Clone, Debug, Serialize)]
pub struct Caveat {
    /// What is assumed.
    pub text: String,
    /// How well it is known.
    pub confidence: Confidence,
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(super) fn optional_text<T: ToString, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_went_missing_is_noticed() {
        let mut query = QueryCount {
            name: "requests".into(),
            source: "case-system".into(),
            snapshot: None,
            rows_in: 10,
            left_out: vec![Count::new("open request", 2), Count::new("restricted record", 1)],
            rows_out: 7,
        };
        assert!(query.is_conserved());
        query.rows_out = 6;
        assert!(!query.is_conserved());
    }
}
