//! What a SQL Server tells of a query's columns before it is run: the schema's fingerprint, types that do not fit the
//! mapping, and queries of which it can't tell.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/sqlserver.rs"]
mod sqlserver;
#[path = "support/tds/mod.rs"]
mod tds;

use std::path::Path;

use cld_agent::{
    config::sqlserver::Guard,
    doctor::{Network, Patient, fit},
    exit,
    run::{NamedSource, RunError},
    source::{BatchSink, Flow, Found, Parameters, QueryText, RawBatch, Source, SqlServer},
    spec::Release,
    sys::{clock::Clock, fs::write_whole, shutdown::Shutdown},
};
use sqlserver::Reach;
use tds::{
    Column, Ending, Length, Options, Server, ServerError, Table, Type, Value,
    council::{Powers, Snapshots, serve_facts},
    request::{Request, Way},
};

fn server(table: Table) -> (Server, Reach) {
    let server = Server::start(Options::default());
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    server.serve("FROM dbo.requests", table);
    let reach = Reach::of(&server);
    (server, reach)
}

fn requests(rows: i64) -> Table {
    let columns = vec![Column::not_null("id", Type::Int), Column::new("name", Type::NVarChar(Length::Of(20)))];
    let rows = (1..=rows).map(|id| vec![Value::Integer(id), Value::text(format!("Zoë {id}"))]);
    Table::new(columns, rows.collect())
}

fn query(sql: &str) -> QueryText<'_> {
    QueryText { index: 0, name: "requests", file: Path::new("sql/requests.sql"), sql, outside: &[] }
}

fn parameters() -> Parameters {
    Parameters { period: "2025-10-01_2026-09-30".parse().unwrap() }
}

/// Counts rows.
#[derive(Default)]
struct Rows(usize);

impl BatchSink for Rows {
    fn empty(&mut self) -> RawBatch {
        RawBatch::default()
    }

    fn full(&mut self, batch: RawBatch) -> Flow {
        self.0 += batch.rows();
        Flow::Continue
    }
}

const SQL: &str = "SELECT id, name FROM dbo.requests ORDER BY id";
const WITH_A_TEMPORARY_TABLE: &str = "SELECT id, name INTO #open FROM dbo.requests; SELECT id, name FROM #open";

#[test]
fn the_fingerprint_changes_with_every_name_type_length_and_nullability() {
    let named = |id, name| vec![Column::not_null(id, Type::Int), name];
    let text = |length| Type::NVarChar(Length::Of(length));
    let mut seen = Vec::new();
    for columns in [
        named("id", Column::new("name", text(20))),
        named("id", Column::new("surname", text(20))),
        named("id", Column::new("name", text(21))),
        named("id", Column::new("name", Type::VarChar(Length::Of(20), tds::types::CodePage::Windows1252))),
        named("id", Column::not_null("name", text(20))),
        named("id", Column::new("name", Type::Decimal(18, 2))),
        named("id", Column::new("name", Type::Decimal(18, 3))),
    ] {
        let fingerprint = |rows: Vec<Vec<Value>>| {
            let (_server, reach) = server(Table::new(columns.clone(), rows));
            let mut source = reach.source();
            let mut snapshot = source.open(&Shutdown::default()).unwrap();
            snapshot.columns(&query(SQL), parameters()).unwrap();
            snapshot.facts().fingerprint
        };
        let empty = fingerprint(Vec::new());
        assert!(empty.len() == 64 && !seen.contains(&empty), "{columns:?}");
        assert_eq!(fingerprint(Vec::new()), empty);
        seen.push(empty);
    }
}

#[test]
fn a_query_whose_columns_the_server_can_not_tell_is_begun_for_them_and_read_in_the_snapshot() {
    let (server, reach) = server(requests(1000).times(20).undescribed(ServerError::temporary_table()));
    let mut parsing = reach.source();
    let error = parsing.open(&Shutdown::default()).unwrap().columns(&query(SQL), parameters()).unwrap_err().to_string();
    assert!(error.contains("(error 11526") && error.contains("guard = \"rights\""), "{error}");
    server.recorded();
    let mut settings = reach.settings();
    settings.guard = Guard::Rights;
    let mut source = SqlServer::new(settings, Clock::Machine);
    let mut snapshot = source.open(&Shutdown::default()).unwrap();
    let columns = snapshot.columns(&query(WITH_A_TEMPORARY_TABLE), parameters()).unwrap();
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "name"]);
    let mut rows = Rows::default();
    let read = snapshot.read(&query(WITH_A_TEMPORARY_TABLE), parameters(), &mut rows).unwrap();
    assert_eq!((read.rows, rows.0), (20_000, 20_000));
    let notes = snapshot.facts().notes;
    assert!(notes[1].contains("can't tell the columns of sql/requests.sql"), "{notes:?}");
    drop(snapshot);
    let recorded = server.recorded();
    // One was to describe it, one began it and went away in the middle of its rows, and one holds the snapshot.
    let ended = |ending: &Ending| recorded.iter().filter(|one| one.ending == *ending).count();
    assert_eq!((ended(&Ending::Closed), ended(&Ending::ClosedEarly), recorded.len()), (2, 1, 3));
    let runs = |request: &&Request| request.text.contains("INTO #open") && matches!(request.way, Way::ExecuteSql(_));
    let ran: Vec<_> =
        recorded.iter().flat_map(|one| one.requests.iter().filter(runs).map(move |ran| (one, ran))).collect();
    let (began, holds) = match ran.as_slice() {
        [(one, _), (other, ran)] if one.ending == Ending::ClosedEarly && other.ending == Ending::Closed => (one, ran),
        [(other, ran), (one, _)] if one.ending == Ending::ClosedEarly && other.ending == Ending::Closed => (one, ran),
        _ => panic!("{ran:#?}"),
    };
    assert_ne!(holds.transaction, 0);
    assert!(began.statements().iter().any(|said| said.contains("DEADLOCK_PRIORITY LOW")));
}

const MAPPING: &str = r#"version = 1
name = "Ours"
release = "release-1"
[query.requests]
file = "sql/requests.sql"
source = "ours"
key = "id"
[query.requests.fields]
event_reference = { column = "id" }
date_of_birth = { column = "born" }
event_start_date = { column = "started", date = "dd/mm/yyyy" }
event_end_date = { column = "ended" }
unit_cost = { column = "cost" }
"#;

/// A mapping of one query.
fn mapping(sql: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sql")).unwrap();
    write_whole(&folder.path().join("mapping.toml"), MAPPING.as_bytes()).unwrap();
    write_whole(&folder.path().join("sql/requests.sql"), sql.as_bytes()).unwrap();
    folder
}

fn patient<'a>(mapping: &'a tempfile::TempDir, release: &'a Release, source: SqlServer) -> Patient<'a> {
    let source = NamedSource { name: "ours".to_owned(), source: Box::new(source), valid_from: None, valid_to: None };
    Patient { mapping: mapping.path(), release, sources: vec![source], period: parameters().period }
}

#[test]
fn the_doctor_says_what_the_manifest_would_say() {
    let (_server, reach) = server(requests(0));
    let mut settings = reach.settings();
    settings.guard = Guard::Rights;
    let folder = mapping("DECLARE @d date = :period_end; SELECT id, name FROM dbo.requests WITH (NOLOCK) ORDER BY id");
    let release = Release::embedded().unwrap();
    let mut patient = patient(&folder, &release, SqlServer::new(settings, Clock::Machine));
    let (lines, _) = fit(&mut patient, Network::Asked, &Shutdown::default());
    let told = |what: &str| lines.iter().any(|line| line.about == "source ours" && line.text.contains(what));
    assert!(told("not parsed: the login has been found unable to write"), "{lines:#?}");
    assert!(told("sql/requests.sql asks for NOLOCK: it may read rows that were never committed"), "{lines:#?}");
}

#[test]
fn declared_types_that_feed_no_field_are_told_with_file_and_place_before_a_row_is_read() {
    let folder = mapping("SELECT id, born, started, ended, cost FROM dbo.requests ORDER BY id");
    let release = Release::embedded().unwrap();
    let told = |types: [Type; 4]| {
        let names = ["born", "started", "ended", "cost"];
        let mut columns = vec![Column::not_null("id", Type::Int)];
        columns.extend(names.into_iter().zip(types).map(|(name, ty)| Column::new(name, ty)));
        let (server, reach) = server(Table::new(columns, Vec::new()));
        let mut patient = patient(&folder, &release, reach.source());
        let (lines, mapping) = fit(&mut patient, Network::Asked, &Shutdown::default());
        let faults = mapping.unwrap_err();
        assert_eq!(RunError::Mapping(faults.clone()).exit_code(), exit::MAPPING);
        let ran = |request: &Request| matches!(request.way, Way::ExecuteSql(_));
        assert!(!server.last().requests.iter().any(ran), "it was run");
        let name = folder.path().join("mapping.toml").display().to_string();
        let faults = faults.iter().map(|fault| fault.to_string().replace(&name, "mapping.toml"));
        let faults: Vec<_> = faults.filter(|fault| !fault.contains("mapped nowhere")).collect();
        let doubts = lines.iter().filter(|line| line.about == "mapping" && line.found == Found::Doubt);
        (faults, doubts.map(|line| line.text.replace(&name, "mapping.toml")).collect::<Vec<_>>())
    };
    assert_eq!(
        told([
            Type::Date,
            Type::VarChar(Length::Of(10), tds::types::CodePage::Windows1252),
            Type::DateTime,
            Type::Money
        ]),
        (vec![], vec![])
    );
    let (faults, doubts) = told([Type::Money, Type::Date, Type::Int, Type::Date]);
    insta::assert_snapshot!(faults.join("\n"));
    insta::assert_snapshot!(doubts.join("\n"));
}
