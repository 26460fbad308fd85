//! What is found about rows once all of them have been seen.

use super::column::Column;
use crate::model::{Field, RuleId, Severity, Validity};

/// A finding about a row of the file that has gone by: its texts are no longer at hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LateFinding {
    /// The data row, from 1.
    pub row: u32,
    /// The field it is about.
    pub field: Field,
    /// The rule that found it.
    pub rule: RuleId,
    /// Another data row that it is about; 0 where there is none.
    pub other: u32,
    /// How grave it is.
    pub severity: Severity,
    /// The national word for the value.
    pub status: Validity,
}

/// Where a rule that looks across rows puts what it finds.
pub struct FoundLate<'f> {
    pub(super) findings: &'f mut Column<LateFinding>,
    pub(super) rule: RuleId,
    pub(super) severity: Severity,
}

impl FoundLate<'_> {
    /// A finding at a field of a row, as grave as the rule is, and the other row that it is about.
    pub(in crate::check) fn at(&mut self, row: u32, field: Field, status: Validity, other: Option<u32>) {
        self.graver_or_not(row, field, status, other, self.severity);
    }

    /// A finding with a severity of its own.
    pub(in crate::check) fn graver_or_not(
        &mut self,
        row: u32,
        field: Field,
        status: Validity,
        other: Option<u32>,
        severity: Severity,
    ) {
        let other = other.unwrap_or(0);
        self.findings.push(LateFinding { row, field, rule: self.rule, other, severity, status });
    }
}
