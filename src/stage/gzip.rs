//! The upload file's compressed copy.

use std::{
    fs::File,
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder, bufread::GzDecoder, write::GzEncoder};

use crate::sys::{
    fs::{FsError, NewFile, Operation, WorkFolder},
    hash::{Hasher, Sha256},
};

/// "Unknown" (RFC 1952): the same file must compress to the same bytes on every system.
const SYSTEM: u8 = 255;

/// A compressed copy in the making, without a time or a name in it.
pub struct Gzip {
    encoder: GzEncoder<NewFile>,
    path: PathBuf,
}

impl Gzip {
    /// Begins `<name>.gz` in the work folder.
    pub fn new(work: &WorkFolder, name: &str) -> Result<Self, FsError> {
        let out = work.create(&format!("{name}.gz"))?;
        let path = out.path().to_owned();
        let encoder = GzBuilder::new().mtime(0).operating_system(SYSTEM).write(out, Compression::default());
        Ok(Self { encoder, path })
    }

    /// The error that its `Write` methods gave, which names this file.
    pub fn failed(&self, error: io::Error) -> FsError {
        FsError::while_writing(&self.path)(error)
    }

    /// Brings everything to disk. Returns the size in bytes.
    pub fn finish(self) -> Result<u64, FsError> {
        let Self { encoder, path } = self;
        encoder.finish().map_err(FsError::while_writing(&path))?.finish()
    }
}

impl Write for Gzip {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

/// The hash of what a compressed file holds; `None` where it cannot be decompressed.
pub fn content_hash(path: &Path) -> Result<Option<Sha256>, FsError> {
    let file = File::open(path).map_err(FsError::while_trying(Operation::Open, path))?;
    let mut hasher = Hasher::default();
    let decompressed = io::copy(&mut GzDecoder::new(BufReader::new(file)), &mut hasher);
    Ok(decompressed.is_ok().then(|| hasher.finish()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn gzip(work: &WorkFolder, name: &str, content: &[u8]) -> u64 {
        let mut gzip = Gzip::new(work, name).unwrap();
        gzip.write_all(content).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn the_same_file_compresses_to_the_same_bytes_which_hold_it() {
        let parent = tempfile::tempdir().unwrap();
        let content = "999,01/10/2025,30/09/2026\r\n".repeat(20_000).into_bytes();
        let compressed = ["a.csv", "b.csv"].map(|name| {
            let work = WorkFolder::new(parent.path()).unwrap();
            let size = gzip(&work, name, &content);
            let path = work.file(&format!("{name}.gz"));
            assert_eq!(content_hash(&path).unwrap(), Some(Sha256::of(&content)));
            let bytes = fs::read(path).unwrap();
            assert_eq!(bytes.len() as u64, size);
            bytes
        });
        assert_eq!(compressed[0], compressed[1]);
        assert!(compressed[0].len() < content.len() / 50);
        assert_eq!(compressed[0][..4], [0x1f, 0x8b, 8, 0], "no flags: neither name nor comment");
        assert_eq!(compressed[0][4..8], [0; 4], "no time");
    }

    #[test]
    fn what_is_cut_short_holds_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        gzip(&work, "a.csv", b"999,01/10/2025");
        let path = work.file("a.csv.gz");
        let whole = fs::read(&path).unwrap();
        crate::sys::fs::write_whole(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(content_hash(&path).unwrap(), None);
    }
}
