//! Values: how each lies on the wire, and its text.

use std::fmt::Write as _;

use jiff::civil::{self, date};

use super::{
    table::Nullable,
    types::{CodePage, Type, decimal_bytes, time_bytes},
};

/// Ticks of 100 ns in a day.
pub(crate) const DAY: u64 = 24 * 60 * 60 * SECOND;
/// Ticks of 100 ns in a second.
pub(crate) const SECOND: u64 = 10_000_000;

/// A cell.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Bit(bool),
    /// Of any of the integer types.
    Integer(i64),
    Real(f32),
    Float(f64),
    /// The digits, without the point; where it stands is in the type. Ten-thousandths for money.
    Decimal(i128),
    Date(civil::Date),
    /// 100 ns since midnight.
    Time(u64),
    /// Day, and 100 ns since its midnight.
    DateTime(civil::Date, u64),
    /// Day and 100 ns since its midnight at the place, and the place's minutes ahead of UTC.
    DateTimeOffset(civil::Date, u64, i16),
    Text(String),
    /// UTF-16 that need not be valid.
    Units(Vec<u16>),
    Bytes(Vec<u8>),
    /// In the order in which it is written.
    Guid([u8; 16]),
    /// An `int` in an `sql_variant`.
    Variant(i32),
}

impl Value {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Writes the value, with its length, as it stands in a row.
    pub(crate) fn put(&self, ty: Type, nullable: Nullable, out: &mut Vec<u8>) {
        if ty.is_chunked() {
            return put_chunks(self.bytes(ty).as_deref(), out);
        }
        match (ty, self.bytes(ty)) {
            (Type::Text(_) | Type::NText | Type::Image, None) => out.push(0),
            (Type::Text(_) | Type::NText | Type::Image, Some(bytes)) => {
                // A pointer into the server's pages and a time, of which clients want nothing but the length.
                out.push(16);
                out.extend([0xEE; 24]);
                out.extend((bytes.len() as u32).to_le_bytes());
                out.extend(bytes);
            }
            (Type::SqlVariant, bytes) => {
                let bytes = bytes.unwrap_or_default();
                out.extend((bytes.len() as u32).to_le_bytes());
                out.extend(bytes);
            }
            (_, Some(bytes)) if ty.is_fixed(nullable) => out.extend(bytes),
            (_, None) if ty.is_fixed(nullable) => panic!("NULL in a column that is never NULL"),
            (_, bytes) if ty.token(nullable) >= 0x80 => {
                out.extend(bytes.as_ref().map_or(0xFFFF, |bytes| bytes.len() as u16).to_le_bytes());
                out.extend(bytes.unwrap_or_default());
            }
            (_, bytes) => {
                out.push(bytes.as_ref().map_or(0, |bytes| bytes.len() as u8));
                out.extend(bytes.unwrap_or_default());
            }
        }
    }

    /// The value alone; `None` for NULL.
    fn bytes(&self, ty: Type) -> Option<Vec<u8>> {
        let bytes = match (self, ty) {
            (Self::Null, _) => return None,
            (Self::Bit(bit), Type::Bit) => vec![u8::from(*bit)],
            (Self::Integer(value), Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt) => {
                value.to_le_bytes()[..ty.max_length() as usize].to_vec()
            }
            (Self::Real(value), Type::Real) => value.to_le_bytes().to_vec(),
            (Self::Float(value), Type::Float) => value.to_le_bytes().to_vec(),
            (Self::Decimal(digits), Type::Decimal(precision, _) | Type::Numeric(precision, _)) => {
                let mut bytes = vec![u8::from(*digits >= 0)];
                bytes.extend(&digits.unsigned_abs().to_le_bytes()[..usize::from(decimal_bytes(precision)) - 1]);
                bytes
            }
            (Self::Decimal(digits), Type::SmallMoney) => (*digits as i32).to_le_bytes().to_vec(),
            (Self::Decimal(digits), Type::Money) => {
                let digits = *digits as i64;
                let mut bytes = ((digits >> 32) as i32).to_le_bytes().to_vec();
                bytes.extend((digits as u32).to_le_bytes());
                bytes
            }
            (Self::Date(day), Type::Date) => day_bytes(days(*day)),
            (Self::Time(ticks), Type::Time(scale)) => ticks_bytes(*ticks, scale),
            (Self::DateTime(day, ticks), Type::DateTime2(scale)) => {
                let mut bytes = ticks_bytes(*ticks, scale);
                bytes.extend(day_bytes(days(*day)));
                bytes
            }
            (Self::DateTimeOffset(day, ticks, ahead), Type::DateTimeOffset(scale)) => {
                let minute = 60 * SECOND as i64;
                let utc = days(*day) * DAY as i64 + *ticks as i64 - i64::from(*ahead) * minute;
                let mut bytes = ticks_bytes(utc.rem_euclid(DAY as i64) as u64, scale);
                bytes.extend(day_bytes(utc.div_euclid(DAY as i64)));
                bytes.extend(ahead.to_le_bytes());
                bytes
            }
            (Self::DateTime(day, ticks), Type::DateTime) => {
                let mut bytes = (since_1900(*day) as i32).to_le_bytes().to_vec();
                // In three-hundredths of a second.
                bytes.extend((((ticks * 3 + 50_000) / 100_000) as u32).to_le_bytes());
                bytes
            }
            (Self::DateTime(day, ticks), Type::SmallDateTime) => {
                let mut bytes = (since_1900(*day) as u16).to_le_bytes().to_vec();
                bytes.extend(((ticks / SECOND / 60) as u16).to_le_bytes());
                bytes
            }
            (Self::Text(text), Type::NChar(_) | Type::NVarChar(_) | Type::NText | Type::Xml) => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            (Self::Units(units), Type::NChar(_) | Type::NVarChar(_) | Type::NText) => {
                units.iter().copied().flat_map(u16::to_le_bytes).collect()
            }
            (Self::Text(text), Type::Char(_, page) | Type::VarChar(_, page) | Type::Text(page)) => encode(text, page),
            // Bytes in a character column: what some program wrote that took it for another code page.
            (
                Self::Bytes(bytes),
                Type::Binary(_) | Type::VarBinary(_) | Type::Image | Type::Char(..) | Type::VarChar(..),
            ) => bytes.clone(),
            (Self::Guid(guid), Type::UniqueIdentifier) => guid_bytes(guid).to_vec(),
            (Self::Variant(value), Type::SqlVariant) => {
                let mut bytes = vec![Type::Int.token(Nullable::No), 0];
                bytes.extend(value.to_le_bytes());
                bytes
            }
            (value, ty) => panic!("{value:?} is no {}", ty.sql()),
        };
        Some(bytes)
    }

    /// What a person would write for it in this type: dates by ISO 8601, bytes in hexadecimal. `None` for NULL.
    pub(crate) fn written(&self, ty: Type) -> Option<String> {
        Some(match (self, ty) {
            (Self::Null, _) => return None,
            (Self::Bit(bit), _) => u8::from(*bit).to_string(),
            (Self::Integer(value), _) => value.to_string(),
            (Self::Real(value), _) => value.to_string(),
            (Self::Float(value), _) => value.to_string(),
            (Self::Decimal(digits), ty) => point(*digits, ty.precision().1 as usize),
            (Self::Date(day), _) => day.to_string(),
            (Self::Time(ticks), Type::Time(scale)) => clock(*ticks, scale),
            // Rounded, as SQL Server shows three-hundredths: .000, .003, .007.
            (Self::DateTime(day, ticks), Type::DateTime) => format!("{day} {}", clock(ticks + 5_000, 3)),
            (Self::DateTime(day, ticks), Type::DateTime2(scale)) => format!("{day} {}", clock(*ticks, scale)),
            (Self::DateTime(day, ticks), _) => format!("{day} {}", clock(*ticks, 0)),
            (Self::DateTimeOffset(day, ticks, ahead), Type::DateTimeOffset(scale)) => {
                let sign = if *ahead < 0 { '-' } else { '+' };
                let (hours, minutes) = (ahead.unsigned_abs() / 60, ahead.unsigned_abs() % 60);
                format!("{day} {} {sign}{hours:02}:{minutes:02}", clock(*ticks, scale))
            }
            (Self::Text(text), Type::Char(bytes, page)) => {
                let missing = usize::from(bytes).saturating_sub(encode(text, page).len());
                format!("{text}{}", " ".repeat(missing))
            }
            (Self::Text(text), Type::NChar(units)) => {
                let missing = usize::from(units).saturating_sub(text.encode_utf16().count());
                format!("{text}{}", " ".repeat(missing))
            }
            (Self::Text(text), _) => text.clone(),
            (Self::Units(units), _) => String::from_utf16_lossy(units),
            (Self::Bytes(bytes), Type::Binary(length)) => {
                let mut bytes = bytes.clone();
                bytes.resize(length.into(), 0);
                hexadecimal(&bytes)
            }
            (Self::Bytes(bytes), _) => hexadecimal(bytes),
            (Self::Guid(guid), _) => {
                let digits = hexadecimal(guid).to_uppercase();
                [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
            }
            (Self::Variant(value), _) => value.to_string(),
            (value, ty) => panic!("{value:?} is no {}", ty.sql()),
        })
    }

    /// As the column keeps it: fixed lengths are filled up.
    pub(crate) fn padded(&self, ty: Type) -> Self {
        match (self, ty) {
            (Self::Text(_), Type::Char(..) | Type::NChar(_)) => Self::Text(self.written(ty).unwrap_or_default()),
            (Self::Bytes(bytes), Type::Binary(length)) => {
                let mut bytes = bytes.clone();
                bytes.resize(length.into(), 0);
                Self::Bytes(bytes)
            }
            _ => self.clone(),
        }
    }
}

/// A text in a code page; every character must have a place there.
fn encode(text: &str, page: CodePage) -> Vec<u8> {
    let (bytes, _, unmappable) = page.encoding().encode(text);
    assert!(!unmappable, "a character that {page:?} does not have");
    bytes.into_owned()
}

/// Partially length-prefixed: the length of all, then chunks, then an empty one.
fn put_chunks(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    // A prime, so that chunks end within characters.
    const CHUNK: usize = 8_009;
    let Some(bytes) = bytes else { return out.extend(u64::MAX.to_le_bytes()) };
    // Long values come with a length that is not known beforehand, as from a server that computes them.
    let length = if bytes.len() > CHUNK { u64::MAX - 1 } else { bytes.len() as u64 };
    out.extend(length.to_le_bytes());
    for chunk in bytes.chunks(CHUNK) {
        out.extend((chunk.len() as u32).to_le_bytes());
        out.extend(chunk);
    }
    out.extend(0_u32.to_le_bytes());
}

/// Days since 0001-01-01.
fn days(day: civil::Date) -> i64 {
    (day - date(1, 1, 1)).get_days().into()
}

fn since_1900(day: civil::Date) -> i64 {
    days(day) - days(date(1900, 1, 1))
}

fn day_bytes(days: i64) -> Vec<u8> {
    days.to_le_bytes()[..3].to_vec()
}

fn ticks_bytes(ticks: u64, scale: u8) -> Vec<u8> {
    (ticks / 10_u64.pow(7 - u32::from(scale))).to_le_bytes()[..time_bytes(scale)].to_vec()
}

/// Three numbers in little-endian order, and the rest as it is.
fn guid_bytes(guid: &[u8; 16]) -> [u8; 16] {
    let mut bytes = *guid;
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

fn clock(ticks: u64, scale: u8) -> String {
    let seconds = ticks / SECOND;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if scale > 0 {
        let fraction = format!("{:07}", ticks % SECOND);
        let _ = write!(text, ".{}", &fraction[..scale.into()]);
    }
    text
}

fn point(digits: i128, scale: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let figures = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = figures.split_at(figures.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
