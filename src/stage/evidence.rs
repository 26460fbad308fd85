//! What an auditor asks for, in one archive.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use zip::{AesMode, CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{EVIDENCE, StageError};
use crate::sys::{
    archive::FailOnce,
    fs::{FsError, Operation, WorkFolder},
};

/// What goes into the archive, and whether a password is needed to open it.
#[derive(Default, Debug)]
pub struct Evidence {
    /// The files. The manifest is added by [`seal`](super::seal).
    pub entries: Vec<Entry>,
    /// Encrypts each file with AES-256; such an archive is never the same twice.
    pub password: Option<SecretString>,
}

/// A file of the archive.
#[derive(Debug)]
pub struct Entry {
    /// Its path in the archive, with `/`.
    pub name: String,
    /// What it holds.
    pub content: Content,
}

/// What a file of the archive holds.
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file holds.
    File(PathBuf),
}

impl fmt::Debug for Content {
    /// Reports hold personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// Packs the evidence into the work folder, its files in the order of their names.
pub(super) fn write(work: &WorkFolder, evidence: Evidence) -> Result<(), StageError> {
    let Evidence { mut entries, password } = evidence;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let out = work.create(EVIDENCE)?;
    let path = out.path().to_owned();
    let mut archive = ZipWriter::new(FailOnce::new(out));
    for entry in &entries {
        add(&mut archive, entry, password.as_ref(), &path)?;
    }
    archive.finish().map_err(failed(&path))?.into_inner().finish()?;
    Ok(())
}

fn add<W: Write + io::Seek>(
    archive: &mut ZipWriter<W>,
    Entry { name, content }: &Entry,
    password: Option<&SecretString>,
    path: &Path,
) -> Result<(), StageError> {
    let (mut bytes, size): (Box<dyn io::Read>, u64) = match content {
        Content::Bytes(bytes) => (Box::new(bytes.as_slice()), bytes.len() as u64),
        Content::File(file) => {
            let open = File::open(file).map_err(FsError::while_trying(Operation::Open, file))?;
            let size = open.metadata().map_err(FsError::while_trying(Operation::Read, file))?.len();
            (Box::new(open), size)
        }
    };
    // Nothing of the moment or the machine goes into the archive.
    let plain = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o640)
        .large_file(size >= u64::from(u32::MAX));
    let options = match password {
        Some(password) => plain.with_aes_encryption(AesMode::Aes256, password.expose_secret()),
        None => plain,
    };
    archive.start_file(name.as_str(), options).map_err(failed(path))?;
    io::copy(&mut bytes, archive).map_err(|error| failed(path)(error.into()))?;
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(ZipError) -> StageError {
    move |source| StageError::Evidence { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read};

    use super::*;
    use crate::sys::fs::is_disk_full;

    fn entries() -> Vec<Entry> {
        let entry = |name: &str, bytes: &[u8]| Entry { name: name.to_owned(), content: Content::Bytes(bytes.to_vec()) };
        vec![entry("report.html", b"<html>"), entry("mapping/sql/requests.sql", b"SELECT 1")]
    }

    fn packed(evidence: Evidence) -> Vec<u8> {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        write(&work, evidence).unwrap();
        fs::read(work.file(EVIDENCE)).unwrap()
    }

    #[test]
    fn the_same_evidence_gives_the_same_bytes_in_whatever_order() {
        let first = packed(Evidence { entries: entries(), password: None });
        let second = packed(Evidence { entries: entries().into_iter().rev().collect(), password: None });
        assert_eq!(first, second);
        let mut archive = zip::ZipArchive::new(io::Cursor::new(first)).unwrap();
        assert_eq!(
            archive.file_names().collect::<Result<Vec<_>, _>>().unwrap(),
            ["mapping/sql/requests.sql", "report.html"]
        );
        let mut sql = String::new();
        archive.by_name("mapping/sql/requests.sql").unwrap().read_to_string(&mut sql).unwrap();
        assert_eq!(sql, "SELECT 1");
    }

    #[test]
    fn with_a_password_nothing_is_read_without_it() {
        let bytes = packed(Evidence { entries: entries(), password: Some("correct horse".into()) });
        let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        assert!(archive.by_name("report.html").is_err());
        assert!(archive.by_name_decrypt("report.html", b"wrong horse").is_err());
        let mut text = String::new();
        archive.by_name_decrypt("report.html", b"correct horse").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "<html>");
    }

    #[test]
    fn neither_password_nor_content_is_printed() {
        let evidence = Evidence { entries: entries(), password: Some("correct horse".into()) };
        let printed = format!("{evidence:?}");
        assert!(!printed.contains("horse") && !printed.contains("60, 104") && printed.contains("6 bytes"), "{printed}");
    }

    /// A disk with so much room.
    struct SmallDisk {
        room: usize,
        taken: io::Cursor<Vec<u8>>,
    }

    impl Write for SmallDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.taken.position() as usize + bytes.len() > self.room {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.taken.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl io::Seek for SmallDisk {
        fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
            self.taken.seek(position)
        }
    }

    #[test]
    fn a_disk_that_fills_while_packing_is_said_once() {
        for room in 0..140 {
            let disk = SmallDisk { room, taken: io::Cursor::default() };
            let mut archive = ZipWriter::new(FailOnce::new(disk));
            let added = entries().iter().try_for_each(|entry| add(&mut archive, entry, None, Path::new(EVIDENCE)));
            if let Err(error) = added {
                assert!(is_disk_full(&error), "{room}: {error}");
                // What the archive does when it is dropped, unless it is closed by then.
                let finished = archive.finish().map(|_| "whole").or_else(|error| match error {
                    ZipError::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok("closed"),
                    error => Err(error),
                });
                assert!(finished.is_ok(), "after {room} bytes: {finished:?}");
            }
        }
    }

    #[test]
    fn evidence_that_vanished_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        let entry = Entry { name: "a".to_owned(), content: Content::File(parent.path().join("gone.sql")) };
        let error = write(&work, Evidence { entries: vec![entry], password: None }).unwrap_err();
        assert!(error.to_string().ends_with("gone.sql"), "{error}");
    }
}
