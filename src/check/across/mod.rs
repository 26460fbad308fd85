//! What rows say about one another: duplicates, people who contradict themselves, links that lead nowhere.
//!
//! While records go by, a few bytes are kept of each: hashes of its keys, day numbers, codes; never its text. When all
//! have gone by, rows with the same key are brought together, and the rows of each person; rules are shown them, and
//! what they find says only where: values are fetched when the file is read again.
//!
//! ```text
//!  record ─▶ who (people) ─▶ filters (filter) ─▶ facts and keys (facts) ┐   kept in columns
//!                                                                       ▼
//!                    same key ─▶ event rules     same person ─▶ person rules     links ─▶ link rules     counts ─▶ file rules
//! ```
//!
//! Some 55 bytes are kept of a row, its share of the people among them; nothing is copied when the file grows.

mod census;
mod column;
mod facts;
mod filter;
mod found;
mod hash;
mod ids;
mod judge;
mod kept;
mod known;
mod national;
mod people;
#[cfg(test)]
mod tests;
mod view;

pub use census::Census;
pub use filter::EventKind;
pub use found::{FoundLate, LateFinding};
pub use judge::Judged;
pub use national::{Alike, Duplicates, Ignored, National, People, UniqueEvents};
pub use people::Attribute;
pub use view::{Link, PersonRows, SameEvent, SeenRow, Whole};

pub(super) use facts::{Outcome, Setting};
pub(super) use ids::Ids;
pub(super) use view::Linked;

use self::{
    column::Column,
    facts::{Client, Facts, LOCAL_ID, Lists, REFERENCE},
    filter::{Dates, Fate, Somebody, fate},
    hash::of_text,
    people::{Everybody, Said},
};
use crate::{
    model::{Date, Field, Period, Record, Validity},
    spec::Release,
};

/// Sees every record once, in the order of the file.
#[derive(Debug)]
pub(super) struct Across {
    lists: Lists,
    period: Period,
    people: Everybody,
    facts: Column<Facts>,
    /// Whose row each is; [`NOBODY`] where that cannot be told.
    persons: Column<u32>,
    /// DHSC's key of each row that the centre counts; of the others, a hash of all their cells.
    events: Column<u64>,
    /// Hashes of event references; 0 where there is none.
    references: Column<u64>,
    links: Column<CarersLink>,
    national: National,
}

/// The rows that are nobody's.
const NOBODY: u32 = u32::MAX;

/// A link on a carer's row: 16 bytes.
#[derive(Clone, Copy, Debug)]
struct CarersLink {
    /// The hash of the linked id.
    to: u64,
    /// The row, and in the last two bits which of the three links it is.
    row_and_place: u32,
    /// The carer's date of birth; [`UNBORN`] where none can be read.
    born: i32,
}

/// No date of birth.
const UNBORN: i32 = i32::MIN;

impl CarersLink {
    fn new(to: u64, row: u32, place: usize, born: Option<Date>) -> Self {
        Self { to, row_and_place: row << 2 | place as u32, born: born.map_or(UNBORN, Date::days) }
    }

    fn row(self) -> u32 {
        self.row_and_place >> 2
    }

    fn field(self) -> Field {
        LINKS[self.row_and_place as usize & 3]
    }

    fn born(self) -> Option<Date> {
        (self.born != UNBORN).then(|| Date::from_days(self.born))
    }
}

/// The fields of a carer's links.
pub(super) const LINKS: [Field; 3] =
    [Field::Adult1LinkedPersonId, Field::Adult2LinkedPersonId, Field::Adult3LinkedPersonId];

impl Across {
    pub(super) fn new(release: &Release, period: Period) -> Self {
        Self {
            lists: Lists::new(release),
            period,
            people: Everybody::default(),
            facts: Column::default(),
            persons: Column::default(),
            events: Column::default(),
            references: Column::default(),
            links: Column::default(),
            national: National::new(release),
        }
    }

    /// The identifiers of records that are to be seen. They are looked up together: each look-up waits for memory, and
    /// those of many rows can wait at the same time.
    pub(super) fn identify<'r>(&self, records: impl Iterator<Item = Record<'r>>) -> Vec<Ids> {
        let mut ids: Vec<_> = records.map(|record| Ids::of(&record)).collect();
        self.people.look_up(&mut ids);
        ids
    }

    /// Keeps what is needed of the next record, which has these identifiers; `word` gives the national word for a field's
    /// value.
    pub(super) fn see(&mut self, record: &Record<'_>, ids: Ids, word: &dyn Fn(Field) -> Validity) {
        let row = self.facts.len() as u32 + 1;
        let dates = Dates {
            start: record.date(Field::EventStartDate),
            end: record.date(Field::EventEndDate),
            died: record.date(Field::DateOfDeath),
        };
        let client = self.lists.client(record);
        let born = record.date(Field::DateOfBirth);
        let said = Said {
            ids,
            born,
            died: dates.died,
            gender: self.lists.known(record, Field::Gender),
            ethnicity: self.lists.known(record, Field::Ethnicity),
            reason: self.lists.known(record, Field::PrimarySupportReason),
            labels: Lists::labels(record),
            is_service_user: client == Client::ServiceUser,
        };
        let person = self.people.see(&said, row);
        let somebody = if person.is_some() { Somebody::Known } else { Somebody::Unknown };
        let event = self.lists.event(record);
        let fate = fate(event, dates, somebody, self.period);
        self.national.see(event, fate);
        let copy = self.lists.copy(record);
        let key = match (fate, person) {
            (Fate::Counted, Some(person)) => self.lists.event_key(record, person, dates),
            _ => copy,
        };
        self.events.push(key);
        self.references.push(hashed(record, Field::EventReference, REFERENCE).unwrap_or(0));
        self.persons.push(person.unwrap_or(NOBODY));
        self.facts.push(self.lists.facts(record, dates, fate, copy, word));
        if client == Client::Carer {
            self.link(record, row, ids.local_id.map(|id| id.hash), born);
        }
    }

    /// Keeps a carer's links; those to oneself, and those that stand twice, are told by rules that see the record.
    fn link(&mut self, record: &Record<'_>, row: u32, own: Option<u64>, born: Option<Date>) {
        let ids = LINKS.map(|field| hashed(record, field, LOCAL_ID));
        for (place, to) in ids.iter().enumerate() {
            if let Some(to) = *to
                && Some(to) != own
                && !ids[..place].contains(&Some(to))
            {
                self.links.push(CarersLink::new(to, row, place, born));
            }
        }
    }
}

fn hashed(record: &Record<'_>, field: Field, kind: u64) -> Option<u64> {
    (!record.is_blank(field)).then(|| of_text(kind, record.text(field)))
}
