//! What became of people's answers to findings.

use serde::{Serialize, Serializer};

use super::Count;
use crate::model::Date;

/// What became of people's answers, beyond the findings that are accepted. Who answered, and why, `answer list` says.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AnswersTold {
    /// Findings, by rule, that were accepted with another value: they are open again.
    pub lapsed: Vec<Count>,
    /// How each deferral stands.
    pub deferrals: Vec<DeferralTold>,
    /// Answers that say different things of the same.
    pub conflicts: Vec<ConflictTold>,
}

impl AnswersTold {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.lapsed.is_empty() && self.deferrals.is_empty() && self.conflicts.is_empty()
    }
}

/// How the deferral of the findings of a rule at a field stands.
#[derive(Clone, Debug, Serialize)]
pub struct DeferralTold {
    /// The rule's id.
    pub rule: String,
    /// The header of the field.
    pub field: String,
    /// How many findings were deferred.
    pub deferred: u64,
    /// How many there are.
    pub found: u64,
    /// The last day on which it counts.
    #[serde(serialize_with = "iso")]
    pub until: Date,
    /// Whether it counts.
    pub state: DeferralStands,
}

/// Whether a deferral counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeferralStands {
    /// It does: these findings hold nothing.
    Counts,
    /// No longer: there are more findings than were deferred.
    Grown,
    /// No longer: its last day is past.
    Expired,
}

/// Answers that say different things of the same.
#[derive(Clone, Debug, Serialize)]
pub struct ConflictTold {
    /// The rule's id.
    pub rule: String,
    /// The header of the field.
    pub field: String,
    /// Their ids.
    pub answers: Vec<String>,
    /// Which of them counts, in words.
    pub counts: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn iso<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&date.iso())
}
