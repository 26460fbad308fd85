//! Events put down on disk in partitions, to be taken up again one partition at a time.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::event::{Event, events};
use crate::sys::fs::{FsError, Operation, WorkFolder};

/// Partitions: of a million rows, some 750 KB each.
pub(super) const PARTITIONS: usize = 64;

/// Events that a partition gathers before they are put down.
const CHUNK: usize = 170;

/// The partition of a key: a pseudonym's bits are as good as random.
pub(super) fn partition(key: u64) -> usize {
    (key >> 58) as usize
}

/// Partitions on disk, in a file that has no name and goes when it is closed.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    folder: PathBuf,
    gathered: Vec<Vec<u8>>,
    /// By partition: where its chunks begin, in chunks.
    chunks: Vec<Vec<u32>>,
    written: u32,
}

impl Spill {
    pub(super) fn new(work: &WorkFolder) -> Result<Self, FsError> {
        Ok(Self {
            file: work.scratch()?,
            folder: work.path().to_owned(),
            gathered: vec![Vec::new(); PARTITIONS],
            chunks: vec![Vec::new(); PARTITIONS],
            written: 0,
        })
    }

    /// Puts an event into a partition.
    pub(super) fn push(&mut self, partition: usize, event: &Event) -> io::Result<()> {
        let gathered = &mut self.gathered[partition];
        gathered.extend_from_slice(&event.to_bytes());
        if gathered.len() == CHUNK * Event::SIZE {
            self.file.write_all(gathered)?;
            gathered.clear();
            self.chunks[partition].push(self.written);
            self.written += 1;
        }
        Ok(())
    }

    /// The error of [`push`](Self::push), with the place where it happened.
    pub(super) fn failed(&self, error: io::Error) -> FsError {
        FsError::while_trying(Operation::Write, &self.folder)(error)
    }

    /// How many events a partition has.
    pub(super) fn events(&self, partition: usize) -> u32 {
        (self.chunks[partition].len() * CHUNK + self.gathered[partition].len() / Event::SIZE) as u32
    }

    /// Everything in a partition, which is empty afterwards.
    pub(super) fn take(&mut self, partition: usize) -> Result<Vec<Event>, FsError> {
        let failed = |error| FsError::while_trying(Operation::Read, self.folder.as_path())(error);
        let chunks = std::mem::take(&mut self.chunks[partition]);
        let gathered = std::mem::take(&mut self.gathered[partition]);
        let mut all = Vec::with_capacity(chunks.len() * CHUNK + gathered.len() / Event::SIZE);
        let mut chunk = vec![0; CHUNK * Event::SIZE];
        for place in chunks {
            read_at(&mut self.file, u64::from(place) * (CHUNK * Event::SIZE) as u64, &mut chunk).map_err(failed)?;
            all.extend(events(&chunk));
        }
        all.extend(events(&gathered));
        Ok(all)
    }
}

/// Reads bytes from a place of a file.
pub(super) fn read_at(file: &mut File, place: u64, bytes: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(bytes)
}
