//! A finished folder, moved into place in one step.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{FsError, Operation, WorkFolder, folder_of, sync_folder};

/// Who, besides the agent's own user, may read what is published.
///
/// On Windows a published folder has the access rules of the folder it is published in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Readers {
    #[cfg(unix)]
    group: Option<u32>,
}

impl Readers {
    /// The members of this group, or of the user's own group where none is named. Asked before anything is built, so
    /// that a name with a typing error does not cost a run.
    #[cfg(unix)]
    pub fn resolve(group: Option<&str>) -> Result<Self, FsError> {
        let Some(name) = group else { return Ok(Self::default()) };
        match nix::unistd::Group::from_name(name) {
            Ok(Some(group)) => Ok(Self { group: Some(group.gid.as_raw()) }),
            Ok(None) => Err(FsError::UnknownGroup(name.to_owned())),
            Err(errno) => Err(FsError::GroupLookup { name: name.to_owned(), source: errno.into() }),
        }
    }

    /// Nobody can be named here: see the type.
    #[cfg(not(unix))]
    pub fn resolve(group: Option<&str>) -> Result<Self, FsError> {
        group.map_or(Ok(Self::default()), |name| Err(FsError::NoGroups(name.to_owned())))
    }

    /// The group of a folder that is there.
    #[cfg(unix)]
    pub fn of(folder: &Path) -> Result<Self, FsError> {
        let found = fs::metadata(folder).map_err(FsError::while_trying(Operation::Read, folder))?;
        Ok(Self { group: Some(std::os::unix::fs::MetadataExt::gid(&found)) })
    }

    /// Whoever the folder lets: see the type.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "one call for every system")]
    pub fn of(_folder: &Path) -> Result<Self, FsError> {
        Ok(Self::default())
    }

    /// Lets them into a folder that is there.
    pub fn admit_folder(self, folder: &Path) -> Result<(), FsError> {
        self.admit(folder, FOLDER_MODE)
    }

    /// Gives a file or folder its group and mode.
    #[cfg(unix)]
    fn admit(self, path: &Path, mode: u32) -> Result<(), FsError> {
        use std::os::unix::fs::{PermissionsExt, chown};
        if let Some(group) = self.group {
            chown(path, None, Some(group)).map_err(FsError::while_trying(Operation::SetAccess, path))?;
        }
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(path, permissions).map_err(FsError::while_trying(Operation::SetAccess, path))
    }

    /// Lets them read a file that is open.
    #[cfg(unix)]
    fn admit_to(self, file: &fs::File) -> io::Result<()> {
        use std::os::unix::fs::{PermissionsExt, fchown};
        if let Some(group) = self.group {
            fchown(file, None, Some(group))?;
        }
        file.set_permissions(fs::Permissions::from_mode(FILE_MODE))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "one call for every system")]
    fn admit_to(self, _file: &fs::File) -> io::Result<()> {
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "one call for every system")]
    fn admit(self, _path: &Path, _mode: u32) -> Result<(), FsError> {
        Ok(())
    }
}

const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// Moves a finished work folder to `destination` in one step, readable by `readers`, and creates the folders above it.
///
/// Until the step is taken nothing is to be seen at `destination`, and a failure leaves nothing there. A folder that
/// is already there is refused, and left as it is.
pub fn publish(work: WorkFolder, destination: &Path, readers: Readers) -> Result<(), FsError> {
    if destination.symlink_metadata().is_ok() {
        return Err(FsError::Exists(destination.to_owned()));
    }
    settle(work.path(), readers)?;
    let parent = folder_of(destination);
    create_folders(parent, readers)?;
    fs::rename(work.path(), destination).map_err(|error| match error.kind() {
        io::ErrorKind::CrossesDevices => {
            FsError::OtherVolume { from: work.path().to_owned(), to: destination.to_owned() }
        }
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => FsError::Exists(destination.to_owned()),
        _ => FsError::while_trying(Operation::Rename, destination)(error),
    })?;
    let _moved = work.keep();
    sync_folder(parent)
}

/// Moves a published folder to another place in one step, and creates the folders above it. A folder that is there already is
/// refused, and left as it is.
pub fn move_folder(from: &Path, to: &Path, readers: Readers) -> Result<(), FsError> {
    if to.symlink_metadata().is_ok() {
        return Err(FsError::Exists(to.to_owned()));
    }
    let parent = folder_of(to);
    create_folders(parent, readers)?;
    fs::rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::CrossesDevices => FsError::OtherVolume { from: from.to_owned(), to: to.to_owned() },
        _ => FsError::while_trying(Operation::Rename, to)(error),
    })?;
    sync_folder(parent)?;
    sync_folder(folder_of(from))
}

/// Writes a file, whole or not at all, that those may read who may read what is published.
pub fn write_readable(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FsError> {
    super::write_with(path, bytes, |file| readers.admit_to(file))
}

/// Sets who may read a folder and its files, and brings them to disk.
fn settle(folder: &Path, readers: Readers) -> Result<(), FsError> {
    for entry in fs::read_dir(folder).map_err(FsError::while_trying(Operation::List, folder))? {
        let entry = entry.map_err(FsError::while_trying(Operation::List, folder))?;
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            return Err(FsError::NotAFile(path));
        }
        readers.admit(&path, FILE_MODE)?;
        let file = OpenOptions::new().write(true).open(&path).map_err(FsError::while_trying(Operation::Open, &path))?;
        file.sync_all().map_err(FsError::while_trying(Operation::Sync, &path))?;
    }
    readers.admit(folder, FOLDER_MODE)?;
    sync_folder(folder)
}

/// Creates a folder and those above it, so that `readers` can reach what lies in it. Folders that exist stay as they
/// are.
fn create_folders(folder: &Path, readers: Readers) -> Result<(), FsError> {
    let missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
        .map(Path::to_owned)
        .collect();
    for new in missing.iter().rev() {
        fs::create_dir(new).map_err(FsError::while_trying(Operation::Create, new))?;
        readers.admit(new, FOLDER_MODE)?;
        sync_folder(folder_of(new))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(parent: &Path, content: &[u8]) -> WorkFolder {
        let work = WorkFolder::new(parent).unwrap();
        let mut file = work.create("upload.csv").unwrap();
        io::Write::write_all(&mut file, content).unwrap();
        file.finish().unwrap();
        work
    }

    #[test]
    fn a_finished_folder_appears_whole_and_nothing_stays_behind() {
        let data = tempfile::tempdir().unwrap();
        let destination = data.path().join("staging/adult/2025/run");
        publish(made(&data.path().join("work"), b"rows"), &destination, Readers::default()).unwrap();
        assert_eq!(fs::read(destination.join("upload.csv")).unwrap(), b"rows");
        assert_eq!(fs::read_dir(data.path().join("work")).unwrap().count(), 0);
    }

    #[test]
    fn what_is_already_published_stays_untouched() {
        let data = tempfile::tempdir().unwrap();
        let destination = data.path().join("staging/run");
        publish(made(data.path(), b"first"), &destination, Readers::default()).unwrap();
        let error = publish(made(data.path(), b"second"), &destination, Readers::default()).unwrap_err();
        assert!(matches!(&error, FsError::Exists(path) if *path == destination), "{error}");
        assert_eq!(fs::read(destination.join("upload.csv")).unwrap(), b"first");
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1, "the second work folder is gone");
    }

    #[test]
    fn a_failure_leaves_nothing_half_published() {
        let data = tempfile::tempdir().unwrap();
        let work = made(data.path(), b"rows");
        fs::create_dir(work.file("sub")).unwrap();
        let destination = data.path().join("staging/run");
        let error = publish(work, &destination, Readers::default()).unwrap_err();
        assert!(matches!(error, FsError::NotAFile(_)), "{error}");
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_volume_is_said_to_be_one() {
        use std::os::unix::fs::MetadataExt;
        let (Ok(memory), data) = (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir().unwrap()) else { return };
        if fs::metadata(memory.path()).unwrap().dev() == fs::metadata(data.path()).unwrap().dev() {
            return;
        }
        let destination = data.path().join("run");
        let error = publish(made(memory.path(), b"rows"), &destination, Readers::default()).unwrap_err();
        assert!(matches!(error, FsError::OtherVolume { .. }), "{error}");
        assert!(!destination.exists());
    }

    #[cfg(unix)]
    #[test]
    fn one_group_and_nobody_else_may_read() {
        use std::os::unix::fs::MetadataExt;
        let data = tempfile::tempdir().unwrap();
        let destination = data.path().join("staging/run");
        let own = fs::metadata(data.path()).unwrap().gid();
        let name = nix::unistd::Group::from_gid(own.into()).unwrap().unwrap().name;
        publish(made(data.path(), b"rows"), &destination, Readers::resolve(Some(&name)).unwrap()).unwrap();
        for (path, mode) in [
            (data.path().join("staging"), FOLDER_MODE),
            (destination.clone(), FOLDER_MODE),
            (destination.join("upload.csv"), FILE_MODE),
        ] {
            let seen = fs::metadata(&path).unwrap();
            assert_eq!((seen.mode() & 0o777, seen.gid()), (mode, own), "{}", path.display());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_group_that_does_not_exist_is_said_at_once() {
        let error = Readers::resolve(Some("no-such-group")).unwrap_err();
        assert!(error.to_string().contains("'no-such-group'"), "{error}");
    }
}
