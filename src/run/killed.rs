//! What a killed run leaves behind.

use std::fs;

use jiff::Timestamp;

use super::{DataFolder, RunError};
use crate::{
    ledger::Ledger,
    stage::{Places, folder_of},
    sys::{
        fs::{FsError, Operation, clean_left_overs, withdraw},
        lock::FolderLock,
    },
};

/// Closes the lines of killed runs and takes away what they left: unfinished work, and a package that was in its place
/// already while the ledger did not know of it yet. Its turn, if it was for one, is had again.
///
/// Whoever holds the lock of the data folder knows that these runs are dead.
pub fn bury_killed_runs(
    ledger: &mut Ledger,
    places: &Places,
    lock: &FolderLock,
    now: Timestamp,
) -> Result<(), RunError> {
    let data = DataFolder(lock.folder());
    for run in ledger.unended()? {
        // The package goes first: as long as the line stands, whoever dies here does it again.
        for place in [&places.staging, &places.held] {
            let package = place.join(folder_of(&run.submission, run.period, run.id.as_str()));
            if package.exists() {
                withdraw(&package, &data.work())?;
            }
        }
        let index = data.index(&run.id);
        if index.exists() {
            fs::remove_file(&index).map_err(FsError::while_trying(Operation::Remove, &index))?;
        }
    }
    ledger.abandoned(now)?;
    clean_left_overs(&data.work(), lock)?;
    Ok(())
}
