//! A demo council: the case-management database of a fictional authority, with the faults of real data in it.
//!
//! [`build`] makes a SQLite database shaped as suppliers' systems are (`schema.sql`): people and addresses, carers,
//! contacts, assessments, care packages with their lines, reviews, in local codes. The queries and value maps of
//! `mappings/demo` read it. Nobody in it exists: NHS numbers come from the range kept for tests (999), postcodes from an
//! area that was never allocated (YA), names, practices and locations are invented.
//!
//! It promises that
//! - the same council gives the same rows, on every machine: all chance comes from the seed, none from a float, a hash or
//!   the clock;
//! - every cell that is sent passes every rule, but for the faults in [`DemoMade::planted`], and each of those breaks
//!   exactly the rules named there;
//! - every month of a rolling year has events of all four types, so that the national check of the period keeps it.
//!
//! A household is made, faulted and written before the next one, so memory does not grow with the council.

mod calendar;
mod codes;
mod events;
mod faults;
mod names;
mod people;
mod planted;
mod planter;
mod services;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use calendar::Calendar;
use events::Kind;
use people::{Case, Cases};
pub use planted::{Planted, write_planted};
use planter::{Planter, Upgrade};

use crate::model::Period;

/// What council to make.
#[derive(Clone, Debug)]
pub struct DemoCouncil {
    /// How many people it knows, at most [`DemoCouncil::MOST_PEOPLE`]; 12,000 make some 100,000 rows to send.
    pub people: u32,
    /// All chance comes from this.
    pub seed: u64,
    /// The period to be sent; the records end three weeks after it.
    pub period: Period,
    /// In what state its data is.
    pub condition: Condition,
}

impl DemoCouncil {
    /// A mid-sized council.
    pub const PEOPLE: u32 = 12_000;
    /// With fewer, some query may have no row to send.
    pub const FEWEST_PEOPLE: u32 = 10;
    /// As many as the NHS numbers kept for tests suffice for.
    pub const MOST_PEOPLE: u32 = 900_000;
}

/// In what state the council's data is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// With everyday faults, at rates that let a package be released.
    Sound,
    /// After an upgrade that gave two people in three an ethnic code which no value map knows.
    Broken,
}

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DemoMade {
    /// Every planted fault, on every row where it shows.
    pub planted: Vec<Planted>,
    /// People in the database.
    pub people: u32,
    /// Rows that each query's rows come down to in the upload file.
    pub sent: BTreeMap<&'static str, u64>,
    /// Rows that a query returns and the agent leaves out, by query and reason.
    pub left_out: BTreeMap<(&'static str, &'static str), u64>,
}

/// What kept the demo council from being made. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// More people than there are numbers for.
    #[error(
        "make a demo council of {people} people: the NHS numbers kept for tests suffice for {}; ask for fewer",
        DemoCouncil::MOST_PEOPLE
    )]
    TooManyPeople {
        /// How many were asked for.
        people: u32,
    },
    /// The database could not be made.
    #[error("create the demo database {}: its folder must exist, and hold no database of that name", path.display())]
    Create {
        /// Where it was to be.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The database could not be filled.
    #[error("fill the demo database {}: is the disk full?", path.display())]
    Fill {
        /// Where it is.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
}

/// Makes the council's database at a path whose folder exists and where no database is yet.
pub fn build(council: &DemoCouncil, path: &Path) -> Result<DemoMade, DemoError> {
    if council.people > DemoCouncil::MOST_PEOPLE {
        return Err(DemoError::TooManyPeople { people: council.people });
    }
    let db = create(path).map_err(|source| DemoError::Create { path: path.to_owned(), source })?;
    fill(council, db).map_err(|source| DemoError::Fill { path: path.to_owned(), source })
}

fn create(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    // Whatever interrupts the making, the file is of no use: nothing need survive a crash.
    db.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
    db.execute_batch(include_str!("schema.sql"))?;
    Ok(db)
}

fn fill(council: &DemoCouncil, mut db: Connection) -> rusqlite::Result<DemoMade> {
    let calendar = Calendar { period: council.period };
    let transaction = db.transaction()?;
    let made = {
        store::write_reference(&transaction)?;
        let mut store = store::Store::new(&transaction)?;
        let mut cases = Cases::new(council.seed, calendar);
        let mut planter = Planter::new(council.seed, council.people, calendar);
        let mut upgrade = Upgrade::new(council.seed, council.condition);
        let mut ledger = Ledger::default();
        while ledger.made.people < council.people {
            let room = (council.people - ledger.made.people) as usize;
            for mut case in cases.household().into_iter().take(room) {
                ledger.number(&mut case);
                upgrade.visit(&mut case);
                planter.visit(&mut case, &mut ledger.made.planted);
                planter::record_upgrade(&case, calendar, &mut ledger.made.planted);
                ledger.count(&case, calendar);
                store.write(&case)?;
            }
        }
        ledger.made
    };
    transaction.commit()?;
    Ok(made)
}

/// Numbers events and counts what is made.
#[derive(Default)]
struct Ledger {
    made: DemoMade,
    numbers: BTreeMap<Kind, u32>,
}

impl Ledger {
    fn number(&mut self, case: &mut Case) {
        for event in &mut case.events {
            // What is no event has no number of its own; the carer's stands for it.
            let number = self.numbers.entry(event.kind).or_default();
            *number = if event.kind == Kind::Association { case.person.id } else { *number + 1 };
            event.reference = event.kind.reference(*number);
        }
    }

    fn count(&mut self, case: &Case, calendar: Calendar) {
        self.made.people += 1;
        for event in case.events.iter().filter(|event| event.is_selected(calendar)) {
            let query = event.kind.query();
            let count = match event.left_out(calendar) {
                Some(reason) => self.made.left_out.entry((query, reason)).or_default(),
                None => self.made.sent.entry(query).or_default(),
            };
            *count += 1;
        }
    }
}
