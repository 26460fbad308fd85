//! D001: event ends before it starts.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Event End Date lies before Event Start Date.
    ///
    /// # Why it matters
    /// The centre removes such rows from the measures on reablement, on people in the community and on settled
    /// accommodation.
    ///
    /// # How to fix it in the case system
    /// Correct whichever date was typed wrongly.
    ///
    /// # Example
    /// Start 12/05/2026, end 12/04/2026.
    ///
    /// # Source
    /// DHSC, Create_ASCOF scripts: rows whose end lies before their start are removed (CONFIRMED).
    D001: "Event ends before it starts", Error, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, _: &Context, found: &mut Found<'_>) {
    if let (Some(start), Some(end)) = (record.date(Field::EventStartDate), record.date(Field::EventEndDate))
        && end < start
    {
        found.at(Field::EventEndDate);
    }
}
