//! What the lines of the trail tell of.

use std::fmt::Display;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    model::{Date, Period, Reason, RunId},
    sys::hash::Sha256,
};

/// Something that was done to the subject of a line: a run, an import, an answer, a submission or a person, who is not named.
///
/// Serialised, it is the details of the line: keys in the order below. The types see to it that nobody's data is in them.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Deed<'a> {
    /// A run began.
    RunBegun {
        submission: &'a str,
        #[serde(serialize_with = "as_text")]
        period: Period,
        plan: Option<&'a str>,
        slot: Option<&'a str>,
        rehearsal: bool,
        tool_version: &'a str,
    },
    /// A run was wanted although its period had been submitted.
    Resubmits { reason: &'a Reason },
    /// A run ended; `staged` where it left a package.
    RunEnded { outcome: &'a str, exit_code: Option<u8>, message: &'a str, staged: Option<Staged> },
    /// A run of the submission used another configuration, mapping or release than the one before it.
    ConfigurationChanged { run: &'a RunId, used: &'a Used },
    /// Somebody accepted a finding.
    AnswerAccepted { submission: &'a str, rule: &'a str, reason: &'a Reason },
    /// Somebody deferred the errors of a rule.
    AnswerDeferred {
        submission: &'a str,
        rule: &'a str,
        count: u64,
        #[serde(serialize_with = "as_day")]
        until: Date,
        reason: &'a Reason,
    },
    /// Somebody took an answer back.
    AnswerWithdrawn { submission: &'a str, reason: &'a Reason },
    /// Somebody chose a baseline.
    BaselineChosen { submission: &'a str, reason: &'a Reason },
    /// An extract that was made outside the agent was indexed as a baseline.
    BaselineImported { submission: &'a str, file: Sha256, rows: u64 },
    /// Somebody recorded that a package was submitted; `again` says why, where it was not the first of its period.
    Submitted { receipt: &'a str, upload: Sha256, submitted_at: Timestamp, again: Option<&'a Reason> },
    /// Somebody recorded that a package was accepted.
    Accepted {},
    /// Somebody recorded that a package was rejected.
    Rejected { reason: &'a Reason },
    /// Somebody withdrew a package.
    Withdrawn { reason: &'a Reason },
    /// A later package took the place of one that was ready.
    Superseded { by: &'a RunId },
    /// Somebody approved a package in spite of what held it.
    Approved { reason: &'a Reason, overridden: &'a [String], released: bool },
    /// A package is kept, whatever its age: until a day, or until it is released.
    Retained { until: &'a str, reason: &'a Reason },
    /// Nothing but its age keeps a package any more.
    RetentionReleased { reason: &'a Reason },
    /// Something is gone: what kind of thing, by what rule, what was there, and the hash of the package's manifest or of the
    /// index.
    Purged { what: &'a str, rule: &'a str, files: u64, bytes: u64, sha256: Option<Sha256> },
    /// Somebody asked which packages hold a person, and so many did.
    WhereIs { reason: &'a Reason, packages: u64 },
    /// Nothing runs by itself until then.
    Paused { until: Timestamp, reason: &'a Reason },
    /// Runs go on.
    Resumed {},
    /// Somebody has the agent go on, on another machine than before.
    Adopted { reason: &'a Reason, left: Option<&'a str>, machine: &'a str },
    /// The ledger came out of a backup that was made then.
    Restored { made: Timestamp },
    /// The trail did not end where its anchor said, or the anchor was gone.
    TrailBroken { anchored: Option<u64>, ended: u64 },
}

/// What a run staged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Staged {
    /// The hash of the package's manifest.
    pub manifest: Sha256,
    /// The hash of its upload file.
    pub upload: Sha256,
    /// Data rows of its upload file.
    pub rows: u64,
}

/// What a run was made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Used {
    /// The hash of the whole configuration, defaults included and secrets left out.
    pub configuration: Sha256,
    /// The hash of the mapping's files.
    pub mapping: Sha256,
    /// The hash of the release file.
    pub release: Sha256,
}

impl Deed<'_> {
    /// The word for it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunBegun { .. } => "run-begun",
            Self::Resubmits { .. } => "resubmits",
            Self::RunEnded { .. } => "run-ended",
            Self::ConfigurationChanged { .. } => "configuration-changed",
            Self::AnswerAccepted { .. } => "answer-accepted",
            Self::AnswerDeferred { .. } => "answer-deferred",
            Self::AnswerWithdrawn { .. } => "answer-withdrawn",
            Self::BaselineChosen { .. } => "baseline-chosen",
            Self::BaselineImported { .. } => "baseline-imported",
            Self::Submitted { .. } => "submitted",
            Self::Accepted {} => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Superseded { .. } => "superseded",
            Self::Approved { .. } => "approved",
            Self::Retained { .. } => "retained",
            Self::RetentionReleased { .. } => "retention-released",
            Self::Purged { .. } => "purged",
            Self::WhereIs { .. } => "where-is",
            Self::Paused { .. } => "paused",
            Self::Resumed {} => "resumed",
            Self::Adopted { .. } => "adopted",
            Self::Restored { .. } => "restored",
            Self::TrailBroken { .. } => TRAIL_BROKEN,
        }
    }

    /// The details as JSON.
    pub(super) fn details(&self) -> String {
        // Every key is a text and every value a number, a text or a list of texts: there is nothing to fail on.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The kind of a line that says that lines before it were lost.
pub(super) const TRAIL_BROKEN: &str = "trail-broken";

fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn as_day<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&day.iso())
}
