//! Reading the upload file back, as a stranger would.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use crate::{
    check::Counts,
    model::Field,
    spec::Release,
    sys::hash::{Hasher, Sha256},
};

use super::Written;

/// What the file holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadBack {
    /// The hash of its bytes.
    pub sha256: Sha256,
    /// Data rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How the file differs from what was written.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// It cannot be read.
    #[error("read {} back", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not what was written.
    #[error("read {} back: {what}; the disk or another program changed it, nothing is staged", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What differs, in words.
        what: String,
    },
}

/// Reads the file with another reader than wrote it, and compares header, rows, bytes and the filled cells of each field
/// with what was counted. Each data row is shown to `see`, with its number, as it goes by.
pub fn read_back(
    path: &Path,
    release: &Release,
    written: Written,
    counts: &Counts,
    mut see: impl FnMut(u64, &csv::ByteRecord),
) -> Result<ReadBack, ReadBackError> {
    let failed = |source: io::Error| ReadBackError::Read { path: path.to_owned(), source };
    let differs = |what: String| ReadBackError::Differs { path: path.to_owned(), what };
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
    // The reader below would pass over it in silence.
    if file.fill_buf().map_err(failed)?.starts_with(b"\xEF\xBB\xBF") {
        return Err(differs("it begins with a byte-order mark".into()));
    }
    let mut input = Hashed { input: file, hash: Hasher::default(), bytes: 0 };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(1 << 18).from_reader(&mut input);
    let mut record = csv::ByteRecord::new();
    let wrong = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => failed(source),
        other => differs(format!("it is not a CSV file of {} columns ({other:?})", Field::COUNT)),
    };
    if !reader.read_byte_record(&mut record).map_err(wrong)? {
        return Err(differs("it is empty".into()));
    }
    if !record.iter().eq(release.template().map(|spec| spec.header.as_bytes())) {
        return Err(differs("its header is not the release's".into()));
    }
    let mut rows = 0;
    let mut filled = [0_u64; Field::COUNT];
    while reader.read_byte_record(&mut record).map_err(wrong)? {
        rows += 1;
        see(rows, &record);
        for (count, cell) in filled.iter_mut().zip(&record) {
            *count += u64::from(!cell.is_empty() && cell != b"NULL");
        }
    }
    let (bytes, sha256) = (input.bytes, input.hash.finish());
    if (rows, bytes) != (written.rows, written.bytes) {
        return Err(differs(format!(
            "{rows} rows and {bytes} bytes where {} and {} were written",
            written.rows, written.bytes
        )));
    }
    for (spec, filled) in release.template().zip(filled) {
        let counted = counts.filled(spec.field);
        if filled != counted {
            let header = &spec.header;
            return Err(differs(format!("'{header}' is filled on {filled} rows where {counted} were counted")));
        }
    }
    Ok(ReadBack { sha256, rows, bytes })
}

struct Hashed<R> {
    input: R,
    hash: Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hash.write_all(&buffer[..count])?;
        self.bytes += count as u64;
        Ok(count)
    }
}
