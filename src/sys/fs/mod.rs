//! The only place that creates files.
//!
//! What the agent makes appears whole or not at all: a single file by [`write_whole`], a folder of files by filling a
//! [`WorkFolder`] that only this user can read and then [`publish()`]ing it in one rename. Both survive a power cut at
//! any point, and neither replaces a folder that is already there. Only a log grows under its name: `tracing-appender` makes
//! its files, in a [folder of ours](private_folder).

mod publish;
mod whole;
mod work;

use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::hash::Sha256;

pub use publish::{Readers, move_folder, publish, write_readable};
pub use whole::{WholeFile, move_new};
pub use work::{NewFile, WorkFolder, clean_left_overs, withdraw};

/// Why the file system did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FsError {
    /// An operation failed on a path.
    #[error("{operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: Operation,
        /// On what.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A folder would be published where there is one.
    #[error("publish {}: it exists already, and what is published is never changed", .0.display())]
    Exists(PathBuf),
    /// A folder cannot be moved in one step from one volume to another.
    #[error(
        "publish {}: it lies on another volume than the work folder {}; put both on one",
        to.display(),
        from.display()
    )]
    OtherVolume {
        /// The work folder.
        from: PathBuf,
        /// Where it should go.
        to: PathBuf,
    },
    /// A package holds plain files only.
    #[error("publish {}: it is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// There is no such group.
    #[error("find the group '{0}': this machine has none of that name; create it, or correct the name in the settings")]
    UnknownGroup(String),
    /// Groups could not be looked up.
    #[error("find the group '{name}'")]
    GroupLookup {
        /// The name that was looked up.
        name: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// This system gives no access by group name.
    #[error(
        "give access to the group '{0}': on this system remove the setting, and give the group access to the staging folder"
    )]
    NoGroups(String),
}

/// What was tried when the file system said no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Operation {
    Create,
    List,
    Lock,
    Open,
    Read,
    Remove,
    Rename,
    SetAccess,
    Sync,
    Write,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Lock => "lock",
            Self::Open => "open",
            Self::Read => "read",
            Self::Remove => "remove",
            Self::Rename => "move into place",
            Self::SetAccess => "set who may read",
            Self::Sync => "bring to disk",
            Self::Write => "write",
        })
    }
}

impl FsError {
    /// For `map_err`: names the operation and the path of an error that knows neither.
    pub fn while_trying(operation: Operation, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, path: path.to_owned(), source }
    }

    /// For `map_err` of a `Write`: the error that its file gave, or one that names the file.
    pub fn while_writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| error.downcast().unwrap_or_else(Self::while_trying(Operation::Write, path))
    }

    /// Whether the cause is a disk (or a quota) that is full.
    pub fn is_disk_full(&self) -> bool {
        is_disk_full(self)
    }
}

/// Whether a full disk (or quota) is anywhere in the chain of causes.
pub fn is_disk_full(error: &(dyn Error + 'static)) -> bool {
    let here = error.downcast_ref::<io::Error>().is_some_and(|io| {
        matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            // The error inside is not its `source()`.
            || io.get_ref().is_some_and(|inner| is_disk_full(inner))
    });
    here || error.source().is_some_and(is_disk_full)
}

/// Writes a file of which a reader sees the old bytes or the new ones, never a mixture, not even after a power cut.
/// Only this user can read it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    write_with(path, bytes, |_| Ok(()))
}

/// As [`write_whole`], for a file that whoever may read and write `like` may read and write too.
pub fn write_whole_like(path: &Path, bytes: &[u8], like: &Path) -> Result<(), FsError> {
    let rights = fs::metadata(like).map_err(FsError::while_trying(Operation::Read, like))?.permissions();
    write_with(path, bytes, |file| file.set_permissions(rights))
}

/// Writes a file whole. Who may read it is set on the open file before it has its name: nobody can put another in its place
/// meanwhile, and a failure leaves none that the wrong people can read.
fn write_with(path: &Path, bytes: &[u8], rights: impl FnOnce(&fs::File) -> io::Result<()>) -> Result<(), FsError> {
    let folder = folder_of(path);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(FsError::while_trying(Operation::Create, path))?;
    rights(file.as_file()).map_err(FsError::while_trying(Operation::SetAccess, path))?;
    io::Write::write_all(&mut file, bytes).map_err(FsError::while_trying(Operation::Write, path))?;
    file.as_file().sync_all().map_err(FsError::while_trying(Operation::Sync, path))?;
    file.persist(path).map_err(|error| FsError::while_trying(Operation::Rename, path)(error.error))?;
    sync_folder(folder)
}

/// As [`write_whole`], for a file that must be new: one that is there stays, and is the error. Others than this user may read
/// it as the folder lets them.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let folder = folder_of(path);
    let mut file = readable_in(folder).map_err(FsError::while_trying(Operation::Create, path))?;
    io::Write::write_all(&mut file, bytes).map_err(FsError::while_trying(Operation::Write, path))?;
    file.as_file().sync_all().map_err(FsError::while_trying(Operation::Sync, path))?;
    file.persist_noclobber(path).map_err(|error| FsError::while_trying(Operation::Create, path)(error.error))?;
    sync_folder(folder)
}

/// Copies a file to a place where none is, and says the hash of what was copied. It appears whole or not at all; others than
/// this user may read it as the folder lets them.
pub fn copy_new(from: &Path, to: &Path) -> Result<Sha256, FsError> {
    let folder = folder_of(to);
    let mut source = fs::File::open(from).map_err(FsError::while_trying(Operation::Read, from))?;
    let mut copy = readable_in(folder).map_err(FsError::while_trying(Operation::Create, to))?;
    io::copy(&mut source, &mut copy).map_err(FsError::while_trying(Operation::Write, to))?;
    copy.as_file().sync_all().map_err(FsError::while_trying(Operation::Sync, to))?;
    // What was written is read, not what was to be written.
    let (sha256, _) = Sha256::of_file(copy.path())?;
    copy.persist_noclobber(to).map_err(|error| FsError::while_trying(Operation::Create, to)(error.error))?;
    sync_folder(folder)?;
    Ok(sha256)
}

/// A new file of a folder that others may read as the folder lets them.
fn readable_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there the folder alone says who may read"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(folder)
}

/// Whether this account can make files in a folder, or in the nearest above it that exists. Nothing is left behind.
pub fn can_write(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(super::disk::existing(folder)).map(drop)
}

/// Makes a folder that only this user can read, where there is none. What it lies in is made as usual.
pub fn private_folder(path: &Path) -> Result<(), FsError> {
    let parent = folder_of(path);
    fs::create_dir_all(parent).map_err(FsError::while_trying(Operation::Create, parent))?;
    let mut builder = fs::DirBuilder::new();
    // One that is there is none to be made.
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FsError::while_trying(Operation::Create, path))
}

/// Removes a file, a link (and not what it leads to), or a folder with all that is in it, for good. One that is gone is no
/// fault.
pub fn remove(path: &Path) -> Result<(), FsError> {
    let removed = match path.symlink_metadata() {
        Ok(seen) if seen.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => {
            removed.map_err(FsError::while_trying(Operation::Remove, path))?;
            sync_folder(folder_of(path))
        }
    }
}

/// Opens a file to read it, and what a link leads to never: what is read and whose it is are then asked of one file.
pub fn open_unfollowed(path: &Path) -> Result<fs::File, FsError> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use nix::fcntl::OFlag;
        // Nor is waited for whoever would write into a pipe.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits());
    }
    #[cfg(windows)]
    {
        const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, OPEN_REPARSE_POINT);
    }
    options.open(path).map_err(FsError::while_trying(Operation::Open, path))
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings the names in a folder to disk. Windows does so by itself, and has no call for it.
fn sync_folder(folder: &Path) -> Result<(), FsError> {
    if cfg!(unix) {
        fs::File::open(folder)
            .and_then(|open| open.sync_all())
            .map_err(FsError::while_trying(Operation::Sync, folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognised_however_deep_it_lies() {
        let path = Path::new("upload.csv");
        for (kind, full) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::PermissionDenied, false),
        ] {
            let error = FsError::while_trying(Operation::Write, path)(kind.into());
            assert_eq!(error.is_disk_full(), full, "{kind}");
            let wrapped = io::Error::other(io::Error::other(error));
            assert_eq!(is_disk_full(&wrapped), full, "{kind}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_own_full_device_is_a_full_disk() {
        let path = Path::new("/dev/full");
        let mut device = fs::OpenOptions::new().write(true).open(path).unwrap();
        let error = io::Write::write_all(&mut device, b"row").map_err(FsError::while_trying(Operation::Write, path));
        let error = error.unwrap_err();
        assert!(error.is_disk_full());
        assert_eq!(error.to_string(), "write /dev/full");
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write_whole(&path, b"a long first text").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    #[test]
    fn a_file_that_must_be_new_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer.toml");
        write_new(&path, b"first").unwrap();
        assert!(write_new(&path, b"second").unwrap_err().to_string().starts_with("create "));
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_whole(&folder.path().join("nowhere/state.json"), b"").unwrap_err();
        assert!(error.to_string().starts_with("create ") && error.to_string().ends_with("state.json"), "{error}");
    }
}
