//! What lies where on the desk of a submission.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::DeskError;
use crate::{
    model::Period,
    sys::fs::{FsError, Operation, Readers},
};

/// What the copies of one run are called: period and run.
pub(super) type Key = (Period, String);

/// The folder of a submission, which somebody has made. Who may read it may read what is brought there.
pub(super) struct Place {
    root: PathBuf,
    pub(super) readers: Readers,
}

impl Place {
    /// The folder, if it is there.
    pub(super) fn open(root: &Path) -> Result<Self, DeskError> {
        if !is_folder(root)? {
            return Err(DeskError::NotThere(root.to_owned()));
        }
        Ok(Self { root: root.to_owned(), readers: Readers::of(root)? })
    }

    /// Where copies are made.
    pub(super) fn arriving(&self) -> Result<PathBuf, DeskError> {
        self.own("arriving")
    }

    /// Where answers are dropped; somebody has made it, so that analysts may write there.
    pub(super) fn answers(&self) -> Result<PathBuf, DeskError> {
        self.own("answers")
    }

    /// The folder of a period, which need not be there.
    pub(super) fn period(&self, period: Period) -> Result<PathBuf, DeskError> {
        self.own(&period.to_string())
    }

    /// The periods that have a folder.
    pub(super) fn periods(&self) -> Result<Vec<Period>, DeskError> {
        let mut periods = Vec::new();
        for name in names(&self.root)? {
            if let Ok(period) = name.parse()
                && is_folder(&self.root.join(&name))?
            {
                periods.push(period);
            }
        }
        Ok(periods)
    }

    /// Makes a folder of the agent's, where it is not there yet, for those who may read the desk.
    pub(super) fn make(&self, folder: &Path) -> Result<(), FsError> {
        if is_folder(folder)? {
            return Ok(());
        }
        fs::create_dir(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
        self.readers.admit_folder(folder)
    }

    /// Where the agent says what it has to say.
    pub(super) fn status(&self) -> PathBuf {
        self.root.join("status.txt")
    }

    /// A folder of the agent's: what lies there under its name must be one.
    fn own(&self, name: &str) -> Result<PathBuf, DeskError> {
        let path = self.root.join(name);
        match path.symlink_metadata() {
            Ok(found) if !found.is_dir() => Err(DeskError::InTheWay(path)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FsError::while_trying(Operation::Read, &path)(error).into())
            }
            _ => Ok(path),
        }
    }
}

/// Whether there is a folder, and no link to one.
pub(super) fn is_folder(path: &Path) -> Result<bool, FsError> {
    match path.symlink_metadata() {
        Ok(found) => Ok(found.is_dir()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(FsError::while_trying(Operation::Read, path)(error)),
    }
}

/// The names in a folder, sorted.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, FsError> {
    let failed = || FsError::while_trying(Operation::List, folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        names.push(entry.map_err(failed())?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
