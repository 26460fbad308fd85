//! One account of a run, told three ways.
//!
//! A [`ReportModel`] holds everything that is said about an upload file: the verdict, what blocks, rows in and out, findings
//! by rule, fields by pass rate. The page for people, the summary for a terminal and the JSON for programs are renderings
//! of the same model, so they cannot disagree.
//!
//! The model has no place for a person's data: it holds counts, names of fields and rules, and texts of the release
//! and the mapping. What is said about a single row goes to the findings file, which is guarded as the upload file is.
//! The page is one file, needs neither network nor script, and forbids itself both.

mod answered;
mod chart;
mod comparison;
mod derived;
mod field;
mod html;
mod model;
mod months;
mod number;
mod prose;
mod statistics;
mod text;
mod value;

#[cfg(test)]
mod example;

pub use answered::{AnswersTold, ConflictTold, DeferralStands, DeferralTold};
pub use comparison::{Compared, Comparison, Judged, Measure};
pub use derived::{DerivedMonth, DerivedPeriod, Selected};
pub use field::{FieldResult, FieldTally, FieldValue};
pub use model::{
    Alterations, Approval, Caveat, Count, HelpSection, HoldReason, NotRun, QueryCount, Release, ReportModel,
    RuleFindings, SourceNote, Submission, TestNhsNumbers, UploadFile, Verdict, Worklist,
};
pub use months::{MonthTable, When};
pub use number::{Rate, month_and_year, thousands};
pub use statistics::{CostLine, CountTable, Statistics};
pub use value::{NotToBeUsed, Suggestion, UnmappedValue};

use serde::Serialize;

/// The colours, type and frame that pages have in common, as CSS.
pub const FRAME: &str = include_str!("page/frame.css");

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The page's template failed.
    #[error("render the report as HTML")]
    Html(#[source] askama::Error),
    /// The model could not be written as JSON.
    #[error("render the report as JSON")]
    Json(#[source] serde_json::Error),
}

impl ReportModel {
    /// `report.html`: one self-contained page.
    pub fn html(&self) -> Result<String, ReportError> {
        html::render(self).map_err(ReportError::Html)
    }

    /// A summary for the terminal: plain text without control characters, whatever the mapping holds.
    pub fn text(&self) -> String {
        text::render(self)
    }

    /// `report.json`: the whole model, always in the same order, with a `format` that grows when a reader must change.
    pub fn json(&self) -> Result<String, ReportError> {
        #[derive(Serialize)]
        struct Document<'a> {
            format: u32,
            verdict_is_not: &'static str,
            report: &'a ReportModel,
        }
        let document = Document { format: 1, verdict_is_not: Verdict::IS_NOT, report: self };
        let mut json = serde_json::to_string_pretty(&document).map_err(ReportError::Json)?;
        json.push('\n');
        Ok(json)
    }
}

#[cfg(test)]
#[path = "../../tests/support/schema.rs"]
mod schema;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_report_is_in_the_schema() {
        let schema = serde_json::from_str(include_str!("../../docs/report-schema.json")).unwrap();
        for report in [example::held(), example::clean_file()] {
            let document = serde_json::from_str(&report.json().unwrap()).unwrap();
            assert_eq!(schema::faults(&schema, &document), [""; 0]);
        }
    }

    #[test]
    fn the_json_keeps_its_order() {
        insta::assert_snapshot!("json", example::held().json().unwrap());
    }
}
