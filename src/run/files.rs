//! The files of a package under way.

use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

use crate::{
    stage::Gzip,
    sys::fs::{FsError, NewFile},
};

/// The upload file and its compressed copy, made at the same time: what is written goes to the file, and on to a thread
/// that compresses it.
pub(super) struct UploadFiles {
    plain: NewFile,
    compressor: Compressor,
}

struct Compressor {
    chunks: Option<SyncSender<Vec<u8>>>,
    spare: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<Result<u64, FsError>>>,
}

/// Chunks that may wait for the compressor.
const QUEUE: usize = 4;

impl UploadFiles {
    pub(super) fn new(plain: NewFile, compressed: Gzip) -> Self {
        Self { plain, compressor: Compressor::new(compressed) }
    }

    /// Brings both files to disk.
    pub(super) fn finish(mut self) -> Result<(), FsError> {
        self.compressor.finish()?;
        self.plain.finish().map(|_| ())
    }
}

impl Compressor {
    fn new(mut compressed: Gzip) -> Self {
        let (chunks, waiting) = sync_channel::<Vec<u8>>(QUEUE);
        let (back, spare) = channel();
        let thread = thread::spawn(move || {
            while let Ok(chunk) = waiting.recv() {
                compressed.write_all(&chunk).map_err(|error| compressed.failed(error))?;
                // The writer may be done with its chunks.
                let _ = back.send(chunk);
            }
            compressed.finish()
        });
        Self { chunks: Some(chunks), spare, thread: Some(thread) }
    }

    fn hand_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut chunk = self.spare.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.extend_from_slice(bytes);
        let sent = self.chunks.as_ref().is_some_and(|chunks| chunks.send(chunk).is_ok());
        // A compressor that failed has let go of its end, and says why when it is asked to finish.
        if sent { Ok(()) } else { self.finish().map_err(io::Error::other) }
    }

    fn finish(&mut self) -> Result<(), FsError> {
        drop(self.chunks.take());
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result.map(|_| ()),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Compressor {
    /// Nobody may hold a file of the work folder open when it is removed.
    fn drop(&mut self) {
        drop(self.chunks.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Write for UploadFiles {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.plain.write_all(bytes)?;
        self.compressor.hand_on(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.plain.flush()
    }
}
