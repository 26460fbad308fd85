//! One file as somebody has saved it: a CSV file, plain or compressed with gzip, or a sheet of an XLSX workbook.
//!
//! What the file is, is found out from its bytes, never from its name: the container, the encoding, the separator, the
//! sheet. [`Saved`] tells what was found, so that a check can say what the portal would make of it; the rows come through
//! all the same.
//!
//! Nothing is copied to disk and nothing is held whole but the shared texts of a workbook: compressed files are unpacked as
//! they are read, and [`Limits`] bound what a small file may unpack to.

mod error;
mod kind;
mod parts;
mod workbook;

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use self::{
    kind::{Compound, Kind},
    workbook::Workbook,
};
use super::{
    BatchSink, Column, CsvError, CsvFile, CsvFormat, Ended, Input, QueryText, RowsRead, SourceError, Stamp,
    TextEncoding,
    input::{Bounded, Unpacked},
};
use crate::sys::shutdown::Shutdown;

pub use self::error::ExtractError;

/// How a file is to be opened.
pub struct Opening<'o> {
    /// The sheet of a workbook; without a name the only one, or the first that begins with a header.
    pub sheet: Option<&'o str>,
    /// Whether these are the columns of an extract.
    pub is_header: &'o dyn Fn(&[Column]) -> bool,
    /// How much may be read.
    pub limits: Limits,
}

/// How much may be read, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Of a text, once it is unpacked.
    pub text: u64,
    /// Of all sheets of a workbook, unpacked.
    pub sheets: u64,
    /// Of the texts that a workbook keeps apart from its sheets. They are held whole.
    pub shared_texts: u64,
    /// Of any other part of a workbook.
    pub part: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text: 16_000_000_000, sheets: 1_000_000_000, shared_texts: 64_000_000, part: 16_000_000 }
    }
}

/// How a file was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// What holds the rows.
    pub container: Container,
    /// The size of the file.
    pub bytes: u64,
    /// The size of the text that was read: of the unpacked text, where it was compressed.
    pub text_bytes: u64,
    /// How the rows came to their end.
    pub ended: Ended,
}

/// What holds the rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Container {
    /// A text.
    Text(TextForm),
    /// A text that is compressed with gzip.
    Gzip(TextForm),
    /// A workbook.
    Workbook {
        /// The sheet that was read.
        sheet: String,
        /// The columns that hold dates as numbers, and in how many cells each.
        dates: Vec<(String, u64)>,
    },
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextForm {
    /// The encoding; plain ASCII leaves it open.
    pub encoding: Option<TextEncoding>,
    /// Whether a byte order mark stands before the text.
    pub marked: bool,
    /// What stands between cells.
    pub separator: u8,
}

/// A file that is open, with its header and its first row read.
pub struct Extract {
    path: PathBuf,
    stamp: Stamp,
    rows: Rows,
    first: Option<Vec<Vec<u8>>>,
}

enum Rows {
    Text { file: Box<CsvFile>, separator: u8, packed: Packed, passed: Arc<AtomicU64> },
    Sheet(Box<Workbook>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packed {
    No,
    Gzip,
}

/// So many bytes are looked at to find out what a file is. A header is some hundred.
const BEGINNING: u64 = 1 << 16;

impl Extract {
    /// Finds out what the file is, and reads its header and its first row.
    pub fn open(path: &Path, opening: &Opening<'_>) -> Result<Self, SourceError> {
        let unreadable = |source| CsvError::Read { path: path.to_owned(), source };
        let stamp = Stamp::of(path).map_err(unreadable)?;
        let opened = Rows::open(path, opening).and_then(|mut rows| {
            let first = rows.first()?;
            Ok(Self { path: path.to_owned(), stamp, rows, first })
        });
        stamp.unless_changed(path, opened)
    }

    /// The header's cells.
    pub fn columns(&self) -> &[Column] {
        match &self.rows {
            Rows::Text { file, .. } => file.columns(),
            Rows::Sheet(workbook) => workbook.columns(),
        }
    }

    /// The cells of the first row, if there is one.
    pub fn first_row(&self) -> Option<&[Vec<u8>]> {
        self.first.as_deref()
    }

    /// How the file was saved, as far as it has been read.
    pub fn saved(&self) -> Saved {
        match &self.rows {
            Rows::Text { file, separator, packed, passed } => {
                let form = TextForm { encoding: file.encoding(), marked: file.is_marked(), separator: *separator };
                Saved {
                    container: match packed {
                        Packed::No => Container::Text(form),
                        Packed::Gzip => Container::Gzip(form),
                    },
                    bytes: self.stamp.bytes(),
                    text_bytes: passed.load(Ordering::Relaxed),
                    ended: file.ended(),
                }
            }
            Rows::Sheet(workbook) => {
                let columns = workbook.columns().iter().zip(workbook.dates()).filter(|(_, cells)| **cells > 0);
                let dates = columns.map(|(column, cells)| (column.name.clone(), *cells)).collect();
                Saved {
                    container: Container::Workbook { sheet: workbook.sheet().to_owned(), dates },
                    bytes: self.stamp.bytes(),
                    text_bytes: self.stamp.bytes(),
                    ended: Ended::Whole,
                }
            }
        }
    }

    /// Reads all rows, once.
    pub fn read(
        &mut self,
        query: &QueryText,
        sink: &mut dyn BatchSink,
        stop: &Shutdown,
    ) -> Result<RowsRead, SourceError> {
        let read = match &mut self.rows {
            Rows::Text { file, .. } => file.read(query, sink, stop),
            Rows::Sheet(workbook) => workbook.read(query, sink, stop),
        };
        self.as_it_was(read)
    }

    /// What was read, where the file is still what it was when it was opened.
    pub fn as_it_was<T>(&self, read: Result<T, SourceError>) -> Result<T, SourceError> {
        self.stamp.unless_changed(&self.path, read)
    }
}

impl Rows {
    fn open(path: &Path, opening: &Opening<'_>) -> Result<Self, SourceError> {
        let file = || File::open(path).map_err(|source| CsvError::Read { path: path.to_owned(), source });
        let (beginning, input) = look(file()?).map_err(|source| CsvError::reading(path.to_owned(), source))?;
        let refused = |what| Err(ExtractError::Kind { path: path.to_owned(), what }.into());
        match Kind::of(&beginning) {
            Kind::Text => Self::text(path, input, Packed::No, opening),
            Kind::Gzip => {
                let unpacked = Unpacked::new(input);
                let (beginning, input) = look(unpacked).map_err(|source| CsvError::reading(path.to_owned(), source))?;
                match Kind::of(&beginning) {
                    Kind::Text => Self::text(path, input, Packed::Gzip, opening),
                    _ => refused("a compressed file that holds no text"),
                }
            }
            Kind::Zip => Ok(Self::Sheet(Box::new(Workbook::open(path, file()?, opening)?))),
            Kind::Compound => {
                let read = Compound::of(input).map_err(|source| CsvError::Read { path: path.to_owned(), source })?;
                let path = path.to_owned();
                match read {
                    Compound::Protected => Err(ExtractError::Protected { path }.into()),
                    Compound::OldWorkbook => Err(ExtractError::OldWorkbook { path }.into()),
                    Compound::Other => refused("a document of Word, or of another program"),
                }
            }
            Kind::Other(what) => refused(what),
        }
    }

    fn text(path: &Path, input: Input, packed: Packed, opening: &Opening<'_>) -> Result<Self, SourceError> {
        let (bounded, passed) = Bounded::new(input, opening.limits.text);
        let (beginning, input) = look(bounded).map_err(|source| CsvError::reading(path.to_owned(), source))?;
        if beginning.is_empty() {
            return Err(ExtractError::Empty { path: path.to_owned() }.into());
        }
        let separator = kind::separator(&beginning);
        let file = CsvFile::new(path, input, CsvFormat { separator, encoding: None })?;
        Ok(Self::Text { file: Box::new(file), separator, packed, passed })
    }

    fn first(&mut self) -> Result<Option<Vec<Vec<u8>>>, SourceError> {
        match self {
            Self::Text { file, .. } => file.first_row(),
            Self::Sheet(workbook) => Ok(workbook.first_row()?),
        }
    }
}

/// The first bytes of an input, and the whole of it again. An input that fails after its first bytes does so when it is
/// read that far.
fn look<R: Read + Send + 'static>(mut input: R) -> io::Result<(Vec<u8>, Input)> {
    let mut beginning = Vec::new();
    let failed = input.by_ref().take(BEGINNING).read_to_end(&mut beginning).err();
    match failed {
        Some(error) if beginning.is_empty() => Err(error),
        Some(error) => {
            let rest = Failing(Some(error));
            Ok((beginning.clone(), Box::new(Cursor::new(beginning).chain(rest))))
        }
        None => Ok((beginning.clone(), Box::new(Cursor::new(beginning).chain(input)))),
    }
}

/// An input that has failed, and says so again.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
