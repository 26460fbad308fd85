//! What record rules may ask besides the record.

use crate::{
    check::{Label, scope::SERVICE},
    model::{Date, Environment, Field, Period},
    spec::Release,
};

/// What the council set for this check.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The code of the council whose file it is.
    pub la_code: String,
    /// The period that the file states.
    pub period: Period,
    /// Today.
    pub as_of: Date,
    /// Whether the file may be sent.
    pub environment: Environment,
    /// Whether numbers of the test range are numbers like any other.
    pub test_numbers: TestNumbers,
    /// Who makes the file.
    pub origin: Origin,
}

/// Who makes the file that is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The agent, which writes blank what the portal would refuse.
    Built,
    /// Somebody else: what the portal would refuse stands in it, and blocks it.
    Submitted,
}

/// What NHS numbers that begin with 999 mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestNumbers {
    /// The data is synthetic: they are numbers like any other.
    Allowed,
    /// They do not belong in a council's data.
    Strange,
}

/// Everything record rules may ask: settings, and the release's labels as codes.
#[derive(Debug)]
pub struct Context {
    /// What the council set.
    pub settings: Settings,
    /// Labels that are listed but not to be used: field and code.
    pub not_to_be_used: Vec<(Field, u16)>,
    /// Evidenced pairings of Service Type and Service Component, by code, sorted.
    pub pairings: Vec<(u16, u16)>,
    /// The code of the event type Service, by which every row is asked whether it belongs in the file.
    pub(super) service: u16,
    codes: Vec<(Label, u16)>,
}

impl Context {
    /// A context for a release; `labels` are those that rules will ask for.
    pub fn new(release: &Release, settings: Settings, labels: impl Iterator<Item = Label>) -> Self {
        let not_to_be_used = Field::ALL.into_iter().flat_map(|field| {
            let values = release.list(field).map_or(&[][..], |list| &list.values);
            let barred = values.iter().zip(1..).filter(|(value, _)| value.not_to_be_used.is_some());
            barred.map(move |(_, code)| (field, code)).collect::<Vec<_>>()
        });
        let mut pairings: Vec<_> = release.pairings().iter().map(|pair| (pair.service_type, pair.component)).collect();
        pairings.sort_unstable();
        let code = |label: Label| release.code(label.0, label.1);
        let codes = labels.map(|label| (label, code(label))).collect();
        Self { settings, not_to_be_used: not_to_be_used.collect(), pairings, service: code(SERVICE), codes }
    }

    /// The code of a label that a rule needs; 0, which no value has, where it did not say so.
    pub fn code(&self, label: Label) -> u16 {
        self.codes.iter().find(|(known, _)| *known == label).map_or(0, |(_, code)| *code)
    }
}
