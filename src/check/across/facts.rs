//! The few bytes that are kept of a row.

use super::{
    census::Labels,
    filter::{Dates, EventKind, Fate},
    hash::{Hash, of_text},
};
use crate::{
    check::{
        Label,
        scope::{ASSESSMENT, REQUEST, REVIEW, SERVICE},
    },
    model::{Cell, Date, Field, Reading, Record, Validity},
    spec::{CodeList, FieldKind, Release},
};

/// What is kept of a row, besides its keys and its person: 20 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// A hash of all its cells.
    pub(super) copy: u32,
    start: i32,
    end: i32,
    pub(super) event: EventKind,
    pub(super) setting: Setting,
    pub(super) outcome: Outcome,
    /// Rank of the outcome; the lowest wins.
    pub(super) rank: u8,
    /// Code of the Accommodation Status; 0 where it is not known.
    pub(super) accommodation: u8,
    /// Code of the Primary Support Reason; 0 where it is not known.
    pub(super) reason: u8,
    flags: u8,
    statuses: u8,
}

/// No date; it sorts before all dates.
const NO_START: i32 = i32::MIN;
/// No end; it sorts after all dates.
const OPEN: i32 = i32::MAX;

const COUNTED: u8 = 1;
const CONVERSATION: u8 = 2;
const DIED: u8 = 4;
const END_BLANK: u8 = 8;

/// Fields whose national word is kept, since rules put findings at them whatever stands there.
const WITH_STATUS: [Field; 4] = [Field::NhsNumber, Field::EventReference, Field::EventEndDate, Field::EventOutcome];

impl Facts {
    /// The start that the row states.
    pub(super) fn start(self) -> Option<Date> {
        (self.start != NO_START).then(|| Date::from_days(self.start))
    }

    /// The end that the centre takes; `None` where the event goes on.
    pub(super) fn end(self) -> Option<Date> {
        (self.end != OPEN).then(|| Date::from_days(self.end))
    }

    /// The start as a number that sorts: none before all.
    pub(super) fn start_key(self) -> i32 {
        self.start
    }

    /// The end as a number that sorts: open after all.
    pub(super) fn end_key(self) -> i32 {
        self.end
    }

    /// Whether the row passes the filters of the centre.
    pub(super) fn is_counted(self) -> bool {
        self.flags & COUNTED != 0
    }

    /// Whether the description speaks of a conversation.
    pub(super) fn is_conversation(self) -> bool {
        self.flags & CONVERSATION != 0
    }

    /// Whether the row itself has a date of death.
    pub(super) fn has_death(self) -> bool {
        self.flags & DIED != 0
    }

    /// Whether Event End Date is blank.
    pub(super) fn has_blank_end(self) -> bool {
        self.flags & END_BLANK != 0
    }

    /// The national word for a field's value. A field that is not kept held a value that passes, or no rule looks at it.
    pub(super) fn status(self, field: Field) -> Validity {
        let place = WITH_STATUS.iter().position(|kept| *kept == field);
        place.map_or(Validity::Valid, |place| Validity::ALL[usize::from(self.statuses >> (2 * place) & 3)])
    }
}

/// Where a service user is supported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(in crate::check) enum Setting {
    /// No service, a carer's, or one of another kind.
    Other,
    /// Short-term support to maximise independence.
    StMax,
    /// Long term, in a nursing home.
    Nursing,
    /// Long term, in a residential home.
    Residential,
    /// Long term, in the community.
    Community,
    /// Long term, in prison.
    Prison,
}

impl Setting {
    /// The settings of long term support.
    pub(in crate::check) const LONG_TERM: [Self; 4] = [Self::Nursing, Self::Residential, Self::Community, Self::Prison];
}

/// What an outcome says of what comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(in crate::check) enum Outcome {
    /// Blank, or not of the list.
    None,
    /// An assessment follows.
    ToAssessment,
    /// Something else follows, or goes on.
    Follows,
    /// Nothing follows that the council provides.
    Ends,
}

/// Labels of what an outcome says, other than *no further action*.
const TO_ASSESSMENT: Label = Label(Field::EventOutcome, "Progress to Assessment");
const FOLLOWS: [Label; 7] = [
    Label(Field::EventOutcome, "Progress to Reablement/ST-Max"),
    Label(Field::EventOutcome, "Progress to Re-assessment / Unplanned Review"),
    Label(Field::EventOutcome, "Progress to Support Planning / Services"),
    Label(Field::EventOutcome, "Progress to End of Life Care"),
    Label(Field::EventOutcome, "Progress to financial assessment"),
    Label(Field::EventOutcome, "No change in package"),
    Label(Field::EventOutcome, "Provision of service"),
];

const SETTINGS: [(Setting, Label); 5] = [
    (Setting::StMax, Label(Field::ServiceType, "Short Term Support: ST-Max")),
    (Setting::Nursing, Label(Field::ServiceType, "Long Term Support: Nursing Care")),
    (Setting::Residential, Label(Field::ServiceType, "Long Term Support: Residential Care")),
    (Setting::Community, Label(Field::ServiceType, "Long Term Support: Community")),
    (Setting::Prison, Label(Field::ServiceType, "Long Term Support: Prison")),
];

const SERVICE_USER: Label = Label(Field::ClientType, "Service User");
const CARER: Label = Label(Field::ClientType, "Carer");
const CARER_BY_ASSOCIATION: Label = Label(Field::ClientType, "Carer known by association");

/// Labels that say a thing is not known.
const UNKNOWN: [Label; 6] = [
    Label(Field::Gender, "Unknown"),
    Label(Field::Ethnicity, "No data - Refused"),
    Label(Field::Ethnicity, "No data - Undeclared or Not known"),
    Label(Field::AccommodationStatus, "Unknown"),
    Label(Field::PrimarySupportReason, "Unknown"),
    Label(Field::PrimarySupportReason, "Social Support: Support to Carer"),
];

/// Whose row it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Client {
    ServiceUser,
    Carer,
    Other,
}

/// What the labels of a release come to, by their codes.
#[derive(Debug)]
pub(super) struct Lists {
    events: Vec<EventKind>,
    clients: Vec<Client>,
    settings: Vec<Setting>,
    outcomes: Vec<(Outcome, u8)>,
    /// For gender, ethnicity, accommodation and primary support reason: whether a code says something.
    known: [Vec<bool>; 4],
    /// Fields whose value, once it reads well, says all that the text says.
    by_value: [bool; Field::COUNT],
}

/// No outcome, or one without a rank.
const NO_RANK: u8 = u8::MAX;

/// A table of what each code of a field's list comes to; that of no code comes first.
fn table<T: Clone>(release: &Release, field: Field, none: T, of: impl Fn(u16) -> Option<T>) -> Vec<T> {
    let codes = release.list(field).map_or(0, |list: &CodeList| list.values.len());
    (0..=codes as u16).map(|code| of(code).filter(|_| code > 0).unwrap_or_else(|| none.clone())).collect()
}

impl Lists {
    pub(super) fn new(release: &Release) -> Self {
        let is = |code: u16, label: Label| release.code(label.0, label.1) == code;
        let events = [
            (EventKind::Request, REQUEST),
            (EventKind::Assessment, ASSESSMENT),
            (EventKind::Service, SERVICE),
            (EventKind::Review, REVIEW),
        ];
        let event = |code| events.iter().find(|(_, label)| is(code, *label)).map(|(kind, _)| *kind);
        let client = |code| match code {
            _ if is(code, SERVICE_USER) => Some(Client::ServiceUser),
            _ if is(code, CARER) || is(code, CARER_BY_ASSOCIATION) => Some(Client::Carer),
            _ => None,
        };
        let setting = |code| SETTINGS.iter().find(|(_, label)| is(code, *label)).map(|(setting, _)| *setting);
        let outcome = |code| {
            let value = release.list(Field::EventOutcome)?.value(code)?;
            let says = match code {
                _ if is(code, TO_ASSESSMENT) => Outcome::ToAssessment,
                _ if FOLLOWS.iter().any(|label| is(code, *label)) => Outcome::Follows,
                _ => Outcome::Ends,
            };
            Some((says, value.rank.map_or(NO_RANK, |rank| rank.min(u16::from(NO_RANK)) as u8)))
        };
        let known = [Field::Gender, Field::Ethnicity, Field::AccommodationStatus, Field::PrimarySupportReason];
        let known = known.map(|field| {
            let says_nothing = |code| UNKNOWN.iter().any(|label| label.0 == field && is(code, *label));
            table(release, field, false, |code| Some(!says_nothing(code)))
        });
        Self {
            events: table(release, Field::EventType, EventKind::None, event),
            clients: table(release, Field::ClientType, Client::Other, client),
            settings: table(release, Field::ServiceType, Setting::Other, setting),
            outcomes: table(release, Field::EventOutcome, (Outcome::None, NO_RANK), outcome),
            known,
            by_value: Field::ALL.map(|field| matches!(release.field(field).kind, FieldKind::List(_) | FieldKind::Date)),
        }
    }

    pub(super) fn event(&self, record: &Record<'_>) -> EventKind {
        self.events[code(record, Field::EventType)]
    }

    pub(super) fn client(&self, record: &Record<'_>) -> Client {
        self.clients[code(record, Field::ClientType)]
    }

    /// The code of a label that says something; 0 where it says that the thing is not known, and where there is none.
    pub(super) fn known(&self, record: &Record<'_>, field: Field) -> u8 {
        let of_field = match field {
            Field::Gender => 0,
            Field::Ethnicity => 1,
            Field::AccommodationStatus => 2,
            _ => 3,
        };
        let code = code(record, field);
        if self.known[of_field][code] { code.min(255) as u8 } else { 0 }
    }

    /// What a row counts its person by, whether it says something or not.
    pub(super) fn labels(record: &Record<'_>) -> Labels {
        let code = |field| code(record, field).min(255) as u8;
        Labels {
            client_type: code(Field::ClientType),
            gender: code(Field::Gender),
            ethnicity: code(Field::Ethnicity),
            reason: code(Field::PrimarySupportReason),
        }
    }

    /// What is kept of a row.
    pub(super) fn facts(
        &self,
        record: &Record<'_>,
        dates: Dates,
        fate: Fate,
        copy: u64,
        word: &dyn Fn(Field) -> Validity,
    ) -> Facts {
        let event = self.event(record);
        let supported = event == EventKind::Service && self.client(record) == Client::ServiceUser;
        let (outcome, rank) = self.outcomes[code(record, Field::EventOutcome)];
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let statuses = WITH_STATUS.iter().enumerate();
        Facts {
            copy: copy as u32,
            start: dates.start.map_or(NO_START, Date::days),
            end: dates.derived_end().map_or(OPEN, Date::days),
            event,
            setting: if supported { self.settings[code(record, Field::ServiceType)] } else { Setting::Other },
            outcome,
            rank,
            accommodation: self.known(record, Field::AccommodationStatus),
            reason: self.known(record, Field::PrimarySupportReason),
            flags: flag(fate == Fate::Counted, COUNTED)
                | flag(speaks_of_conversation(record.text(Field::EventDescription)), CONVERSATION)
                | flag(dates.died.is_some(), DIED)
                | flag(record.is_blank(Field::EventEndDate), END_BLANK),
            statuses: statuses.fold(0, |all, (place, field)| all | (word(*field) as u8) << (2 * place)),
        }
    }

    /// A hash of all cells of a row. Blank cells are alike, also where NULL stands in one.
    pub(super) fn copy(&self, record: &Record<'_>) -> u64 {
        // Two hashes grow side by side, so that one need not wait for the other.
        let (mut values, mut texts) = (Hash::new(COPY), Hash::new(COPY));
        for ((field, cell), by_value) in Field::ALL.into_iter().zip(record.cells()).zip(self.by_value) {
            match cell.reading() {
                Reading::Blank => values.number(0),
                Reading::Valid if by_value => values.number(u64::from(cell.value() as u32) + 1),
                _ => {
                    values.number(1 << 40);
                    texts.text(record.text(field));
                }
            }
        }
        values.number(texts.finish());
        values.finish()
    }

    /// The hash of DHSC's key of unique events, for a row of this person with this derived end.
    ///
    /// Source: DHSC, GetDerivedFields and GetUniqueEvents, for single submissions.
    pub(super) fn event_key(&self, record: &Record<'_>, person: u32, dates: Dates) -> u64 {
        let event = self.event(record);
        let mut hash = Hash::new(EVENT);
        let label = |field| self.label(record, field);
        hash.number(label(Field::LaCode));
        hash.number(u64::from(person) << 32 | u64::from(event as u8) << 8);
        hash.number(label(Field::ClientType));
        hash.number(u64::from(dates.start.map_or(0, Date::days) as u32) + 1);
        if event != EventKind::Service {
            hash.number(dates.derived_end().map_or(0, |end| u64::from(end.days() as u32) + 1));
        }
        match event {
            EventKind::Request => hash.number(label(Field::RouteOfAccess)),
            EventKind::Assessment => hash.number(label(Field::AssessmentType)),
            EventKind::Service => {
                let labels =
                    [Field::ServiceType, Field::ServiceComponent, Field::DeliveryMechanism, Field::CostFrequency];
                for field in labels {
                    hash.number(label(field));
                }
                hash.number(amount(record, Field::UnitCost));
                hash.number(amount(record, Field::PlannedUnitsPerWeek));
            }
            EventKind::Review | EventKind::None => {}
        }
        hash.finish()
    }

    /// A label by its code, and what is none by its text.
    fn label(&self, record: &Record<'_>, field: Field) -> u64 {
        match record.code(field).filter(|_| self.by_value[field.index()]) {
            Some(code) => u64::from(code),
            None if record.is_blank(field) => 0,
            None => of_text(LABEL, record.text(field)),
        }
    }
}

/// An amount to two decimals, and what is none by its text.
fn amount(record: &Record<'_>, field: Field) -> u64 {
    match record.hundredths(field) {
        // Beyond these bounds amounts are not told apart by their value.
        Some(hundredths) if hundredths.unsigned_abs() < i32::MAX as u32 => u64::from(hundredths as u32) + 1,
        None if record.is_blank(field) => 0,
        _ => of_text(LABEL, record.text(field)),
    }
}

fn code(record: &Record<'_>, field: Field) -> usize {
    let cell: Cell = record.cell(field);
    if cell.reading() == Reading::Valid { cell.value() as usize } else { 0 }
}

fn speaks_of_conversation(description: &[u8]) -> bool {
    const WORD: &[u8] = b"conversation";
    memchr::memchr2_iter(b'c', b'C', description)
        .any(|at| description.get(at..at + WORD.len()).is_some_and(|part| part.eq_ignore_ascii_case(WORD)))
}

/// Where hashes of different kinds of keys begin, so that equal texts of different kinds are not alike.
const COPY: u64 = 1;
const EVENT: u64 = 2;
const LABEL: u64 = 3;
pub(super) const REFERENCE: u64 = 4;
pub(super) const NHS_NUMBER: u64 = 5;
pub(super) const LOCAL_ID: u64 = 6;
