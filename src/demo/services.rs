//! What people are given: the catalogue of services, their providers, and the lines of care packages.

use std::borrow::Cow;

use fastrand::Rng;

use super::{
    calendar::{Calendar, Written, later, working_day},
    codes::{self, any, chance, weighted},
    events::{Event, Kind, Role},
    names,
};
use crate::model::Date;

/// A service as the catalogue has it, and how its lines are bought.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) type_cd: &'static str,
    pub(super) component_cd: &'static str,
    /// First provider, and how many deliver it.
    providers: (u32, u32),
    /// Cost unit, and the price of one from–to in pounds; none where the service has no price of its own.
    price: Option<(&'static str, u32, u32)>,
    delivery: &'static [codes::Weighted],
    /// Days that one line runs, from–to.
    days: (i32, i32),
}

const COMMISSIONED: &[codes::Weighted] = &[("COM", 1)];
const HOME_CARE: &[codes::Weighted] = &[("COM", 86), ("MPB", 14)];
const DIRECT: &[codes::Weighted] = &[("DP", 1)];

macro_rules! catalogue {
    ($($id:ident: $code:literal $name:literal $type_cd:literal $component:literal $providers:expr, $price:expr, $delivery:ident, $days:expr;)*) => {
        $(pub(super) static $id: Service = Service {
            code: $code, name: $name, type_cd: $type_cd, component_cd: $component, providers: $providers,
            price: $price, delivery: $delivery, days: $days,
        };)*
        pub(super) static CATALOGUE: &[&Service] = &[$(&$id,)*];
    };
}
catalogue! {
    HOME_SUPPORT: "HC" "Home care" "LTC" "HOME" (1, 14), Some(("HR", 19, 27)), HOME_CARE, (20, 92);
    DIRECT_PAYMENT: "DPC" "Direct payment" "LTC" "DP" (42, 1), Some(("WK", 90, 420)), DIRECT, (100, 700);
    EXTRA_CARE: "XC" "Extra care" "LTC" "XCARE" (15, 3), Some(("WK", 140, 320)), COMMISSIONED, (90, 600);
    SUPPORTED_LIVING: "SL" "Supported living" "LTC" "SLIV" (18, 6), Some(("DAY", 70, 210)), HOME_CARE, (120, 800);
    SHARED_LIVES: "SHL" "Shared Lives" "LTC" "SLIVES" (24, 1), Some(("WK", 380, 620)), COMMISSIONED, (200, 900);
    RESIDENTIAL: "RC" "Residential placement" "LTR" "LTRES" (25, 9), Some(("WK", 720, 1180)), COMMISSIONED, (120, 800);
    NURSING: "NC" "Nursing placement" "LTN" "LTNUR" (34, 5), Some(("WK", 890, 1420)), COMMISSIONED, (90, 600);
    REABLEMENT: "RB" "Reablement" "STM" "REAB" (39, 2), None, COMMISSIONED, (10, 42);
    EQUIPMENT: "EQ" "Equipment" "STL" "EQUIP" (41, 1), None, COMMISSIONED, (0, 21);
    SHORT_STAY: "RS" "Short stay, residential" "STO" "STRES" (25, 9), Some(("WK", 760, 1200)), COMMISSIONED, (5, 42);
    SHORT_STAY_NURSING: "NS" "Short stay, nursing" "STO" "STNUR" (34, 5), Some(("WK", 920, 1450)), COMMISSIONED, (5, 42);
    CARER_PAYMENT: "CP" "Carer's one-off direct payment" "CDC" "DP" (42, 1), Some(("OFF", 120, 400)), DIRECT, (0, 30);
    PRISON: "PR" "Support in prison" "LTP" "OTHLT" (42, 1), Some(("WK", 60, 120)), COMMISSIONED, (30, 200);
}

/// How many providers there are. The last one is a hospital trust, whose location has an id of another shape.
pub(super) const PROVIDERS: u32 = 43;
/// The trust's number.
pub(super) const TRUST: u32 = PROVIDERS;

/// Location name and CQC location id of a provider. No real id has its zeros.
pub(super) fn provider(id: u32) -> (String, Option<String>) {
    let place = names::PLACES[id as usize % names::PLACES.len()];
    let cqc = Some(format!("1-0000{:06}", 20_000 + id * 37));
    match id {
        1..15 => (format!("{place} Home Care"), cqc),
        15..18 => (format!("{place} Court Extra Care"), cqc),
        18..24 => (format!("{place} Supported Living"), cqc),
        24 => ("Shared Lives Wexcombe".to_owned(), cqc),
        25..34 => (format!("{place} Lodge"), cqc),
        34..39 => (format!("{place} Grange Nursing Home"), cqc),
        39..41 => (format!("{place} Reablement Team"), cqc),
        41 => ("Joint Equipment Store".to_owned(), None),
        42 => ("Direct Payments Team".to_owned(), None),
        _ => ("Wexcombe General Hospital".to_owned(), Some("RXX01".to_owned())),
    }
}

/// What a package line adds to an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) service: Option<&'static Service>,
    pub(super) provider: u32,
    pub(super) delivery: &'static str,
    pub(super) funding: &'static str,
    pub(super) unit_cost: Cow<'static, str>,
    pub(super) cost_unit: &'static str,
    pub(super) units_per_week: Cow<'static, str>,
}

impl Event {
    /// Whether it is a line of this service.
    pub(super) fn is_line_of(&self, service: &Service) -> bool {
        self.line.service.is_some_and(|own| own.code == service.code)
    }
}

/// The lines of a service that a client has over the year: one after another, each variation of the package a new line,
/// from `since` (or the first line's start) until the present or a chance end.
pub(super) fn running(
    rng: &mut Rng,
    calendar: Calendar,
    service: &'static Service,
    funding: &'static str,
    since: Date,
    lines: &mut Vec<Event>,
) {
    let mut start = since;
    // A package older than the year has its last variation before the year, whose line this one is.
    let mut end = later(start.max(calendar.period.start()), rng.i32(service.days.0..=service.days.1));
    loop {
        let mut line = line(rng, service, Role::Client, funding, start, end);
        let runs_on = end > calendar.last();
        if runs_on {
            (line.end, line.status, line.outcome) = (Written::Blank, "OPEN", "");
        }
        lines.push(line);
        if runs_on || chance(rng, 8) {
            return;
        }
        start = end.tomorrow();
        end = later(start, rng.i32(service.days.0..=service.days.1));
    }
}

/// One line with an end of its own: equipment, reablement, a short stay, a carer's payment.
pub(super) fn single(
    rng: &mut Rng,
    calendar: Calendar,
    service: &'static Service,
    role: Role,
    funding: &'static str,
) -> Event {
    let end = working_day(rng, calendar.first(), calendar.last());
    let start = later(end, -rng.i32(service.days.0..=service.days.1));
    let mut line = line(rng, service, role, funding, start, end);
    match rng.u32(0..1000) {
        0..12 => {
            let day = calendar.in_period(rng);
            (line.start, line.end, line.status) = (Written::On(day), Written::On(day), "CANC");
        }
        12..30 => {
            let day = working_day(rng, calendar.period.end(), calendar.last());
            (line.start, line.end, line.status, line.outcome) = (Written::On(day), Written::Blank, "OPEN", "");
        }
        _ => {}
    }
    line
}

fn line(rng: &mut Rng, service: &'static Service, role: Role, funding: &'static str, start: Date, end: Date) -> Event {
    let mut line = Line {
        service: Some(service),
        provider: service.providers.0 + rng.u32(0..service.providers.1),
        delivery: weighted(rng, service.delivery),
        funding,
        ..Line::default()
    };
    if let Some((unit, from, to)) = service.price {
        line.cost_unit = unit;
        line.unit_cost = format!("{}.{:02}", rng.u32(from..to), any_pence(rng)).into();
        line.units_per_week = match unit {
            "HR" => format!("{}.{}", rng.u32(3..29), any(rng, &["00", "25", "50", "75"])).into(),
            "DAY" => "7.00".into(),
            _ => "1.00".into(),
        };
    }
    Event {
        kind: Kind::Service,
        role,
        start: Written::On(start),
        end: Written::On(end),
        status: "COMP",
        outcome: weighted(rng, codes::SERVICE_END),
        description: Cow::Borrowed(any(rng, VARIATIONS)),
        line,
        ..Event::default()
    }
}

fn any_pence(rng: &mut Rng) -> u32 {
    [0, 25, 40, 50, 75, 96][rng.u32(0..6) as usize]
}

const VARIATIONS: &[&str] =
    &["", "", "", "morning calls", "double-up", "increase after review", "½ day", "weekends", "café visits", "interim"];
