//! What can keep an extract from being read.

use std::{io, path::PathBuf};

use super::super::{Class, input::size};

/// Why a file could not be read as an extract. No message holds what stands in a cell.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// There is nothing in the file.
    #[error("read {}: it is empty; export it again", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another kind.
    #[error("read {}: it is {what}, not a CSV file or an XLSX workbook; export the rows as CSV", .path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A password keeps everybody out.
    #[error(
        "read {}: a password protects it; open it, take the password away (File, Info, Protect Workbook), or save the \
         sheet as CSV",
        .path.display()
    )]
    Protected {
        /// The file.
        path: PathBuf,
    },
    /// A workbook of Excel 97 to 2003.
    #[error("read {}: it is a workbook of Excel 97 to 2003 (.xls); save the sheet as CSV", .path.display())]
    OldWorkbook {
        /// The file.
        path: PathBuf,
    },
    /// A workbook that spends more memory than it is worth.
    #[error(
        "read {}: {what} of the workbook is larger than {}; save the sheet as CSV and check that",
        .path.display(), size(*.most)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large.
        what: &'static str,
        /// The bound, in bytes.
        most: u64,
    },
    /// A workbook that breaks off, or is made as no program makes one.
    #[error("read {}: the workbook is damaged ({why}); open it and save the sheet as CSV", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, without what stands in it.
        why: &'static str,
    },
    /// There is no sheet of the name asked for.
    #[error("find the sheet '{sheet}' in {}: its sheets are {}", .path.display(), .sheets.join(", "))]
    NoSheet {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        sheet: String,
        /// What there is.
        sheets: Vec<String>,
    },
    /// The sheet holds nothing.
    #[error("read {}: its sheet '{sheet}' is empty; name another with --sheet, or export it again", .path.display())]
    EmptySheet {
        /// The file.
        path: PathBuf,
        /// The sheet.
        sheet: String,
    },
    /// Several sheets, and none that begins as an extract does.
    #[error(
        "choose a sheet of {}: none of its {sheets} sheets begins with the header of an extract; name one with --sheet",
        .path.display()
    )]
    WhichSheet {
        /// The file.
        path: PathBuf,
        /// How many there are.
        sheets: usize,
    },
    /// A row of a sheet reaches beyond its header.
    #[error("read row {row} of {}: something stands in column {column}, beyond the {expected} of the header; delete it, or name the column", .path.display())]
    BeyondHeader {
        /// The file.
        path: PathBuf,
        /// The row of the sheet, from 1.
        row: u64,
        /// The column of the sheet, from 1.
        column: usize,
        /// How far the header reaches.
        expected: usize,
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
}

impl ExtractError {
    /// What may help.
    pub fn class(&self) -> Class {
        Class::Permanent
    }
}
