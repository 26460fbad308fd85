//! What the national process would make of the file: which rows it would pass over, and which period it would see.

use serde::Serialize;

use super::{Count, Rate, model::optional_text};
use crate::model::Period;

/// What the national process would do with the rows.
#[derive(Clone, Debug, Serialize)]
pub struct National {
    /// Rows in the file.
    pub rows: u64,
    /// Rows that each step would pass over, in the order of the process. A row is counted at the first step that takes it.
    pub passed_over: Vec<Count>,
    /// Rows that say the same thing more than once.
    pub duplicates: Vec<Duplicates>,
}

impl National {
    /// Rows that would count.
    pub fn kept(&self) -> u64 {
        self.rows.saturating_sub(self.passed_over.iter().map(|step| step.count).sum())
    }
}

/// Rows that are duplicates in one sense.
#[derive(Clone, Debug, Serialize)]
pub struct Duplicates {
    /// In which sense, `Exact copies of another row`.
    pub title: String,
    /// The rule that lists them.
    pub rule: String,
    /// Groups of rows that are alike.
    pub groups: u64,
    /// Rows beyond the first, or the one kept, of each group.
    pub extra_rows: u64,
}

/// The period that the centre would derive from the rows.
#[derive(Clone, Debug, Serialize)]
pub struct DerivedPeriod {
    /// The period, if any month counts.
    #[serde(serialize_with = "optional_text")]
    pub period: Option<Period>,
    /// What follows from it, in a sentence or two.
    pub meaning: String,
    /// Whether the file would be selected for the period that it states.
    pub selected: Selected,
    /// The months that were looked at.
    pub months: Vec<DerivedMonth>,
}

/// Whether a file would be selected for its period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Selected {
    /// It covers the period.
    Yes,
    /// It does not: it would be passed over, as though it had not been sent.
    No,
    /// The period is not over yet, so that nothing can be said.
    TooEarly,
}

/// A month of the derived period.
#[derive(Clone, Debug, Serialize)]
pub struct DerivedMonth {
    /// Its name, `October 2025`.
    pub month: String,
    /// Events that ended in it.
    pub rows: u64,
    /// Their share of all.
    #[serde(serialize_with = "optional_text")]
    pub share: Option<Rate>,
    /// Different event types among them.
    pub event_types: u64,
    /// Why the month does not count; nothing where it does.
    pub left_out: Option<String>,
}
