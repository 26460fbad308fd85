//! A file that grows out of sight, and what is moved to where nothing is.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{FsError, Operation, folder_of, sync_folder};

/// A new file that has its name only once it is [finished](WholeFile::finish), and otherwise never was. Only this user can read it.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl WholeFile {
    /// One that will have this path, where none is.
    pub fn new(path: &Path) -> Result<Self, FsError> {
        if path.symlink_metadata().is_ok() {
            return Err(FsError::while_trying(Operation::Create, path)(io::ErrorKind::AlreadyExists.into()));
        }
        let file = NamedTempFile::new_in(folder_of(path)).map_err(FsError::while_trying(Operation::Create, path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Brings everything to disk, and gives the file its name. Returns the size in bytes.
    pub fn finish(self) -> Result<u64, FsError> {
        let Self { path, file } = self;
        file.as_file().sync_all().map_err(FsError::while_trying(Operation::Sync, &path))?;
        let size = file.as_file().metadata().map_err(FsError::while_trying(Operation::Read, &path))?.len();
        file.persist_noclobber(&path).map_err(|error| FsError::while_trying(Operation::Create, &path)(error.error))?;
        sync_folder(folder_of(&path))?;
        Ok(size)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Moves a file or a folder to where nothing is, on the same volume.
pub fn move_new(from: &Path, to: &Path) -> Result<(), FsError> {
    if to.symlink_metadata().is_ok() {
        return Err(FsError::Exists(to.to_owned()));
    }
    fs::rename(from, to).map_err(FsError::while_trying(Operation::Rename, to))?;
    sync_folder(folder_of(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_finished_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council.backup");
        let mut given_up = WholeFile::new(&path).unwrap();
        given_up.write_all(b"half").unwrap();
        drop(given_up);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let (mut first, second) = (WholeFile::new(&path).unwrap(), WholeFile::new(&path).unwrap());
        first.write_all(b"whole").unwrap();
        assert!(!path.exists());
        assert_eq!(first.finish().unwrap(), 5);
        assert!(second.finish().unwrap_err().to_string().starts_with("create "));
        assert!(WholeFile::new(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    }

    #[test]
    fn nothing_is_moved_over_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        crate::sys::fs::write_whole(&at("from"), b"new").unwrap();
        crate::sys::fs::write_whole(&at("there"), b"old").unwrap();
        assert!(matches!(move_new(&at("from"), &at("there")), Err(FsError::Exists(_))));
        move_new(&at("from"), &at("to")).unwrap();
        assert_eq!((fs::read(at("there")).unwrap(), fs::read(at("to")).unwrap()), (b"old".to_vec(), b"new".to_vec()));
    }
}
