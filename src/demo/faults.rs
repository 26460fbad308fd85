//! The faults of real data, planted at known rates.
//!
//! Each kind is planted so that it breaks the rules it names and no other. A fault of the person shows on each of their
//! rows; a fault of an event on that row alone.

use fastrand::Rng;

use super::{
    calendar::{Calendar, Written, later, years_later},
    codes::{self, any},
    events::{Event, Kind, Role},
    names,
    people::{Case, Person},
    planter::Mark::{self, EveryRow, LeftOut, Row},
    services,
};
use crate::model::{Date, Field};

/// A case open for planting.
pub(super) struct Plot<'a> {
    pub(super) case: &'a mut Case,
    pub(super) rng: &'a mut Rng,
    pub(super) calendar: Calendar,
}

/// Changes the case and says where it shows; `None`, and nothing changed, where the case does not lend itself.
pub(super) type Plant = fn(&mut Plot) -> Option<Vec<Mark>>;

/// Name, cases in ten thousand, and how it is planted.
pub(super) type Fault = (&'static str, u32, Plant);

/// Every kind of fault.
pub(super) static FAULTS: &[Fault] = &[
    // The person: a fault here costs some eight rows.
    ("NHS number not known", 110, |p| p.person(Field::NhsNumber, "M001", |o, _| o.nhs_no.clear())),
    ("NHS number with a wrong check digit", 14, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| {
            let wrong = (o.nhs_no.as_bytes()[9] - b'0' + 1) % 10;
            o.nhs_no.pop();
            o.nhs_no.push(char::from(b'0' + wrong));
        })
    }),
    ("NHS number one digit short", 6, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| {
            o.nhs_no.pop();
        })
    }),
    ("NHS number of one digit", 4, |p| {
        p.person(Field::NhsNumber, "T002", |o, _| "9999999999".clone_into(&mut o.nhs_no))
    }),
    ("no identifier at all", 5, no_identifier),
    ("forename not recorded", 4, |p| p.person(Field::FirstName, "M001", |o, _| o.forename.clear())),
    ("surname that starts with a hyphen", 4, |p| p.person(Field::LastName, "F103", |o, _| o.surname.insert(0, '-'))),
    ("name with a letter outside Windows-1252", 50, |p| {
        p.person(Field::FirstName, "F102", |o, rng| o.forename = names::transliterated_forename(rng))
    }),
    ("gender not recorded", 15, |p| p.person(Field::Gender, "M001", |o, _| o.gender = "")),
    ("gender code not in the value map", 12, |p| p.person(Field::Gender, "L002", |o, _| o.gender = "N")),
    ("ethnicity not recorded", 70, |p| p.ethnicity("M001", "")),
    ("ethnicity code not in the value map", 15, |p| p.ethnicity("L002", "WC")),
    ("postcode not recorded", 35, |p| p.address(Field::Postcode, "M001", |o, _| o.postcode.clear())),
    ("postcode mistyped", 35, |p| {
        p.address(Field::Postcode, "T003", |o, rng| {
            any(rng, &["YA1", "YAI 2BD", "YA12 O4D", "NFA", "1YA 2BD", "YA3 3D"]).clone_into(&mut o.postcode);
        })
    }),
    ("accommodation not recorded", 60, |p| p.address(Field::AccommodationStatus, "M001", |o, _| o.accommodation = "")),
    ("accommodation code not in the value map", 12, |p| {
        p.address(Field::AccommodationStatus, "L002", |o, _| o.accommodation = "POD")
    }),
    ("unpaid carer answered in another wording", 20, |p| {
        p.person(Field::HasUnpaidCarer, "L001", |o, rng| o.unpaid_carer = any(rng, &["Y", "Not known", "N/A"]))
    }),
    ("unpaid carer not asked", 30, |p| p.person(Field::HasUnpaidCarer, "M001", |o, _| o.unpaid_carer = "")),
    ("branch code in place of a practice code", 12, |p| {
        p.person(Field::GpPracticeCode, "T006", |o, _| o.practice = format!("{}001", o.practice).into())
    }),
    ("employment not recorded for a learning disability", 8, employment_blank),
    ("number of adults cared for in words", 3, adults_in_words),
    ("date of birth not recorded", 15, |p| p.person(Field::DateOfBirth, "M001", |o, _| o.born = Written::Blank)),
    ("date of birth on a day that does not exist", 6, |p| {
        p.person(Field::DateOfBirth, "T001", |o, _| {
            let year = o.born.date().map_or(1950, |born| born.ymd().0);
            o.born = Written::Text(format!("{year}-02-30"));
        })
    }),
    ("dummy date of birth", 10, |p| p.person(Field::DateOfBirth, "D005", |o, _| o.born = on(1900, 1, 1))),
    ("date of birth is the day the record was made", 4, born_on_registration),
    ("date of birth in the wrong century", 4, born_in_the_future),
    ("date of death before the birth", 2, died_before_birth),
    ("date of death a year too early", 4, died_a_year_early),
    ("date of death in the future", 2, died_in_the_future),
    ("service left open after a death", 14, open_after_death),
    // The event: a fault here costs one row.
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

fn on(year: i32, month: u32, day: u32) -> Written {
    Date::from_ymd(year, month, day).map_or(Written::Blank, Written::On)
}

impl Plot<'_> {
    /// A fault of the person that shows in one field of every row.
    fn person(&mut self, field: Field, rule: &'static str, change: fn(&mut Person, &mut Rng)) -> Option<Vec<Mark>> {
        self.sent().next()?;
        change(&mut self.case.person, self.rng);
        Some(vec![EveryRow(field, rule)])
    }

    /// As [`Self::person`], at the address that counts: the one on the last day of the period.
    fn address(
        &mut self,
        field: Field,
        rule: &'static str,
        change: fn(&mut super::people::Address, &mut Rng),
    ) -> Option<Vec<Mark>> {
        self.sent().next()?;
        let end = self.calendar.period.end();
        let address = self.case.person.addresses.iter_mut().rev().find(|address| address.from <= end)?;
        change(address, self.rng);
        Some(vec![EveryRow(field, rule)])
    }

    fn ethnicity(&mut self, rule: &'static str, code: &'static str) -> Option<Vec<Mark>> {
        self.sent().next()?;
        // What an upgrade has broken already is left alone.
        if codes::is_upgraded(self.case.person.ethnicity) {
            return None;
        }
        self.case.person.ethnicity = code;
        Some(vec![EveryRow(Field::Ethnicity, rule)])
    }

    /// A fault of one event of this kind that serves.
    fn event(
        &mut self,
        kind: Kind,
        field: Field,
        rule: &'static str,
        serves: fn(&Event) -> bool,
        change: fn(&mut Event, &mut Rng),
    ) -> Option<Vec<Mark>> {
        let serves = |event: &Event| event.kind == kind && serves(event) && !self.is_awaited(event);
        let index = self.sent().find(|i| serves(&self.case.events[*i]))?;
        change(&mut self.case.events[index], self.rng);
        Some(vec![Row(index, field, rule)])
    }

    /// A fault by which one event of this kind is lost, of a person with another to be sent.
    fn lost(&mut self, kind: Kind, reason: &'static str, change: fn(&mut Event)) -> Option<Vec<Mark>> {
        if self.sent().nth(1).is_none() || self.case.person.died != Written::Blank {
            return None;
        }
        let serves = |event: &Event| event.kind == kind && !self.is_awaited(event);
        let index = self.sent().find(|i| serves(&self.case.events[*i]))?;
        change(&mut self.case.events[index]);
        Some(vec![LeftOut(index, reason)])
    }

    /// Whether a request leads to this assessment: it is left alone, so that the request stays right.
    fn is_awaited(&self, event: &Event) -> bool {
        self.case.events.iter().any(|request| request.leads_to(event))
    }

    /// Places of the events that are sent.
    fn sent(&self) -> impl Iterator<Item = usize> {
        self.case.events.iter().enumerate().filter(|(_, event)| event.is_sent(self.calendar)).map(|(index, _)| index)
    }

    /// A mark on each row sent whose start date answers the question.
    fn where_start(&self, field: Field, rule: &'static str, asked: impl Fn(Date) -> bool) -> Vec<Mark> {
        self.sent()
            .filter(|i| self.case.events[*i].start.date().is_some_and(&asked))
            .map(|i| Row(i, field, rule))
            .collect()
    }

    /// A mark on each row sent whose event ends after a death that lies in it.
    fn going_on_after(&self, died: Date) -> Vec<Mark> {
        let goes_on = |event: &Event| {
            let (start, end) = (event.start.date(), event.end.date());
            start.is_some_and(|start| start <= died) && end.is_some_and(|end| end > died)
        };
        self.sent().filter(|i| goes_on(&self.case.events[*i])).map(|i| Row(i, Field::EventEndDate, "D009")).collect()
    }

    /// Whether there is a date of death to play with.
    fn died(&self) -> Option<Date> {
        self.sent().next()?;
        self.case.person.died.date()
    }
}

/// A carer whom nobody could name: clients are linked to, and keep their numbers.
fn no_identifier(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.sent().next()?;
    if plot.case.events.iter().any(|event| event.role == Role::Client) {
        return None;
    }
    plot.case.person.nhs_no.clear();
    plot.case.person.case_no.clear();
    Some(vec![
        EveryRow(Field::NhsNumber, "M001"),
        EveryRow(Field::LaPersonUniqueIdentifier, "M001"),
        EveryRow(Field::LaPersonUniqueIdentifier, "K001"),
    ])
}

fn employment_blank(plot: &mut Plot) -> Option<Vec<Mark>> {
    let person = &mut plot.case.person;
    let of_working_age =
        person.born.date().is_some_and(|born| (18..65).contains(&born.age_on(plot.calendar.period.end())));
    if person.need != "LD" || !of_working_age || person.caring.is_some() {
        return None;
    }
    person.employment = "";
    Some(vec![EveryRow(Field::EmploymentStatus, "M001")])
}

fn adults_in_words(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.sent().next()?;
    if plot.case.events.iter().any(|event| event.role == Role::Client) {
        return None;
    }
    plot.case.person.caring.as_mut()?.adults = "one or two".into();
    Some(vec![EveryRow(Field::NumberOfAdultsBeingCaredFor, "T005")])
}

fn born_on_registration(plot: &mut Plot) -> Option<Vec<Mark>> {
    let registered = plot.calendar.period.end();
    let mut marks = plot.where_start(Field::DateOfBirth, "D002", |start| start < registered);
    if marks.is_empty() || plot.case.person.died != Written::Blank || plot.case.person.need == "LD" {
        return None;
    }
    plot.case.person.born = Written::On(registered);
    marks.extend(plot.sent().map(|i| Row(i, Field::DateOfBirth, "D007")));
    Some(marks)
}

fn born_in_the_future(plot: &mut Plot) -> Option<Vec<Mark>> {
    let born = years_later(plot.case.person.born.date()?, 100);
    let mut marks = plot.where_start(Field::DateOfBirth, "D002", |_| true);
    let is_future = born > years_later(plot.calendar.period.end(), 2);
    if marks.is_empty() || plot.case.person.died != Written::Blank || !is_future {
        return None;
    }
    plot.case.person.born = Written::On(born);
    marks.push(EveryRow(Field::DateOfBirth, "D006"));
    Some(marks)
}

fn died_before_birth(plot: &mut Plot) -> Option<Vec<Mark>> {
    let died = years_later(plot.died()?, -100);
    if plot.case.person.born.date()? <= died {
        return None;
    }
    plot.case.person.died = Written::On(died);
    Some(vec![EveryRow(Field::DateOfDeath, "D003"), EveryRow(Field::DateOfDeath, "D004")])
}

fn died_a_year_early(plot: &mut Plot) -> Option<Vec<Mark>> {
    let died = years_later(plot.died()?, -1);
    let mut marks = plot.where_start(Field::DateOfDeath, "D004", |start| start > died);
    if marks.is_empty() {
        return None;
    }
    if died < plot.calendar.period.start() {
        marks.extend(plot.where_start(Field::DateOfDeath, "P005", |start| start <= died));
    }
    marks.extend(plot.going_on_after(died));
    plot.case.person.died = Written::On(died);
    Some(marks)
}

fn died_in_the_future(plot: &mut Plot) -> Option<Vec<Mark>> {
    plot.case.person.died = Written::On(years_later(plot.died()?, 36));
    Some(vec![EveryRow(Field::DateOfDeath, "D006")])
}

fn open_after_death(plot: &mut Plot) -> Option<Vec<Mark>> {
    let mut marks: Vec<Mark> = plot
        .sent()
        .filter(|i| plot.case.events[*i].kind == Kind::Service && plot.case.events[*i].end == Written::Blank)
        .map(|i| Row(i, Field::EventEndDate, "M001"))
        .collect();
    if marks.is_empty() || plot.case.person.died != Written::Blank {
        return None;
    }
    let died = plot.calendar.period.end();
    plot.case.person.died = Written::On(died);
    marks.extend(plot.going_on_after(died));
    Some(marks)
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
