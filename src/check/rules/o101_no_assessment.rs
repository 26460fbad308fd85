//! O101: Request leads to an assessment that is not in the file.

use super::super::{
    EventKind, FoundLate, Outcome, PersonRows,
    rule::{Kind, rule},
};
use crate::model::{Date, Field, Validity};

rule! {
    /// # What it checks
    /// A request that counts (K004 says when, and which end it takes) has the Event Outcome `Progress to Assessment`, and no assessment of
    /// the person starts from the day on which the request starts to the 28th day after it ends. Any row of the person with the
    /// Event Type `Assessment` and a start that can be read will do, whatever its Client Type and whether it counts or not. The finding
    /// stands at Event Outcome.
    ///
    /// Requests that end less than 90 days before the last day of the period are passed over: their assessment may still be going on, and
    /// only completed ones are in the file.
    ///
    /// A person is a valid NHS Number or, on rows without one, an LA Person Unique Identifier.
    ///
    /// # Why it matters
    /// The centre looks for what followed a request within 28 days. Where nothing is found, the request stands among those that cannot be
    /// classified: for around a third of all requests no outcome was found at first.
    ///
    /// # How to fix it in the case system
    /// Record the assessment, or the outcome that came about in the end. Where assessments wait longer, the query is right and the wait
    /// is long: accept it.
    ///
    /// # Example
    /// A request that ended on 12/01/2026 with `Progress to Assessment`; the assessment was never recorded, since the person declined.
    ///
    /// # Source
    /// NHS England, Central Transformation Principles - SALT, and the code of STS001, for the 28 days (CONFIRMED); that a request without
    /// one is wrong, and the 90 days, are RECALLED.
    O101: "Request leads to an assessment that is not in the file", Query, Person, since "0.1.0", Kind::Person(check), needs [EventOutcome "Progress to Assessment"]
}

const WINDOW: i32 = 28;
const STILL_GOING_ON: i32 = 90;

fn check(person: &PersonRows<'_>, found: &mut FoundLate<'_>) {
    let asked = |outcome| outcome == Outcome::ToAssessment;
    let mut requests =
        person.counted().filter(|row| row.event() == EventKind::Request && asked(row.outcome())).peekable();
    if requests.peek().is_none() {
        return;
    }
    let assessments = person.rows().iter().filter(|row| row.event() == EventKind::Assessment);
    let starts: Vec<i32> = assessments.filter_map(|row| row.start().map(Date::days)).collect();
    for request in requests {
        let (Some(start), Some(end)) = (request.start(), request.end()) else { continue };
        if end.days() + STILL_GOING_ON > person.period().end().days() {
            continue;
        }
        let first = starts.partition_point(|assessed| *assessed < start.days());
        if starts.get(first).is_none_or(|assessed| *assessed > end.days() + WINDOW) {
            found.at(request.number, Field::EventOutcome, Validity::Valid, None);
        }
    }
}
