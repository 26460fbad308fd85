//! From a cell as the driver holds it to the text of the batch.
//!
//! A decoder is chosen for each column before the first row; it appends to the batch and allocates nothing.

use std::{io::Write, sync::LazyLock};

use jiff::{Timestamp, tz::TimeZone};
use tiberius::{ColumnData, ColumnType, time};

use super::error::Unreadable;
use crate::{model::Date, source::BadValue};

/// Appends a cell's text; blank for NULL.
pub(super) type Decode = fn(&ColumnData<'static>, &mut Vec<u8>) -> Result<(), BadValue>;

/// The decoder of a column, or why its type has no text.
pub(super) fn decoder(column: ColumnType) -> Result<Decode, Unreadable> {
    Ok(match column {
        // A column that can only be NULL: the driver hands out some type's NULL.
        ColumnType::Null => |_, _| Ok(()),
        ColumnType::Bit | ColumnType::Bitn => bit,
        ColumnType::Int1 | ColumnType::Int2 | ColumnType::Int4 | ColumnType::Int8 | ColumnType::Intn => integer,
        ColumnType::Float4 | ColumnType::Float8 | ColumnType::Floatn => float,
        ColumnType::Decimaln | ColumnType::Numericn => decimal,
        ColumnType::Money | ColumnType::Money4 => money,
        ColumnType::Daten => date,
        ColumnType::Timen => time_of_day,
        ColumnType::Datetime | ColumnType::Datetime4 | ColumnType::Datetimen | ColumnType::Datetime2 => date_time,
        ColumnType::DatetimeOffsetn if LONDON.is_none() => return Err(Unreadable::NoZone),
        ColumnType::DatetimeOffsetn => moment,
        ColumnType::Guid => guid,
        ColumnType::BigChar | ColumnType::NChar => padded_text,
        ColumnType::BigVarChar | ColumnType::NVarchar | ColumnType::Text | ColumnType::NText => text,
        ColumnType::BigVarBin | ColumnType::BigBinary | ColumnType::Image => return Err(Unreadable::Binary),
        ColumnType::Xml => return Err(Unreadable::Xml),
        ColumnType::Udt => return Err(Unreadable::Udt),
        ColumnType::SSVariant => return Err(Unreadable::Variant),
    })
}

fn bit(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::Bit(value) = cell else { return Err(BadValue::OtherType) };
    out.extend(value.map(|value| b'0' + u8::from(value)));
    Ok(())
}

fn integer(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let value = match *cell {
        ColumnData::U8(value) => value.map(i64::from),
        ColumnData::I16(value) => value.map(i64::from),
        ColumnData::I32(value) => value.map(i64::from),
        ColumnData::I64(value) => value,
        _ => return Err(BadValue::OtherType),
    };
    if let Some(value) = value {
        sign(out, value < 0);
        digits(out, value.unsigned_abs(), 1);
    }
    Ok(())
}

/// The shortest digits that are read back as the same number, without an exponent.
fn float(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    // Adding zero makes a negative zero positive; writing into a Vec can't fail.
    match *cell {
        ColumnData::F64(None) | ColumnData::F32(None) => {}
        ColumnData::F64(Some(value)) if value.is_finite() => _ = write!(out, "{}", value + 0.0),
        ColumnData::F32(Some(value)) if value.is_finite() => _ = write!(out, "{}", value + 0.0),
        ColumnData::F64(_) | ColumnData::F32(_) => return Err(BadValue::OutOfRange),
        _ => return Err(BadValue::OtherType),
    }
    Ok(())
}

fn decimal(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::Numeric(value) = cell else { return Err(BadValue::OtherType) };
    if let Some(value) = value {
        scaled(out, value.value(), value.scale() as usize);
    }
    Ok(())
}

/// Money arrives as a float, which holds four decimals faithfully up to a bound.
fn money(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    const BOUND: f64 = 1e11;
    let ColumnData::F64(value) = *cell else { return Err(BadValue::OtherType) };
    match value {
        None => {}
        Some(value) if value.abs() <= BOUND => scaled(out, (value * 1e4).round() as i128, 4),
        Some(_) => return Err(BadValue::Money),
    }
    Ok(())
}

fn date(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::Date(value) = cell else { return Err(BadValue::OtherType) };
    match value {
        Some(value) => day(out, FIRST_DAY + i64::from(value.days())),
        None => Ok(()),
    }
}

fn time_of_day(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::Time(value) = cell else { return Err(BadValue::OtherType) };
    match value {
        Some(value) => nanoseconds(*value).map(|nanoseconds| clock(out, nanoseconds)),
        None => Ok(()),
    }
}

/// `yyyy-mm-dd hh:mm:ss`, and a fraction where there is one.
fn date_time(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let (days, nanoseconds) = match *cell {
        ColumnData::DateTime(None) | ColumnData::SmallDateTime(None) | ColumnData::DateTime2(None) => return Ok(()),
        ColumnData::DateTime(Some(value)) => {
            // Three hundredths of a second, shown as SQL Server does: to the millisecond.
            let milliseconds = (u64::from(value.seconds_fragments()) * 10 + 1) / 3;
            (DAY_1900 + i64::from(value.days()), milliseconds * 1_000_000)
        }
        ColumnData::SmallDateTime(Some(value)) => {
            (DAY_1900 + i64::from(value.days()), u64::from(value.seconds_fragments()) * 60 * SECOND)
        }
        ColumnData::DateTime2(Some(value)) => (FIRST_DAY + i64::from(value.date().days()), nanoseconds(value.time())?),
        _ => return Err(BadValue::OtherType),
    };
    day_and_clock(out, days, nanoseconds)
}

/// A moment, as the clocks of Europe/London showed it.
fn moment(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::DateTimeOffset(value) = *cell else { return Err(BadValue::OtherType) };
    let Some(value) = value else { return Ok(()) };
    // On the wire the date and time are those of UTC; the offset only says how to show them.
    let utc = value.datetime2();
    let nanoseconds = nanoseconds(utc.time())?;
    let days = FIRST_DAY + i64::from(utc.date().days());
    let seconds = days * 86_400 + (nanoseconds / SECOND) as i64;
    let local = seconds + london_offset(seconds);
    day_and_clock(out, local.div_euclid(86_400), local.rem_euclid(86_400) as u64 * SECOND + nanoseconds % SECOND)
}

/// Seconds by which London's clocks were ahead of UTC. Before the first summer time they are taken to have shown UTC,
/// so that the dates which stand for "none" stay what they are.
fn london_offset(seconds: i64) -> i64 {
    const YEAR_1916: i64 = -1_704_153_600;
    match (&*LONDON, Timestamp::from_second(seconds)) {
        (Some(zone), Ok(moment)) if seconds >= YEAR_1916 => i64::from(zone.to_offset(moment).seconds()),
        // The last moments that no library knows are two days of the winter of 9999.
        _ => 0,
    }
}

fn guid(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::Guid(value) = cell else { return Err(BadValue::OtherType) };
    if let Some(value) = value {
        let mut letters = [0; 36];
        out.extend_from_slice(value.hyphenated().encode_upper(&mut letters).as_bytes());
    }
    Ok(())
}

fn text(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::String(value) = cell else { return Err(BadValue::OtherType) };
    value.as_deref().map_or(Ok(()), |value| push_text(out, value))
}

/// The text of `char(n)` without the spaces that fill it up.
fn padded_text(cell: &ColumnData<'static>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let ColumnData::String(value) = cell else { return Err(BadValue::OtherType) };
    value.as_deref().map_or(Ok(()), |value| push_text(out, value.trim_end_matches(' ')))
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), BadValue> {
    // The driver puts U+FFFD in the place of a lone surrogate.
    const REPLACED: &[u8] = "\u{fffd}".as_bytes();
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr2(0, REPLACED[0], &bytes[from..]).map(|at| from + at) {
        if bytes[at] == 0 {
            return Err(BadValue::Nul);
        }
        if bytes[at..].starts_with(REPLACED) {
            return Err(BadValue::Surrogate);
        }
        from = at + 1;
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Days from 1970 to the first day that SQL Server knows, 0001-01-01.
const FIRST_DAY: i64 = -719_162;
/// Days from 1970 to 1900-01-01.
const DAY_1900: i64 = -25_567;
/// Days from 1970 to 9999-12-31.
const LAST_DAY: i64 = 2_932_896;
/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;

static LONDON: LazyLock<Option<TimeZone>> = LazyLock::new(|| TimeZone::get("Europe/London").ok());

fn nanoseconds(time: time::Time) -> Result<u64, BadValue> {
    let unit = 9_u32.checked_sub(u32::from(time.scale())).map(|power| 10_u64.pow(power));
    unit.and_then(|unit| time.increments().checked_mul(unit))
        .filter(|nanoseconds| *nanoseconds < 86_400 * SECOND)
        .ok_or(BadValue::OutOfRange)
}

fn day_and_clock(out: &mut Vec<u8>, days: i64, nanoseconds: u64) -> Result<(), BadValue> {
    if nanoseconds >= 86_400 * SECOND {
        return Err(BadValue::OutOfRange);
    }
    day(out, days)?;
    out.push(b' ');
    clock(out, nanoseconds);
    Ok(())
}

/// `yyyy-mm-dd`.
fn day(out: &mut Vec<u8>, days: i64) -> Result<(), BadValue> {
    if !(FIRST_DAY..=LAST_DAY).contains(&days) {
        return Err(BadValue::OutOfRange);
    }
    let (year, month, day) = Date::from_days(days as i32).ymd();
    digits(out, u64::from(year.unsigned_abs()), 4);
    out.push(b'-');
    digits(out, u64::from(month), 2);
    out.push(b'-');
    digits(out, u64::from(day), 2);
    Ok(())
}

/// `hh:mm:ss`, and as much of a fraction as is not nought.
fn clock(out: &mut Vec<u8>, nanoseconds: u64) {
    let seconds = nanoseconds / SECOND;
    digits(out, seconds / 3600, 2);
    out.push(b':');
    digits(out, seconds / 60 % 60, 2);
    out.push(b':');
    digits(out, seconds % 60, 2);
    let fraction = nanoseconds % SECOND;
    if fraction > 0 {
        out.push(b'.');
        digits(out, fraction, 9);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

/// A whole number of units of which the last `scale` digits stand behind the point.
fn scaled(out: &mut Vec<u8>, units: i128, scale: usize) {
    sign(out, units < 0);
    let start = out.len();
    let magnitude = units.unsigned_abs();
    match u64::try_from(magnitude) {
        Ok(magnitude) => digits(out, magnitude, scale + 1),
        Err(_) => _ = write!(out, "{magnitude:0width$}", width = scale + 1),
    }
    if scale > 0 {
        let point = out.len() - scale;
        debug_assert!(point > start);
        out.insert(point, b'.');
    }
}

fn sign(out: &mut Vec<u8>, negative: bool) {
    if negative {
        out.push(b'-');
    }
}

/// A number, with noughts before it up to a width.
fn digits(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut buffer = [b'0'; 40];
    let mut at = buffer.len();
    while number > 0 {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    at = at.min(buffer.len() - width.min(buffer.len()));
    out.extend_from_slice(&buffer[at..]);
}

#[cfg(test)]
mod tests;
