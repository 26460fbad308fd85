//! Which rows belong in a file for a period.

use crate::{
    check::{Context, Label},
    model::{Field, Reading, Record},
};

/// Why an event does not belong in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutOfScope {
    /// A request that has not been completed.
    OpenRequest,
    /// An assessment that has not been completed.
    OpenAssessment,
    /// A review that has not been completed.
    OpenReview,
    /// A request, assessment or review completed outside the period, or a service that ended before it.
    EndedOutside,
    /// It starts after the period.
    StartsAfter,
}

impl OutOfScope {
    /// The reason under which rows are counted.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OpenRequest => "open request",
            Self::OpenAssessment => "open assessment",
            Self::OpenReview => "open review",
            Self::EndedOutside => "ended outside the period",
            Self::StartsAfter => "starts after the period",
        }
    }
}

pub(super) const REQUEST: Label = Label(Field::EventType, "Request");
pub(super) const ASSESSMENT: Label = Label(Field::EventType, "Assessment");
pub(super) const SERVICE: Label = Label(Field::EventType, "Service");
pub(super) const REVIEW: Label = Label(Field::EventType, "Review");

/// The labels that row scope asks for.
pub(super) const LABELS: [Label; 4] = [REQUEST, ASSESSMENT, SERVICE, REVIEW];

/// Why the record's event does not belong in the file, if it does not. Dates that are blank or cannot be read never
/// put a row out of scope, but for the missing end of what is sent only when completed.
///
/// Source: CLD guidance, Release 1; DHSC, `FilterToEventsInPeriod`.
pub fn out_of_scope(record: &Record<'_>, context: &Context) -> Option<OutOfScope> {
    let period = context.settings.period;
    let event_type = record.code(Field::EventType)?;
    if record.date(Field::EventStartDate).is_some_and(|start| start > period.end()) {
        return Some(OutOfScope::StartsAfter);
    }
    let end = record.date(Field::EventEndDate);
    if event_type == context.code(SERVICE) {
        return end.is_some_and(|end| end < period.start()).then_some(OutOfScope::EndedOutside);
    }
    if record.cell(Field::EventEndDate).reading() == Reading::Blank {
        return [
            (REQUEST, OutOfScope::OpenRequest),
            (ASSESSMENT, OutOfScope::OpenAssessment),
            (REVIEW, OutOfScope::OpenReview),
        ]
        .into_iter()
        .find(|(label, _)| event_type == context.code(*label))
        .map(|(_, open)| open);
    }
    end.is_some_and(|end| !period.contains(end)).then_some(OutOfScope::EndedOutside)
}
