//! The index of a file, on disk.
//!
//! Little-endian throughout:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `CLDINDEX` |
//! | 4 | the version of the format, 1 |
//! | 8 | the mark of the key that made the pseudonyms |
//! | 4, 4 | first and last day of the period, in days since 1970-01-01 |
//! | lists | the labels of Event Type, Client Type and Service Type, in the order of their codes: a number (2), and for each label its length (2) and its UTF-8 |
//! | 64 × 4 | rows in each partition |
//! | rows × 48 | the rows, partition by partition, in each by person and row |
//! | 8, 8 | people, and services open at the end of the period |
//! | 32 | the SHA-256 of everything before |

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{
    event::{Event, NO_LOCAL_ID, events},
    pseudonym::{Person, Pseudonyms},
    spill::{PARTITIONS, read_at},
};
use crate::{
    model::{Date, Field, Period},
    sys::{
        fs::{FsError, NewFile, Operation},
        hash::{Hasher, Sha256},
    },
};

const MAGIC: &[u8; 8] = b"CLDINDEX";
const VERSION: u32 = 1;

/// The fields whose labels an index holds, in the order of its lists.
pub(super) const LISTED: [Field; 3] = [Field::EventType, Field::ClientType, Field::ServiceType];

/// What an index says of its file as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexFacts {
    /// The reporting period.
    pub period: Period,
    /// Data rows.
    pub rows: u64,
    /// People who can be told apart.
    pub people: u64,
    /// Services that are open at the end of the period.
    pub open_services: u64,
    /// The hash of the index.
    pub sha256: Sha256,
}

/// Why an index cannot be used. None of these is an empty index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is not there.
    #[error("find the index {}: it is not there", .0.display())]
    Missing(PathBuf),
    /// It is not what was written.
    #[error("use the index {}: it is damaged", .0.display())]
    Damaged(PathBuf),
    /// A newer version of the program made it.
    #[error("use the index {}: a newer cld-agent has made it (format {found})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// It was made with another key, so that nobody in it can be recognised.
    #[error("use the index {}: it was made with another key than the one of 'index_key'", .0.display())]
    OtherKey(PathBuf),
    /// It is not the index that the ledger knows.
    #[error("use the index {}: it is not the one that the ledger remembers", .0.display())]
    Other(PathBuf),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// An index, open: what it holds has been compared with its checksum.
#[derive(Debug)]
pub struct Index {
    path: PathBuf,
    file: File,
    facts: IndexFacts,
    /// Labels by the order of [`LISTED`] and of their codes.
    labels: [Vec<String>; 3],
    /// Where each partition begins, and how many events it has.
    partitions: Vec<(u64, u32)>,
}

impl Index {
    /// Opens an index that was made with this key, and reads it through once.
    pub fn open(path: &Path, pseudonyms: &Pseudonyms) -> Result<Self, IndexError> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(IndexError::Missing(path.to_owned())),
            file => file.map_err(FsError::while_trying(Operation::Open, path))?,
        };
        let sha256 = checked(&mut file, path)?;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => IndexError::Damaged(path.to_owned()),
            _ => FsError::while_trying(Operation::Read, path)(error).into(),
        };
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut reader = io::BufReader::new(&mut file);
        let head = Head::read(&mut reader).map_err(failed)?;
        if head.version != VERSION {
            return Err(IndexError::Newer { path: path.to_owned(), found: head.version });
        }
        if head.mark != pseudonyms.mark() {
            return Err(IndexError::OtherKey(path.to_owned()));
        }
        let mut place = reader.stream_position().map_err(failed)?;
        let partitions = head.partitions.iter().map(|rows| {
            let begins = place;
            place += u64::from(*rows) * Event::SIZE as u64;
            (begins, *rows)
        });
        let partitions = partitions.collect();
        let rows = head.partitions.iter().map(|rows| u64::from(*rows)).sum();
        reader.seek(SeekFrom::Start(place)).map_err(failed)?;
        let [people, open_services] = [number(&mut reader).map_err(failed)?, number(&mut reader).map_err(failed)?];
        let Head { period, labels, .. } = head;
        let facts = IndexFacts { period, rows, people, open_services, sha256 };
        Ok(Self { path: path.to_owned(), file, facts, labels, partitions })
    }

    /// The same, where the ledger knows which index it is.
    pub fn open_known(path: &Path, sha256: Sha256, pseudonyms: &Pseudonyms) -> Result<Self, IndexError> {
        let index = Self::open(path, pseudonyms)?;
        if index.facts.sha256 == sha256 { Ok(index) } else { Err(IndexError::Other(path.to_owned())) }
    }

    /// What it says of its file as a whole.
    pub fn facts(&self) -> &IndexFacts {
        &self.facts
    }

    /// How many rows a person has.
    pub fn rows_of(&mut self, person: &Person) -> Result<u64, IndexError> {
        let mut rows = 0;
        for partition in 0..PARTITIONS {
            let of_person = |event: &&Event| {
                let by_nhs = person.nhs.is_some_and(|nhs| event.nhs == nhs);
                by_nhs || event.person == person.local && !event.is(NO_LOCAL_ID)
            };
            rows += self.read(partition)?.iter().filter(of_person).count() as u64;
        }
        Ok(rows)
    }

    /// The labels of one of the [`LISTED`] fields, in the order of their codes.
    pub(super) fn labels(&self, list: usize) -> &[String] {
        &self.labels[list]
    }

    /// The events of a partition, by person and row.
    pub(super) fn read(&mut self, partition: usize) -> Result<Vec<Event>, IndexError> {
        let (begins, rows) = self.partitions[partition];
        let mut bytes = vec![0; rows as usize * Event::SIZE];
        let read = read_at(&mut self.file, begins, &mut bytes);
        read.map_err(FsError::while_trying(Operation::Read, &self.path))?;
        Ok(events(&bytes).collect())
    }
}

/// The hash at the end of a file, which must be that of everything before it.
fn checked(file: &mut File, path: &Path) -> Result<Sha256, IndexError> {
    let failed = |error| IndexError::Fs(FsError::while_trying(Operation::Read, path)(error));
    let damaged = || IndexError::Damaged(path.to_owned());
    let length = file.metadata().map_err(failed)?.len().checked_sub(SEAL as u64).ok_or_else(damaged)?;
    let mut hasher = Hasher::default();
    io::copy(&mut (&mut *file).take(length), &mut hasher).map_err(failed)?;
    let mut seal = [0; SEAL];
    file.read_exact(&mut seal).map_err(failed)?;
    let hash = hasher.finish();
    if hash.bytes() == &seal { Ok(hash) } else { Err(damaged()) }
}

/// Bytes of the hash at the end.
const SEAL: usize = 32;

/// Everything before the rows.
pub(super) struct Head {
    pub(super) version: u32,
    pub(super) mark: u64,
    pub(super) period: Period,
    pub(super) labels: [Vec<String>; 3],
    pub(super) partitions: Vec<u32>,
}

impl Head {
    pub(super) const VERSION: u32 = VERSION;

    fn read(from: &mut impl Read) -> io::Result<Self> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        if &bytes(from)? != MAGIC {
            return Err(wrong());
        }
        let version = u32::from_le_bytes(bytes(from)?);
        let mark = number(from)?;
        let mut day = || bytes(from).map(|bytes| Date::from_days(i32::from_le_bytes(bytes)));
        let period = Period::new(day()?, day()?).map_err(|_| wrong())?;
        let labels = [labels(from)?, labels(from)?, labels(from)?];
        let partitions: io::Result<Vec<_>> = (0..PARTITIONS).map(|_| bytes(from).map(u32::from_le_bytes)).collect();
        Ok(Self { version, mark, period, labels, partitions: partitions? })
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(MAGIC)?;
        to.write_all(&self.version.to_le_bytes())?;
        to.write_all(&self.mark.to_le_bytes())?;
        for day in [self.period.start(), self.period.end()] {
            to.write_all(&day.days().to_le_bytes())?;
        }
        for labels in &self.labels {
            to.write_all(&(labels.len() as u16).to_le_bytes())?;
            for label in labels {
                to.write_all(&(label.len() as u16).to_le_bytes())?;
                to.write_all(label.as_bytes())?;
            }
        }
        self.partitions.iter().try_for_each(|rows| to.write_all(&rows.to_le_bytes()))
    }
}

fn bytes<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    bytes(from).map(u64::from_le_bytes)
}

fn labels(from: &mut impl Read) -> io::Result<Vec<String>> {
    let count = u16::from_le_bytes(bytes(from)?);
    let label = |_| {
        let mut text = vec![0; usize::from(u16::from_le_bytes(bytes(from)?))];
        from.read_exact(&mut text)?;
        String::from_utf8(text).map_err(io::Error::other)
    };
    (0..count).map(label).collect()
}

/// Writes an index: its head, then its rows, then what was counted in them, and the seal over all.
pub(super) struct IndexFile {
    out: NewFile,
    hasher: Hasher,
}

impl IndexFile {
    pub(super) fn begin(out: NewFile, head: &Head) -> Result<Self, FsError> {
        let mut file = Self { out, hasher: Hasher::default() };
        let mut bytes = Vec::new();
        head.write(&mut bytes).map_err(|error| file.out.failed(error))?;
        file.write(&bytes)?;
        Ok(file)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FsError> {
        let written = self.out.write_all(bytes).and_then(|()| self.hasher.write_all(bytes));
        written.map_err(|error| self.out.failed(error))
    }

    pub(super) fn finish(mut self, people: u64, open_services: u64) -> Result<(), FsError> {
        self.write(&people.to_le_bytes())?;
        self.write(&open_services.to_le_bytes())?;
        let seal = self.hasher.finish();
        self.out.write_all(seal.bytes()).map_err(|error| self.out.failed(error))?;
        self.out.finish().map(|_| ())
    }
}
