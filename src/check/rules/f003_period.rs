//! F003: reporting period missing, mixed, or not the one asked for.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Every row carries the same reporting period, and it is the period that was asked for; where none was, that of the
    /// first row.
    ///
    /// # Why it matters
    /// The centre reads the period from the rows. A file with two periods is taken to cover from the earliest start
    /// to the latest end, and is then not selected where its data does not.
    ///
    /// # How to fix it in the case system
    /// Nothing in the case system: the agent writes the period itself. In a file made elsewhere, correct the two
    /// columns.
    ///
    /// # Example
    /// Rows that end on 30/09/2026 among rows that end on 31/12/2026.
    ///
    /// # Source
    /// DHSC, REF_Submission_Reporting_Periods (CONFIRMED).
    F003: "Reporting period missing, mixed, or not the one asked for", Block, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let period = context.settings.period;
    for (field, day) in
        [(Field::ReportingPeriodStartDate, period.start()), (Field::ReportingPeriodEndDate, period.end())]
    {
        if record.date(field) != Some(day) {
            found.at(field);
        }
    }
}
