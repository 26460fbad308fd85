//! What happened to people: requests, assessments and reviews. Services are in [`super::services`].

use std::borrow::Cow;

use fastrand::Rng;

use super::{
    calendar::{Calendar, Written, later, working_day},
    codes::{self, any, chance, weighted},
    services::Line,
};
use crate::model::Date;

/// Which query of the mapping returns an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum Kind {
    #[default]
    Request,
    Assessment,
    Service,
    Review,
    /// No event: a carer known from the client's record alone.
    Association,
}

impl Kind {
    /// The query's name in `mapping.toml`.
    pub(super) const fn query(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Assessment => "assessments",
            Self::Service => "services",
            Self::Review => "reviews",
            Self::Association => "carers_known",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Request => "REQ",
            Self::Assessment => "ASM",
            Self::Service => "SVC",
            Self::Review => "REV",
            Self::Association => "CAR",
        }
    }

    /// The reference of the `nth` of its kind.
    pub(super) fn reference(self, nth: u32) -> String {
        format!("{}-{nth:07}", self.prefix())
    }
}

/// In which capacity the event is about the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Role {
    #[default]
    Client,
    Carer,
}

impl Role {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Client => "CL",
            Self::Carer => "CA",
        }
    }
}

/// One event, whatever its kind. A code that the kind lacks, or that nobody filled in, is the empty string, and NULL
/// in the database.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) role: Role,
    pub(super) reference: String,
    /// Whether it stands under the [further record](super::people::Case::further) and not under the person's own.
    pub(super) of_further: bool,
    pub(super) start: Written,
    pub(super) end: Written,
    pub(super) status: &'static str,
    /// Contact type or assessment form.
    pub(super) form: &'static str,
    pub(super) outcome: &'static str,
    pub(super) description: Cow<'static, str>,
    pub(super) route: &'static str,
    pub(super) hours: &'static str,
    pub(super) method: &'static str,
    pub(super) eligible: &'static str,
    pub(super) reason: &'static str,
    pub(super) outcomes_met: &'static str,
    pub(super) line: Line,
}

impl Event {
    /// Whether the mapping's query returns the row, sent or not.
    pub(super) fn is_selected(&self, calendar: Calendar) -> bool {
        if self.kind == Kind::Association {
            return true;
        }
        let ended_lately = self.end.date().is_none_or(|end| end >= calendar.queries_from());
        let begun = self.start.date().is_none_or(|start| start <= calendar.period.end());
        ended_lately && (begun || self.kind == Kind::Service)
    }

    /// Why the agent leaves the row out, if it does.
    pub(super) fn left_out(&self, calendar: Calendar) -> Option<&'static str> {
        let period = calendar.period;
        match (self.form, self.status) {
            ("SGC", _) => return Some("out of scope: safeguarding"),
            ("DOLS", _) => return Some("out of scope: Deprivation of Liberty Safeguards"),
            ("MCA", _) => return Some("out of scope: Mental Capacity Act"),
            (_, "CANC") => return Some("cancelled"),
            (_, "RIE") => return Some("recorded in error"),
            _ => {}
        }
        if self.start.date().is_some_and(|start| start > period.end()) {
            return Some("starts after the period");
        }
        match (self.kind, &self.end) {
            (Kind::Request, Written::Blank) => Some("open request"),
            (Kind::Assessment, Written::Blank) => Some("open assessment"),
            (Kind::Review, Written::Blank) => Some("open review"),
            (Kind::Service, Written::On(end)) if *end < period.start() => Some("ended outside the period"),
            (Kind::Request | Kind::Assessment | Kind::Review, Written::On(end)) if !period.contains(*end) => {
                Some("ended outside the period")
            }
            _ => None,
        }
    }

    /// Whether the row is in the upload file.
    pub(super) fn is_sent(&self, calendar: Calendar) -> bool {
        self.is_selected(calendar) && self.left_out(calendar).is_none()
    }

    /// The outcome of a request that is followed by an assessment.
    pub(super) const TO_ASSESSMENT: &'static str = "ASM";

    /// Whether this is a request whose outcome the assessment bears out: it starts within four weeks.
    pub(super) fn leads_to(&self, assessment: &Self) -> bool {
        let (Some(from), Some(until), Some(start)) = (self.start.date(), self.end.date(), assessment.start.date())
        else {
            return false;
        };
        self.kind == Kind::Request
            && self.outcome == Self::TO_ASSESSMENT
            && assessment.kind == Kind::Assessment
            && (from..=later(until, 28)).contains(&start)
    }

    /// Brings the event to an end on the day of a death; `false` where it had not begun by then.
    pub(super) fn close_on_death(&mut self, died: Date) -> bool {
        if self.start.date().is_some_and(|start| start > died) {
            return false;
        }
        if self.end.date().is_none_or(|end| end > died) {
            self.end = Written::On(died);
            if self.status == "OPEN" {
                self.status = "COMP";
            }
            if self.form != "FIN" {
                self.outcome = "DECD";
            }
        }
        true
    }

    pub(super) fn request(rng: &mut Rng, calendar: Calendar, role: Role) -> Self {
        let mut event = Self::completed(rng, calendar, Kind::Request, role, 18);
        event.outcome = weighted(rng, codes::REQUEST_OUTCOME);
        event.form = if chance(rng, 12) { "CONV" } else { "GEN" };
        event.description = Cow::Borrowed(if event.form == "CONV" {
            "Initial conversation (three conversations)"
        } else {
            any(rng, SUMMARIES)
        });
        match role {
            Role::Client => event.route = weighted(rng, codes::ROUTE),
            Role::Carer => {
                event.route = "COMM";
                event.description = Cow::Borrowed("Carer asking for support");
                event.hours = if chance(rng, 60) { weighted(rng, codes::HOURS) } else { "" };
            }
        }
        event.vary(rng, calendar, &["SGC"])
    }

    pub(super) fn assessment(rng: &mut Rng, calendar: Calendar, role: Role) -> Self {
        let mut event = Self::completed(rng, calendar, Kind::Assessment, role, 55);
        event.form = match role {
            Role::Client => weighted(rng, &[("CAA", 500), ("OT", 230), ("REAB", 100), ("FIN", 170)]),
            Role::Carer => "CARER",
        };
        if event.form != "FIN" {
            event.outcome = weighted(rng, codes::ASSESSMENT_OUTCOME);
            event.method = if role == Role::Carer { "CO" } else { weighted(rng, codes::METHOD) };
            event.eligible = weighted(rng, &[("Y", 70), ("N", 20), ("", 10)]);
        }
        event.vary(rng, calendar, if role == Role::Client { &["DOLS", "MCA"] } else { &[] })
    }

    pub(super) fn review(rng: &mut Rng, calendar: Calendar, role: Role) -> Self {
        let mut event = Self::completed(rng, calendar, Kind::Review, role, 30);
        event.reason = if role == Role::Carer { "PL" } else { weighted(rng, codes::REVIEW_REASON) };
        event.method = if role == Role::Carer { "CO" } else { weighted(rng, codes::METHOD) };
        event.outcome = weighted(rng, codes::REVIEW_OUTCOME);
        if event.reason == "PL" || chance(rng, 30) {
            event.outcomes_met = weighted(rng, codes::OUTCOMES_MET);
        }
        event.vary(rng, calendar, &[])
    }

    /// An event of which only the dates are known, most often completed in the period.
    fn completed(rng: &mut Rng, calendar: Calendar, kind: Kind, role: Role, longest: i32) -> Self {
        let end = working_day(rng, later(calendar.period.start(), -25), calendar.last());
        let start = working_day(rng, later(end, -longest), end);
        Self { kind, role, start: Written::On(start), end: Written::On(end), status: "COMP", ..Self::default() }
    }

    /// Makes the event, now and then, one that is not to be sent: still open, cancelled, or of a form out of scope.
    fn vary(mut self, rng: &mut Rng, calendar: Calendar, forms: &[&'static str]) -> Self {
        match rng.u32(0..1000) {
            0..28 => {
                let start = working_day(rng, later(calendar.period.end(), -50), calendar.period.end());
                (self.start, self.end) = (Written::On(start), Written::Blank);
                self.status = "OPEN";
                self.outcome = "";
            }
            28..40 => self.set_aside(rng, calendar, "CANC"),
            40..43 => self.set_aside(rng, calendar, "RIE"),
            43..65 if !forms.is_empty() => {
                self.form = any(rng, forms);
                self.set_aside(rng, calendar, "COMP");
            }
            _ => {}
        }
        self
    }

    /// Gives the event a status, and dates that leave no other reason for leaving it out.
    fn set_aside(&mut self, rng: &mut Rng, calendar: Calendar, status: &'static str) {
        let day = calendar.in_period(rng);
        (self.start, self.end, self.status) = (Written::On(day), Written::On(day), status);
    }
}

const SUMMARIES: &[&str] = &[
    "",
    "Help with washing and dressing",
    "Fall at home – equipment needed",
    "Hospital discharge, discharge to assess",
    "Family worried about safety at night",
    "Memory getting worse",
    "Request for a stairlift",
    "Blue Badge enquiry",
    "Meals and shopping",
    "Care home fees enquiry",
    "Change of circumstances",
    "Package increase requested",
    "Housing and support",
    "Keyworker asks for a review of support",
    "Ready meals “not managing”",
    "Daytime activities",
    "Telecare alarm",
];
