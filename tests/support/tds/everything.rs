//! Tables that hold every type at its edges: what foreign clients read as well.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::{
    table::{Column, Table},
    types::{CodePage, Length, Type},
    value::{DAY, SECOND, Value},
};

/// The tables, by the name under which they are served.
pub(crate) fn tables() -> Vec<(&'static str, Table)> {
    vec![
        ("t_integers", integers()),
        ("t_exact", exact()),
        ("t_decimals", decimals()),
        ("t_floats", floats()),
        ("t_moments", moments()),
        ("t_characters", characters()),
        ("t_bytes", bytes()),
        ("t_long", long()),
        ("t_required", required()),
        ("t_nothing", Table::new(integers().columns, Vec::new())),
        ("t_many", many()),
    ]
}

fn table<const N: usize>(columns: [(&str, Type); N], rows: Vec<[Value; N]>) -> Table {
    let columns: Vec<_> = columns.into_iter().map(|(name, ty)| Column::new(name, ty)).collect();
    let padded = |row: [Value; N]| row.iter().zip(&columns).map(|(value, column)| value.padded(column.ty)).collect();
    let rows = rows.into_iter().map(padded).chain([vec![Value::Null; N]]).collect();
    Table::new(columns, rows)
}

fn integers() -> Table {
    use Value::{Bit, Integer, Null};
    table(
        [
            ("bit", Type::Bit),
            ("tinyint", Type::TinyInt),
            ("smallint", Type::SmallInt),
            ("int", Type::Int),
            ("bigint", Type::BigInt),
        ],
        vec![
            [Bit(false), Integer(0), Integer(0), Integer(0), Integer(0)],
            [Bit(true), Integer(255), Integer(32_767), Integer(i32::MAX.into()), Integer(i64::MAX)],
            [Bit(true), Integer(128), Integer(-32_768), Integer(i32::MIN.into()), Integer(i64::MIN)],
            [Null, Integer(1), Null, Integer(-1), Null],
        ],
    )
}

fn exact() -> Table {
    use Value::{Decimal, Null};
    table(
        [
            ("smallmoney", Type::SmallMoney),
            ("money", Type::Money),
            ("decimal", Type::Decimal(18, 2)),
            ("numeric", Type::Numeric(18, 2)),
        ],
        vec![
            [Decimal(0), Decimal(0), Decimal(0), Decimal(0)],
            [Decimal(12_345), Decimal(12_345_678), Decimal(1_234_567), Decimal(-1_234_567)],
            [Decimal(-1), Decimal(-1), Decimal(-1), Decimal(5)],
            [Decimal(i32::MAX.into()), Decimal(999_999_999_999_999), Decimal(999_999_999_999_999_999), Null],
            [
                Decimal(i32::MIN.into()),
                Decimal(-999_999_999_999_999),
                Decimal(-999_999_999_999_999_999),
                Decimal(999_999_999_999_999_999),
            ],
        ],
    )
}

/// Every precision, with no fraction, with one, and with nothing else.
fn decimals() -> Table {
    let mut columns = Vec::new();
    let (mut greatest, mut least) = (Vec::new(), Vec::new());
    for precision in 1..=38_u8 {
        for scale in BTreeSet::from([0, precision / 2, precision]) {
            columns.push(Column::new(format!("p{precision}s{scale}"), Type::Decimal(precision, scale)));
            let digits = 10_i128.pow(precision.into()) - 1;
            greatest.push(Value::Decimal(digits));
            least.push(Value::Decimal(-digits / 7));
        }
    }
    let none = vec![Value::Null; columns.len()];
    Table::new(columns, vec![greatest, least, none])
}

fn floats() -> Table {
    use Value::{Float, Real};
    let pair = |value: f32| [Real(value), Float(value.into())];
    table(
        [("real", Type::Real), ("float", Type::Float)],
        vec![
            pair(0.0),
            pair(-0.0),
            pair(0.5),
            pair(-123.25),
            [Real(0.1), Float(0.1)],
            [Real(f32::MAX), Float(f64::MAX)],
            [Real(f32::MIN_POSITIVE), Float(f64::MIN_POSITIVE)],
            [Real(1.0 / 3.0), Float(1.0 / 3.0)],
        ],
    )
}

fn moments() -> Table {
    use Value::{Date, DateTime, DateTimeOffset, Time};
    let mut columns = vec![
        Column::new("date", Type::Date),
        Column::new("datetime", Type::DateTime),
        Column::new("smalldatetime", Type::SmallDateTime),
    ];
    for scale in 0..=7 {
        columns.push(Column::new(format!("time{scale}"), Type::Time(scale)));
        columns.push(Column::new(format!("datetime2_{scale}"), Type::DateTime2(scale)));
        columns.push(Column::new(format!("datetimeoffset{scale}"), Type::DateTimeOffset(scale)));
    }
    let row = |day, old, small, ticks: u64, ahead: i16| {
        // Three-hundredths and minutes are all that the older types have.
        let third = ((ticks * 3 / 100_000) * 100_000).div_ceil(3);
        let mut row = vec![Date(day), DateTime(old, third), DateTime(small, ticks / SECOND / 60 * 60 * SECOND)];
        for scale in 0..=7 {
            let step = 10_u64.pow(7 - scale);
            let ticks = ticks / step * step;
            row.extend([Time(ticks), DateTime(day, ticks), DateTimeOffset(day, ticks, ahead)]);
        }
        row
    };
    let (first, last) = (date(1, 1, 1), date(9999, 12, 31));
    let rows = vec![
        row(first, date(1753, 1, 1), date(1900, 1, 1), 0, 0),
        row(last, last, date(2079, 6, 6), DAY - 1, 0),
        row(date(2026, 3, 29), date(2026, 3, 29), date(2026, 3, 29), DAY / 24 + 1_234_567, 60),
        row(date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29), DAY / 2 + 1, -330),
        row(date(1970, 1, 1), date(1970, 1, 1), date(1970, 1, 1), DAY / 48, 840),
        vec![Value::Null; columns.len()],
    ];
    Table::new(columns, rows)
}

fn characters() -> Table {
    let of = |length| Length::Of(length);
    let text = |text: &str| Value::text(text);
    table(
        [
            ("char", Type::Char(10, CodePage::Windows1252)),
            ("varchar", Type::VarChar(of(50), CodePage::Windows1252)),
            ("czech", Type::VarChar(of(50), CodePage::Windows1250)),
            ("cyrillic", Type::VarChar(of(50), CodePage::Windows1251)),
            ("greek", Type::Char(8, CodePage::Windows1253)),
            ("utf8", Type::VarChar(of(50), CodePage::Utf8)),
            ("nchar", Type::NChar(10)),
            ("nvarchar", Type::NVarChar(of(50))),
        ],
        vec![
            ["a", "plain", "plain", "plain", "plain", "plain", "plain", "plain"].map(text),
            ["£5 – €6", "Siân O’Brien ‘q’ Ÿ", "Dvořák", "Иванов", "Ωμέγα", "Zażółć 😀", "Łódź", "Ŵyn 😀 \u{2028}"]
                .map(text),
            ["", "", "", "", "", "", "", ""].map(text),
            [" lead", "trail  ", "a;b", "\"quoted\"", "'", "tab\there", "=1+1", "new\r\nline"].map(text),
        ],
    )
}

fn bytes() -> Table {
    let guid = |first: u8| Value::Guid(std::array::from_fn(|place| first.wrapping_mul(17).wrapping_add(place as u8)));
    let row = |bytes: &[u8], first| [Value::Bytes(bytes.to_vec()), Value::Bytes(bytes.to_vec()), guid(first)];
    table(
        [
            ("binary", Type::Binary(5)),
            ("varbinary", Type::VarBinary(Length::Of(20))),
            ("uniqueidentifier", Type::UniqueIdentifier),
        ],
        vec![row(&[], 0), row(&[0, 1, 2, 254, 255], 1), row(&[0x80], 200)],
    )
}

/// Whatever may be longer than a page, and the types that were used for it before.
fn long() -> Table {
    let filled = |text: &str, times| Value::Text(text.repeat(times));
    let row = |ascii: Value, any: Value, bytes: Vec<u8>| {
        let bytes = Value::Bytes(bytes);
        [ascii.clone(), any.clone(), bytes.clone(), any.clone(), ascii, any.clone(), bytes, xml(&any)]
    };
    table(
        [
            ("varchar_max", Type::VarChar(Length::Max, CodePage::Windows1252)),
            ("nvarchar_max", Type::NVarChar(Length::Max)),
            ("varbinary_max", Type::VarBinary(Length::Max)),
            ("utf8_max", Type::VarChar(Length::Max, CodePage::Utf8)),
            ("text", Type::Text(CodePage::Windows1252)),
            ("ntext", Type::NText),
            ("image", Type::Image),
            ("xml", Type::Xml),
        ],
        vec![
            row(Value::text(""), Value::text(""), Vec::new()),
            row(Value::text("short £"), Value::text("short 😀"), vec![0, 255]),
            row(filled("0123456789€", 2_000), filled("0123456789😀", 2_000), vec![7; 20_001]),
        ],
    )
}

fn xml(inner: &Value) -> Value {
    let Value::Text(inner) = inner else { return Value::Null };
    Value::Text(format!("<a>{inner}</a>"))
}

/// Columns that are never NULL have types of their own on the wire.
fn required() -> Table {
    let types = [
        Type::Bit,
        Type::TinyInt,
        Type::SmallInt,
        Type::Int,
        Type::BigInt,
        Type::Real,
        Type::Float,
        Type::SmallMoney,
        Type::Money,
        Type::DateTime,
        Type::SmallDateTime,
        Type::Date,
        Type::VarChar(Length::Of(5), CodePage::Windows1252),
    ];
    let columns = types.into_iter().enumerate().map(|(place, ty)| Column::not_null(format!("c{place}"), ty)).collect();
    let moment = Value::DateTime(date(2026, 4, 1), DAY / 2);
    let row = |number: i64| {
        vec![
            Value::Bit(number % 2 == 1),
            Value::Integer(number),
            Value::Integer(-number),
            Value::Integer(number * 1_000),
            Value::Integer(number * 1_000_000_000_000),
            Value::Real(number as f32 / 4.0),
            Value::Float(number as f64 / 8.0),
            Value::Decimal((number * 10_001).into()),
            Value::Decimal((number * 10_000_000_001).into()),
            moment.clone(),
            moment.clone(),
            Value::Date(date(2026, 4, 1)),
            Value::Text(number.to_string()),
        ]
    };
    Table::new(columns, (0..20).map(row).collect())
}

/// So many rows that an answer is many packets.
fn many() -> Table {
    let row = |number: i64| {
        let text = if number % 3 == 0 { Value::Null } else { Value::Text(format!("row {number} of many")) };
        [Value::Integer(number), text]
    };
    table([("number", Type::Int), ("text", Type::NVarChar(Length::Of(40)))], (0..5_000).map(row).collect())
}
