//! The first run: from a handful of answers to a configuration and a mapping folder that fit each other.
//!
//! [`Answers`] is all that is asked; [`configuration`] puts it into an annotated file, [`Starter`] gives the mapping to begin
//! with, and [`set_up`] lays both into a folder, whole or not at all, over nothing that is there. Who asks, a terminal or
//! the flags of a command, is for the caller.

mod configuration;
mod starter;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use configuration::configuration;
pub use starter::Starter;

use jiff::civil::Time;

use crate::{
    config::{SecretRef, Settings},
    document::{Document, Faults},
    schedule::EMBEDDED_TIMETABLE,
    sys::fs::{FsError, Operation, Readers, WorkFolder, move_folder, remove, write_new},
};

/// What somebody who sets up the agent is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answers {
    /// The council's name, as reports show it.
    pub council: String,
    /// Its CASSR code.
    pub la_code: String,
    /// Where rows come from.
    pub source: SourceAnswer,
    /// The mapping to begin with.
    pub starter: Starter,
    /// Where the agent keeps what it makes.
    pub data_dir: String,
    /// When it runs by itself.
    pub plan: PlanAnswer,
    /// Who is told.
    pub told: ToldAnswer,
    /// Whether a page says how things stand.
    pub status_page: PageAnswer,
}

/// Where rows come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceAnswer {
    /// A folder with a CSV file per query.
    Csv {
        /// The folder, as it was written.
        folder: String,
    },
    /// A SQL Server database.
    SqlServer {
        /// The machine.
        host: String,
        /// Which server on it.
        server: ServerAnswer,
        /// The database.
        database: String,
        /// Who the agent is to it.
        login: LoginAnswer,
    },
}

/// Which server of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServerAnswer {
    /// The one at this TCP port.
    Port(u16),
    /// The one of this name.
    Instance(String),
}

/// Who the agent is to a database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoginAnswer {
    /// The account that it runs under.
    Windows,
    /// A login of the server's.
    Sql {
        /// Its name.
        user: String,
        /// Where its password is.
        password: SecretRef,
    },
    /// An application of Entra.
    Entra {
        /// The directory.
        tenant: String,
        /// The application.
        client_id: String,
        /// Where its secret is.
        client_secret: SecretRef,
    },
}

/// When the agent runs by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlanAnswer {
    /// After each quarter, at this time of day.
    Quarterly(Time),
    /// After each month.
    Monthly(Time),
    /// Only when it is asked.
    None,
}

/// Who hears that something went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ToldAnswer {
    /// Nobody yet.
    Nobody,
    /// Whoever reads mail.
    Mail(MailAnswer),
}

/// Whether a page says how things stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageAnswer {
    /// At this port, to this machine alone.
    Port(u16),
    /// There is none.
    None,
}

/// A mail server, and who reads what it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailAnswer {
    /// The server.
    pub host: String,
    /// `starttls`, `tls` or `none`.
    pub security: &'static str,
    /// The sender.
    pub from: String,
    /// The readers.
    pub to: Vec<String>,
}

/// Why nothing was set up. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something is there already.
    #[error("set up {}: it exists already, and nothing is overwritten; choose another folder, or move it away", .0.display())]
    Exists(PathBuf),
    /// The answers do not make a configuration.
    #[error("make a configuration of these answers:\n{0}")]
    Answers(Faults),
    /// The template failed.
    #[error("put the answers into a configuration")]
    Template(#[from] askama::Error),
    /// The folder could not be written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The name of the configuration file.
pub const CONFIGURATION: &str = "agent.toml";
/// The name of the mapping folder.
pub const MAPPING: &str = "mapping";
/// The name of the council's own timetable.
pub const TIMETABLE: &str = "timetable.toml";

/// What was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// The configuration file.
    pub configuration: PathBuf,
    /// The mapping folder.
    pub mapping: PathBuf,
}

/// What the answers say, as the agent will read it: for whoever wants to try them before anything is written.
pub fn settings(answers: &Answers, folder: &Path) -> Result<Settings, InitError> {
    let document = Document::new(CONFIGURATION, configuration(answers)?);
    Settings::from_document(&document, folder, &std::collections::BTreeMap::new()).map_err(InitError::Answers)
}

/// Whether a folder has room for what [`set_up`] makes.
pub fn has_room(folder: &Path) -> Result<(), InitError> {
    let there = [CONFIGURATION, MAPPING, TIMETABLE].map(|name| folder.join(name));
    match there.into_iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(InitError::Exists(path)),
        None => Ok(()),
    }
}

/// Writes the configuration and the mapping into a folder, which is made where there is none. The configuration comes last: where
/// it stands, all of it does.
pub fn set_up(answers: &Answers, folder: &Path) -> Result<Made, InitError> {
    has_room(folder)?;
    settings(answers, folder)?;
    let configuration = configuration(answers)?;
    fs::create_dir_all(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
    let made = Made { configuration: folder.join(CONFIGURATION), mapping: folder.join(MAPPING) };
    let timetable = folder.join(TIMETABLE);
    lay_mapping(answers, folder, &made.mapping)?;
    let mut written = Ok(());
    if let PlanAnswer::Monthly(_) = answers.plan {
        written = write_new(&timetable, monthly().as_bytes());
    }
    let written = written.and_then(|()| write_new(&made.configuration, configuration.as_bytes()));
    if let Err(error) = written {
        // What stands alone is of no use, and would keep the next attempt from its place.
        let _ = remove(&made.mapping).and_then(|()| remove(&timetable));
        return Err(error.into());
    }
    Ok(made)
}

fn lay_mapping(answers: &Answers, folder: &Path, mapping: &Path) -> Result<(), InitError> {
    let work = WorkFolder::new(folder)?;
    let laid = work.file(MAPPING);
    for (path, text) in answers.starter.files(&answers.source) {
        let path = laid.join(path);
        let parent = path.parent().unwrap_or(&laid);
        fs::create_dir_all(parent).map_err(FsError::while_trying(Operation::Create, parent))?;
        write_new(&path, text.as_bytes())?;
    }
    move_folder(&laid, mapping, Readers::of(folder)?)?;
    Ok(())
}

/// The program's timetable, for a return of every month.
fn monthly() -> String {
    EMBEDDED_TIMETABLE.replace("cadence = \"quarterly\"", "cadence = \"monthly\"")
}
