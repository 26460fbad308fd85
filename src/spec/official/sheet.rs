//! Tables that somebody else made: a CSV file, or a sheet of an XLSX workbook, as rows of text.
//!
//! A workbook is read cell by cell, so that one that claims a cell in its last row and column costs no memory; what is
//! too large to be a specification is refused before it is unpacked.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use calamine::{DataRef, Reader, Xlsx, XlsxError};

/// A table, its rows numbered as its file numbers them.
#[derive(Debug)]
pub struct Sheet {
    /// How messages call it: the file, and the sheet.
    pub name: String,
    /// Rows that hold something, each with its number from 1 and its cells' texts.
    pub rows: Vec<(usize, Vec<String>)>,
}

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file cannot be read.
    #[error("read {}", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// It is no workbook that can be opened.
    #[error("open {} as a workbook: save it as .xlsx without a password, or the sheet as CSV", .0.display())]
    Workbook(PathBuf, #[source] Box<XlsxError>),
    /// Its archive is damaged.
    #[error("open {} as a workbook: it is not a whole .xlsx file", .0.display())]
    Archive(PathBuf, #[source] zip::result::ZipError),
    /// A sheet is missing.
    #[error("find the sheet '{sheet}' in {}: it has {known}", file.display())]
    NoSheet {
        /// The workbook.
        file: PathBuf,
        /// The sheet that was named.
        sheet: String,
        /// The sheets that there are.
        known: String,
    },
    /// No sheet was named, and there are several.
    #[error("choose a sheet of {}: name one of {known}", file.display())]
    WhichSheet {
        /// The workbook.
        file: PathBuf,
        /// The sheets that there are.
        known: String,
    },
    /// A CSV file has no sheets.
    #[error("find the sheet '{sheet}' in {}: a CSV file has none", file.display())]
    CsvSheet {
        /// The file.
        file: PathBuf,
        /// The sheet that was named.
        sheet: String,
    },
    /// It is larger than any specification.
    #[error("read {}: it is larger than a specification can be ({limit})", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The bound that it breaks.
        limit: &'static str,
    },
}

/// A specification has some thousands of cells.
const MOST_CELLS: usize = 200_000;
const MOST_BYTES: u64 = 32 << 20;
const MOST_UNPACKED: u64 = 128 << 20;
const MOST_COLUMNS: u32 = 1_000;
/// The longest text that Excel lets stand in a cell.
const MOST_TEXT: usize = 32_767;

impl Sheet {
    /// Reads a CSV file, or a sheet of a workbook: the one named, or the only one.
    pub fn open(path: &Path, sheet: Option<&str>) -> Result<Self, SheetError> {
        Self::open_up_to(path, sheet, MOST_CELLS)
    }

    /// As [`open`](Self::open), for a list that has a line for each of many rows.
    pub fn open_list(path: &Path, sheet: Option<&str>) -> Result<Self, SheetError> {
        Self::open_up_to(path, sheet, MOST_CELLS * 10)
    }

    fn open_up_to(path: &Path, sheet: Option<&str>, most: usize) -> Result<Self, SheetError> {
        let file = File::open(path).map_err(|error| SheetError::Io(path.to_owned(), error))?;
        let mut file = BufReader::new(file);
        let bytes = file.get_ref().metadata().map_err(|error| SheetError::Io(path.to_owned(), error))?.len();
        if bytes > MOST_BYTES {
            return Err(SheetError::TooLarge { file: path.to_owned(), limit: "32 MB" });
        }
        let mut magic = [0; 4];
        let read = file.read(&mut magic).map_err(|error| SheetError::Io(path.to_owned(), error))?;
        file.rewind().map_err(|error| SheetError::Io(path.to_owned(), error))?;
        // A workbook with a password is an OLE file: the workbook's reader says what it is.
        let is_workbook = read == 4 && (magic == *b"PK\x03\x04" || magic == [0xD0, 0xCF, 0x11, 0xE0]);
        if is_workbook {
            return workbook(path, file, sheet, most);
        }
        match sheet {
            Some(sheet) => Err(SheetError::CsvSheet { file: path.to_owned(), sheet: sheet.to_owned() }),
            None => csv_file(path, file, most),
        }
    }
}

fn csv_file(path: &Path, mut file: impl Read, most: usize) -> Result<Sheet, SheetError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| SheetError::Io(path.to_owned(), error))?;
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(),
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut rows, mut cells) = (Vec::new(), 0);
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| SheetError::Io(path.to_owned(), error.into()))?;
        cells += record.len();
        if cells > most {
            return Err(SheetError::TooLarge { file: path.to_owned(), limit: "too many cells" });
        }
        push(&mut rows, at + 1, record.iter().map(clean).collect());
    }
    Ok(Sheet { name: path.display().to_string(), rows })
}

fn workbook(path: &Path, mut file: BufReader<File>, sheet: Option<&str>, most: usize) -> Result<Sheet, SheetError> {
    let failed = |error| SheetError::Workbook(path.to_owned(), Box::new(error));
    let too_large = |limit| SheetError::TooLarge { file: path.to_owned(), limit };
    let mut magic = [0; 2];
    file.read_exact(&mut magic).map_err(|error| SheetError::Io(path.to_owned(), error))?;
    if magic == *b"PK" {
        let size = unpacked(&mut file).map_err(|error| SheetError::Archive(path.to_owned(), error))?;
        if size > MOST_UNPACKED {
            return Err(too_large("128 MB unpacked"));
        }
    }
    file.rewind().map_err(|error| SheetError::Io(path.to_owned(), error))?;
    let mut book: Xlsx<_> = Xlsx::new(file).map_err(failed)?;
    let names = book.sheet_names();
    let known = || names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let name = match (sheet, names.as_slice()) {
        (Some(sheet), _) if names.iter().any(|name| name == sheet) => sheet.to_owned(),
        (Some(sheet), _) => {
            return Err(SheetError::NoSheet { file: path.to_owned(), sheet: sheet.to_owned(), known: known() });
        }
        (None, [only]) => only.clone(),
        (None, _) => return Err(SheetError::WhichSheet { file: path.to_owned(), known: known() }),
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(failed)?;
    let (mut rows, mut count): (Vec<(usize, Vec<String>)>, usize) = (Vec::new(), 0);
    let mut current: (u32, Vec<String>) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(failed)? {
        let (row, column) = cell.get_position();
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if row != current.0 {
            // The empty cells before a row's last one take room as well.
            count += current.1.len();
            push(&mut rows, current.0 as usize + 1, std::mem::take(&mut current.1));
            current.0 = row;
        }
        if count > most || column >= MOST_COLUMNS {
            return Err(too_large("too many cells, or 1,000 columns"));
        }
        if current.1.len() <= column as usize {
            current.1.resize(column as usize + 1, String::new());
        }
        current.1[column as usize] = text;
    }
    push(&mut rows, current.0 as usize + 1, current.1);
    Ok(Sheet { name: format!("{} '{name}'", path.display()), rows })
}

/// How much an archive holds once unpacked, as far as one byte above the bound: what its directory claims may be a lie.
fn unpacked(file: impl Read + Seek) -> Result<u64, zip::result::ZipError> {
    let mut archive = zip::ZipArchive::new(file)?;
    let mut size = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at)?;
        size += io::copy(&mut entry.take(MOST_UNPACKED + 1 - size), &mut io::sink())?;
        if size > MOST_UNPACKED {
            break;
        }
    }
    Ok(size)
}

fn push(rows: &mut Vec<(usize, Vec<String>)>, number: usize, cells: Vec<String>) {
    if cells.iter().any(|cell| !cell.is_empty()) {
        rows.push((number, cells));
    }
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::SharedString(text) => clean(text),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(date) => date.as_f64().to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => clean(text),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A text without spaces at its ends, and with one space where there are several or a line break.
fn clean(text: &str) -> String {
    let mut cleaned = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.push_str(word);
    }
    if cleaned.len() > MOST_TEXT {
        let end = (0..=MOST_TEXT).rev().find(|at| cleaned.is_char_boundary(*at)).unwrap_or(0);
        cleaned.truncate(end);
    }
    cleaned
}
