//! S003: very long ST-Max.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// A service of the type Short Term Support: ST-Max lasts longer than 12 weeks; an open one is counted to the end
    /// of the period.
    ///
    /// # Why it matters
    /// Reablement is meant to last weeks. A service that was never ended, or became a long-term one, distorts what
    /// follows reablement, which is measured nationally.
    ///
    /// # How to fix it in the case system
    /// End the service when reablement ended, and record what came after it as a service of its own.
    ///
    /// # Example
    /// Reablement from 02/11/2025 without an end, in a file to 30/09/2026.
    ///
    /// # Source
    /// NHS England and DHSC count what follows ST-Max within days (CONFIRMED); the bound, twice the six weeks that are
    /// usual, is RECALLED.
    S003: "Very long ST-Max", Query, Record, since "0.1.0", Kind::Record(check),
    needs [ServiceType "Short Term Support: ST-Max"]
}

/// Twelve weeks, in days.
const LONGEST: i32 = 84;

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    let [st_max] = found.labels();
    if record.code(Field::ServiceType) != Some(st_max) {
        return;
    }
    let Some(start) = record.date(Field::EventStartDate) else { return };
    let until = match record.date(Field::EventEndDate) {
        Some(end) => end,
        None if record.is_blank(Field::EventEndDate) => context.settings.period.end(),
        None => return,
    };
    if until.days() - start.days() > LONGEST {
        found.at(Field::ServiceType);
    }
}
