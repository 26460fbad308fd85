//! CSV files as a source: a folder with one file per query.
//!
//! The file of a query is `<query name>.csv`, or the one that the mapping names where that name ends with `.csv`.
//! There is no SQL here and there are no parameters: whoever exports the files chooses the rows.
//!
//! Files know no transaction. Their sizes and times of change are noted when the snapshot is taken, and a file that
//! differs after it was read is an error.

mod decode;
mod error;
mod records;
mod split;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub use self::error::CsvError;
use self::records::Records;
use super::{
    BatchSink, Column, Filler, Parameters, QueryText, RowsRead, Snapshot, SnapshotFacts, Source, SourceError, Stamp,
    columns,
};
use crate::sys::shutdown::Shutdown;

/// How text is kept in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, what Excel on an English computer calls "CSV (Comma delimited)".
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// UTF-16, the lower byte first: what Excel calls "Unicode Text".
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, the higher byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

impl TextEncoding {
    /// As it is written in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }
}

/// How a CSV file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CsvFormat {
    /// What stands between cells.
    pub separator: u8,
    /// How text is kept; found out from the file's first letters beyond ASCII where it is not said.
    pub encoding: Option<TextEncoding>,
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self { separator: b',', encoding: None }
    }
}

/// A folder of CSV files.
#[derive(Clone, Debug)]
pub struct CsvFolder {
    folder: PathBuf,
    format: CsvFormat,
}

impl CsvFolder {
    /// The files of this folder, all written in one way.
    pub fn new(folder: impl Into<PathBuf>, format: CsvFormat) -> Self {
        Self { folder: folder.into(), format }
    }
}

impl Source for CsvFolder {
    fn kind(&self) -> &'static str {
        "folder of CSV files"
    }

    fn open(&mut self, stop: &Shutdown) -> Result<Box<dyn Snapshot + '_>, SourceError> {
        let files = list(&self.folder).map_err(|source| CsvError::Folder { folder: self.folder.clone(), source })?;
        let fingerprint = fingerprint(&self.folder, &files)?;
        Ok(Box::new(FolderSnapshot { source: self, files, fingerprint, stop: stop.clone() }))
    }
}

/// The folder's CSV files, by name.
fn list(folder: &Path) -> io::Result<BTreeMap<PathBuf, Stamp>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let name = PathBuf::from(entry?.file_name());
        if is_csv(&name) {
            let stamp = Stamp::of(&folder.join(&name))?;
            files.insert(name, stamp);
        }
    }
    Ok(files)
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// SHA-256 over the files' names, sizes and header lines. Not over their rows: that would read all files twice.
fn fingerprint(folder: &Path, files: &BTreeMap<PathBuf, Stamp>) -> Result<String, CsvError> {
    const LONGEST_HEADER: u64 = 1 << 16;
    let mut sha = Sha256::new();
    for (name, stamp) in files {
        let path = folder.join(name);
        let mut header = Vec::new();
        File::open(&path)
            .and_then(|file| BufReader::new(file.take(LONGEST_HEADER)).read_until(b'\n', &mut header))
            .map_err(|source| CsvError::Read { path, source })?;
        for part in [name.to_string_lossy().as_bytes(), &stamp.bytes().to_le_bytes(), header.trim_ascii_end()] {
            sha.update((part.len() as u64).to_le_bytes());
            sha.update(part);
        }
    }
    Ok(crate::sys::hash::hex(&sha.finalize()))
}

struct FolderSnapshot<'a> {
    source: &'a CsvFolder,
    files: BTreeMap<PathBuf, Stamp>,
    fingerprint: String,
    stop: Shutdown,
}

impl FolderSnapshot<'_> {
    /// The query's file, and its stamp when the snapshot was taken. A name that differs only in capitals will do.
    fn find(&self, query: &QueryText) -> Result<(PathBuf, Stamp), CsvError> {
        let name = match query.file.file_name() {
            Some(name) if is_csv(query.file) => PathBuf::from(name),
            _ => PathBuf::from(format!("{}.csv", query.name)),
        };
        let folder = &self.source.folder;
        (self.files.get_key_value(&name))
            .or_else(|| self.files.iter().find(|(other, _)| other.as_os_str().eq_ignore_ascii_case(&name)))
            .map(|(name, stamp)| (folder.join(name), *stamp))
            .ok_or_else(|| CsvError::Missing { folder: folder.clone(), name })
    }
}

impl Snapshot for FolderSnapshot<'_> {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts {
            fingerprint: self.fingerprint.clone(),
            isolation: "files that were checked to be unchanged after they were read",
            notes: Vec::new(),
        }
    }

    fn columns(&mut self, query: &QueryText, _: Parameters) -> Result<Vec<Column>, SourceError> {
        let (path, _) = self.find(query)?;
        Ok(CsvFile::open(&path, self.source.format)?.columns)
    }

    fn read(&mut self, query: &QueryText, _: Parameters, sink: &mut dyn BatchSink) -> Result<RowsRead, SourceError> {
        let (path, stamp) = self.find(query)?;
        let read = CsvFile::open(&path, self.source.format)?.read(query, sink, &self.stop);
        stamp.unless_changed(&path, read)
    }
}

/// Where bytes come from.
pub type Input = Box<dyn Read + Send>;

/// One CSV file: a header and rows with as many cells.
pub struct CsvFile {
    records: Records,
    columns: Vec<Column>,
    /// Whether there is a row that was looked at and not yet read.
    ahead: Option<bool>,
    ended: Ended,
}

/// How the rows of a file came to their end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With the last one, or they have not been read yet.
    Whole,
    /// Where a compressed file is damaged: the rows until there were handed on.
    Damaged,
}

impl CsvFile {
    /// Opens the file and reads its header, whose names differ.
    pub fn open(path: &Path, format: CsvFormat) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(|source| CsvError::Read { path: path.to_owned(), source })?;
        let file = Self::new(path, Box::new(file), format)?;
        columns::tell_apart(path, &file.columns)?;
        Ok(file)
    }

    /// Reads the header from `input`, which messages call by the path. Names may stand there twice.
    pub fn new(path: &Path, input: Input, format: CsvFormat) -> Result<Self, SourceError> {
        let mut records = Records::new(path, input, format)?;
        if !records.advance()? || records.ends().last() == Some(&0) {
            return Err(CsvError::NoHeader { path: path.to_owned() }.into());
        }
        let names: Vec<_> = records.cells().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        if names.iter().any(|name| name.contains('\0')) {
            return Err(CsvError::ZeroBytes { path: path.to_owned() }.into());
        }
        let columns = names.into_iter().map(Column::named).collect();
        Ok(Self { records, columns, ahead: None, ended: Ended::Whole })
    }

    /// The header's cells.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The encoding, where it is said or what has been read decides it. Plain ASCII leaves it open.
    pub fn encoding(&self) -> Option<TextEncoding> {
        self.records.encoding()
    }

    /// Whether a byte order mark stands before the text.
    pub fn is_marked(&self) -> bool {
        self.records.is_marked()
    }

    /// How the rows came to their end.
    pub fn ended(&self) -> Ended {
        self.ended
    }

    /// The cells of the first row, if there is one. It is read again with the others.
    pub fn first_row(&mut self) -> Result<Option<Vec<Vec<u8>>>, SourceError> {
        let more = self.next_row()?;
        self.ahead = Some(more);
        Ok(more.then(|| self.records.cells().map(<[u8]>::to_vec).collect()))
    }

    /// Reads all rows, once. What stands before the damage of a compressed file is handed on: [`Self::ended`] tells.
    pub fn read(
        &mut self,
        query: &QueryText,
        sink: &mut dyn BatchSink,
        stop: &Shutdown,
    ) -> Result<RowsRead, SourceError> {
        let mut filler = Filler::new(query, self.columns.len(), sink, stop);
        while self.next_row()? {
            filler.batch().push_row(self.records.text(), self.records.ends());
            filler.end_row()?;
        }
        filler.finish(None)
    }

    /// Goes to the next row; `false` after the last.
    fn next_row(&mut self) -> Result<bool, SourceError> {
        if let Some(more) = self.ahead.take() {
            return Ok(more);
        }
        let more = match self.records.advance() {
            Err(CsvError::Damaged { .. }) => {
                self.ended = Ended::Damaged;
                false
            }
            more => more?,
        };
        let (found, expected) = (self.records.ends().len(), self.columns.len());
        if more && found != expected {
            return Err(self.records.ragged(found, expected).into());
        }
        Ok(more)
    }
}
