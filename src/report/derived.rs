//! The period that the centre would see in the file.

use serde::Serialize;

use super::{Rate, model::optional_text};
use crate::model::Period;

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
#[serde(rename_all = "snake_case")]
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
