//! A folder of fixtures for every rule: what it passes over, and what it finds.
//!
//! `clean.csv` and `dirty.csv` (or `.csv.gz`, or `.xlsx`) are upload files, checked as they stand; `expected.csv` holds everything that is found in
//! the dirty one. Rules that look at a council's own codes have `mapping/` and `source/{clean,dirty}/` instead, and are
//! seen in a whole run; where a rule has both, the run's findings stand in `expected_of_run.csv`. What rules that look
//! across rows say of a fixture that was made for a rule about one row is left out.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cld_agent::{
    answers::Answers,
    check::{RULES, Rule, TestNumbers, find},
    compare::{Crosswalk, Tolerances},
    config::{Exclusions, SecretRef},
    model::{Date, Environment},
    run::{CheckOrder, NamedSource, Order, PersonalValues, PortalLimits, Silent, Thresholds, Watch, check_file, run},
    source::{CsvFolder, CsvFormat, Limits},
    spec::Release,
    stage::{Council, Places},
    sys::{clock::Clock, fs::Readers, shutdown::Shutdown},
};
use jiff::Timestamp;

const THRESHOLDS: Thresholds = Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 };

/// Row, field, rule, severity, status, and the other row that a finding is about.
type Lines = Vec<Vec<String>>;

fn folder(rule: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(rule)
}

fn today() -> Date {
    Date::parse_iso(b"2025-10-20").unwrap()
}

fn now() -> Timestamp {
    "2025-10-20T06:00:00Z".parse().unwrap()
}

/// Does something that is watched by nobody and that nobody stops.
fn unwatched<T>(does: impl FnOnce(&Watch<'_>) -> T) -> T {
    does(&Watch { progress: &Silent, stop: &Shutdown::default(), clock: Clock::Fixed(now()) })
}

/// The first five columns and `other_row`, blank where a file has no such column; sorted by row, field and rule.
fn lines(path: &Path) -> Lines {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let other = reader.headers().unwrap().iter().position(|column| column == "other_row");
    let six = |record: csv::StringRecord| {
        let other = other.map_or("", |column| &record[column]);
        record.iter().take(5).chain([other]).map(str::to_owned).collect()
    };
    let mut lines: Lines = reader.records().map(|record| six(record.unwrap())).collect();
    lines.sort();
    lines
}

/// The sizes that the portal takes, or what a file `portal-takes` beside the fixture says in bytes.
fn portal_limits(file: &Path) -> PortalLimits {
    let Ok(text) = fs::read_to_string(file.with_file_name("portal-takes")) else { return PortalLimits::default() };
    PortalLimits { text: text.trim().parse().unwrap(), ..PortalLimits::default() }
}

/// The fixture of this name, in whatever form it is kept.
fn fixture(folder: &Path, name: &str) -> Option<PathBuf> {
    ["csv", "csv.gz", "xlsx"].map(|form| folder.join(format!("{name}.{form}"))).into_iter().find(|file| file.exists())
}

fn found_in_file(file: &Path, release: &Release) -> Lines {
    let out = tempfile::tempdir().unwrap();
    let baseline = file.with_file_name("baseline.csv");
    let order = CheckOrder {
        file,
        sheet: None,
        out: out.path(),
        release,
        la_code: None,
        period: None,
        environment: Environment::Test,
        test_numbers: TestNumbers::Strange,
        personal: PersonalValues::Kept,
        worklist_rows: 1_000,
        thresholds: THRESHOLDS,
        answers: Answers::default(),
        baseline: baseline.exists().then_some(baseline.as_path()),
        tolerances: Tolerances::default(),
        as_of: today(),
        began: now(),
        limits: Limits::default(),
        portal: portal_limits(file),
    };
    unwatched(|watch| check_file(&order, watch)).unwrap();
    lines(&out.path().join("findings.csv"))
}

fn found_in_run(rule: &Path, rows: &str, release: &Release) -> Lines {
    let (data, source) = (tempfile::tempdir().unwrap(), rule.join("source").join(rows));
    let restricted = source.join("restricted.csv");
    let restricted = if restricted.exists() { Exclusions::open(&restricted) } else { Ok(Exclusions::default()) };
    let files = Box::new(CsvFolder::new(&source, CsvFormat::default()));
    let order = Order {
        submission: "fixture",
        council: Council { name: "Fixture council".to_owned(), la_code: "503".to_owned() },
        environment: Environment::Test,
        test_numbers: TestNumbers::Strange,
        release,
        mapping: &rule.join("mapping"),
        retry: cld_agent::run::Retry::NEVER,
        sources: vec![NamedSource { name: "files".to_owned(), source: files, valid_from: None, valid_to: None }],
        restricted: restricted.unwrap(),
        require_rehearsal: false,
        thresholds: THRESHOLDS,
        answers: Answers::default(),
        tolerances: Tolerances::default(),
        index_key: &SecretRef::File(data.path().join("index.key")),
        crosswalk: Crosswalk::default(),
        data: data.path(),
        places: Places::below(data.path()),
        readers: Readers::default(),
        worklist_rows: 1_000,
        evidence_password: None,
        redacted_configuration: String::new(),
        period: "2024-10-01_2025-09-30".parse().unwrap(),
        turn: None,
        as_of: today(),
        began: now(),
        account: "test",
        resubmits: None,
    };
    let finished = unwatched(|watch| run(order, watch)).unwrap_or_else(|error| panic!("{}: {error}", rule.display()));
    lines(&finished.package.path.join("findings.csv"))
}

/// The findings, without those of rules that look across rows, unless this rule does. The finding that no handful of rows
/// covers a year is looked at in its own fixture alone.
fn of_its_kind(rule: &Rule, mut found: Lines) -> Lines {
    let across = |id: &str| find(id).is_some_and(|rule| rule.kind.looks_across_rows());
    found.retain(|line| across(rule.id) || !across(&line[2]));
    found.retain(|line| line[2] != "P004" || rule.id == "P004");
    found
}

fn assert_passes_over(rule: &str, found: &Lines) {
    assert!(found.iter().all(|line| line[2] != rule), "{rule} finds something in what is clean: {found:#?}");
}

#[test]
fn every_rule_finds_what_its_dirty_fixture_holds_and_nothing_in_its_clean_one() {
    let release = Release::embedded().unwrap();
    for rule in RULES {
        let folder = folder(rule.id);
        let mut expected = "expected.csv";
        if let Some(dirty) = fixture(&folder, "dirty") {
            assert_passes_over(rule.id, &found_in_file(&fixture(&folder, "clean").unwrap(), &release));
            let found = of_its_kind(rule, found_in_file(&dirty, &release));
            assert_eq!(found, lines(&folder.join(expected)), "{} in a file", rule.id);
            expected = "expected_of_run.csv";
        }
        if folder.join("mapping").exists() {
            assert_passes_over(rule.id, &found_in_run(&folder, "clean", &release));
            let found = of_its_kind(rule, found_in_run(&folder, "dirty", &release));
            assert_eq!(found, lines(&folder.join(expected)), "{} in a run", rule.id);
        }
    }
}

#[test]
fn every_rule_has_a_folder_that_expects_it_and_every_folder_a_rule() {
    let rules: BTreeSet<_> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    let entries = fs::read_dir(folder("")).unwrap();
    let folders: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, rules);
    for rule in &rules {
        let expected = lines(&folder(rule).join("expected.csv"));
        assert!(expected.iter().any(|line| line[2] == *rule), "{rule}");
    }
}
