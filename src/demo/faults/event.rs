//! Faults of one event: each shows on its row alone.

use super::{Fault, Plot};
use crate::{
    demo::{
        calendar::{Written, later, years_later},
        codes::any,
        events::{Event, Kind, Role},
        planter::Mark::{self, Row},
        services,
    },
    model::Field,
};

pub(super) static FAULTS: &[Fault] = &[
    ("request without an outcome", 110, |p| {
        p.event(Kind::Request, Field::EventOutcome, "M001", any_event, |e, _| e.outcome = "")
    }),
    ("outcome code not in the value map", 20, |p| {
        p.event(Kind::Request, Field::EventOutcome, "L002", any_event, |e, _| e.outcome = "TRI")
    }),
    ("request without a route", 30, |p| {
        p.event(Kind::Request, Field::RouteOfAccess, "M001", any_event, |e, _| e.route = "")
    }),
    ("route code not in the value map", 16, |p| {
        p.event(Kind::Request, Field::RouteOfAccess, "L002", any_event, |e, _| e.route = "WEB")
    }),
    ("hours of caring on a client's request", 14, |p| {
        p.event(Kind::Request, Field::TotalHoursCaringPerWeek, "X001", of_client, |e, _| e.hours = "H3")
    }),
    ("the word NULL in a description", 10, |p| {
        p.event(Kind::Request, Field::EventDescription, "T009", any_event, |e, _| e.description = "NULL".into())
    }),
    ("emoji in a description", 8, |p| {
        p.event(Kind::Request, Field::EventDescription, "F101", any_event, |e, _| {
            e.description = "Client pleased with new walking frame 🙂".into();
        })
    }),
    ("description that starts like a formula", 8, |p| {
        p.event(Kind::Request, Field::EventDescription, "F103", any_event, |e, rng| {
            e.description = any(rng, &["=see case note", "+ shower chair", "@ hospital", "-> duty team"]).into();
        })
    }),
    ("control character pasted into a description", 6, |p| {
        p.event(Kind::Request, Field::EventDescription, "F104", any_event, |e, _| {
            e.description = "Pasted from the referral\u{b}second line".into();
        })
    }),
    ("event without a start date", 8, |p| {
        p.event(Kind::Request, Field::EventStartDate, "M001", any_event, |e, _| e.start = Written::Blank)
    }),
    ("event that started on day zero", 6, |p| {
        p.event(Kind::Assessment, Field::EventStartDate, "T001", any_event, |e, _| {
            let month = e.start.date().map_or_else(String::new, |start| start.iso()[..7].to_owned());
            e.start = Written::Text(format!("{month}-00 00:00:00"));
        })
    }),
    ("request that ended before it started", 12, |p| ended_before_it_started(p, Kind::Request)),
    ("service that ended before it started", 8, |p| ended_before_it_started(p, Kind::Service)),
    ("assessment without a method", 30, |p| {
        p.event(Kind::Assessment, Field::MethodOfAssessment, "M001", |e| e.form != "FIN", |e, _| e.method = "")
    }),
    ("assessment without an outcome", 40, |p| {
        p.event(Kind::Assessment, Field::EventOutcome, "M001", |e| e.form != "FIN", |e, _| e.outcome = "")
    }),
    ("planned review without outcomes achieved", 40, |p| {
        p.event(Kind::Review, Field::ReviewOutcomesAchieved, "M001", |e| e.reason == "PL", |e, _| e.outcomes_met = "")
    }),
    ("outcomes achieved in another wording", 20, |p| {
        p.event(
            Kind::Review,
            Field::ReviewOutcomesAchieved,
            "L001",
            |e| !e.outcomes_met.is_empty(),
            |e, rng| {
                e.outcomes_met = any(rng, &["Partly Met", "Met in full", "Fully Achieved"]);
            },
        )
    }),
    ("review without a method", 20, |p| {
        p.event(Kind::Review, Field::MethodOfReview, "M001", any_event, |e, _| e.method = "")
    }),
    ("review reason not in the value map", 8, |p| {
        p.event(Kind::Review, Field::ReviewReason, "L002", |e| !e.outcomes_met.is_empty(), |e, _| e.reason = "UQ")
    }),
    ("review that ended on day zero", 6, |p| {
        p.event(Kind::Review, Field::EventEndDate, "T001", any_event, |e, _| {
            let end = e.end.slashed().unwrap_or_default();
            e.end = Written::Text(format!("00{}", end.get(2..).unwrap_or_default()));
        })
    }),
    ("service without a funding status", 30, |p| {
        p.event(Kind::Service, Field::ClientFundingStatus, "M001", of_client, |e, _| e.line.funding = "")
    }),
    ("funding status that is not to be used", 10, |p| {
        p.event(Kind::Service, Field::ClientFundingStatus, "L003", of_client, |e, _| e.line.funding = "FH")
    }),
    ("funding status on a carer's service", 6, |p| {
        p.event(
            Kind::Service,
            Field::ClientFundingStatus,
            "X001",
            |e| e.role == Role::Carer,
            |e, _| e.line.funding = "PC",
        )
    }),
    ("delivery that is not to be used", 6, |p| {
        let not_direct = |e: &Event| is_weekly(e) && e.line.delivery != "DP";
        p.event(Kind::Service, Field::DeliveryMechanism, "L003", not_direct, |e, _| e.line.delivery = "SFM")
    }),
    ("direct payment in prison", 3, |p| {
        p.event(Kind::Service, Field::DeliveryMechanism, "X002", is_weekly, |e, _| {
            e.line.service = Some(&services::PRISON);
            e.line.delivery = "DP";
        })
    }),
    ("location id of another shape", 8, |p| {
        p.event(
            Kind::Service,
            Field::ProviderCqcLocationId,
            "T007",
            |e| e.is_line_of(&services::REABLEMENT),
            |e, _| {
                e.line.provider = services::TRUST;
            },
        )
    }),
    ("negative cost", 10, |p| {
        p.event(Kind::Service, Field::UnitCost, "S001", has_cost, |e, _| {
            e.line.unit_cost = format!("-{}", e.line.unit_cost).into();
        })
    }),
    ("cost in words", 10, |p| {
        p.event(Kind::Service, Field::UnitCost, "T004", has_cost, |e, rng| {
            e.line.unit_cost = any(rng, &["TBC", "£18.50", "1,250.00", "see contract"]).into();
        })
    }),
    ("direct payment without a cost", 20, |p| {
        p.event(
            Kind::Service,
            Field::UnitCost,
            "M001",
            |e| e.line.delivery == "DP",
            |e, _| e.line.unit_cost = "".into(),
        )
    }),
    ("hourly cost without units", 20, |p| {
        let commissioned = |e: &Event| e.line.cost_unit == "HR" && e.line.delivery == "COM";
        p.event(Kind::Service, Field::PlannedUnitsPerWeek, "S002", commissioned, |e, _| {
            e.line.units_per_week = "".into();
        })
    }),
    ("completed, but the end date was never typed in", 12, |p| {
        p.lost(Kind::Assessment, "open assessment", |e| e.end = Written::Blank)
    }),
    ("end date in the wrong century", 6, |p| {
        p.lost(Kind::Request, "ended outside the period", |e| {
            if let Some(end) = e.end.date() {
                e.end = Written::On(years_later(end, 100));
            }
        })
    }),
];

fn any_event(_: &Event) -> bool {
    true
}

fn of_client(event: &Event) -> bool {
    event.role == Role::Client
}

fn has_cost(event: &Event) -> bool {
    !event.line.unit_cost.is_empty()
}

/// A line of community support that is paid by the week.
fn is_weekly(event: &Event) -> bool {
    event.line.cost_unit == "WK" && event.line.service.is_some_and(|service| service.type_cd == "LTC")
}

fn ended_before_it_started(plot: &mut Plot, kind: Kind) -> Option<Vec<Mark>> {
    let period = plot.calendar.period;
    let index = plot.sent().find(|i| {
        let event = &plot.case.events[*i];
        event.kind == kind
            && event.outcome != Event::TO_ASSESSMENT
            && event.end != Written::Blank
            && event.start.date().is_some_and(|start| start > later(period.start(), 40))
    })?;
    let event = &mut plot.case.events[index];
    event.end = Written::On(later(event.start.date()?, -30));
    Some(vec![Row(index, Field::EventEndDate, "D001")])
}
