//! Values to mend: what no value map knows, what nearly is a label, and what is not to be used.

use serde::Serialize;

use super::ReportModel;

/// A local value without an entry in its value map.
#[derive(Clone, Debug, Serialize)]
pub struct UnmappedValue {
    /// The header of the field it was meant for.
    pub field: String,
    /// The value map, `values/gender.csv`.
    pub map: String,
    /// The value as it stands at its source.
    pub value: String,
    /// Rows that hold it.
    pub count: u64,
}

/// A value that is nearly right.
#[derive(Clone, Debug, Serialize)]
pub struct Suggestion {
    /// The header of the field.
    pub field: String,
    /// The value as it stands.
    pub value: String,
    /// The value of the national list that is probably meant.
    pub meant: String,
    /// In what it differs, such as `other capitals` or `a wording of Release 2`.
    pub differs: String,
    /// Where to change it, `values/gender.csv, line 12`; nothing where no value map made it.
    pub change: Option<String>,
    /// What to do, in a sentence for a worklist.
    pub what_to_do: String,
    /// Rows that hold it.
    pub count: u64,
}

impl ReportModel {
    /// What is suggested for a value of a field, by header.
    pub fn suggestion(&self, field: &str, value: &str) -> Option<&Suggestion> {
        self.suggestions.iter().find(|suggestion| suggestion.field == field && suggestion.value == value)
    }
}

/// A value that is listed, and that the guidance says not to use.
#[derive(Clone, Debug, Serialize)]
pub struct NotToBeUsed {
    /// The header of the field.
    pub field: String,
    /// The value.
    pub value: String,
    /// Why it is not to be used.
    pub why: String,
    /// The lines of value maps that make it, `values/funding.csv, line 7`.
    pub change: Vec<String>,
    /// What to do, in a sentence for a worklist.
    pub what_to_do: String,
    /// Rows that hold it.
    pub count: u64,
}
