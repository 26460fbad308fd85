//! A council's database as a SQL Server would serve it, and what the source asks besides its queries.

use std::{fs, path::Path};

use jiff::civil;
use rusqlite::{Connection, types::ValueRef};

use super::{
    server::Server,
    table::{Column, Table},
    types::{CodePage, Length, Type},
    value::Value,
};

/// Whether the database allows snapshots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Snapshots {
    Allowed,
    Off,
}

/// What the login may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Powers {
    /// Read.
    Reader,
    /// Write as well.
    Writer,
    /// Everything.
    Administrator,
}

/// The queries of the demo's mapping, each with a text that no other holds.
pub(crate) const DEMO: [(&str, &str); 5] = [
    ("requests", "FROM contact ct\n"),
    ("assessments", "FROM assessment asm\n"),
    ("services", "FROM package_line pl\n"),
    ("reviews", "FROM rv\n"),
    ("carers_known", "FROM rpt_carer_link link\n"),
];

/// Answers what the source asks about the database and its login.
pub(crate) fn serve_facts(server: &Server, snapshots: Snapshots, powers: Powers) {
    let allowed = i64::from(snapshots == Snapshots::Allowed);
    server.serve("FROM sys.databases", Table::numbers(&[("snapshot_state", allowed)]));
    let administers = i64::from(powers == Powers::Administrator);
    let writes = i64::from(powers != Powers::Reader);
    let mut rights = Table::numbers(&[
        ("is_sysadmin", administers),
        ("controls_server", administers),
        ("is_owner", administers),
        ("is_writer", writes),
        ("is_ddladmin", administers),
        ("controls_database", administers),
        ("alters_database", administers),
        ("inserts", writes),
        ("updates", writes),
        ("deletes", writes),
        ("executes", administers),
        ("writes_a_table", writes),
        ("selects", 1),
    ]);
    rights.columns.push(Column::new("user_name", Type::NVarChar(Length::Of(128))));
    rights.rows[0].push(Value::text("cld_reader"));
    server.serve("IS_SRVROLEMEMBER", rights);
    server.serve("AS taken", Table::numbers(&[("taken", 1)]));
}

/// Serves the demo's database: what each of its mapping's queries returns for the period. How many rows that is.
pub(crate) fn serve_demo(server: &Server, database: &Connection, mapping: &Path, period: [&str; 2]) -> usize {
    let parameters = [(":period_start", period[0]), (":period_end", period[1])];
    let serve = |(query, text): (&str, &str)| {
        let sql = fs::read_to_string(mapping.join(format!("sql/{query}.sql"))).unwrap();
        assert!(sql.contains(text), "{query}.sql does not hold {text}");
        let table = copy(database, &sql, &parameters);
        let rows = table.rows.len();
        server.serve(text, table);
        rows
    };
    DEMO.into_iter().map(serve).sum()
}

/// What a query of SQLite's returns, in types of SQL Server's that hold the same texts. SQLite has run the query: the
/// server executes none.
pub(crate) fn copy(database: &Connection, sql: &str, parameters: &[(&str, &str)]) -> Table {
    let mut statement = database.prepare(sql).unwrap();
    for (name, value) in parameters {
        if let Some(index) = statement.parameter_index(name).unwrap() {
            statement.raw_bind_parameter(index, value).unwrap();
        }
    }
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.raw_query();
    let mut texts: Vec<Vec<Option<String>>> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        texts.push((0..names.len()).map(|at| text(row.get_ref(at).unwrap())).collect());
    }
    let column = |at: usize| texts.iter().map(|row: &Vec<Option<String>>| row[at].as_deref()).collect::<Vec<_>>();
    let (columns, values): (Vec<_>, Vec<_>) =
        names.into_iter().enumerate().map(|(at, name)| fitting(name, &column(at))).unzip();
    let mut values: Vec<_> = values.into_iter().map(Vec::into_iter).collect();
    let rows = texts.iter().map(|_| values.iter_mut().map(|column| column.next().unwrap()).collect()).collect();
    Table::new(columns, rows)
}

fn text(value: ValueRef) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
        other => panic!("the demo holds no {}", other.data_type()),
    }
}

/// A type, and how a text becomes a value of it.
type Candidate = (Type, fn(&str) -> Option<Value>);

/// The narrowest type in which every text of a column is written as it stands.
fn fitting(name: String, texts: &[Option<&str>]) -> (Column, Vec<Value>) {
    let longest = |length: fn(&str) -> usize| texts.iter().flatten().map(|text| length(text)).max().unwrap_or(0).max(1);
    let units = longest(|text| text.encode_utf16().count()) as u16;
    let latin = texts.iter().flatten().all(|text| !CodePage::Windows1252.encoding().encode(text).2);
    let candidates: [Candidate; 7] = [
        (Type::Int, |text| text.parse().ok().map(Value::Integer).filter(|_| text.len() < 10)),
        (Type::BigInt, |text| text.parse().ok().map(Value::Integer)),
        (Type::Decimal(18, 2), |text| text.replacen('.', "", 1).parse().ok().map(Value::Decimal)),
        (Type::Date, |text| text.parse().ok().map(Value::Date)),
        (Type::DateTime2(0), |text| {
            let moment: civil::DateTime = text.parse().ok()?;
            let ticks = moment.time().duration_since(civil::Time::midnight()).as_secs() as u64 * super::value::SECOND;
            Some(Value::DateTime(moment.date(), ticks))
        }),
        (Type::VarChar(Length::Of(units), CodePage::Windows1252), |text| Some(Value::text(text))),
        (Type::NVarChar(Length::Of(units)), |text| Some(Value::text(text))),
    ];
    for (ty, parse) in candidates {
        if ty == Type::VarChar(Length::Of(units), CodePage::Windows1252) && !latin {
            continue;
        }
        let exactly = |text: &str| parse(text).filter(|value| value.written(ty).as_deref() == Some(text));
        let values = texts.iter().map(|text| text.map_or(Some(Value::Null), exactly)).collect::<Option<Vec<_>>>();
        if let Some(values) = values {
            // A column that is always NULL tells nothing of its type.
            let ty = if texts.iter().flatten().next().is_none() {
                Type::VarChar(Length::Of(10), CodePage::Windows1252)
            } else {
                ty
            };
            return (Column::new(name, ty), values);
        }
    }
    unreachable!("every text fits nvarchar")
}
