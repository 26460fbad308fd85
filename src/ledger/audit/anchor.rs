//! What stands beside the ledger, so that a trail whose end was cut off is known by it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::AuditHead;
use crate::sys::fs::write_whole_like;

/// The anchor's file name.
const FILE: &str = "audit.head";

/// The file that holds the number and the hash of the last line.
#[derive(Debug)]
pub(in crate::ledger) struct Anchor {
    path: PathBuf,
    /// Whose access rights it has.
    ledger: PathBuf,
}

/// What an anchor says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ledger) enum Anchored {
    /// This is the last line, or was until a moment ago.
    At(AuditHead),
    /// There is no such file.
    Gone,
    /// It is no anchor.
    Damaged,
    /// It could not be read just now.
    Unreadable,
}

impl Anchor {
    /// That of a ledger.
    pub(in crate::ledger) fn of(ledger: &Path) -> Self {
        Self { path: ledger.with_file_name(FILE), ledger: ledger.to_owned() }
    }

    pub(in crate::ledger) fn path(&self) -> &Path {
        &self.path
    }

    /// The file as it is, if it can be read.
    pub(in crate::ledger) fn read_bytes(&self) -> Option<Vec<u8>> {
        fs::read(&self.path).ok()
    }

    pub(in crate::ledger) fn read(&self) -> Anchored {
        match fs::read_to_string(&self.path) {
            Ok(text) => text.parse().map_or(Anchored::Damaged, Anchored::At),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Anchored::Gone,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Anchored::Damaged,
            Err(_) => Anchored::Unreadable,
        }
    }

    /// Moves the anchor. What it belongs to is written down already, so a failure must not undo anything: the anchor then
    /// lags, which is no fault, until the next line is written.
    pub(in crate::ledger) fn drop_at(&self, head: AuditHead) {
        let _ = write_whole_like(&self.path, format!("{head}\n").as_bytes(), &self.ledger);
    }
}
