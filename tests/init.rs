//! From nothing to a checked file: `init` by its flags, and what each starter makes of the rows that come with it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/sqlserver.rs"]
mod sqlserver;
mod support;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::assert::Assert;
use cld_agent::exit;
use rusqlite::Connection;
use sqlparser::{ast::Statement, dialect::MsSqlDialect, parser::Parser};
use sqlserver::Reach;
use support::{NOW, agent, installation::Installation, put, tree};
use tds::{
    Options, Server,
    council::{Powers, Snapshots, copy, serve_facts},
};

use cld_agent::{
    run::Verdict,
    source::{CsvFolder, CsvFormat},
    sys::shutdown::Shutdown,
};

fn starter(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(path)
}

/// `init` in a folder, with these flags besides.
fn init(folder: &Path, flags: &[&str]) -> Assert {
    let always = ["init", "--council", "Sunderland", "--no-network", "--mail-host", "none", "--as-of", NOW];
    agent().current_dir(folder).args(always).args(flags).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Copies the rows that come with a starter into a council's folder.
fn exports(folder: &Path, name: &str) {
    for (file, bytes) in tree(&starter(name).join("fixture")) {
        put(&folder.join("extracts").join(file), &bytes);
    }
}

#[test]
fn every_answer_is_a_flag_and_the_end_says_what_comes_next() {
    let folder = tempfile::tempdir().unwrap();
    let ended = init(folder.path(), &["--source", "csv", "--csv-folder", "extracts"]).success();
    let told = text(&ended.get_output().stdout).replace(std::path::MAIN_SEPARATOR, "/");
    // How much room there is, is the machine's own.
    let told: Vec<_> = told.lines().filter(|line| !line.starts_with("ok     disk: ")).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(text(&ended.get_output().stderr), "");
}

#[test]
fn a_second_time_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), &["--source", "csv", "--csv-folder", "extracts"]).success();
    let before = tree(folder.path());
    let ended = init(folder.path(), &["--source", "csv", "--csv-folder", "others"]).code(i32::from(exit::OUTPUT));
    let told = text(&ended.get_output().stderr);
    assert!(told.contains("agent.toml: it exists already, and nothing is overwritten"), "{told}");
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn without_a_terminal_all_that_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ended = init(folder.path(), &["--source", "sqlserver", "--host", "sql01"]).code(i32::from(exit::USAGE));
    let told = text(&ended.get_output().stderr);
    assert!(told.contains("there is nobody to ask for --database, --login; give them as flags"), "{told}");
    assert_eq!(tree(folder.path()).len(), 0);
}

#[test]
fn the_result_is_json_for_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let ended = init(folder.path(), &["--source", "csv", "--csv-folder", "extracts", "--json", "--plan", "monthly"]);
    let told: serde_json::Value = serde_json::from_slice(&ended.success().get_output().stdout).unwrap();
    assert_eq!(told["next_runs"].as_array().unwrap().len(), 3);
    assert_eq!(told["doctor"]["exit_code"], 0);
}

#[test]
fn two_commands_lead_from_an_export_to_a_checked_package() {
    for name in ["csv-folder", "by-name"] {
        let folder = tempfile::tempdir().unwrap();
        exports(folder.path(), name);
        init(folder.path(), &["--source", "csv", "--csv-folder", "extracts", "--starter", name]).success();
        agent().current_dir(folder.path()).args(["doctor", "--as-of", NOW]).assert().success();
        let run = ["run", "--as-of", NOW, "--period", "2025-10-01_2026-09-30"];
        let ended = agent().current_dir(folder.path()).args(run).assert();
        let told = text(&ended.get_output().stdout);
        assert!(told.contains("RELEASED\n") && folder.path().join("data/staging").exists(), "{name}: {told}");
    }
}

#[test]
fn the_rows_of_a_csv_starter_become_its_golden_file() {
    for name in ["csv-folder", "by-name"] {
        let installation = Installation::new("extracts");
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &["--source", "csv", "--csv-folder", "extracts", "--starter", name]).success();
        for (file, bytes) in tree(&folder.path().join("mapping")) {
            put(&installation.path().join("mapping").join(file), &bytes);
        }
        let source = CsvFolder::new(starter(name).join("fixture"), CsvFormat::default());
        let finished = installation.run(source, &Shutdown::default()).unwrap();
        assert_eq!(finished.verdict, Verdict::Release, "{name}");
        becomes_golden(name, &finished.package.path);
    }
}

fn becomes_golden(name: &str, package: &Path) {
    let package = support::Package::only(package);
    let made = fs::read(package.upload()).unwrap();
    let golden = starter(name).join("golden/upload.csv");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        put(&golden, &made);
    }
    assert!(fs::read(&golden).unwrap() == made, "{} differs", golden.display());
}

#[test]
fn the_view_of_by_name_gives_what_its_file_gives() {
    let installation = Installation::new("warehouse");
    for (file, bytes) in tree(&starter("by-name")) {
        put(&installation.path().join("mapping").join(file), &bytes);
    }
    let server = Server::start(Options::default());
    serve_facts(&server, Snapshots::Allowed, Powers::Reader);
    let database = Connection::open_in_memory().unwrap();
    database.execute("ATTACH ':memory:' AS cld", []).unwrap();
    let mut rows = csv::Reader::from_path(starter("by-name/fixture/events.csv")).unwrap();
    let names: Vec<_> = rows.headers().unwrap().iter().map(|name| format!("\"{name}\"")).collect();
    database.execute(&format!("CREATE TABLE cld.release_1 ({})", names.join(", ")), []).unwrap();
    let mut insert =
        database.prepare(&format!("INSERT INTO cld.release_1 VALUES ({})", vec!["?"; names.len()].join(", "))).unwrap();
    for row in rows.records().map(|row| row.unwrap()) {
        let cells = row.iter().enumerate().map(|(at, cell)| as_the_view(&names[at], cell));
        insert.execute(rusqlite::params_from_iter(cells)).unwrap();
    }
    let sql = fs::read_to_string(starter("by-name/sql/events.sql")).unwrap();
    let period = [(":period_start", "2025-10-01"), (":period_end", "2026-09-30")];
    server.serve("\nFROM cld.release_1\n", copy(&database, &sql, &period));
    let finished = installation.run(Reach::of(&server).source(), &Shutdown::default()).unwrap();
    let lines = |bytes: Vec<u8>| {
        let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    let made = fs::read(support::Package::only(&finished.package.path).upload()).unwrap();
    // The query has an order of its own.
    assert_eq!(lines(made), lines(fs::read(starter("by-name/golden/upload.csv")).unwrap()));
}

/// Blanks are NULL in a view, and days are dates.
fn as_the_view(name: &str, cell: &str) -> Option<String> {
    match cell.split('/').collect::<Vec<_>>()[..] {
        [day, month, year] if name.contains("Date") => Some(format!("{year}-{month}-{day}")),
        _ => Some(cell.to_owned()).filter(|cell| !cell.is_empty()),
    }
}

#[test]
fn the_ddl_and_the_query_of_by_name_are_t_sql() {
    for (path, statements) in
        [("ddl/schema.sql", 1), ("ddl/release_1.sql", 1), ("ddl/rights.sql", 1), ("sql/events.sql", 1)]
    {
        let sql = fs::read_to_string(starter("by-name").join(path)).unwrap().replace(":period_", "@period_");
        let parsed = Parser::parse_sql(&MsSqlDialect {}, &sql).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(parsed.len(), statements, "{path}");
        if let Statement::Query(query) = &parsed[0] {
            assert!(query.order_by.is_some());
        }
    }
}
