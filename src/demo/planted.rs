//! The record of what was planted, from which the tests of a whole run are written.

use std::io::{self, Write};

use crate::model::Field;

/// A fault put into the database on purpose, as it shows on one row.
///
/// Holds no personal data: a reference, a field and a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planted {
    /// What kind of fault it is, in words.
    pub fault: &'static str,
    /// The mapping's query that returns the row.
    pub query: &'static str,
    /// The row's key at its source.
    pub source_key: String,
    /// The field in which the fault shows; `None` where the row is left out.
    pub field: Option<Field>,
    /// Id of the rule that must find it, or [`Planted::LEFT_OUT`].
    pub rule: &'static str,
    /// Why the row is left out, where it is.
    pub reason: Option<String>,
}

impl Planted {
    /// Stands in place of a rule where the fault keeps the row out of the file.
    pub const LEFT_OUT: &'static str = "left out";
}

/// Writes the record as CSV: `fault,query,source_key,field,expect`, where *expect* is a rule id or `left out: <reason>`.
pub fn write_planted(planted: &[Planted], to: &mut impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(["fault", "query", "source_key", "field", "expect"])?;
    for one in planted {
        let expect = match &one.reason {
            Some(reason) => format!("{}: {reason}", one.rule),
            None => one.rule.to_owned(),
        };
        csv.write_record([one.fault, one.query, &one.source_key, one.field.map_or("", Field::key), &expect])?;
    }
    csv.flush()
}
