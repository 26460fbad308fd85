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
/// The event type of services, the only events that are sent while they go on.
pub const SERVICE: Label = Label(Field::EventType, "Service");
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
    if event_type == context.service {
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

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{of_record, release, settings},
        *,
    };

    #[test]
    fn only_what_surely_does_not_belong_is_out_of_scope() {
        use OutOfScope::*;
        let release = release();
        let context = Context::new(&release, settings(), LABELS.into_iter());
        let (first, last) = ("01/10/2024", "30/09/2025");
        for (event, start, end, expected) in [
            ("Request", "01/11/2024", "", Some(OpenRequest)),
            ("Assessment", "01/11/2024", "", Some(OpenAssessment)),
            ("Review", "01/11/2024", "", Some(OpenReview)),
            ("Service", "01/11/2024", "", None),
            // Completed in the period, whenever they began.
            ("Request", "01/01/2020", first, None),
            ("Review", last, last, None),
            ("Request", "01/01/2020", "30/09/2024", Some(EndedOutside)),
            ("Review", last, "01/10/2025", Some(EndedOutside)),
            // Active at any time in it.
            ("Service", "01/01/2020", first, None),
            ("Service", "01/01/2020", "30/09/2024", Some(EndedOutside)),
            ("Service", last, "01/10/2025", None),
            ("Service", "01/10/2025", "", Some(StartsAfter)),
            ("Request", "01/10/2025", "", Some(StartsAfter)),
            // Dates that are blank or cannot be read put nothing out.
            ("Request", "", last, None),
            ("Request", "2025-10-01", last, None),
            ("Request", "01/11/2024", "31/02/2025", None),
            ("Service", "", "", None),
            // Nor does an event that is not known, or none.
            ("Cancellation", "01/10/2025", "", None),
            ("", "01/10/2025", "", None),
        ] {
            let texts = [(Field::EventType, event), (Field::EventStartDate, start), (Field::EventEndDate, end)];
            let found = of_record(&release, &texts, |record| out_of_scope(record, &context));
            assert_eq!(found, expected, "{event} from '{start}' to '{end}'");
        }
    }

    #[test]
    fn a_row_of_a_carer_known_by_association_has_no_event_to_be_out_of_scope() {
        let release = release();
        let context = Context::new(&release, settings(), LABELS.into_iter());
        let texts = [(Field::ClientType, "Carer known by association"), (Field::DateOfDeath, "01/01/2020")];
        assert_eq!(of_record(&release, &texts, |record| out_of_scope(record, &context)), None);
    }
}
