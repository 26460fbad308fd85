//! Extracts that were made outside the agent, indexed to be compared with.

use std::{io, path::Path};

use jiff::Timestamp;

use super::{
    DataFolder, Job, Outputs, QueryJob, RunError, Watch, build,
    checked::{OneFile, header_of, open, stated_period},
};
use crate::{
    check::{Origin, Settings, TestNumbers},
    compare::{Index, Indexer, Pseudonyms},
    config::{IndexKey, SecretRef},
    ledger::{Import, IndexRow, Ledger},
    model::{Date, Environment, Field, Period, RunId},
    shape::Plan,
    source::{Limits, Parameters, QueryText, Snapshot},
    spec::Release,
    sys::{
        clock::civil_date,
        fs::{FsError, Operation, WorkFolder, clean_left_overs},
        hash::Sha256,
        lock::FolderLock,
    },
};

/// An extract to be indexed as a submission's baseline.
pub struct ImportOrder<'a> {
    /// The submission for which it stands in.
    pub submission: &'a str,
    /// The file.
    pub file: &'a Path,
    /// The release that it follows.
    pub release: &'a Release,
    /// The period that it covers.
    pub period: Period,
    /// Whether 999 numbers are numbers like any other.
    pub test_numbers: TestNumbers,
    /// The folder that holds ledger and indexes.
    pub data: &'a Path,
    /// Where the key of pseudonyms is.
    pub index_key: &'a SecretRef,
    /// Who imports it.
    pub account: &'a str,
    /// When.
    pub at: Timestamp,
}

/// An extract that was indexed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// The id under which it can be chosen.
    pub id: RunId,
    /// What the index holds.
    pub index: IndexRow,
}

/// The index in its work folder.
const INDEX: &str = "import.cldx";

/// The columns without which a file says nothing about people and their events.
const NEEDED: [Field; 8] = [
    Field::NhsNumber,
    Field::LaPersonUniqueIdentifier,
    Field::ClientType,
    Field::EventType,
    Field::EventReference,
    Field::EventStartDate,
    Field::EventEndDate,
    Field::ServiceType,
];

/// Indexes an extract, and writes it down as what the next package is compared with until one is released or submitted.
/// Nothing else is kept of it.
pub fn import_baseline(order: &ImportOrder<'_>, watch: &Watch<'_>) -> Result<Imported, RunError> {
    let data = DataFolder(order.data);
    std::fs::create_dir_all(order.data).map_err(FsError::while_trying(Operation::Create, order.data))?;
    let lock = FolderLock::take(order.data, order.at, "baseline import")?;
    clean_left_overs(&data.work(), &lock)?;
    let mut ledger = Ledger::open(&data.ledger())?.acting_as(order.account);
    let pseudonyms = Pseudonyms::new(&IndexKey::obtain(order.index_key)?);
    let scratch = WorkFolder::new(&data.work())?;
    let extract = ExtractToIndex {
        file: order.file,
        release: order.release,
        period: Some(order.period),
        test_numbers: order.test_numbers,
        as_of: civil_date(order.at),
        limits: Limits::default(),
    };
    let index = extract.index(&pseudonyms, &scratch, INDEX, watch)?;
    let facts = index.facts();
    if facts.rows == 0 {
        return Err(RunError::NothingToIndex { file: order.file.to_owned() });
    }
    let row =
        IndexRow { sha256: facts.sha256, rows: facts.rows, people: facts.people, open_services: facts.open_services };
    // Nobody may hold the file open while it is moved.
    drop(index);
    let (file_sha256, _) = Sha256::of_file(order.file)?;
    let id = ledger.next_id(order.at)?;
    let kept = data.index(&id);
    scratch.hand_over(INDEX, &kept)?;
    let import =
        Import { submission: order.submission, period: order.period, file_sha256, at: order.at, by: order.account };
    if let Err(error) = ledger.import(&id, import, row) {
        // Why it failed matters more than an index that stays behind.
        let _ = std::fs::remove_file(&kept);
        return Err(error.into());
    }
    Ok(Imported { id, index: row })
}

/// A file that somebody else made, of which an index is wanted.
pub(super) struct ExtractToIndex<'a> {
    pub(super) file: &'a Path,
    pub(super) release: &'a Release,
    /// The period that it covers; without one, that of its first row.
    pub(super) period: Option<Period>,
    pub(super) test_numbers: TestNumbers,
    pub(super) as_of: Date,
    /// How much is read of it, whatever it holds.
    pub(super) limits: Limits,
}

impl ExtractToIndex<'_> {
    /// Reads the file as `check` does, and leaves its index in the folder.
    pub(super) fn index(
        &self,
        pseudonyms: &Pseudonyms,
        scratch: &WorkFolder,
        name: &str,
        watch: &Watch<'_>,
    ) -> Result<Index, RunError> {
        let query = QueryText { index: 0, name: "file", file: self.file, sql: "", outside: &[] };
        let mut extract = open(self.file, None, self.release, self.limits)?;
        let columns = header_of(extract.columns(), self.release).names(self.release);
        let needed = NEEDED.into_iter().map(|field| &self.release.field(field).header);
        if let Some(header) = needed.into_iter().find(|header| !columns.contains(header)) {
            return Err(RunError::NoColumn { file: self.file.to_owned(), header: header.clone() });
        }
        let period = self
            .period
            .or_else(|| stated_period(&extract, &columns, self.release))
            .ok_or_else(|| RunError::NoPeriod { file: self.file.to_owned() })?;
        let plan = Plan::as_submitted(&columns, self.release);
        let job = Job {
            release: self.release,
            queries: vec![QueryJob { text: query, source: 0, parameters: Some(Parameters { period }) }],
            plan: &plan,
            settings: Settings {
                la_code: String::new(),
                period,
                as_of: self.as_of,
                environment: Environment::Test,
                test_numbers: self.test_numbers,
                origin: Origin::Submitted,
            },
            restricted: std::collections::BTreeSet::new(),
        };
        let mut indexer = Indexer::new(self.release, period, pseudonyms, scratch)?;
        let outputs =
            Outputs { upload: None::<io::Sink>, findings: io::sink(), left_out: io::sink(), index: Some(&mut indexer) };
        let one = OneFile { extract: &mut extract, stop: watch.stop.clone() };
        let mut snapshots: Vec<Box<dyn Snapshot + '_>> = vec![Box::new(one)];
        build(&job, &mut snapshots, outputs, watch.progress, watch.stop)?;
        drop(snapshots);
        extract.as_it_was(Ok(()))?;
        indexer.finish(scratch, name)?;
        Ok(Index::open(&scratch.file(name), pseudonyms)?)
    }
}
