//! SQL Server's types: what they are called, and how COLMETADATA tells of them.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253};

use super::table::Nullable;

/// A type with all that belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Real,
    Float,
    /// Precision and scale.
    Decimal(u8, u8),
    /// Precision and scale.
    Numeric(u8, u8),
    Money,
    SmallMoney,
    Date,
    /// Digits of the fraction of a second.
    Time(u8),
    DateTime,
    SmallDateTime,
    /// Digits of the fraction of a second.
    DateTime2(u8),
    /// Digits of the fraction of a second.
    DateTimeOffset(u8),
    /// Bytes.
    Char(u16, CodePage),
    VarChar(Length, CodePage),
    /// UTF-16 units.
    NChar(u16),
    NVarChar(Length),
    Text(CodePage),
    NText,
    UniqueIdentifier,
    Binary(u16),
    VarBinary(Length),
    Image,
    Xml,
    SqlVariant,
}

/// How long a value may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Length {
    /// So many bytes, or UTF-16 units.
    Of(u16),
    /// `(max)`: sent in chunks.
    Max,
}

/// The characters of a non-Unicode column, by its collation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodePage {
    /// `SQL_Latin1_General_CP1_CI_AS`.
    Windows1252,
    /// `Latin1_General_100_CI_AS_SC_UTF8`. Sent as `nvarchar` to a client that did not say at login that it knows it.
    Utf8,
    /// `Czech_CI_AS`.
    Windows1250,
    /// `Cyrillic_General_CI_AS`.
    Windows1251,
    /// `Greek_CI_AS`.
    Windows1253,
}

impl CodePage {
    /// LCID, flags and version; sort order.
    pub(crate) fn collation(self) -> [u8; 5] {
        const CASE_KANA_WIDTH: u32 = 0xD0 << 16;
        const UTF8: u32 = 1 << 26;
        const VERSION_100: u32 = 2 << 28;
        let (info, sort_id) = match self {
            Self::Windows1252 => (0x0409 | CASE_KANA_WIDTH, 52),
            Self::Utf8 => (0x0409 | CASE_KANA_WIDTH | UTF8 | VERSION_100, 0),
            Self::Windows1250 => (0x0405 | CASE_KANA_WIDTH, 0),
            Self::Windows1251 => (0x0419 | CASE_KANA_WIDTH, 0),
            Self::Windows1253 => (0x0408 | CASE_KANA_WIDTH, 0),
        };
        let [a, b, c, d] = u32::to_le_bytes(info);
        [a, b, c, d, sort_id]
    }

    pub(crate) fn collation_name(self) -> &'static str {
        match self {
            Self::Windows1252 => "SQL_Latin1_General_CP1_CI_AS",
            Self::Utf8 => "Latin1_General_100_CI_AS_SC_UTF8",
            Self::Windows1250 => "Czech_CI_AS",
            Self::Windows1251 => "Cyrillic_General_CI_AS",
            Self::Windows1253 => "Greek_CI_AS",
        }
    }

    pub(crate) fn encoding(self) -> &'static Encoding {
        match self {
            Self::Windows1252 => WINDOWS_1252,
            Self::Utf8 => UTF_8,
            Self::Windows1250 => WINDOWS_1250,
            Self::Windows1251 => WINDOWS_1251,
            Self::Windows1253 => WINDOWS_1253,
        }
    }
}

impl Type {
    /// As `sys.types` and a `CREATE TABLE` write it.
    pub(crate) fn sql(self) -> String {
        let length = |name: &str, length| match length {
            Length::Of(length) => format!("{name}({length})"),
            Length::Max => format!("{name}(max)"),
        };
        match self {
            Self::Bit => "bit".into(),
            Self::TinyInt => "tinyint".into(),
            Self::SmallInt => "smallint".into(),
            Self::Int => "int".into(),
            Self::BigInt => "bigint".into(),
            Self::Real => "real".into(),
            Self::Float => "float".into(),
            Self::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Self::Numeric(precision, scale) => format!("numeric({precision},{scale})"),
            Self::Money => "money".into(),
            Self::SmallMoney => "smallmoney".into(),
            Self::Date => "date".into(),
            Self::Time(scale) => format!("time({scale})"),
            Self::DateTime => "datetime".into(),
            Self::SmallDateTime => "smalldatetime".into(),
            Self::DateTime2(scale) => format!("datetime2({scale})"),
            Self::DateTimeOffset(scale) => format!("datetimeoffset({scale})"),
            Self::Char(bytes, _) => format!("char({bytes})"),
            Self::VarChar(bytes, _) => length("varchar", bytes),
            Self::NChar(units) => format!("nchar({units})"),
            Self::NVarChar(units) => length("nvarchar", units),
            Self::Text(_) => "text".into(),
            Self::NText => "ntext".into(),
            Self::UniqueIdentifier => "uniqueidentifier".into(),
            Self::Binary(bytes) => format!("binary({bytes})"),
            Self::VarBinary(bytes) => length("varbinary", bytes),
            Self::Image => "image".into(),
            Self::Xml => "xml".into(),
            Self::SqlVariant => "sql_variant".into(),
        }
    }

    /// Its number in `sys.types`.
    pub(crate) fn system_type_id(self) -> i64 {
        match self {
            Self::Bit => 104,
            Self::TinyInt => 48,
            Self::SmallInt => 52,
            Self::Int => 56,
            Self::BigInt => 127,
            Self::Real => 59,
            Self::Float => 62,
            Self::Decimal(..) => 106,
            Self::Numeric(..) => 108,
            Self::Money => 60,
            Self::SmallMoney => 122,
            Self::Date => 40,
            Self::Time(_) => 41,
            Self::DateTime => 61,
            Self::SmallDateTime => 58,
            Self::DateTime2(_) => 42,
            Self::DateTimeOffset(_) => 43,
            Self::Char(..) => 175,
            Self::VarChar(..) => 167,
            Self::NChar(_) => 239,
            Self::NVarChar(_) => 231,
            Self::Text(_) => 35,
            Self::NText => 99,
            Self::UniqueIdentifier => 36,
            Self::Binary(_) => 173,
            Self::VarBinary(_) => 165,
            Self::Image => 34,
            Self::Xml => 241,
            Self::SqlVariant => 98,
        }
    }

    /// Bytes, as `sys.columns` tells them; −1 for `(max)`.
    pub(crate) fn max_length(self) -> i64 {
        match self {
            Self::Bit | Self::TinyInt => 1,
            Self::SmallInt => 2,
            Self::Date => 3,
            Self::Int | Self::Real | Self::SmallMoney | Self::SmallDateTime => 4,
            Self::BigInt | Self::Float | Self::Money | Self::DateTime => 8,
            Self::Decimal(precision, _) | Self::Numeric(precision, _) => decimal_bytes(precision).into(),
            Self::Time(scale) => time_bytes(scale) as i64,
            Self::DateTime2(scale) => time_bytes(scale) as i64 + 3,
            Self::DateTimeOffset(scale) => time_bytes(scale) as i64 + 5,
            Self::Char(bytes, _)
            | Self::Binary(bytes)
            | Self::VarChar(Length::Of(bytes), _)
            | Self::VarBinary(Length::Of(bytes)) => bytes.into(),
            Self::NChar(units) | Self::NVarChar(Length::Of(units)) => i64::from(units) * 2,
            Self::VarChar(Length::Max, _) | Self::NVarChar(Length::Max) | Self::VarBinary(Length::Max) | Self::Xml => {
                -1
            }
            Self::Text(_) | Self::NText | Self::Image | Self::UniqueIdentifier => 16,
            Self::SqlVariant => 8016,
        }
    }

    /// Precision and scale, as `sys.columns` tells them.
    pub(crate) fn precision(self) -> (i64, i64) {
        let fraction = |before: u8, scale: u8| (i64::from(before) + i64::from(scale != 0) + i64::from(scale), scale);
        let (precision, scale) = match self {
            Self::Bit => (1, 0),
            Self::TinyInt => (3, 0),
            Self::SmallInt => (5, 0),
            Self::BigInt => (19, 0),
            Self::Real => (24, 0),
            Self::Float => (53, 0),
            Self::Decimal(precision, scale) | Self::Numeric(precision, scale) => (precision.into(), scale),
            Self::Money => (19, 4),
            Self::SmallMoney => (10, 4),
            Self::Int | Self::Date => (10, 0),
            Self::Time(scale) => fraction(8, scale),
            Self::DateTime => (23, 3),
            Self::SmallDateTime => (16, 0),
            Self::DateTime2(scale) => fraction(19, scale),
            Self::DateTimeOffset(scale) => fraction(26, scale),
            _ => (0, 0),
        };
        (precision, scale.into())
    }

    /// The characters of a character type.
    pub(crate) fn code_page(self) -> Option<CodePage> {
        match self {
            Self::Char(_, page) | Self::VarChar(_, page) | Self::Text(page) => Some(page),
            Self::NChar(_) | Self::NVarChar(_) | Self::NText => Some(CodePage::Windows1252),
            _ => None,
        }
    }

    /// Whether a value is sent in chunks.
    pub(crate) fn is_chunked(self) -> bool {
        matches!(
            self,
            Self::VarChar(Length::Max, _) | Self::NVarChar(Length::Max) | Self::VarBinary(Length::Max) | Self::Xml
        )
    }

    /// As a client sees it that does not know UTF-8 collations.
    pub(crate) fn without_utf8(self) -> Self {
        match self {
            Self::Char(bytes, CodePage::Utf8) => Self::NVarChar(Length::Of(bytes)),
            // No nvarchar(n) is longer than 4000.
            Self::VarChar(Length::Of(bytes), CodePage::Utf8) if bytes <= 4000 => Self::NVarChar(Length::Of(bytes)),
            Self::VarChar(_, CodePage::Utf8) => Self::NVarChar(Length::Max),
            Self::Text(CodePage::Utf8) => Self::NText,
            other => other,
        }
    }

    /// The type's byte on the wire. A number or date that is never NULL has one of its own.
    pub(crate) fn token(self, nullable: Nullable) -> u8 {
        let fixed = nullable == Nullable::No;
        match self {
            Self::Bit => [0x68, 0x32][usize::from(fixed)],
            Self::TinyInt => [0x26, 0x30][usize::from(fixed)],
            Self::SmallInt => [0x26, 0x34][usize::from(fixed)],
            Self::Int => [0x26, 0x38][usize::from(fixed)],
            Self::BigInt => [0x26, 0x7F][usize::from(fixed)],
            Self::Real => [0x6D, 0x3B][usize::from(fixed)],
            Self::Float => [0x6D, 0x3E][usize::from(fixed)],
            Self::Money => [0x6E, 0x3C][usize::from(fixed)],
            Self::SmallMoney => [0x6E, 0x7A][usize::from(fixed)],
            Self::DateTime => [0x6F, 0x3D][usize::from(fixed)],
            Self::SmallDateTime => [0x6F, 0x3A][usize::from(fixed)],
            Self::Decimal(..) => 0x6A,
            Self::Numeric(..) => 0x6C,
            Self::Date => 0x28,
            Self::Time(_) => 0x29,
            Self::DateTime2(_) => 0x2A,
            Self::DateTimeOffset(_) => 0x2B,
            Self::Char(..) => 0xAF,
            Self::VarChar(..) => 0xA7,
            Self::NChar(_) => 0xEF,
            Self::NVarChar(_) => 0xE7,
            Self::Text(_) => 0x23,
            Self::NText => 0x63,
            Self::UniqueIdentifier => 0x24,
            Self::Binary(_) => 0xAD,
            Self::VarBinary(_) => 0xA5,
            Self::Image => 0x22,
            Self::Xml => 0xF1,
            Self::SqlVariant => 0x62,
        }
    }

    /// Whether values of it have no length of their own on the wire.
    pub(crate) fn is_fixed(self, nullable: Nullable) -> bool {
        matches!(self.token(nullable), 0x30 | 0x32 | 0x34 | 0x38 | 0x3A | 0x3B | 0x3C | 0x3D | 0x3E | 0x7A | 0x7F)
    }

    /// Writes what COLMETADATA tells of the type.
    pub(crate) fn put_info(self, nullable: Nullable, out: &mut Vec<u8>) {
        out.push(self.token(nullable));
        if self.is_fixed(nullable) {
            return;
        }
        match self {
            Self::Date => {}
            Self::Time(scale) | Self::DateTime2(scale) | Self::DateTimeOffset(scale) => out.push(scale),
            Self::Decimal(precision, scale) | Self::Numeric(precision, scale) => {
                out.extend([decimal_bytes(precision), precision, scale]);
            }
            Self::Xml => out.push(0),
            Self::SqlVariant => out.extend(8009_u32.to_le_bytes()),
            Self::Text(_) | Self::Image => out.extend(0x7FFF_FFFF_u32.to_le_bytes()),
            Self::NText => out.extend(0x7FFF_FFFE_u32.to_le_bytes()),
            _ if self.token(nullable) >= 0x80 => {
                // 0xFFFF says that values come in chunks.
                out.extend((self.max_length() as u16).to_le_bytes());
            }
            _ => out.push(self.max_length() as u8),
        }
        if let Some(page) = self.code_page() {
            out.extend(page.collation());
        }
    }
}

/// Bytes of a decimal with its sign.
pub(crate) fn decimal_bytes(precision: u8) -> u8 {
    match precision {
        ..10 => 5,
        10..20 => 9,
        20..29 => 13,
        29.. => 17,
    }
}

/// Bytes of a time of day.
pub(crate) fn time_bytes(scale: u8) -> usize {
    match scale {
        ..3 => 3,
        3..5 => 4,
        5.. => 5,
    }
}
