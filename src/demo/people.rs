//! Who the council knows: clients, their unpaid carers, and carers known from a client's record alone.

use std::borrow::Cow;

use fastrand::Rng;

use super::{
    calendar::{Calendar, Written, later, years_later},
    codes::{self, chance, weighted},
    events::{Event, Kind, Role},
    names, services,
    services::Service,
};
use crate::model::{Date, NhsNumber};

/// A person as the system records them. An empty text is NULL in the database.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    /// Internal number, from 1.
    pub(super) id: u32,
    pub(super) case_no: String,
    pub(super) nhs_no: String,
    pub(super) forename: String,
    pub(super) surname: String,
    pub(super) gender: &'static str,
    pub(super) ethnicity: &'static str,
    pub(super) born: Written,
    pub(super) died: Written,
    pub(super) practice: Cow<'static, str>,
    pub(super) need: &'static str,
    /// `Yes`, `No`, `Unknown`.
    pub(super) unpaid_carer: &'static str,
    pub(super) addresses: Vec<Address>,
    pub(super) health: Option<Health>,
    /// Employment as it was recorded last; none was ever recorded where it is empty.
    pub(super) employment: &'static str,
    /// Result of the means test; never tested where it is empty.
    pub(super) funding: &'static str,
    pub(super) caring: Option<Caring>,
}

/// Where a person lives, or lived. The last of a person's addresses is the present one.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) line_1: String,
    pub(super) postcode: String,
    pub(super) accommodation: &'static str,
    pub(super) from: Date,
    pub(super) to: Written,
}

/// Conditions recorded for a client.
#[derive(Clone, Debug)]
pub(super) struct Health {
    pub(super) asd: &'static str,
    pub(super) vision: &'static str,
    pub(super) hearing: &'static str,
    pub(super) dementia: &'static str,
}

/// What a carer does.
#[derive(Clone, Debug)]
pub(super) struct Caring {
    pub(super) hours: &'static str,
    pub(super) adults: Cow<'static, str>,
    /// Internal numbers of the adults cared for.
    pub(super) cares_for: Vec<u32>,
}

/// A person with all that happened to them: the unit in which the database is made and faults are planted.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) person: Person,
    pub(super) events: Vec<Event>,
    /// A second record that the system holds besides the person's own: of the same person, or of an adult cared for of
    /// whom nothing else is known.
    pub(super) further: Option<Person>,
}

impl Case {
    /// The record under which an event stands.
    pub(super) fn record_of(&self, event: &Event) -> &Person {
        self.further.as_ref().filter(|_| event.of_further).unwrap_or(&self.person)
    }
}

impl Person {
    /// The number that workers and letters use for the person with this internal number.
    pub(super) fn case_no(id: u32) -> String {
        (2_000_000 + id * 7).to_string()
    }
}

/// Makes cases one after another; the same seed gives the same cases.
pub(super) struct Cases {
    rng: Rng,
    calendar: Calendar,
    next_id: u32,
    next_stem: u64,
    /// Clients to whom a carer may be linked: the latest, and the one before.
    clients: [Option<u32>; 2],
}

impl Cases {
    pub(super) fn new(seed: u64, calendar: Calendar) -> Self {
        Self { rng: Rng::with_seed(seed), calendar, next_id: 1, next_stem: 999_000_000, clients: [None, None] }
    }

    /// A client and, often, whoever cares for them.
    pub(super) fn household(&mut self) -> Vec<Case> {
        let mut client = self.client();
        // A carer is linked only to an adult whose own rows are in the file.
        let carer = if client.events.iter().any(|event| event.is_sent(self.calendar)) {
            self.clients = [Some(client.person.id), self.clients[0]];
            match self.rng.u32(0..1000) {
                0..115 => Some(self.carer()),
                115..145 => Some(self.carer_known_by_association()),
                _ => None,
            }
        } else {
            None
        };
        if carer.is_some() {
            client.person.unpaid_carer = "Yes";
        }
        [Some(client), carer].into_iter().flatten().collect()
    }

    fn client(&mut self) -> Case {
        let need = weighted(&mut self.rng, codes::NEED);
        let age = match need {
            "LD" => self.rng.u32(20..70),
            "MH" | "SUB" | "ASY" => self.rng.u32(20..72),
            "MEM" => self.rng.u32(66..99),
            _ if chance(&mut self.rng, 78) => self.rng.u32(65..101),
            _ => self.rng.u32(24..65),
        };
        let mut person = self.person(age);
        let rng = &mut self.rng;
        person.need = need;
        person.unpaid_carer = weighted(rng, &[("Yes", 30), ("No", 50), ("Unknown", 20)]);
        person.health = Some(Health {
            asd: weighted(rng, if need == "LD" { &[("Y", 25), ("N", 65), ("U", 10)] } else { &[("N", 80), ("U", 20)] }),
            vision: weighted(rng, codes::VISION),
            hearing: weighted(rng, codes::HEARING),
            dementia: weighted(
                rng,
                if need == "MEM" { &[("Y", 85), ("U", 15)] } else { &[("N", 75), ("U", 20), ("Y", 5)] },
            ),
        });
        if age < 65 && (need == "LD" || chance(rng, 60)) {
            person.employment = weighted(rng, codes::EMPLOYMENT);
        }
        person.funding = weighted(rng, codes::FUNDING);
        let mut case = Case { events: self.services(&mut person), person, further: None };
        self.contacts(&mut case);
        if chance(&mut self.rng, 6) {
            die(&mut self.rng, self.calendar, &mut case);
        }
        Self::tidy(&mut case);
        settle(&mut case, self.calendar);
        case
    }

    /// A client's package over the year: one long-term setting at most, and short services around it.
    fn services(&mut self, person: &mut Person) -> Vec<Event> {
        let (rng, calendar) = (&mut self.rng, self.calendar);
        let mut lines = Vec::new();
        let adult = person.born.date().map_or(calendar.first(), |born| years_later(born, 18));
        let since =
            if chance(rng, 65) { later(calendar.period.start(), -rng.i32(1..1400)) } else { calendar.in_period(rng) };
        let setting: Option<&'static Service> = match (person.need, rng.u32(0..100)) {
            ("LD", 0..35) => Some(&services::SUPPORTED_LIVING),
            ("LD", 35..42) => Some(&services::SHARED_LIVES),
            ("LD", 42..75) | (_, 42..50) => Some(&services::DIRECT_PAYMENT),
            (_, 0..42) => Some(&services::HOME_SUPPORT),
            (_, 50..55) => Some(&services::EXTRA_CARE),
            (_, 55..66) => Some(&services::RESIDENTIAL),
            (_, 66..71) => Some(&services::NURSING),
            _ => None,
        };
        if let Some(service) = setting {
            services::running(rng, calendar, service, person.funding, since.max(adult), &mut lines);
            if let (Some(home), Some(moved)) = (accommodation_of(service), lines[0].start.date()) {
                move_to(rng, person, home, moved);
            }
        }
        for (service, percent) in [
            (&services::EQUIPMENT, 50),
            (&services::EQUIPMENT, 30),
            (&services::REABLEMENT, 34),
            (&services::SHORT_STAY, if setting.is_none() { 5 } else { 2 }),
            (&services::SHORT_STAY_NURSING, 1),
        ] {
            if chance(rng, percent) {
                lines.push(services::single(rng, calendar, service, Role::Client, person.funding));
            }
        }
        lines
    }

    /// What leads to a package and follows from it. Requests are by far the most common.
    fn contacts(&mut self, case: &mut Case) {
        let (rng, calendar) = (&mut self.rng, self.calendar);
        let has_package = !case.events.is_empty();
        let times = |rng: &mut Rng, most: &[(u32, u32)]| {
            let mut left = rng.u32(0..most.iter().map(|(_, weight)| weight).sum());
            most.iter()
                .find(|(_, weight)| {
                    if left < *weight {
                        true
                    } else {
                        left -= weight;
                        false
                    }
                })
                .map_or(0, |(n, _)| *n)
        };
        for _ in 0..times(rng, &[(1, 9), (2, 13), (3, 17), (4, 19), (5, 16), (6, 13), (8, 9), (11, 4)]) {
            case.events.push(Event::request(rng, calendar, Role::Client));
        }
        for _ in 0..times(rng, &[(0, 18), (1, 28), (2, 27), (3, 18), (4, 9)]) {
            case.events.push(Event::assessment(rng, calendar, Role::Client));
        }
        if has_package {
            for _ in 0..times(rng, &[(0, 20), (1, 42), (2, 27), (3, 11)]) {
                case.events.push(Event::review(rng, calendar, Role::Client));
            }
        }
        // Some clients care for somebody else: the same person, with rows in either capacity.
        if chance(rng, 1) {
            case.person.caring =
                Some(Caring { hours: weighted(rng, codes::HOURS), adults: "1".into(), cares_for: vec![] });
            case.events.push(Event::request(rng, calendar, Role::Carer));
            case.events.push(Event::assessment(rng, calendar, Role::Carer));
        }
    }

    fn carer(&mut self) -> Case {
        let person = self.unpaid_carer();
        let (rng, calendar) = (&mut self.rng, self.calendar);
        let mut events = vec![Event::request(rng, calendar, Role::Carer)];
        if chance(rng, 40) {
            events.push(Event::request(rng, calendar, Role::Carer));
        }
        if chance(rng, 75) {
            events.push(Event::assessment(rng, calendar, Role::Carer));
        }
        if chance(rng, 45) {
            events.push(services::single(rng, calendar, &services::CARER_PAYMENT, Role::Carer, ""));
        }
        if chance(rng, 35) {
            events.push(Event::review(rng, calendar, Role::Carer));
        }
        let mut case = Case { person, events, further: None };
        Self::tidy(&mut case);
        settle(&mut case, self.calendar);
        case
    }

    fn carer_known_by_association(&mut self) -> Case {
        let person = self.unpaid_carer();
        let event = Event { kind: Kind::Association, role: Role::Carer, ..Event::default() };
        Case { person, events: vec![event], further: None }
    }

    fn unpaid_carer(&mut self) -> Person {
        let age = self.rng.u32(22..88);
        let mut person = self.person(age);
        let rng = &mut self.rng;
        person.unpaid_carer = weighted(rng, &[("No", 75), ("Unknown", 25)]);
        let both = chance(rng, 8);
        let cares_for: Vec<u32> = self.clients.into_iter().take(if both { 2 } else { 1 }).flatten().collect();
        let adults = cares_for.len().to_string().into();
        person.caring = Some(Caring { hours: weighted(rng, codes::HOURS), adults, cares_for });
        person
    }

    fn person(&mut self, age: u32) -> Person {
        let nhs_no = loop {
            let stem = self.next_stem;
            self.next_stem += 1;
            if let Some(number) = NhsNumber::from_stem(stem) {
                break number.digits();
            }
        };
        let id = self.next_id;
        self.next_id += 1;
        let (rng, end) = (&mut self.rng, self.calendar.period.end());
        let born = later(years_later(end, -(age as i32)), -rng.i32(0..365));
        let mut person = Person {
            id,
            case_no: Person::case_no(id),
            nhs_no,
            forename: names::forename(rng),
            surname: names::surname(rng),
            gender: weighted(rng, codes::GENDER),
            ethnicity: weighted(rng, codes::ETHNICITY),
            born: Written::On(born),
            practice: names::practice(rng.u32(0..names::PRACTICES)).0.into(),
            ..Person::default()
        };
        let known_since = later(end, -rng.i32(500..4000));
        let home = weighted(rng, codes::ACCOMMODATION);
        person.addresses.push(address(rng, home, known_since));
        if chance(rng, 9) {
            let moved = later(end, -rng.i32(-15..480));
            let home = weighted(rng, codes::ACCOMMODATION);
            move_to(rng, &mut person, home, moved);
        }
        person
    }

    /// Drops what nobody would record twice: two events of one kind, role and first day.
    fn tidy(case: &mut Case) {
        let mut kept: Vec<Event> = Vec::with_capacity(case.events.len());
        for event in case.events.drain(..) {
            if !kept.iter().any(|k| (k.kind, k.role, &k.start) == (event.kind, event.role, &event.start)) {
                kept.push(event);
            }
        }
        case.events = kept;
    }
}

/// Gives requests that were to lead to an assessment, and did not, the outcome that came of them.
fn settle(case: &mut Case, calendar: Calendar) {
    let assessed: Vec<Event> =
        case.events.iter().filter(|event| event.kind == Kind::Assessment && event.is_sent(calendar)).cloned().collect();
    for request in &mut case.events {
        if request.outcome == Event::TO_ASSESSMENT && !assessed.iter().any(|event| request.leads_to(event)) {
            request.outcome = "IAS";
        }
    }
}

/// The accommodation that goes with a long-term setting, where it is one.
fn accommodation_of(service: &Service) -> Option<&'static str> {
    match service.type_cd {
        "LTR" => Some("RES"),
        "LTN" => Some("NUR"),
        _ => match service.component_cd {
            "XCARE" => Some("SHE"),
            "SLIV" => Some("SUP"),
            "SLIVES" => Some("SLS"),
            _ => None,
        },
    }
}

fn address(rng: &mut Rng, accommodation: &'static str, from: Date) -> Address {
    let line_1 = names::street_address(rng);
    Address { line_1, postcode: names::postcode(rng), accommodation, from, to: Written::Blank }
}

/// Closes the present address and opens another. What was planned for later than the move is forgotten.
fn move_to(rng: &mut Rng, person: &mut Person, accommodation: &'static str, moved: Date) {
    person.addresses.retain(|address| address.from < moved);
    if let Some(last) = person.addresses.last_mut() {
        last.to = Written::On(moved);
    }
    person.addresses.push(address(rng, accommodation, moved));
}

/// Lets a client die in the period: what ran ends that day, what had not begun is never recorded.
fn die(rng: &mut Rng, calendar: Calendar, case: &mut Case) {
    let died =
        later(calendar.period.start(), rng.i32(0..=calendar.period.end().days() - calendar.period.start().days()));
    case.person.died = Written::On(died);
    case.events.retain_mut(|event| event.close_on_death(died));
    if case.person.caring.is_some() {
        case.events.retain(|event| event.role == Role::Client);
        case.person.caring = None;
    }
}
