//! A copy of the ledger, for a backup, and what becomes of it elsewhere.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{
    Ledger, LedgerError, PATIENCE,
    audit::{Anchor, Deed, append},
    home::{AGENT, leave_home},
};
use crate::sys::fs::{FsError, write_whole};

/// Where packages were, and where they are.
pub type Moves = Vec<(PathBuf, PathBuf)>;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl Ledger {
    /// Copies the ledger as it is at one moment, whoever else writes, with its anchor beside it, into a folder where none is.
    pub fn copy_to(&self, path: &Path) -> Result<(), CopyError> {
        // The anchor first: one that lags behind the lines is no fault.
        let anchor = Anchor::of(&self.path).read_bytes();
        let failed = |source| LedgerError::Write { what: "a copy", path: path.to_owned(), source };
        self.copy(path).map_err(failed)?;
        if let Some(anchor) = anchor {
            write_whole(Anchor::of(path).path(), &anchor)?;
        }
        Ok(())
    }

    fn copy(&self, path: &Path) -> rusqlite::Result<()> {
        let mut copy = Connection::open(path)?;
        copy.busy_timeout(PATIENCE)?;
        let backup = Backup::new(&self.connection, &mut copy)?;
        loop {
            match backup.step(-1)? {
                StepResult::Done => return Ok(()),
                // In one step there is nobody to give way to; whoever holds the file lets go of it.
                _ => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        }
    }

    /// Says that the ledger came out of a backup: from now on the agent is at home nowhere until it is adopted, and its packages
    /// lie where they were put.
    pub fn restored(&mut self, made: Timestamp, moves: &Moves, (at, by): (Timestamp, &str)) -> Result<(), LedgerError> {
        self.write("that it came out of a backup", |transaction| {
            let mut packages = transaction.prepare("SELECT run_id, path, moved_from FROM packages")?;
            let rows: Vec<(String, String, Option<String>)> =
                packages.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
            for (run, path, from) in rows {
                let moved = (moved(&path, moves), from.map(|from| moved(&from, moves)));
                let sql = "UPDATE packages SET path = ?2, moved_from = ?3 WHERE run_id = ?1";
                transaction.execute(sql, (run, moved.0, moved.1))?;
            }
            leave_home(transaction, (at, by))?;
            append(transaction, AGENT, &Deed::Restored { made }, (at, by))
        })
    }
}

/// Where a path is now.
fn moved(path: &str, moves: &Moves) -> String {
    let found = moves.iter().find_map(|(from, to)| Some(to.join(Path::new(path).strip_prefix(from).ok()?)));
    found.map_or_else(|| path.to_owned(), |to| to.to_string_lossy().into_owned())
}
