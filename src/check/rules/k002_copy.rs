//! K002: Exact copy of another row.

use super::super::{
    FoundLate, SameEvent,
    rule::{Kind, rule},
};
use crate::model::{Field, Severity};

rule! {
    /// # What it checks
    /// A later row of the file is equal in all 50 cells, to the letter. A blank, `NULL`, and a cell that cannot be written and is taken
    /// as blank (F101, F104) are alike. There is a finding at the
    /// Event Reference of each of the equal rows but the last one, and `other_row` names the last one.
    ///
    /// It is an ERROR where the row counts (K004 says when), and a QUERY where it does not.
    ///
    /// # Why it matters
    /// The centre keeps one of the rows and drops the others. Two lines for two care workers at a time, equal in every
    /// cell, become one, and the cost of one is lost.
    ///
    /// # How to fix it in the case system
    /// Mostly a join in the query that finds two rows where there should be one, such as two addresses. Where there really were two
    /// services at the same time, send one row with the units or the cost of both.
    ///
    /// # Example
    /// A person with two current addresses: each of their events stands in the file twice.
    ///
    /// # Source
    /// DHSC, GetUniqueEvents and the methodology page on deduplication (CONFIRMED).
    K002: "Exact copy of another row", Error, Event, since "0.1.0", Kind::SameEvent(check)
}

fn check(same: &SameEvent<'_>, found: &mut FoundLate<'_>) {
    for (row, last_copy) in same.rows() {
        if last_copy.is_some() {
            let severity = if row.is_counted() { Severity::Error } else { Severity::Query };
            let status = row.status(Field::EventReference);
            found.graver_or_not(row.number, Field::EventReference, status, last_copy, severity);
        }
    }
}
