//! The reports of a run, or of a file that was checked, as files of a work folder.

use std::{collections::BTreeSet, io::Write};

use super::{RunError, judged::Made, values::may_be_of_a_wrong_column};
use crate::{
    check::Values,
    model::{Environment, Field},
    report::{self, NotToBeUsed, ReportModel, Suggestion, Verdict},
    spec::Release,
    stage::{FINDINGS, REPORT, REPORT_JSON, WORKLIST},
    sys::fs::{FsError, WorkFolder},
    write::{Advice, Listed, Split, WITHHELD, WorklistOrder, without_personal, write_worklist},
};

/// The names of findings and worklist where personal values are withheld.
pub const SHARED_FINDINGS: &str = "findings-no-personal.csv";
/// The worklist without personal values.
pub const SHARED_WORKLIST: &str = "findings-no-personal.xlsx";

/// Writes all that is told of a run's findings: the workbook, the page, and the document for programs.
pub(super) fn write_all(work: &WorkFolder, model: &mut ReportModel, made: &Made, most: u64) -> Result<(), RunError> {
    let split = if made.prepared.splits_worklist() { Split::ByWorklist } else { Split::Together };
    let (head, advice) = (head(model), advice(model));
    let worklist = Worklist { findings: FINDINGS, name: WORKLIST, head, most, split, advice };
    model.worklist = write_workbook(work, &worklist)?;
    write_reports(work, model)
}

/// Writes the page and the document for programs.
pub(super) fn write_reports(work: &WorkFolder, model: &ReportModel) -> Result<(), RunError> {
    for (name, text) in [(REPORT, model.html()?), (REPORT_JSON, model.json()?)] {
        let mut file = work.create(name)?;
        file.write_all(text.as_bytes()).map_err(|error| file.failed(error))?;
        file.finish()?;
    }
    Ok(())
}

/// What a worklist is made of.
pub(super) struct Worklist<'a> {
    /// The findings that it lists, complete.
    pub findings: &'a str,
    /// Its own name.
    pub name: &'a str,
    /// What stands at its head.
    pub head: Vec<String>,
    /// The most findings that it lists.
    pub most: u64,
    /// Whether the mapping says whose worklist a row belongs to.
    pub split: Split,
    /// What is advised for single values.
    pub advice: Advice,
}

/// What the report suggests for single values, for a worklist.
pub(super) fn advice(model: &ReportModel) -> Advice {
    let mut advice = Advice::default();
    for Suggestion { field, value, what_to_do, .. } in &model.suggestions {
        advice.add(field, value, what_to_do);
    }
    for NotToBeUsed { field, value, what_to_do, .. } in &model.not_to_be_used {
        advice.add(field, value, what_to_do);
    }
    advice
}

/// Makes the workbook of the findings.
pub(super) fn write_workbook(work: &WorkFolder, worklist: &Worklist<'_>) -> Result<report::Worklist, RunError> {
    let Worklist { findings, name, head, most, split, advice } = worklist;
    let findings = work.file(findings);
    let order = WorklistOrder { findings: &findings, head, most: *most, split: *split, advice };
    let out = work.create(name)?;
    let path = out.path().to_owned();
    let (listed, out) = write_worklist(order, out).map_err(FsError::while_writing(&path))?;
    out.finish()?;
    let Listed { listed, left_off } = listed;
    Ok(report::Worklist { listed, left_off })
}

/// Copies the findings without personal values.
pub(super) fn withhold(work: &WorkFolder, release: &Release, values: &Values) -> Result<(), RunError> {
    let doubtful: BTreeSet<_> =
        Field::ALL.into_iter().filter(|field| may_be_of_a_wrong_column(*field, values)).collect();
    let mut out = work.create(SHARED_FINDINGS)?;
    without_personal(&work.file(FINDINGS), release, &doubtful, &mut out).map_err(|error| out.failed(error))?;
    out.finish()?;
    Ok(())
}

/// What a worklist says at its head: whose findings these are, and what they are not.
pub(super) fn head(model: &ReportModel) -> Vec<String> {
    let mut head = vec![model.headline()];
    if model.submission.environment == Environment::Test {
        head.push("TEST: not the council's return.".to_owned());
    }
    head.extend(model.submission.release.notice.clone());
    head.push(format!("Row 1 is the first data row of {}.", model.file.name));
    head.push(Verdict::IS_NOT.to_owned());
    head
}

/// What a worklist without personal values says of itself.
pub(super) fn shared_head() -> String {
    format!(
        "Personal values are withheld: no names, identifiers, references, dates of birth or death, postcodes or descriptions. \
         What was taken out reads {WITHHELD}."
    )
}
