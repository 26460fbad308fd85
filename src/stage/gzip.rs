//! The upload file's compressed copy.

use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use flate2::{Compression, GzBuilder, bufread::GzDecoder};

use crate::sys::{
    fs::{FsError, Operation, WorkFolder},
    hash::{Hasher, Sha256},
};

/// "Unknown" (RFC 1952): the same file must compress to the same bytes on every system.
const SYSTEM: u8 = 255;

/// Compresses a file of the work folder to `<name>.gz` beside it, without a time or a name in it. Returns its size.
pub fn gzip(work: &WorkFolder, name: &str) -> Result<u64, FsError> {
    let path = work.file(name);
    let mut plain = File::open(&path).map_err(FsError::while_trying(Operation::Open, &path))?;
    let out = work.create(&format!("{name}.gz"))?;
    let compressed_path = out.path().to_owned();
    let failed = |source| FsError::while_trying(Operation::Write, &compressed_path)(source);
    let mut encoder = GzBuilder::new().mtime(0).operating_system(SYSTEM).write(out, Compression::default());
    io::copy(&mut plain, &mut encoder).map_err(failed)?;
    encoder.finish().map_err(failed)?.finish()
}

/// The hash of what a compressed file holds; `None` where it cannot be decompressed.
pub(super) fn content_hash(path: &Path) -> Result<Option<Sha256>, FsError> {
    let file = File::open(path).map_err(FsError::while_trying(Operation::Open, path))?;
    let mut hasher = Hasher::default();
    let decompressed = io::copy(&mut GzDecoder::new(BufReader::new(file)), &mut hasher);
    Ok(decompressed.is_ok().then(|| hasher.finish()))
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    #[test]
    fn the_same_file_compresses_to_the_same_bytes_which_hold_it() {
        let parent = tempfile::tempdir().unwrap();
        let content = "999,01/10/2025,30/09/2026\r\n".repeat(20_000).into_bytes();
        let compressed = ["a.csv", "b.csv"].map(|name| {
            let work = WorkFolder::new(parent.path()).unwrap();
            let mut file = work.create(name).unwrap();
            file.write_all(&content).unwrap();
            file.finish().unwrap();
            let size = gzip(&work, name).unwrap();
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
        work.create("a.csv").unwrap().finish().unwrap();
        gzip(&work, "a.csv").unwrap();
        let path = work.file("a.csv.gz");
        let whole = fs::read(&path).unwrap();
        crate::sys::fs::write_whole(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(content_hash(&path).unwrap(), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(parent.path()).unwrap();
        let error = gzip(&work, "upload.csv").unwrap_err();
        assert!(error.to_string().starts_with("open ") && error.to_string().ends_with("upload.csv"), "{error}");
    }
}
