//! Year two: an installation in one file, and out of it on another machine.
//!
//! ```text
//!   ledger (copied at one moment) ─┐                                                  ┌─▶ verify all ─▶ its places here
//!   index key, indexes ────────────┤                                                  │       │
//!   agent.toml, and what it names ─┼─▶ zip, with a manifest of hashes ─▶ age ─▶ file ─┘       └─▶ what is still missing:
//!   packages, where they are wanted┘                                                               secrets, sources, shares
//! ```
//!
//! The file appears whole or not at all, and is encrypted and authenticated as a whole under a passphrase. What comes out of
//! it is unpacked and looked at beside its place – every hash, the audit trail to its last line, the configuration – before
//! anything has its name there, and nothing that is there is written over.
//!
//! Passwords and addresses that are secrets are never part of it: the configuration says where they are, and
//! [`Restored`] says which of those places are still empty. The one exception is the index key, without which the indexes say
//! nothing: it cannot be asked for again.

mod age;
mod archive;
mod make;
mod manifest;
mod places;
mod restore;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use self::age::AgeError;
pub use self::{
    make::{Made, Order, Packages, make},
    manifest::{MANIFEST, Manifest, VERSION},
    places::{Missing, Rewritten},
    restore::{Restored, Target, look, restore},
};
use crate::{
    config::SecretError,
    document::Faults,
    exit,
    ledger::{CopyError, LedgerError},
    sys::{
        fs::{FsError, is_disk_full},
        lock::LockError,
    },
};

/// The fewest characters of a passphrase: what is in the file is worth guessing at leisure.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// Why there is no backup, or nothing came out of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Too easily guessed.
    #[error(
        "use the passphrase: it has fewer than {SHORTEST_PASSPHRASE} characters; take a longer one, such as five words"
    )]
    Short,
    /// There is nothing to be kept.
    #[error("back up: there is no ledger yet; check data_dir in the configuration")]
    NothingYet,
    /// The file cannot be opened.
    #[error("open the backup {}", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Sealed,
    },
    /// The archive is not one of ours, or not what was written.
    #[error("read the backup {}: {what}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A newer version of the program has made it.
    #[error("read the backup {}: a newer cld-agent has made it (format {found}; this one knows {VERSION}); use that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// The archive could not be packed.
    #[error("pack the backup {}", path.display())]
    Pack {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Pack,
    },
    /// Something is where it would go.
    #[error("restore to {}: something of this name is there, and nothing is written over; take an empty folder, or move it away", .0.display())]
    InTheWay(PathBuf),
    /// What came out of it is not what went in.
    #[error("restore: the audit trail in the backup is not the one that was backed up: {0}")]
    Trail(String),
    /// The configuration in it has faults.
    #[error("read the configuration of the backup:\n{0}")]
    Configuration(Faults),
    /// The index key cannot be had.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// Somebody is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Somebody asked to stop.
    #[error("back up: it was stopped, and nothing was kept")]
    Stopped,
}

/// Why the encryption was not opened, or not made.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Sealed(#[from] AgeError);

/// Why an archive could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum Pack {
    /// The encryption failed.
    #[error(transparent)]
    Sealed(#[from] Sealed),
    /// The archive failed.
    #[error(transparent)]
    Zip(#[from] zip::result::ZipError),
}

impl BackupError {
    /// The exit code that says so.
    pub fn exit_code(&self) -> u8 {
        if is_disk_full(self) {
            return exit::DISK_FULL;
        }
        match self {
            Self::Short => exit::USAGE,
            Self::Sealed { .. } | Self::Archive { .. } | Self::Newer { .. } | Self::Trail(_) => exit::CHANGED,
            Self::Configuration(_) | Self::Key(_) => exit::CONFIGURATION,
            Self::InTheWay(_) => exit::REFUSED,
            Self::Lock(LockError::Held { .. }) => exit::BUSY,
            Self::Ledger(error) => error.exit_code(),
            Self::NothingYet => exit::LEDGER,
            Self::Fs(_) | Self::Pack { .. } | Self::Lock(LockError::Fs(_)) => exit::OUTPUT,
            Self::Stopped => exit::STOPPED,
        }
    }
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Ledger(error) => error.into(),
            CopyError::Fs(error) => error.into(),
        }
    }
}
