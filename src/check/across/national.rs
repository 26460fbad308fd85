//! What the national process would do with the rows.

use serde::{Deserialize, Serialize};

use super::filter::{EventKind, Fate};
use crate::{
    check::scope::{ASSESSMENT, REQUEST, REVIEW, SERVICE},
    spec::Release,
};

/// What the national process would do with the rows of a file, before it counts anything. Counts alone, nobody's data.
///
/// A row is either without an event, or ignored by the first filter that it fails (in the order of [`Ignored`]), or a
/// unique event. NHS England's own rule about people is told beside that in [`rows_split_off`](Self::rows_split_off).
///
/// In `manifest.json` its keys are the names below.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct National {
    /// Data rows of the file.
    pub rows: u64,
    /// Rows whose Event Type is blank or none of the list: people known by association have no event. They are counted
    /// in no figure about events.
    pub without_event: u64,
    /// Rows with an event that would be ignored, each under the first filter that it fails.
    pub ignored: Ignored,
    /// What is left: unique events, by event type: Request, Assessment, Service, Review.
    pub events: Vec<UniqueEvents>,
    /// Rows that are duplicates, in every sense.
    pub duplicates: Duplicates,
    /// Rows without a valid NHS number whose local id stands on another row with one. NHS England drops them; DHSC counts
    /// them as a second person. Such a row may be ignored for another reason too.
    pub rows_split_off: u64,
    /// The people that the rows are about.
    pub people: People,
}

/// Rows with an event that the national process would ignore. A row counts under the first of these, in this order, and
/// under no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ignored {
    /// Event Start Date is blank or cannot be read.
    pub no_start: u64,
    /// The event starts after the period.
    pub starts_after_period: u64,
    /// A request, assessment or review that did not end in the period or has no end; a service that ended before it. A
    /// death within the event ends it.
    pub ended_outside_period: u64,
    /// Date of Death lies before the event's start or before the period.
    pub died_before: u64,
    /// Neither a valid NHS Number nor an LA Person Unique Identifier.
    pub no_identifier: u64,
    /// Another row is the same event by DHSC's key, and is kept in place of this one.
    pub duplicate: u64,
}

impl Ignored {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Self { no_start, starts_after_period, ended_outside_period, died_before, no_identifier, duplicate } = self;
        no_start + starts_after_period + ended_outside_period + died_before + no_identifier + duplicate
    }
}

/// What is left of one event type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UniqueEvents {
    /// The label of the event type.
    pub event_type: String,
    /// Rows that pass every filter, duplicates among them.
    pub rows: u64,
    /// Unique events.
    pub unique: u64,
}

/// The people of a file. A person is an NHS number with a right check digit, or, on rows without one, a local id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct People {
    /// Different people.
    pub distinct: u64,
    /// Of these, known by an NHS number.
    pub with_nhs_number: u64,
    /// Of these, known by a local id alone.
    pub without_nhs_number: u64,
    /// People whose rows contradict one another: in date of birth or death, gender or ethnicity (K008 to K011), or in which
    /// ids belong together (K005, and K006: all whose numbers stand with the first one under one id).
    pub with_conflicts: u64,
}

/// Groups of rows that are alike, and the rows of each beyond one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Alike {
    /// Groups of at least two rows.
    pub groups: u64,
    /// Rows beyond the one that stays in each group.
    pub extra_rows: u64,
}

impl Alike {
    /// Counts a group.
    pub(super) fn add(&mut self, rows: u64) {
        if rows > 1 {
            self.groups += 1;
            self.extra_rows += rows - 1;
        }
    }
}

/// Rows that are duplicates, in three senses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Duplicates {
    /// Equal in every cell (K002).
    pub copies: Alike,
    /// Different events under one Event Reference (K003); a group is a reference.
    pub references: Alike,
    /// One event by DHSC's key (K002 and K004).
    pub events: Alike,
}

impl National {
    /// Nothing counted yet.
    pub(super) fn new(release: &Release) -> Self {
        let listed = [REQUEST, ASSESSMENT, SERVICE, REVIEW].into_iter();
        let listed = listed.filter(|label| release.code(label.0, label.1) > 0);
        let events = listed.map(|label| UniqueEvents { event_type: label.1.to_owned(), rows: 0, unique: 0 });
        Self { events: events.collect(), ..Self::default() }
    }

    /// Counts a row.
    pub(super) fn see(&mut self, event: EventKind, fate: Fate) {
        self.rows += 1;
        match fate {
            Fate::WithoutEvent => self.without_event += 1,
            Fate::Ignored(filter) => *filter.count(&mut self.ignored) += 1,
            Fate::Counted => {
                if let Some(events) = self.of(event) {
                    events.rows += 1;
                    events.unique += 1;
                }
            }
        }
    }

    /// Takes rows back that are duplicates of an event of this type.
    pub(super) fn drop_duplicates(&mut self, event: EventKind, rows: u64) {
        self.ignored.duplicate += rows;
        if let Some(events) = self.of(event) {
            events.unique -= rows;
        }
    }

    fn of(&mut self, event: EventKind) -> Option<&mut UniqueEvents> {
        let label = match event {
            EventKind::None => return None,
            EventKind::Request => REQUEST,
            EventKind::Assessment => ASSESSMENT,
            EventKind::Service => SERVICE,
            EventKind::Review => REVIEW,
        };
        self.events.iter_mut().find(|events| events.event_type == label.1)
    }

    /// Whether every row has been told of once.
    pub fn adds_up(&self) -> bool {
        let unique: u64 = self.events.iter().map(|events| events.unique).sum();
        let passed: u64 = self.events.iter().map(|events| events.rows).sum();
        let People { distinct, with_nhs_number, without_nhs_number, .. } = self.people;
        self.rows == self.without_event + self.ignored.total() + unique
            && passed == unique + self.ignored.duplicate
            && distinct == with_nhs_number + without_nhs_number
    }
}
