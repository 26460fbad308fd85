//! One run at a time in a folder.
//!
//! The operating system holds the lock and drops it when the process ends, however it ends: there is no stale lock to
//! clear by hand. Who holds it stands in a second file, because Windows does not let others read a locked one.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    process,
};

use jiff::Timestamp;
use serde::Deserialize;

use super::fs::{FsError, Operation, write_whole};

const LOCK: &str = ".cld-agent.lock";
const HOLDER: &str = ".cld-agent.lock-holder";

/// The lock of a folder, held until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    folder: PathBuf,
    /// Closing it gives the lock back.
    _file: File,
}

/// Who holds a lock.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// When it took the lock.
    pub since: Timestamp,
    /// What it does, such as `run`.
    pub what: String,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("lock {}: {} is at work there; wait until it ends", folder.display(), Named(holder.as_ref()))]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who has it; `None` in the moment between taking the lock and saying so.
        holder: Option<Holder>,
    },
    /// The lock file could not be made.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl FolderLock {
    /// Takes the lock of a folder, which is created where it does not exist. Does not wait.
    ///
    /// `what` names the command, for whoever finds the lock held.
    pub fn take(folder: &Path, now: Timestamp, what: &str) -> Result<Self, LockError> {
        fs::create_dir_all(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
        let path = folder.join(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(FsError::while_trying(Operation::Create, &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { folder: folder.to_owned(), holder: read_holder(folder) });
            }
            Err(TryLockError::Error(source)) => {
                return Err(FsError::while_trying(Operation::Lock, &path)(source).into());
            }
        }
        let holder = Holder { pid: process::id(), since: now, what: what.to_owned() };
        write_whole(&folder.join(HOLDER), holder.to_json().as_bytes())?;
        Ok(Self { folder: folder.to_owned(), _file: file })
    }

    /// The folder that is locked.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for FolderLock {
    /// A note that stays behind does no harm: it is read only while the lock is held.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.join(HOLDER));
    }
}

/// Whether a folder is locked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Locked {
    /// Nobody is at work there.
    No,
    /// Somebody is; who, is not known in the moment between taking the lock and saying so.
    Yes(Option<Holder>),
}

/// Whether the lock of a folder is held, and by whom. Holds it itself for a moment where nobody does.
pub fn locked(folder: &Path) -> Locked {
    let held = OpenOptions::new().write(true).open(folder.join(LOCK)).map(|file| file.try_lock_shared());
    match held {
        Ok(Err(TryLockError::WouldBlock)) => Locked::Yes(read_holder(folder)),
        Ok(Ok(()) | Err(TryLockError::Error(_))) | Err(_) => Locked::No,
    }
}

fn read_holder(folder: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(folder.join(HOLDER)).ok()?).ok()
}

impl Holder {
    fn to_json(&self) -> String {
        serde_json::json!({ "pid": self.pid, "since": self.since, "what": self.what }).to_string()
    }
}

struct Named<'a>(Option<&'a Holder>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Holder { pid, since, what }) => write!(f, "process {pid} (cld-agent {what}, since {since:.0})"),
            None => f.write_str("another cld-agent process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_second_run_at_the_same_time_is_told_who_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let began = at("2026-11-23T22:15:03Z");
        let first = FolderLock::take(folder.path(), began, "run").unwrap();

        // Each take opens the file anew, as another process would.
        let error = FolderLock::take(folder.path(), at("2026-11-23T22:16:00Z"), "demo").unwrap_err();
        let text = error.to_string();
        let LockError::Held { holder: Some(holder), .. } = error else { panic!("{error}") };
        assert_eq!(holder, Holder { pid: process::id(), since: began, what: "run".to_owned() });
        assert!(text.contains("cld-agent run, since 2026-11-23T22:15:03Z"), "{text}");

        assert!(matches!(locked(folder.path()), Locked::Yes(Some(Holder { what, .. })) if what == "run"));

        drop(first);
        assert_eq!(locked(folder.path()), Locked::No);
        FolderLock::take(folder.path(), began, "run").unwrap();
    }

    #[test]
    fn what_a_killed_run_leaves_does_not_keep_the_next_one_out() {
        let folder = tempfile::tempdir().unwrap();
        write_whole(&folder.path().join(LOCK), b"").unwrap();
        write_whole(&folder.path().join(HOLDER), br#"{"pid":1,"since":"2026-11-23T22:15:03Z","what":"run"}"#).unwrap();
        FolderLock::take(folder.path(), at("2026-11-24T06:00:00Z"), "run").unwrap();
    }

    #[test]
    fn a_holder_that_has_not_said_who_it_is_is_still_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = FolderLock::take(folder.path(), at("2026-11-23T22:15:03Z"), "run").unwrap();
        fs::remove_file(folder.path().join(HOLDER)).unwrap();
        let error = FolderLock::take(folder.path(), at("2026-11-23T22:16:00Z"), "run").unwrap_err();
        assert!(matches!(error, LockError::Held { holder: None, .. }), "{error}");
    }
}
