//! How long things are kept, and their end.
//!
//! ```text
//!  ledger ─┐                          ┌─▶ warnings ─▶ spool
//!  folders ┼─▶ what is kept ─▶ leaves ┤
//!  settings┘                          └─▶ order ─▶ files go ─▶ done, with a line of the audit trail
//! ```
//!
//! [`leaves`] says when a thing goes, or why it stays: a pure function of what is known of it, the settings and today.
//! [`Housekeeping`] looks at what there is and carries it out. Of a package its manifest stays in its folder, unchanged: it
//! holds nobody's data, the ledger knows its hash, and [`verify`](crate::stage::verify()) can still say what was there.
//!
//! A process may die at any point. What is to go is ordered in the ledger before the first file goes, and written down as
//! gone after the last one; whoever keeps house next carries out the orders that are open, and then looks anew. What counts
//! is what lies in the folders: files that come back from a backup go again.
//!
//! [`where_is`] tells which indexes that are still kept hold a person.

mod ages;
mod housekeeping;
mod kept;
mod whereis;

pub use ages::{Facts, Leaves, Part, Rule, Standing, leaves};
pub use housekeeping::{Done, Housekeeping, Plan, Purged};
pub use kept::{Files, Item, part_of};
pub use whereis::{Found, NotKnown, Place, where_is};

use crate::{compare::IndexError, config::SecretError, document::Faults, ledger::LedgerError, sys::fs::FsError};

/// Why house was not kept. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// A timetable has faults.
    #[error("read the timetable:\n{0}")]
    Timetable(Faults),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file does not go.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The key of the indexes cannot be had.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// An index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}
