use rusqlite::Connection;

use super::*;
use crate::source::Sqlite;

const MAPPING: &str = r#"
version = 1
release = "release-1"
name = "Ours"
[fields]
la_person_unique_identifier = { column = "person" }
[query.requests]
file = "sql/requests.sql"
source = "ours"
key = "id"
"#;

struct Council(tempfile::TempDir);

impl Council {
    #[expect(clippy::disallowed_methods, reason = "files that a person would write")]
    fn new(mapping: &str, sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("sql")).unwrap();
        std::fs::write(folder.path().join("mapping.toml"), mapping).unwrap();
        std::fs::write(folder.path().join("sql/requests.sql"), sql).unwrap();
        let database = Connection::open(folder.path().join("ours.db")).unwrap();
        database.execute_batch("CREATE TABLE requests (id, person, d)").unwrap();
        Self(folder)
    }

    fn lines(&self, sources: &[&str], network: Network) -> Vec<Line> {
        let release = Release::embedded().unwrap();
        let named = |name: &&str| NamedSource {
            name: (*name).to_owned(),
            source: Box::new(Sqlite::new(self.0.path().join(format!("{name}.db")))),
            valid_from: None,
            valid_to: None,
        };
        let patient = Patient {
            mapping: self.0.path(),
            release: &release,
            sources: sources.iter().map(named).collect(),
            period: "2025-10-01_2026-09-30".parse().unwrap(),
        };
        examine(patient, network, &Shutdown::default())
    }
}

/// Those that are not about the fields that the mapping leaves out.
fn told(lines: &[Line]) -> Vec<(&str, Found, &str)> {
    let lines = lines.iter().filter(|line| !line.text.contains("mapped nowhere"));
    lines.map(|line| (line.about.as_str(), line.found, line.text.as_str())).collect()
}

#[test]
fn a_query_without_a_total_order_is_worth_a_look() {
    for (sql, found, said) in [
        ("SELECT id, person FROM requests ORDER BY id", Found::Good, "2 columns"),
        ("SELECT id, person FROM requests", Found::Doubt, "2 columns; its rows come in no certain order"),
        (
            "SELECT id, person FROM requests ORDER BY person",
            Found::Doubt,
            "2 columns; rows that are alike in ORDER BY come in no certain order",
        ),
    ] {
        let lines = Council::new(MAPPING, sql).lines(&["ours"], Network::Asked);
        let expected = [
            ("source ours, connection", Found::Good, "the SQLite database can be read"),
            ("query requests", found, said),
        ];
        assert_eq!(told(&lines), expected);
    }
}

#[test]
fn what_does_not_fit_is_told_of_mapping_and_columns_at_once() {
    let council =
        Council::new(&MAPPING.replace("\"person\"", "\"persons\""), "SELECT id, person FROM requests ORDER BY id");
    let lines = council.lines(&["ours"], Network::Asked);
    assert!(lines.iter().any(|line| line.text.contains("returns no column 'persons'")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.text.contains("mapped nowhere")), "{lines:#?}");
    assert_eq!(exit_code(&lines), exit::MAPPING);
    let left = council.lines(&["ours"], Network::Left);
    assert!(!left.iter().any(|line| line.about.starts_with("source") || line.text.contains("'persons'")), "{left:#?}");
}

#[test]
fn a_source_out_of_reach_and_a_query_that_fails_are_both_told() {
    let council = Council::new(MAPPING, "SELECT id, person FROM missing");
    let lines = council.lines(&["ours", "elsewhere"], Network::Asked);
    let found = |about: &str| lines.iter().find(|line| line.about == about).unwrap();
    assert_eq!(found("source elsewhere, connection").found, Found::Fault);
    assert!(found("query requests").text.contains("no such table: missing"), "{lines:#?}");
    assert!(found("source elsewhere").text.contains("no query of the mapping asks it"));
    assert_eq!(exit_code(&lines), exit::SOURCE);
    let lines = council.lines(&["their"], Network::Left);
    assert!(lines[0].text.contains("has no source 'ours'"), "{lines:#?}");
}
