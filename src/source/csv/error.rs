//! What can go wrong with CSV files.

use std::{io, path::PathBuf};

use super::{
    super::{
        Class,
        input::{Stopped, size},
    },
    TextEncoding,
};

/// Why CSV files could not be read. Lines are counted from 1 with the header, rows from 1 without it.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The folder can't be listed.
    #[error(
        "look into the folder {}; check that the path is right and that the agent's account may read it",
        .folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The file of a query is not there.
    #[error(
        "find {} in {}; export it to there, or name another .csv file in the mapping",
        .name.display(), .folder.display()
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file that is not in it.
        name: PathBuf,
    },
    /// The file can't be read.
    #[error("read {}; check that the agent's account may read it and that nobody holds it open", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The file changed during the run.
    #[error(
        "read {} as it was when the run began: it has changed since; let the export finish, then run again",
        .path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file is larger than any extract once it is unpacked.
    #[error(
        "read {} to its end: it holds more than {}; no extract of a council is that long, so look at how it was made",
        .path.display(), size(*.most)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound, in bytes.
        most: u64,
    },
    /// A compressed file is cut off, or does not agree with its own check sum.
    #[error("unpack {}: it is cut off or damaged; make it, or copy it, again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The header holds zero bytes.
    #[error("read {}: its first line holds zero bytes; it is damaged, or no CSV file; export it again", .path.display())]
    ZeroBytes {
        /// The file.
        path: PathBuf,
    },
    /// The file's encoding is not what it was taken for.
    #[error(
        "read row {row} of {} (from line {line}) as {}, which the file was until there; export it in one \
         encoding, or, where a configuration names the file, set the `encoding` of its source",
        .path.display(), .encoding.name()
    )]
    Encoding {
        /// The file.
        path: PathBuf,
        /// What it was taken for.
        encoding: TextEncoding,
        /// The row, 0 for the header.
        row: u64,
        /// The line on which the row begins.
        line: u64,
    },
    /// There is no header line.
    #[error("read {}: it has no header; its first line must name the columns", .path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
    /// A row has other cells than the header.
    #[error(
        "read line {line} of {}: {found} cells with '{}' between them, and the header has {expected}; look for a stray \
         quote or separator there, or for another separator",
        .path.display(), .separator.escape_default()
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Where the row begins.
        line: u64,
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
        /// What was taken to stand between cells.
        separator: char,
    },
    /// A row has more cells than any export.
    #[error("read line {line} of {}: more than {most} cells; is it a CSV file?", .path.display())]
    TooManyCells {
        /// The file.
        path: PathBuf,
        /// Where the row begins.
        line: u64,
        /// The bound.
        most: usize,
    },
    /// A row is too long to be one.
    #[error(
        "read the row that begins on line {line} of {}: it is longer than 16 MB; look for a quote that is never closed",
        .path.display()
    )]
    LongRecord {
        /// The file.
        path: PathBuf,
        /// Where the row begins.
        line: u64,
    },
    /// The file ends within quotes.
    #[error(
        "read the row that begins on line {line} of {}: its quote is never closed; the file may be cut off",
        .path.display()
    )]
    OpenQuote {
        /// The file.
        path: PathBuf,
        /// Where the row begins.
        line: u64,
    },
}

impl CsvError {
    /// What a read that failed means: an input may say more than a machine does.
    pub(in crate::source) fn reading(path: PathBuf, source: io::Error) -> Self {
        match source.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(Stopped::TooLarge(most)) => Self::TooLarge { path, most: *most },
            Some(Stopped::Damaged) => Self::Damaged { path },
            None => Self::Read { path, source },
        }
    }

    /// What may help.
    pub fn class(&self) -> Class {
        match self {
            Self::Changed { .. } => Class::Transient,
            _ => Class::Permanent,
        }
    }
}
