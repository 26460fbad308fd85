//! One query on an SQLite database.

use std::{io::Write, path::Path};

use rusqlite::{Connection, Error, Statement, types::ValueRef};

use super::{
    super::{BadValue, BatchSink, Filler, Parameters, QueryText, RawBatch, RowsRead, SourceError},
    SqliteError,
};
use crate::sys::shutdown::Shutdown;

/// Why a query was not prepared.
pub(super) enum Refused {
    /// Something is wrong with the query.
    Query(SqliteError),
    /// Something is wrong with the database, as far as SQLite can tell.
    Database(Error),
}

impl From<SqliteError> for Refused {
    fn from(error: SqliteError) -> Self {
        Self::Query(error)
    }
}

/// Prepares the query and binds what it asks for.
pub(super) fn prepare<'a>(
    connection: &'a Connection,
    query: &QueryText,
    parameters: Parameters,
) -> Result<Statement<'a>, Refused> {
    let file = || query.file.to_owned();
    let selects = first_word(query.sql).is_some_and(|word| ["select", "with"].contains(&word.as_str()));
    if !selects {
        return Err(SqliteError::NotASelect { file: file() }.into());
    }
    let mut statement = connection.prepare(query.sql).map_err(|error| match error {
        Error::MultipleStatement => SqliteError::SeveralStatements { file: file() }.into(),
        Error::SqlInputError { msg, sql, offset, .. } => {
            // What SQLite quotes may be only the end of the file, where a second statement stands.
            let offset = query.sql.len().saturating_sub(sql.len()) + offset as usize;
            let (line, column) = place(query.sql, offset);
            SqliteError::Sql { file: file(), line, column, message: msg }.into()
        }
        Error::SqliteFailure(code, Some(message)) if code.code == rusqlite::ErrorCode::Unknown => {
            SqliteError::SqlSomewhere { file: file(), message }.into()
        }
        error => Refused::Database(error),
    })?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(SqliteError::NotASelect { file: file() }.into());
    }
    for at in 1..=statement.parameter_count() {
        let value = match statement.parameter_name(at) {
            Some(":period_start") => parameters.period.start().iso(),
            Some(":period_end") => parameters.period.end().iso(),
            other => {
                let name = other.unwrap_or("?").to_owned();
                return Err(SqliteError::UnknownParameter { file: file(), name }.into());
            }
        };
        statement.raw_bind_parameter(at, value).map_err(Refused::Database)?;
    }
    Ok(statement)
}

/// The first word of the SQL in small letters, after blanks and comments.
fn first_word(sql: &str) -> Option<String> {
    let mut rest = sql.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n')?.1
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/")?.1
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            return Some(rest[..end].to_ascii_lowercase());
        }
        .trim_start();
    }
}

/// Line and column, from 1, of a byte of the text.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Reads the rows of a prepared query; `fault` turns SQLite's error into ours.
pub(super) fn read(
    statement: &mut Statement<'_>,
    query: &QueryText,
    sink: &mut dyn BatchSink,
    stop: &Shutdown,
    fault: impl Fn(Error) -> SourceError,
) -> Result<RowsRead, SourceError> {
    let columns = statement.column_count();
    let mut filler = Filler::new(query, columns, sink, stop);
    let mut rows = statement.raw_query();
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return filler.finish(None),
            Err(error) => return Err(of_row(query.file, filler.rows() + 1, error, &fault)),
        };
        for column in 0..columns {
            let value = row.get_ref(column).map_err(&fault)?;
            if let Err(bad) = push(filler.batch(), value) {
                let name = row.as_ref().column_name(column).unwrap_or_default().to_owned();
                let row = filler.rows() + 1;
                return Err(SourceError::Value { file: query.file.to_owned(), row, column: name, bad });
            }
        }
        filler.end_row()?;
    }
}

/// An error while rows arrive. SQLite's text is left out, since a function quotes the value that it could not take.
fn of_row(file: &Path, row: u64, error: Error, fault: &impl Fn(Error) -> SourceError) -> SourceError {
    match error {
        Error::SqliteFailure(source, _) | Error::SqlInputError { error: source, .. }
            if source.code == rusqlite::ErrorCode::Unknown =>
        {
            SqliteError::Row { file: file.to_owned(), row, source }.into()
        }
        error => fault(error),
    }
}

fn push(batch: &mut RawBatch, value: ValueRef<'_>) -> Result<(), BadValue> {
    match value {
        ValueRef::Null => {}
        ValueRef::Integer(number) => append(batch, format_args!("{number}")),
        // Adding zero makes a negative zero positive.
        ValueRef::Real(number) => append(batch, format_args!("{}", number + 0.0)),
        ValueRef::Text(text) if batch.open_row_bytes() + text.len() > RawBatch::LONGEST_ROW => {
            return Err(BadValue::TooLong);
        }
        ValueRef::Text(text) if std::str::from_utf8(text).is_ok() => batch.open_cell().extend_from_slice(text),
        ValueRef::Text(_) => return Err(BadValue::NotUtf8),
        ValueRef::Blob(_) => return Err(BadValue::Blob),
    }
    batch.end_cell();
    Ok(())
}

fn append(batch: &mut RawBatch, number: std::fmt::Arguments<'_>) {
    // Writing into a Vec can't fail.
    let _ = batch.open_cell().write_fmt(number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_after_blanks_and_comments() {
        for (sql, word) in [
            ("SELECT 1", Some("select")),
            ("\n -- open contacts\n/* by team */ With x AS (SELECT 1)", Some("with")),
            ("--\n--\nselect(1)", Some("select")),
            ("-- nothing else", None),
            ("/* not closed", None),
            ("", Some("")),
        ] {
            assert_eq!(first_word(sql).as_deref(), word, "{sql}");
        }
    }

    #[test]
    fn a_place_is_counted_in_lines_and_letters() {
        let sql = "SELECT\n  'ŵ', x";
        assert_eq!(place(sql, 0), (1, 1));
        assert_eq!(place(sql, sql.find('x').unwrap()), (2, 8));
        assert_eq!(place(sql, 999), (2, 9));
    }

    #[test]
    fn numbers_are_written_without_an_exponent() {
        let mut batch = RawBatch::default();
        batch.reset(0, 0, 1);
        for number in [0.1, 12.0, -0.0, 1e21, 1e-7, 2.5e-10, 123_456.78] {
            push(&mut batch, ValueRef::Real(number)).ok().unwrap();
        }
        push(&mut batch, ValueRef::Integer(i64::MIN)).ok().unwrap();
        let cells: Vec<_> = (0..8).map(|row| std::str::from_utf8(batch.cell(row, 0)).unwrap()).collect();
        let expected = [
            "0.1",
            "12",
            "0",
            "1000000000000000000000",
            "0.0000001",
            "0.00000000025",
            "123456.78",
            "-9223372036854775808",
        ];
        assert_eq!(cells, expected);
    }
}
