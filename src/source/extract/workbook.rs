//! A sheet of an XLSX workbook, row by row.

use std::{
    fs::File,
    io::{BufReader, Seek},
    path::{Path, PathBuf},
};

use calamine::{Cell, DataRef, ExcelDateTime, Reader, Xlsx, XlsxCellReader, XlsxError};

use super::{
    super::{BatchSink, Column, Filler, QueryText, RawBatch, RowsRead, SourceError},
    ExtractError, Opening,
    parts::{Archive, Unfit, look_through},
};
use crate::{model::Date, sys::shutdown::Shutdown};

/// A workbook that is open at one of its sheets.
pub(super) struct Workbook {
    path: PathBuf,
    book: Book,
    sheet: String,
    columns: Vec<Column>,
    /// By column, how many cells held a date.
    dates: Vec<u64>,
}

type Book = Xlsx<BufReader<File>>;

impl Workbook {
    /// More columns than any export has.
    const MOST_COLUMNS: usize = 4096;

    /// Opens the workbook, chooses its sheet and reads the header there.
    pub(super) fn open(path: &Path, mut file: File, opening: &Opening<'_>) -> Result<Self, ExtractError> {
        let here = || path.to_owned();
        match look_through(BufReader::new(&file), opening.limits) {
            Ok(Archive::Workbook) => {}
            Ok(Archive::Other(what)) => return Err(ExtractError::Kind { path: here(), what }),
            Err(Unfit::Read(source)) => return Err(ExtractError::Read { path: here(), source }),
            Err(Unfit::TooLarge(what, most)) => return Err(ExtractError::TooLarge { path: here(), what, most }),
            Err(Unfit::Strange(why)) => return Err(ExtractError::Damaged { path: here(), why }),
        }
        file.rewind().map_err(|source| ExtractError::Read { path: here(), source })?;
        let mut book = Xlsx::new(BufReader::new(file)).map_err(|error| failed(path, error))?;
        let sheets = book.sheet_names();
        let (sheet, columns) = match (opening.sheet, &*sheets) {
            (Some(wanted), _) => {
                let Some(sheet) = sheets.iter().find(|sheet| sheet.eq_ignore_ascii_case(wanted)) else {
                    return Err(ExtractError::NoSheet { path: here(), sheet: wanted.to_owned(), sheets });
                };
                (sheet.clone(), header(path, &mut book, sheet)?)
            }
            (None, [only]) => (only.clone(), header(path, &mut book, only)?),
            (None, several) => {
                // A sheet that cannot be read, such as a chart, is not the one.
                let headers =
                    several.iter().filter_map(|sheet| Some((sheet.clone(), header(path, &mut book, sheet).ok()?)));
                let found = headers.into_iter().find(|(_, columns)| (opening.is_header)(columns));
                found.ok_or_else(|| ExtractError::WhichSheet { path: here(), sheets: several.len() })?
            }
        };
        if columns.is_empty() {
            return Err(ExtractError::EmptySheet { path: here(), sheet });
        }
        let dates = vec![0; columns.len()];
        Ok(Self { path: here(), book, sheet, columns, dates })
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn sheet(&self) -> &str {
        &self.sheet
    }

    /// By column, how many cells held a date of those rows that have been read.
    pub(super) fn dates(&self) -> &[u64] {
        &self.dates
    }

    /// The cells of the first row, if there is one.
    pub(super) fn first_row(&mut self) -> Result<Option<Vec<Vec<u8>>>, ExtractError> {
        let width = self.columns.len();
        let mut rows = SheetRows::below_header(&self.path, &mut self.book, &self.sheet)?;
        if !rows.advance(width)? {
            return Ok(None);
        }
        let starts = std::iter::once(&0).chain(&rows.ends);
        Ok(Some(starts.zip(&rows.ends).map(|(start, end)| rows.text[*start..*end].to_vec()).collect()))
    }

    /// Reads all rows, once.
    pub(super) fn read(
        &mut self,
        query: &QueryText,
        sink: &mut dyn BatchSink,
        stop: &Shutdown,
    ) -> Result<RowsRead, SourceError> {
        let mut filler = Filler::new(query, self.columns.len(), sink, stop);
        let mut rows = SheetRows::below_header(&self.path, &mut self.book, &self.sheet)?;
        while rows.advance(self.columns.len())? {
            for column in &rows.dates {
                self.dates[*column] += 1;
            }
            filler.batch().push_row(&rows.text, &rows.ends);
            filler.end_row()?;
        }
        filler.finish(None)
    }
}

/// The first row of a sheet that holds anything: blank where no row does.
fn header(path: &Path, book: &mut Book, sheet: &str) -> Result<Vec<Column>, ExtractError> {
    let mut rows = SheetRows::new(path, book, sheet)?;
    if !rows.advance(0)? {
        return Ok(Vec::new());
    }
    let starts = std::iter::once(&0).chain(&rows.ends);
    let names =
        starts.zip(&rows.ends).map(|(start, end)| String::from_utf8_lossy(&rows.text[*start..*end]).into_owned());
    Ok(names.map(Column::named).collect())
}

/// The rows of a sheet that hold anything.
struct SheetRows<'b> {
    path: &'b Path,
    cells: XlsxCellReader<'b, BufReader<File>>,
    /// The first cell of the next row, where it has been met.
    ahead: Option<Cell<DataRef<'b>>>,
    at_end: bool,
    /// The row's number in the sheet, from 0.
    row: Option<u32>,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The columns that hold a date.
    dates: Vec<usize>,
}

impl<'b> SheetRows<'b> {
    fn new(path: &'b Path, book: &'b mut Book, sheet: &str) -> Result<Self, ExtractError> {
        let cells = book.worksheet_cells_reader(sheet).map_err(|error| failed(path, error))?;
        let (text, ends, dates) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { path, cells, ahead: None, at_end: false, row: None, text, ends, dates })
    }

    fn below_header(path: &'b Path, book: &'b mut Book, sheet: &str) -> Result<Self, ExtractError> {
        let mut rows = Self::new(path, book, sheet)?;
        rows.advance(0)?;
        Ok(rows)
    }

    /// Goes to the next row that holds anything; `false` after the last. It has `width` cells; with 0, as many as it has.
    fn advance(&mut self, width: usize) -> Result<bool, ExtractError> {
        self.text.clear();
        self.ends.clear();
        self.dates.clear();
        let Some(first) = self.filled()? else { return Ok(false) };
        let (row, _) = first.get_position();
        if self.row.is_some_and(|before| before >= row) {
            return Err(self.damaged("its rows are out of order"));
        }
        self.row = Some(row);
        let mut cell = first;
        loop {
            self.push(&cell, width)?;
            match self.filled()? {
                Some(next) if next.get_position().0 == row => cell = next,
                next => {
                    self.ahead = next;
                    break;
                }
            }
        }
        while self.ends.len() < width {
            self.ends.push(self.text.len());
        }
        Ok(true)
    }

    /// The next cell that holds anything.
    fn filled(&mut self) -> Result<Option<Cell<DataRef<'b>>>, ExtractError> {
        if let Some(cell) = self.ahead.take() {
            return Ok(Some(cell));
        }
        while !self.at_end {
            let cell = self.cells.next_cell().map_err(|error| failed(self.path, error))?;
            let blank = |value: &DataRef<'_>| match value {
                DataRef::Empty => true,
                DataRef::String(text) => text.is_empty(),
                DataRef::SharedString(text) => text.is_empty(),
                _ => false,
            };
            self.at_end = cell.is_none();
            if cell.as_ref().is_some_and(|cell| !blank(cell.get_value())) {
                return Ok(cell);
            }
        }
        Ok(None)
    }

    fn push(&mut self, cell: &Cell<DataRef<'_>>, width: usize) -> Result<(), ExtractError> {
        let (row, column) = cell.get_position();
        let column = column as usize;
        let most = if width == 0 { Workbook::MOST_COLUMNS } else { width };
        if column >= most {
            let (row, column) = (u64::from(row) + 1, column + 1);
            return Err(ExtractError::BeyondHeader { path: self.path.to_owned(), row, column, expected: most });
        }
        if column < self.ends.len() {
            return Err(self.damaged("its cells are out of order"));
        }
        self.ends.resize(column, self.text.len());
        if push_value(cell.get_value(), &mut self.text) == Value::Date {
            self.dates.push(column);
        }
        if self.text.len() > RawBatch::LONGEST_ROW {
            let most = RawBatch::LONGEST_ROW as u64;
            return Err(ExtractError::TooLarge { path: self.path.to_owned(), what: "a row", most });
        }
        self.ends.push(self.text.len());
        Ok(())
    }

    fn damaged(&self, why: &'static str) -> ExtractError {
        ExtractError::Damaged { path: self.path.to_owned(), why }
    }
}

/// What a cell held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Date,
    Other,
}

/// Appends a value as a CSV file would have it, dates as `dd/mm/yyyy`.
fn push_value(value: &DataRef<'_>, text: &mut Vec<u8>) -> Value {
    match value {
        DataRef::Empty => {}
        DataRef::String(value) | DataRef::DurationIso(value) => text.extend_from_slice(value.as_bytes()),
        DataRef::SharedString(value) => text.extend_from_slice(value.as_bytes()),
        DataRef::Int(number) => text.extend_from_slice(number.to_string().as_bytes()),
        DataRef::Float(number) => text.extend_from_slice(number.to_string().as_bytes()),
        DataRef::Bool(yes) => text.extend_from_slice(if *yes { b"TRUE" } else { b"FALSE" }),
        DataRef::Error(error) => text.extend_from_slice(error.to_string().as_bytes()),
        DataRef::DateTime(moment) => return push_date(moment, text),
        DataRef::DateTimeIso(moment) => match Date::parse_iso(moment.as_bytes().get(..10).unwrap_or_default()) {
            Some(date) => {
                text.extend_from_slice(&date.to_portal());
                text.extend_from_slice(moment[10..].strip_prefix("T00:00:00").unwrap_or(&moment[10..]).as_bytes());
                return Value::Date;
            }
            None => text.extend_from_slice(moment.as_bytes()),
        },
    }
    Value::Other
}

/// Days are counted from the end of 1899; what is no day stays the number that it is.
fn push_date(moment: &ExcelDateTime, text: &mut Vec<u8>) -> Value {
    /// 31 December 9999.
    const LAST: f64 = 2_958_466.0;
    let number = moment.as_f64();
    let (year, month, day, hours, minutes, seconds, _) = moment.to_ymd_hms_milli();
    let date = Date::from_ymd(i32::from(year), u32::from(month), u32::from(day));
    match date {
        Some(date) if moment.is_datetime() && (1.0..LAST).contains(&number) => {
            text.extend_from_slice(&date.to_portal());
            if number.fract() != 0.0 {
                text.extend_from_slice(format!(" {hours:02}:{minutes:02}:{seconds:02}").as_bytes());
            }
            Value::Date
        }
        _ => {
            text.extend_from_slice(number.to_string().as_bytes());
            Value::Other
        }
    }
}

/// What a library's error means to a person. Its own text may hold what stands in a cell.
fn failed(path: &Path, error: XlsxError) -> ExtractError {
    let path = path.to_owned();
    match error {
        XlsxError::Io(source) => ExtractError::Read { path, source },
        XlsxError::Password => ExtractError::Protected { path },
        XlsxError::NotAWorksheet(_) => ExtractError::Damaged { path, why: "the sheet holds no cells" },
        _ => ExtractError::Damaged { path, why: "a part of it cannot be read" },
    }
}
