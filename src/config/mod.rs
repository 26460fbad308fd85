//! What the council set: one file, read strictly, resolved once.
//!
//! Three layers make one tree: `config/agent.toml`, which is embedded and *is* the defaults and their documentation; the
//! council's own file; and environment variables such as `CLD_AGENT__AGENT__DATA_DIR`. The `config` crate lays them over
//! one another. It forgets where a value stood, so the merged tree is given back the places of the council's file before
//! the strict reader of [`document`](crate::document) walks it, once. The keys are therefore known in one place only,
//! and a fault names the council's line, or the variable, even where defaults lie in between.
//!
//! What the merge cannot know stays with the reader: defaults that follow from another setting (`staging_dir` from
//! `data_dir`) and those of a source, which has no entry in the shipped file because the council names it.
//!
//! [`Settings`] holds paths already joined to the folder of the file and values already parsed; no later stage checks them
//! again. Whether a path exists is for the stage that opens it. A secret is never part of it: a [`SecretRef`] says where
//! it is, which is why [`Settings::redacted`] can be written out whole.

pub mod councils;
mod desk;
mod entra;
mod exclusions;
mod layers;
mod log;
mod mesh;
mod network;
pub mod notify;
mod plans;
mod read;
mod retention;
mod secret;
pub mod sqlserver;
mod status_page;
mod unattended;

#[cfg(test)]
mod tests;

pub use desk::Desk;
pub use entra::EntraApplication;
pub use exclusions::{Exclusion, Exclusions};
pub use log::{Log, LogFormat};
pub use mesh::Mesh;
pub use network::{Network, NetworkError, ProxyLogin};
pub use notify::Notify;
pub use retention::Retention;
pub use secret::{IndexKey, SecretError, SecretRef};
pub use sqlserver::SqlServerSettings;
pub use status_page::StatusPage;
pub use unattended::{Expiry, Unattended};

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    document::{Document, Faults, Mention},
    model::{Date, Environment},
    schedule::{Plan, Timetable},
    spec::Release,
};

/// The shipped configuration file: every default, and what each setting means.
pub const DEFAULTS: &str = include_str!("../../config/agent.toml");

/// Everything that is set.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// What holds for every submission.
    pub agent: Agent,
    /// What is written of what the agent does.
    pub log: Log,
    /// Whose return it is.
    pub council: Council,
    /// The returns, at least one, in the order of the file; no name stands twice.
    pub submissions: Vec<Submission>,
    /// What ends on a day that the agent cannot find out.
    pub expiries: Vec<Expiry>,
    /// How long things are kept.
    pub retention: Retention,
    /// Who hears of what happens.
    pub notify: Notify,
    /// How services are reached over HTTPS.
    pub network: Network,
    /// The page that says how things stand.
    pub status_page: StatusPage,
    /// What is allowed but may be a mistake, in sentences for a person.
    pub remarks: Vec<String>,
    /// The files, folders and secrets that it names, in the order of the file.
    pub mentions: Vec<Mention>,
    text: String,
}

/// What holds for every submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// The home of ledger, lock and unfinished work.
    pub data_dir: PathBuf,
    /// Where released packages appear.
    pub staging_dir: PathBuf,
    /// Where held packages go.
    pub held_dir: PathBuf,
    /// Where packages go that must no longer be submitted.
    pub superseded_dir: PathBuf,
    /// The group that may read packages.
    pub readers_group: Option<String>,
    /// Where the key of pseudonyms in the agent's indexes is.
    pub index_key: SecretRef,
}

/// Whose return it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Council {
    /// As reports show it.
    pub name: String,
    /// Its CASSR code; the shape is right, the code may be unknown.
    pub la_code: String,
}

/// One return that is made from one mapping.
#[derive(Clone, PartialEq, Debug)]
pub struct Submission {
    /// Names its folder: lower-case letters, digits and hyphens.
    pub name: String,
    /// The folder of its mapping.
    pub mapping: PathBuf,
    /// The specification it follows.
    pub release: ReleaseFile,
    /// Whether what is made may be sent.
    pub environment: Environment,
    /// Whether NHS numbers of the test range are numbers like any other. Never in a live submission.
    pub allow_test_nhs_numbers: bool,
    /// A timetable of the council's, in place of the one that comes with the program.
    pub timetable: Option<PathBuf>,
    /// When it runs by itself.
    pub plans: Vec<Plan>,
    /// How many working days before its end the window is spoken of again.
    pub remind: Vec<u16>,
    /// A month in which a quarter of this return begins, in place of the timetable's.
    pub anchor_month: Option<u8>,
    /// Where its packages are placed for MESH, if they are.
    pub mesh: Option<Mesh>,
    /// How its plans are kept.
    pub unattended: Unattended,
    /// The list of restricted records, to be opened when a run begins.
    pub exclusions: Option<PathBuf>,
    /// The ids that people had before and have now, to be opened when a run begins.
    pub crosswalk: Option<PathBuf>,
    /// When a package is held.
    pub policy: Policy,
    /// Who may let a held package go.
    pub approval: Approval,
    /// Where analysts find packages and answer, if anywhere.
    pub desk: Option<Desk>,
    /// What a package holds.
    pub package: Package,
    /// How long a run is tried again where what ended it may pass.
    pub retry_for: Duration,
    /// How long it then waits at first.
    pub retry_after: Duration,
    /// Where rows come from, by the name that queries use; at least one.
    pub sources: BTreeMap<String, SourceSettings>,
}

/// Which release file a submission follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReleaseFile {
    /// Release 1, as it is embedded.
    Release1,
    /// A file of the council's.
    File(PathBuf),
}

impl Submission {
    /// Loads its timetable.
    pub fn timetable(&self) -> Result<Timetable, Faults> {
        let timetable = self.timetable.as_deref().map_or_else(Timetable::embedded, Timetable::open)?;
        Ok(match self.anchor_month {
            Some(month) => timetable.anchored(month),
            None => timetable,
        })
    }
}

impl ReleaseFile {
    /// Loads it.
    pub fn load(&self) -> Result<Release, Faults> {
        match self {
            Self::Release1 => Release::embedded(),
            Self::File(path) => Release::open(path),
        }
    }
}

/// The thresholds of holding a package, all in per cent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    /// Whether a live package is held whose mapping and release nobody has rehearsed.
    pub require_rehearsal: bool,
    /// Percentage points by which a mandatory field may fail more often than in the baseline.
    pub failure_rate_points_worse: f64,
    /// The failure rate that no mandatory field may exceed.
    pub failure_rate_ceiling: f64,
    /// Below this many rows that need a field, its failure rate holds nothing.
    pub failure_rate_fewest_rows: u64,
    /// A fall of a figure by this many per cent holds.
    pub volume_fall_holds: f64,
    /// A change of a figure by this many per cent is asked about.
    pub volume_change_asks: f64,
    /// Below this number a figure says nothing.
    pub volume_fewest: u64,
}

/// Who may let a held package go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// The group of the operating system; without one nobody may.
    pub group: Option<String>,
    /// How many different people must approve.
    pub people: u8,
}

/// What a package holds besides what it always holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// The password of the evidence archive; without one it is not encrypted.
    pub evidence_password: Option<SecretRef>,
    /// The most findings that the worklist lists.
    pub worklist_rows: u64,
}

/// Where rows come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceSettings {
    /// What it is, and where.
    pub kind: SourceKind,
    /// The first day that it answers for.
    pub valid_from: Option<Date>,
    /// The last day that it answers for.
    pub valid_to: Option<Date>,
}

/// What a source is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// A SQLite database.
    Sqlite {
        /// Its file.
        path: PathBuf,
    },
    /// A folder with a CSV file per query.
    Csv {
        /// The folder.
        folder: PathBuf,
        /// How its files are encoded.
        encoding: Encoding,
        /// The character between two cells.
        separator: u8,
    },
    /// A SQL Server database.
    SqlServer(Box<SqlServerSettings>),
}

/// How text files are encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Whichever of the two the file turns out to be.
    Guess,
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// Windows-1252.
    Windows1252,
}

impl Settings {
    /// Reads the configuration file. `environment` holds the variables of the process, of which those count that begin
    /// with `CLD_AGENT__`.
    pub fn open(path: &Path, environment: &BTreeMap<String, String>) -> Result<Self, Faults> {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_document(&Document::open(path)?, folder, environment)
    }

    /// Reads a configuration already in memory; relative paths are relative to `folder`.
    pub fn from_document(
        document: &Document,
        folder: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Faults> {
        let layered = layers::lay(document, environment)?;
        layered.read(|root| read::settings(root, folder, layered.text()))
    }

    /// The submission of this name.
    pub fn submission(&self, name: &str) -> Option<&Submission> {
        self.submissions.iter().find(|submission| submission.name == name)
    }

    /// The whole configuration as TOML, defaults and variables included, for the evidence of a run. Paths stand as they
    /// were written; secrets are references.
    pub fn redacted(&self) -> &str {
        &self.text
    }
}

/// The variables of this process that may set something. What is not Unicode in one becomes U+FFFD.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| name.to_uppercase().starts_with(layers::PREFIX))
        .collect()
}
