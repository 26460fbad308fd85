//! How old the data is: hosted systems give a restore of last night, and sometimes of the night before.

use std::time::Duration;

use jiff::{Timestamp, civil, tz::TimeZone};
use tiberius::ColumnData;

use super::{Line, connect, decode, error::SqlServerError};
use crate::{config::sqlserver::Freshness, document::Document, source::SourceError};

/// The age of the data, unless it is greater than it may be. A moment without an offset is one of Europe/London.
pub(super) fn age(line: &mut Line<'_>, freshness: &Freshness, now: Timestamp) -> Result<Duration, SourceError> {
    let no_moment = || SqlServerError::NoMoment { file: freshness.file.clone() };
    let unread = |source| SqlServerError::File { path: freshness.file.clone(), source };
    let bytes = std::fs::read(&freshness.file).map_err(unread)?;
    let text = Document::decode(freshness.file.display().to_string(), bytes).map_err(|_| no_moment())?;
    let checked = super::guard::check(text.text(), &[]).map_err(|refused| SqlServerError::Refused {
        file: freshness.file.clone(),
        line: refused.line,
        column: refused.column,
        refusal: refused.refusal,
    })?;
    let rows = line.ask(&checked.text)?;
    let [row] = rows.as_slice() else { return Err(no_moment().into()) };
    let moment = row.cells().next().and_then(|(_, cell)| moment(cell)).ok_or_else(no_moment)?;
    // A clock that is a little ahead of ours makes nothing older than now.
    let age = Duration::try_from(now.duration_since(moment)).unwrap_or_default();
    let age = Duration::from_secs(age.as_secs());
    if age > freshness.oldest {
        let (server, database) = (connect::name(line.settings), line.settings.database.clone());
        return Err(SqlServerError::Stale { server, database, age, oldest: freshness.oldest }.into());
    }
    Ok(age)
}

fn moment(cell: &ColumnData<'static>) -> Option<Timestamp> {
    let decode = match cell {
        ColumnData::DateTime(Some(_)) | ColumnData::SmallDateTime(Some(_)) | ColumnData::DateTime2(Some(_)) => {
            decode::decoder(tiberius::ColumnType::Datetime2)
        }
        ColumnData::DateTimeOffset(Some(_)) => decode::decoder(tiberius::ColumnType::DatetimeOffsetn),
        _ => return None,
    };
    let mut text = Vec::new();
    decode.ok()?(cell, &mut text).ok()?;
    let civil: civil::DateTime = std::str::from_utf8(&text).ok()?.parse().ok()?;
    let zone = TimeZone::get("Europe/London").ok()?;
    civil.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}
