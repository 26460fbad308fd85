//! Whether a file is still the one that was read.

use std::{fs, io, path::Path, time::SystemTime};

use super::{CsvError, SourceError};

/// By which a file that changed is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    /// The file as it is now.
    pub fn of(path: &Path) -> io::Result<Self> {
        let now = fs::metadata(path)?;
        Ok(Self { bytes: now.len(), changed: now.modified().ok() })
    }

    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was read of a file, unless it has changed since: that explains whatever else seems wrong with it.
    pub(super) fn unless_changed<T>(&self, path: &Path, read: Result<T, SourceError>) -> Result<T, SourceError> {
        if matches!(read, Err(SourceError::Stopped { .. })) || self.holds(path) {
            return read;
        }
        Err(CsvError::Changed { path: path.to_owned() }.into())
    }

    /// Whether the file is still as it was.
    pub fn holds(&self, path: &Path) -> bool {
        Self::of(path).is_ok_and(|now| now == *self)
    }
}
