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
    chunks: Option<SyncSender<Vec<u8>>>,
    spare: Receiver<Vec<u8>>,
    compressor: Option<JoinHandle<Result<u64, FsError>>>,
}

/// Chunks that may wait for the compressor.
const QUEUE: usize = 4;

impl UploadFiles {
    pub(super) fn new(plain: NewFile, mut compressed: Gzip) -> Self {
        let (chunks, waiting) = sync_channel::<Vec<u8>>(QUEUE);
        let (back, spare) = channel();
        let compressor = thread::spawn(move || {
            while let Ok(chunk) = waiting.recv() {
                compressed.write_all(&chunk).map_err(|error| compressed.failed(error))?;
                // The writer may be done with its chunks.
                let _ = back.send(chunk);
            }
            compressed.finish()
        });
        Self { plain, chunks: Some(chunks), spare, compressor: Some(compressor) }
    }

    /// Brings both files to disk.
    pub(super) fn finish(mut self) -> Result<(), FsError> {
        drop(self.chunks.take());
        let compressed = self.compressor.map(JoinHandle::join).transpose();
        let compressed = compressed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        self.plain.finish()?;
        compressed.transpose().map(|_| ())
    }
}

impl UploadFiles {
    fn why_compression_failed(&mut self) -> io::Error {
        drop(self.chunks.take());
        let failed = self.compressor.take().map(JoinHandle::join).and_then(Result::ok).and_then(Result::err);
        failed.map_or_else(|| io::Error::other("the compressed copy could not be written"), io::Error::other)
    }
}

impl Write for UploadFiles {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.plain.write_all(bytes)?;
        let mut chunk = self.spare.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.extend_from_slice(bytes);
        // A compressor that failed has let go of its end.
        if let Some(chunks) = &self.chunks
            && chunks.send(chunk).is_err()
        {
            return Err(self.why_compression_failed());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.plain.flush()
    }
}
