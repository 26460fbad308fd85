//! The agent as a service of the machine.
//!
//! ```text
//!   systemd, or the service control manager of Windows
//!      │ start                    ▲ ready, alive, what it does         ▲ the wish to stop (8 s for a run, 10 s for all)
//!      ▼                          │                                    ▼
//!   run ─ registers ─▶ Keeper ─ reads the settings ─▶ log ─▶ lock, ledger ─▶ rounds of the Daemon ─▶ end
//!                                   a fault: said where the system keeps such things, with file and line, and its exit code
//! ```
//!
//! `cld-agent daemon` and `cld-agent service run` do the same, by the same [`Keeper`]: the second has a
//! [`Manager`](crate::unattended::Manager) to talk to. What differs between systems is in one module for each, with the same functions: [`install`], [`uninstall`],
//! [`start`], [`stop`], [`status`], [`run`]. Installing what is installed brings it up to date, removing leaves configuration
//! and data.

mod keeper;
#[cfg(unix)]
mod systemd;
#[cfg(windows)]
mod windows;

use std::path::PathBuf;

pub use keeper::{KeepError, Keeper};
#[cfg(unix)]
pub use systemd::{install, run, start, status, stop, uninstall};
#[cfg(windows)]
pub use windows::{install, run, start, status, stop, uninstall};

use crate::sys::fs::FsError;

/// What is installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installation {
    /// The program that the service is.
    pub program: PathBuf,
    /// The configuration that it reads.
    pub configuration: PathBuf,
    /// The account that it runs under, where it is not the one of its own.
    pub account: Option<String>,
}

/// How the service stands with its manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceStatus {
    /// Whether the manager knows it.
    pub installed: bool,
    /// Whether it starts with the machine.
    pub enabled: bool,
    /// Whether it runs.
    pub running: bool,
    /// The state in the manager's own words.
    pub state: String,
    /// Its process.
    pub process: Option<u32>,
    /// What it said last of what it does.
    pub says: Option<String>,
}

/// Why the service manager did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is none.
    #[error("{doing}: {why}")]
    NoManager {
        /// What was asked.
        doing: &'static str,
        /// Why there is none, and what to do.
        why: String,
    },
    /// It refused.
    #[error("{doing}: {said}")]
    Refused {
        /// What was asked.
        doing: &'static str,
        /// What it said.
        said: String,
    },
    /// Only an administrator may.
    #[error("{doing}: only an administrator may; {how}")]
    Rights {
        /// What was asked.
        doing: &'static str,
        /// How to be one.
        how: &'static str,
    },
    /// A file could not be written or removed.
    #[error(transparent)]
    Fs(#[from] FsError),
}
