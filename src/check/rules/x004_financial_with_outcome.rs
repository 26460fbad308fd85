//! X004: financial assessment with an outcome.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// The assessment type is Financial Assessment, and an outcome is given.
    ///
    /// # Why it matters
    /// An outcome says what support comes next, which a financial assessment does not decide. The centre reads it as
    /// the outcome of a needs assessment.
    ///
    /// # How to fix it in the case system
    /// Leave the outcome of financial assessments blank, in the case system or in the mapping.
    ///
    /// # Example
    /// A financial assessment with the outcome Progress to Support Planning / Services.
    ///
    /// # Source
    /// CLD guidance, Release 1: the outcome of a financial assessment stays blank (CONFIRMED).
    X004: "Financial assessment with an outcome", Query, Record, since "0.1.0", Kind::Record(check),
    needs [EventType "Assessment", AssessmentType "Financial Assessment"]
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    let [assessment, financial] = found.labels();
    if record.code(Field::AssessmentType) == Some(financial)
        && record.code(Field::EventType) == Some(assessment)
        && !record.is_blank(Field::EventOutcome)
    {
        found.at(Field::EventOutcome);
    }
}
