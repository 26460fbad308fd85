//! Random tables of every type that has a text, through the server and the source: what arrives is what was put in.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/sqlserver.rs"]
mod sqlserver;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{path::Path, sync::LazyLock};

use cld_agent::{
    exit,
    run::RunError,
    source::{BatchSink, Flow, Parameters, QueryText, RawBatch, Source, SourceError, SqlServer, read_answers},
    sys::{clock::Clock, fs::write_whole, shutdown::Shutdown},
};
use jiff::{
    civil::{Date, DateTime, Time, date},
    tz::{Offset, TimeZone},
};
use proptest::{collection::vec, num, prelude::*, sample::select};
use sqlserver::Reach;
use tds::{
    CodePage, Column, Length, Options, Server, Table, Type, Value,
    council::{Powers, Snapshots, serve_facts},
    everything,
    token::{Done, Layout, Utf8, done, put_done, put_return_status},
    value::{DAY, SECOND},
};

/// Every cell that arrived.
#[derive(Default)]
struct Cells(Vec<Vec<String>>);

impl BatchSink for Cells {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        let cell = |row, column| String::from_utf8(batch.cell(row, column).to_vec()).unwrap();
        let row = |row| (0..batch.columns()).map(|column| cell(row, column)).collect();
        self.0.extend((0..batch.rows()).map(row));
        Flow::Continue
    }
}

/// Reads a table through a server of its own.
fn read(table: Table, packet_size: u32) -> Result<Vec<Vec<String>>, SourceError> {
    let server = Server::start(Options::default());
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    server.serve("FROM put_in", table);
    let reach = Reach::of(&server);
    let mut settings = reach.settings();
    settings.packet_size = packet_size;
    let mut source = SqlServer::new(settings, Clock::Machine);
    let mut snapshot = source.open(&Shutdown::default())?;
    let sql = "SELECT * FROM put_in";
    let query = QueryText { index: 0, name: "put_in", file: Path::new("put_in.sql"), sql, outside: &[] };
    let parameters = Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() };
    let mut cells = Cells::default();
    snapshot.read(&query, parameters, &mut cells)?;
    Ok(cells.0)
}

/// What the portal wants for a value: written here once more, by other means than the source's.
fn wanted(value: &Value, ty: Type) -> String {
    let moment = |moment: DateTime| {
        let text = moment.to_string().replace('T', " ");
        if text.len() == 16 { text + ":00" } else { text }
    };
    match (value, ty) {
        (Value::Real(number), _) => (number + 0.0).to_string(),
        (Value::Float(number), _) => (number + 0.0).to_string(),
        (Value::Time(ticks), _) => time(*ticks).to_string(),
        (Value::DateTime(day, ticks), Type::DateTime) => {
            let milliseconds = (*ticks as f64 / 1e4).round() as i64;
            moment(day.to_datetime(time(milliseconds as u64 * 10_000)))
        }
        (Value::DateTime(day, ticks), _) => moment(day.to_datetime(time(*ticks))),
        (Value::DateTimeOffset(day, ticks, ahead), _) => {
            let there = TimeZone::fixed(Offset::from_seconds(i32::from(*ahead) * 60).unwrap());
            let london = TimeZone::get("Europe/London").unwrap();
            moment(there.to_zoned(day.to_datetime(time(*ticks))).unwrap().with_time_zone(london).datetime())
        }
        (Value::Text(text), Type::Char(..) | Type::NChar(_)) => text.trim_end_matches(' ').to_owned(),
        (value, ty) => value.written(ty).unwrap_or_default(),
    }
}

fn time(ticks: u64) -> Time {
    Time::midnight() + jiff::SignedDuration::from_nanos(ticks as i64 * 100)
}

fn types() -> impl Strategy<Value = Type> {
    let scale = 0..=7_u8;
    let page = select(
        &[CodePage::Windows1252, CodePage::Utf8, CodePage::Windows1250, CodePage::Windows1251, CodePage::Windows1253][..],
    );
    let plain = select(
        &[
            Type::Bit,
            Type::TinyInt,
            Type::SmallInt,
            Type::Int,
            Type::BigInt,
            Type::Real,
            Type::Float,
            Type::Money,
            Type::SmallMoney,
            Type::Date,
            Type::DateTime,
            Type::SmallDateTime,
            Type::NChar(30),
            Type::NVarChar(Length::Of(60)),
            Type::NVarChar(Length::Max),
            Type::NText,
            Type::UniqueIdentifier,
        ][..],
    );
    let decimals = (1..=38_u8).prop_flat_map(|precision| (Just(precision), 0..=precision));
    prop_oneof![
        6 => plain,
        2 => (decimals, any::<bool>()).prop_map(|((precision, scale), decimal)| {
            if decimal { Type::Decimal(precision, scale) } else { Type::Numeric(precision, scale) }
        }),
        1 => scale.clone().prop_map(Type::Time),
        1 => scale.clone().prop_map(Type::DateTime2),
        1 => scale.prop_map(Type::DateTimeOffset),
        3 => (page, 0..4).prop_map(|(page, kind)| match kind {
            0 => Type::Char(120, page),
            1 => Type::VarChar(Length::Of(120), page),
            2 => Type::VarChar(Length::Max, page),
            _ => Type::Text(page),
        }),
    ]
}

fn values(ty: Type) -> BoxedStrategy<Value> {
    let days = |from: Date, to: Date| {
        let days = (to - from).get_days();
        (0..=days).prop_map(move |day| from + jiff::Span::new().days(day))
    };
    let ever = days(date(1, 1, 1), date(9999, 12, 31));
    let ticks = |scale: u8| {
        let step = 10_u64.pow(7 - u32::from(scale));
        (0..DAY / step).prop_map(move |steps| steps * step)
    };
    let value = match ty {
        Type::Bit => any::<bool>().prop_map(Value::Bit).boxed(),
        Type::TinyInt => any::<u8>().prop_map(|value| Value::Integer(value.into())).boxed(),
        Type::SmallInt => any::<i16>().prop_map(|value| Value::Integer(value.into())).boxed(),
        Type::Int => any::<i32>().prop_map(|value| Value::Integer(value.into())).boxed(),
        Type::BigInt => any::<i64>().prop_map(Value::Integer).boxed(),
        Type::Real => (num::f32::NORMAL | num::f32::SUBNORMAL | num::f32::ZERO).prop_map(Value::Real).boxed(),
        Type::Float => (num::f64::NORMAL | num::f64::SUBNORMAL | num::f64::ZERO).prop_map(Value::Float).boxed(),
        Type::Decimal(precision, _) | Type::Numeric(precision, _) => {
            let most = 10_i128.pow(precision.into()) - 1;
            prop_oneof![4 => -most..=most, 1 => select(vec![most, -most, 0, 1, -1])].prop_map(Value::Decimal).boxed()
        }
        // Beyond this a float does not hold four decimals, and the source says so.
        Type::Money => (-10_i128.pow(15)..=10_i128.pow(15)).prop_map(Value::Decimal).boxed(),
        Type::SmallMoney => any::<i32>().prop_map(|value| Value::Decimal(value.into())).boxed(),
        Type::Date => ever.prop_map(Value::Date).boxed(),
        Type::Time(scale) => ticks(scale).prop_map(Value::Time).boxed(),
        Type::DateTime => (days(date(1753, 1, 1), date(9999, 12, 31)), 0..25_920_000_u64)
            .prop_map(|(day, thirds)| Value::DateTime(day, (thirds * 100_000 + 1) / 3))
            .boxed(),
        Type::SmallDateTime => (days(date(1900, 1, 1), date(2079, 6, 6)), 0..1440_u64)
            .prop_map(|(day, minutes)| Value::DateTime(day, minutes * 60 * SECOND))
            .boxed(),
        Type::DateTime2(scale) => (ever, ticks(scale)).prop_map(|(day, ticks)| Value::DateTime(day, ticks)).boxed(),
        Type::DateTimeOffset(scale) => (days(date(1920, 1, 1), date(2090, 1, 1)), ticks(scale), -840..=840_i16)
            .prop_map(|(day, ticks, ahead)| Value::DateTimeOffset(day, ticks, ahead))
            .boxed(),
        Type::UniqueIdentifier => any::<[u8; 16]>().prop_map(Value::Guid).boxed(),
        Type::Char(_, page) | Type::VarChar(_, page) | Type::Text(page) => {
            texts(page, ty).prop_map(Value::Text).boxed()
        }
        _ => texts(CodePage::Utf8, ty).prop_map(Value::Text).boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 5 => value].boxed()
}

/// Texts of characters that a code page has, long where the type has no bound.
fn texts(page: CodePage, ty: Type) -> BoxedStrategy<String> {
    let short = match page {
        CodePage::Windows1252 => "[ -~£€é’–Ÿ\r\n\t]{0,30}".boxed(),
        CodePage::Windows1250 => "[ -~áčďěŘž€]{0,30}".boxed(),
        CodePage::Windows1251 => "[ -~А-я№]{0,30}".boxed(),
        CodePage::Windows1253 => "[ -~Α-Ρα-ω]{0,30}".boxed(),
        // A character takes up to four bytes, or two units.
        CodePage::Utf8 => vec(any::<char>(), 0..15)
            .prop_map(|letters| letters.into_iter().filter(|letter| !['\0', '\u{fffd}'].contains(letter)).collect())
            .boxed(),
    };
    let bounded = !ty.is_chunked() && !matches!(ty, Type::Text(_) | Type::NText);
    if bounded { short } else { (short, 1..800_usize).prop_map(|(text, times)| text.repeat(times)).boxed() }
}

fn tables() -> impl Strategy<Value = Table> {
    vec((types(), 0..3), 1..12).prop_flat_map(|columns| {
        let row: Vec<_> = columns.iter().map(|(ty, _)| values(*ty)).collect();
        vec(row, 0..20).prop_map(move |rows| table(&columns, rows))
    })
}

/// Every third column is never NULL, where no NULL came up.
fn table(columns: &[(Type, i32)], rows: Vec<Vec<Value>>) -> Table {
    let column = |(at, (ty, third)): (usize, &(Type, i32))| {
        let name = format!("column {at}");
        let whole = rows.iter().all(|row| row[at] != Value::Null);
        if *third == 0 && whole { Column::not_null(name, *ty) } else { Column::new(name, *ty) }
    };
    let columns: Vec<_> = columns.iter().enumerate().map(column).collect();
    let padded = |row: Vec<Value>| row.iter().zip(&columns).map(|(value, column)| value.padded(column.ty)).collect();
    let rows = rows.into_iter().map(padded).collect();
    Table::new(columns.clone(), rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_arrives_is_what_was_put_in(table in tables(), packet_size in 512..8000_u32) {
        let row = |row: &Vec<Value>| row.iter().zip(&table.columns).map(|(value, column)| wanted(value, column.ty)).collect();
        let expected: Vec<Vec<String>> = table.rows.iter().map(row).collect();
        prop_assert_eq!(read(table, packet_size).unwrap(), expected);
    }
}

/// The tokens of an answer to a procedure call.
fn tokens(table: &Table) -> Vec<u8> {
    let (mut out, layout) = (Vec::new(), Layout::of(table, Utf8::Unknown));
    layout.put_metadata(&mut out);
    table.rows.iter().for_each(|row| layout.put_row(row, &mut out));
    put_done(Done::InProcedure, done::MORE | done::COUNT, table.rows.len() as u64, &mut out);
    put_return_status(&mut out);
    put_done(Done::Procedure, done::FINAL, 0, &mut out);
    out
}

#[test]
fn answers_are_read_without_a_server_as_with_one() {
    for (name, table) in everything::tables().into_iter().filter(|(name, _)| !["t_bytes", "t_long"].contains(name)) {
        let (description, rows) = (tokens(&table.description()), tokens(&table));
        let read = read_answers(&description, &rows).unwrap();
        assert_eq!((read.rows, read.told), (table.rows.len() as u64, Some(table.rows.len() as u64)), "{name}");
        // Behind the count of the rows there are but five bytes of a return status and thirteen of another end.
        let counted = rows.len() - 18;
        for end in (0..counted).step_by(1 + counted / 100) {
            read_answers(&description, &rows[..end]).unwrap_err();
        }
    }
}

/// The fuzzer begins with what a server answers for tables of every type: two bytes that tell where the rows begin, then both
/// answers. `UPDATE_GOLDEN=1 cargo test --test sqlserver_types seeds` writes them again.
#[test]
fn the_fuzzers_seeds_are_a_servers_answers() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/sql_server_rows");
    for name in ["t_integers", "t_exact", "t_decimals", "t_floats", "t_moments", "t_characters", "t_required"] {
        let table = everything::tables().into_iter().find(|(other, _)| *other == name).unwrap().1;
        let description = tokens(&table.description());
        let mut seed = u16::try_from(description.len()).unwrap().to_le_bytes().to_vec();
        seed.extend(description);
        seed.extend(tokens(&table));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            write_whole(&seeds.join(name), &seed).unwrap();
        }
        assert!(std::fs::read(seeds.join(name)).unwrap() == seed, "{name} is another: UPDATE_GOLDEN=1 writes it again");
    }
}

/// The error of reading one value in the second of two rows.
fn refused(ty: Type, value: Value) -> String {
    let columns = vec![Column::new("before", Type::Int), Column::new("amount or text", ty)];
    let rows = vec![vec![Value::Integer(1), Value::Null], vec![Value::Integer(2), value]];
    let error = RunError::Source(read(Table::new(columns, rows), 4096).unwrap_err());
    assert_eq!(error.exit_code(), exit::QUERY, "{error}");
    error.to_string()
}

#[test]
fn what_has_no_text_is_an_error_with_row_and_column() {
    static CASES: LazyLock<[(Type, Value, &str); 6]> = LazyLock::new(|| {
        let varchar = Type::VarChar(Length::Of(20), CodePage::Windows1252);
        [
            (varchar, Value::text("Ann\0ie"), "NUL"),
            (Type::NVarChar(Length::Max), Value::text("\0"), "NUL"),
            (Type::NVarChar(Length::Of(9)), Value::Units(vec![0x41, 0xD83D]), "half a character"),
            (Type::NChar(9), Value::Units(vec![0xDE00, 0x41]), "half a character"),
            (Type::Money, Value::Decimal(10_i128.pow(15) + 1), "decimal(19,4)"),
            (Type::Money, Value::Decimal(i64::MIN.into()), "decimal(19,4)"),
        ]
    });
    for (ty, value, says) in &*CASES {
        let said = refused(*ty, value.clone());
        assert!(said.contains(says) && said.contains("row 2, column amount or text"), "{ty:?}: {said}");
        assert!(!said.contains("Ann"), "{said}");
    }
}

#[test]
fn a_type_without_text_is_refused_before_the_first_row() {
    for (ty, value, says) in [
        (Type::Binary(4), Value::Bytes(vec![1]), "bytes"),
        (Type::VarBinary(Length::Max), Value::Bytes(vec![1]), "bytes"),
        (Type::Image, Value::Bytes(vec![1]), "bytes"),
        (Type::Xml, Value::text("<a/>"), "xml"),
        (Type::SqlVariant, Value::Variant(5), "sql_variant"),
    ] {
        let said = refused(ty, value);
        assert!(said.contains(says) && said.contains("amount or text") && !said.contains("row"), "{ty:?}: {said}");
    }
}
