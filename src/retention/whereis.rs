//! Where a person is: which indexes that are still kept hold them.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{RetentionError, ages::Part, kept::Inventory};
use crate::{
    compare::{Index, IndexError, Person, Pseudonyms},
    config::{IndexKey, Settings},
    ledger::{Deed, KeptRow, Ledger},
    model::{Period, Reason, RunId},
};

/// A package, or an import, that holds the person who was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The run, or the import.
    pub run: RunId,
    /// The submission.
    pub submission: String,
    /// The reporting period.
    pub period: Period,
    /// Where it stands.
    pub state: &'static str,
    /// Its folder, where files of it are still kept.
    pub folder: Option<PathBuf>,
    /// The rows that the person has in it.
    pub rows: u64,
}

/// A package of which nobody can tell whether it holds the person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotKnown {
    /// The run, or the import.
    pub run: RunId,
    /// The submission.
    pub submission: String,
    /// The reporting period.
    pub period: Period,
    /// Why, in words.
    pub why: String,
    /// Its folder, where files of it are still kept: there a person can look.
    pub folder: Option<PathBuf>,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Where the person is.
    pub places: Vec<Place>,
    /// How many others were asked, and do not hold the person.
    pub others: u64,
    /// Where that cannot be told.
    pub not_known: Vec<NotKnown>,
    /// Packages and imports of which neither files nor an index are kept.
    pub gone: u64,
}

/// Looks for a person, by NHS number or local id, in every index that is still kept.
///
/// That somebody asked is written down, with why and how many places were found; for whom, is not.
pub fn where_is(
    settings: &Settings,
    ledger: &mut Ledger,
    identifier: &str,
    reason: &Reason,
    (at, by): (Timestamp, &str),
) -> Result<Found, RetentionError> {
    let pseudonyms = Pseudonyms::new(&IndexKey::obtain(&settings.agent.index_key)?);
    let person = pseudonyms.person(identifier);
    let inventory = Inventory::read(settings, ledger)?;
    let mut found = Found::default();
    for row in inventory.rows() {
        // A folder with nothing but the manifest holds nobody.
        let files = [Part::Extract, Part::Findings].map(|part| inventory.files(part, row.id.as_str()));
        let [extract, findings] = files;
        let holds_files = !extract?.paths.is_empty() || !findings?.paths.is_empty();
        let folder = if holds_files { inventory.folder(row) } else { None };
        match rows_in(&inventory, row, &person, &pseudonyms) {
            Ok(0) => found.others += 1,
            Ok(rows) => found.places.push(Place {
                run: row.id.clone(),
                submission: row.submission.clone(),
                period: row.period,
                state: row.state.map_or("imported", crate::ledger::PackageState::as_str),
                folder,
                rows,
            }),
            Err(IndexError::Fs(error)) => return Err(error.into()),
            Err(IndexError::Missing(_)) if !holds_files => found.gone += 1,
            Err(error) => found.not_known.push(NotKnown {
                run: row.id.clone(),
                submission: row.submission.clone(),
                period: row.period,
                why: why(&error).to_owned(),
                folder,
            }),
        }
    }
    ledger.record("person", &Deed::WhereIs { reason, packages: found.places.len() as u64 }, (at, by))?;
    Ok(found)
}

fn rows_in(
    inventory: &Inventory<'_>,
    row: &KeptRow,
    person: &Person,
    pseudonyms: &Pseudonyms,
) -> Result<u64, IndexError> {
    let path = inventory.index(row);
    let mut index = match row.index {
        Some(sha256) => Index::open_known(&path, sha256, pseudonyms)?,
        None => Index::open(&path, pseudonyms)?,
    };
    index.rows_of(person)
}

const fn why(error: &IndexError) -> &'static str {
    match error {
        IndexError::Missing(_) => "it has no index any more",
        IndexError::Damaged(_) => "its index is damaged",
        IndexError::Newer { .. } => "a newer cld-agent has made its index",
        IndexError::OtherKey(_) => "its index was made with another key",
        IndexError::Other(_) => "its index is not the one that the ledger remembers",
        IndexError::Fs(_) => "its index cannot be read",
    }
}
