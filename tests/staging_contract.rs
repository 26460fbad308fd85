//! The staging contract: its views, its queries, its value maps and its fixture agree with each other and with the release,
//! and the fixture becomes the golden upload file.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/sqlserver.rs"]
mod sqlserver;
mod support;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cld_agent::{mapping::Mapping, model::Field, run::Verdict, spec::Release, sys::shutdown::Shutdown};
use rusqlite::{Connection, params_from_iter};
use sqlparser::{
    ast::{Expr, SelectItem, SetExpr, Statement},
    dialect::MsSqlDialect,
    parser::Parser,
};
use sqlserver::Reach;

use support::{Package, installation::Installation, put, tree};
use tds::{
    Options, Server,
    council::{Powers, Snapshots, copy, serve_facts},
};

const VIEWS: [&str; 6] = ["person", "request", "assessment", "service", "review", "carer_link"];

/// The queries, each with a line that no other holds.
const QUERIES: [(&str, &str); 5] = [
    ("requests", "\nFROM cld.request r\n"),
    ("assessments", "\nFROM cld.assessment a\n"),
    ("services", "\nFROM cld.service s\n"),
    ("reviews", "\nFROM cld.review v\n"),
    ("carers_known", "\nFROM link\n"),
];

fn contract(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/staging-contract").join(path)
}

fn statements(path: &str) -> Vec<Statement> {
    let sql = fs::read_to_string(contract(path)).unwrap();
    Parser::parse_sql(&MsSqlDialect {}, &sql).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Name and type of each column of a view.
fn columns(view: &str) -> Vec<(String, String)> {
    let [Statement::CreateView(create)] = &statements(&format!("ddl/{view}.sql"))[..] else {
        panic!("{view}.sql is not one view")
    };
    assert_eq!(create.name.to_string(), format!("cld.{view}"));
    let SetExpr::Select(select) = &*create.query.body else { panic!("{view} is not one SELECT") };
    let column = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { expr: Expr::Cast { data_type, .. }, alias } => {
            (alias.value.clone(), data_type.to_string().to_lowercase())
        }
        other => panic!("{view}: {other} has no type or no name"),
    };
    select.projection.iter().map(column).collect()
}

#[test]
fn the_ddl_is_t_sql_and_every_view_names_and_types_its_columns() {
    for view in VIEWS {
        let columns = columns(view);
        let names: BTreeSet<_> = columns.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), columns.len(), "{view} names a column twice");
    }
    assert_eq!(statements("ddl/schema.sql").len(), 1);
    assert_eq!(statements("ddl/rights.sql").len(), VIEWS.len());
}

#[test]
fn the_fixture_has_the_columns_of_the_views() {
    for view in VIEWS {
        let mut rows = csv::Reader::from_path(contract(&format!("fixture/{view}.csv"))).unwrap();
        let names: Vec<_> = columns(view).into_iter().map(|(name, _)| name).collect();
        assert_eq!(rows.headers().unwrap(), &names, "{view}");
        assert!(rows.records().count() > 1, "{view}");
    }
}

#[test]
fn the_queries_are_one_select_each_in_t_sql_and_end_in_an_order() {
    for (query, line) in QUERIES {
        let path = format!("sql/{query}.sql");
        let sql = fs::read_to_string(contract(&path)).unwrap().replace(":period_", "@period_");
        assert!(sql.contains(line), "{path}");
        let parsed = Parser::parse_sql(&MsSqlDialect {}, &sql).unwrap_or_else(|error| panic!("{path}: {error}"));
        let [Statement::Query(select)] = &parsed[..] else { panic!("{path} is not one SELECT") };
        assert!(select.order_by.is_some(), "{path}");
    }
}

#[test]
fn every_national_value_and_every_known_spelling_stands_in_the_value_maps() {
    let release = Release::embedded().unwrap();
    let mapping = fs::read_to_string(contract("mapping.toml")).unwrap();
    for spec in release.fields() {
        let Some(list) = release.list(spec.field) else { continue };
        // The first is given by the views in the national words, the second by the queries.
        if matches!(spec.field, Field::ClientType | Field::EventType) {
            continue;
        }
        let line = mapping.lines().find(|line| line.starts_with(&format!("{} = ", spec.field.key()))).unwrap();
        let map = line.split("map = \"").nth(1).unwrap().split('"').next().unwrap();
        let mut rows = csv::Reader::from_path(contract(&format!("values/{map}.csv"))).unwrap();
        let pairs: BTreeSet<(String, String)> =
            rows.records().map(|row| row.unwrap()).map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
        for value in &list.values {
            assert!(pairs.contains(&(value.text.clone(), value.text.clone())), "{map}: {}", value.text);
            for variant in &value.variants {
                assert!(pairs.contains(&(variant.clone(), value.text.clone())), "{map}: {variant}");
            }
        }
    }
    Mapping::draft(&contract(""), &release).unwrap();
}

/// A database whose schema `cld` holds the fixture, each view as a table.
fn fixture() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute("ATTACH ':memory:' AS cld", []).unwrap();
    for view in VIEWS {
        let mut rows = csv::Reader::from_path(contract(&format!("fixture/{view}.csv"))).unwrap();
        let names: Vec<_> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        database.execute(&format!("CREATE TABLE cld.{view} ({})", names.join(", ")), []).unwrap();
        let places = vec!["?"; names.len()].join(", ");
        let mut insert = database.prepare(&format!("INSERT INTO cld.{view} VALUES ({places})")).unwrap();
        for row in rows.records() {
            let row = row.unwrap();
            let cells = row.iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
            insert.execute(params_from_iter(cells)).unwrap();
        }
    }
    database
}

#[test]
fn the_fixture_becomes_the_golden_upload_file() {
    let installation = Installation::new("warehouse");
    for (name, bytes) in tree(&contract("")) {
        put(&installation.path().join("mapping").join(name), &bytes);
    }
    let server = Server::start(Options::default());
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    let database = fixture();
    for (query, line) in QUERIES {
        let sql = fs::read_to_string(contract(&format!("sql/{query}.sql"))).unwrap();
        let period = [(":period_start", "2025-10-01"), (":period_end", "2026-09-30")];
        server.serve(line, copy(&database, &sql, &period));
    }
    let finished = installation.run(Reach::of(&server).source(), &Shutdown::default()).unwrap();
    assert_eq!(finished.verdict, Verdict::Release);
    let package = Package::only(&finished.package.path);
    for (golden, made) in
        [("upload.csv", package.upload()), ("left-out.csv", finished.package.path.join("left-out.csv"))]
    {
        let made = fs::read(made).unwrap();
        let golden = contract("golden").join(golden);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            put(&golden, &made);
        }
        assert!(fs::read(&golden).unwrap() == made, "{} differs", golden.display());
    }
}
