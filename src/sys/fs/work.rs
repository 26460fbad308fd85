//! Private folders in which something is made.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{FsError, Operation, folder_of, sync_folder};
use crate::sys::lock::FolderLock;

/// How the names of work folders begin, by which left-overs are known.
const PREFIX: &str = "work-";

/// Large enough that a row costs no system call.
const BUFFER: usize = 256 * 1024;

/// A folder that only this user can read, removed with all it holds when it is dropped.
#[derive(Debug)]
pub struct WorkFolder(TempDir);

impl WorkFolder {
    /// A new folder inside `parent`, which is created where it does not exist.
    pub fn new(parent: &Path) -> Result<Self, FsError> {
        fs::create_dir_all(parent).map_err(FsError::while_trying(Operation::Create, parent))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        builder.tempdir_in(parent).map(Self).map_err(FsError::while_trying(Operation::Create, parent))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where a file of this name is, or would be.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A new, empty file.
    pub fn create(&self, name: &str) -> Result<NewFile, FsError> {
        let path = self.file(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(FsError::while_trying(Operation::Create, &path))?;
        Ok(NewFile { path, out: BufWriter::with_capacity(BUFFER, file) })
    }

    /// A file without a name, for what does not fit into memory: nobody else can open it, and it goes when it is closed.
    pub fn scratch(&self) -> Result<File, FsError> {
        tempfile::tempfile_in(self.path()).map_err(FsError::while_trying(Operation::Create, self.path()))
    }

    /// Moves a file of the folder, which must be finished, to its place on the same volume. A reader sees the whole file
    /// or, until then, the one before it.
    pub fn hand_over(&self, name: &str, to: &Path) -> Result<(), FsError> {
        let folder = folder_of(to);
        fs::create_dir_all(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
        fs::rename(self.file(name), to).map_err(FsError::while_trying(Operation::Rename, to))?;
        sync_folder(folder)
    }

    /// Leaves the folder where it is.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.0.keep()
    }
}

/// A file being written; it counts only once it is [finished](NewFile::finish).
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    out: BufWriter<File>,
}

impl NewFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The error that its `Write` methods gave, which names this file.
    pub fn failed(&self, error: io::Error) -> FsError {
        FsError::while_writing(&self.path)(error)
    }

    /// Those who write to a `Write` know no path: the error takes it along.
    fn named(&self, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), FsError::while_trying(Operation::Write, &self.path)(error))
    }

    /// Brings everything to disk. Returns the size in bytes.
    pub fn finish(self) -> Result<u64, FsError> {
        let Self { path, out } = self;
        let file = out.into_inner().map_err(|error| FsError::while_writing(&path)(error.into_error()))?;
        file.sync_all().map_err(FsError::while_trying(Operation::Sync, &path))?;
        Ok(file.metadata().map_err(FsError::while_trying(Operation::Read, &path))?.len())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| self.named(error))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes).map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.named(error))
    }
}

impl io::Seek for NewFile {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.out.seek(position)
    }
}

/// Takes back a folder that was published, in one step as it came: it becomes a left-over in `parent`, the folder of work,
/// and is removed there.
pub fn withdraw(published: &Path, parent: &Path) -> Result<(), FsError> {
    let name = published.file_name().unwrap_or_default().to_string_lossy();
    let left_over = parent.join(format!("{PREFIX}{name}"));
    fs::rename(published, &left_over).map_err(FsError::while_trying(Operation::Remove, published))?;
    fs::remove_dir_all(&left_over).map_err(FsError::while_trying(Operation::Remove, &left_over))
}

/// Removes the work folders that killed runs left in `parent`; says how many.
///
/// Whoever makes work folders in `parent` holds this lock, so none of those found belongs to a live process.
pub fn clean_left_overs(parent: &Path, _held: &FolderLock) -> Result<usize, FsError> {
    let entries = match fs::read_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(FsError::while_trying(Operation::List, parent))?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(FsError::while_trying(Operation::List, parent))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(FsError::while_trying(Operation::Remove, &path))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_folder_vanishes_with_its_run() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(&parent.path().join("work")).unwrap();
        let mut file = work.create("upload.csv").unwrap();
        file.write_all(b"LA Code\r\n").unwrap();
        assert_eq!(file.finish().unwrap(), 9);
        let path = work.path().to_owned();
        assert_eq!(fs::read(path.join("upload.csv")).unwrap(), b"LA Code\r\n");
        drop(work);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_is_handed_over_whole_and_a_scratch_file_has_no_name() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(&parent.path().join("work")).unwrap();
        let to = parent.path().join("index/run");
        for text in [&b"first"[..], b"second"] {
            let mut file = work.create("index").unwrap();
            file.write_all(text).unwrap();
            file.finish().unwrap();
            work.hand_over("index", &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), text);
        }
        work.scratch().unwrap().write_all(b"rows").unwrap();
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_is_never_begun_twice() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        work.create("upload.csv").unwrap().finish().unwrap();
        assert!(work.create("upload.csv").unwrap_err().to_string().starts_with("create "));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_what_is_being_made() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        let file = work.create("upload.csv").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(work.path()), mode(file.path())), (0o700, 0o600));
    }

    #[test]
    fn only_left_overs_are_cleaned_away() {
        let data = tempfile::tempdir().unwrap();
        let parent = data.path().join("work");
        let lock = FolderLock::take(data.path(), "2026-11-23T22:15:03Z".parse().unwrap(), "run").unwrap();
        assert_eq!(clean_left_overs(&parent, &lock).unwrap(), 0);

        let left = WorkFolder::new(&parent).unwrap();
        left.create("half").unwrap();
        let left = left.keep();
        let other = parent.join("somebody's");
        fs::create_dir(&other).unwrap();
        assert_eq!(clean_left_overs(&parent, &lock).unwrap(), 1);
        assert!(!left.exists() && other.exists());
    }
}
