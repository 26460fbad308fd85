//! What record rules may ask besides the record.

use crate::{
    check::Label,
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
    /// Where the records come from.
    pub origin: Origin,
}

/// Where the records of a check come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A run that writes the file, and keeps out of it what the portal would refuse.
    Run,
    /// A file that stands as somebody else made it.
    File,
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
        let codes = labels.map(|label| (label, release.code(label.0, label.1))).collect();
        Self { settings, not_to_be_used: not_to_be_used.collect(), pairings, codes }
    }

    /// The code of a label that a rule needs; 0, which no value has, where it did not say so.
    pub fn code(&self, label: Label) -> u16 {
        self.codes.iter().find(|(known, _)| *known == label).map_or(0, |(_, code)| *code)
    }

    /// Whether the release has a label.
    pub fn knows(&self, label: &Label) -> bool {
        self.code(*label) > 0
    }
}
