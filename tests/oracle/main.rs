//! The check against an oracle: random rows, judged by the engine and by slow, plain code, must come to the same.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

mod across;
mod colliding;
mod plain;
mod planted;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use across::Rows;
use cld_agent::{
    check::TestNumbers,
    compare::Tolerances,
    model::{Date, Environment, Period},
    run::{CheckOrder, Checked, PersonalValues, PortalLimits, Silent, Thresholds, Watch, check_file},
    source::Limits,
    sys::{clock::Clock, shutdown::Shutdown},
};
use colliding::{Mood, Picks};
use plain::{Facts, Field, Finding, Release, Row, Tally};
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, RngSeed},
};

const RELEASE: &str = include_str!("../../config/releases/release-1.toml");
const FACTS: Facts = Facts { la_code: "503", start: (2024, 10, 1), end: (2025, 9, 30), today: (2025, 10, 20) };

/// Texts that a field may hold, the likely ones first and more than once.
fn pool(field: &Field) -> Vec<String> {
    let mut texts: Vec<String> = match field.key.as_str() {
        "la_code" => words("503*20 504 E1F2G 5030 50A"),
        "reporting_period_start_date" => words("01/10/2024*30 02/10/2024 1/10/2024 01/10/2023"),
        "reporting_period_end_date" => words("30/09/2025*30 31/09/2025 30/09/25 30/09/2026"),
        "nhs_number" => words("9434765919*4 9434765870 9434765918 9990000018 999 1111111111 0000000000 943|476|5919"),
        "la_person_unique_identifier" => words("P1*6 12345 Ünï–1 @7 P1|"),
        "gp_practice_code" => words("B86001*4 K81003001 b86001 V81997 V81998 V81999 V81996"),
        "date_of_birth" => words(
            "01/02/1950*4 30/09/2007 01/10/2007 29/02/1960 30/09/1961 01/10/1960 30/09/1910 01/10/1910 01/01/1900 \
             31/12/2025 05/04/2025 31/02/1950 1950-02-01 01/02/0000 18294",
        ),
        "date_of_death" => words(" *12 03/03/2025 01/01/1950 20/10/2025 21/10/2025 09/09/9999 00/01/2025"),
        "event_start_date" => words("01/11/2024*6 01/09/2024 30/09/2025 01/10/2025 21/10/2025 30/02/2025 01/11/2024T"),
        "event_end_date" => words(
            "02/12/2024*6 30/09/2024 01/10/2024 30/09/2025 01/10/2025 20/10/2025 31/10/2024 21/10/2025 29/02/2025 5",
        ),
        "postcode" => {
            words("BD1|1AA*4 BD11AA ZZ99|3VZ W1A|1HQ EC1A|1BB BD1|IAA QD1|1AA bd1|1aa GIR|0AA BD1||1AA W1Z|1HQ B|1AA")
        }
        "event_reference" => words("R1*4 9434765919 E9434765919-1 943|476|5919 |R1 =R1 -7 R\u{7f} “q” €"),
        "adult_1_linked_person_id" | "adult_2_linked_person_id" | "adult_3_linked_person_id" => {
            words(" *8 P2*2 |P2 P3| =P")
        }
        "number_of_adults_being_cared_for" => words("1*2 2 two 1.0 -1"),
        "provider_cqc_location_id" => words("1-123456789*3 1-12345 1-12345678901 1-123456789012 RXH01"),
        "unit_cost" => words(
            "21.50*3 650.00 15000.00 -99000 1000000.00 0 -120.00 -0.00 .5 7. £5 1,250.00 12345678901234567 +5 -x 1.5.0",
        ),
        "planned_units_per_week" => words("7.00*2 1.00 1.01 .5 3 600 ten -1 =7"),
        "first_name" | "last_name" => words("Ann*4 Zoë O’Brien -Smith Anne\"B D,E F\r\nG \u{1}H"),
        _ if field.labels.is_empty() => words("some|text*2 =1+1 +44 @home -5 -5.5 -five a\tb \u{7f} “q” €"),
        _ => {
            let labels = field.labels.keys().flat_map(|label| [label.clone(), label.clone(), label.clone()]);
            let near = field.labels.keys().take(2).flat_map(|label| [label.to_uppercase(), format!("{label} ")]);
            labels.chain(near).chain(["99".to_owned(), "=x".to_owned(), "-".to_owned(), "\u{2}".to_owned()]).collect()
        }
    };
    texts.extend(["", "", "", "NULL", " ", "null"].map(str::to_owned));
    texts
}

/// Texts between blanks; `*n` repeats one, `|` stands for a blank inside.
fn words(texts: &str) -> Vec<String> {
    let mut words = Vec::new();
    for text in texts.split(' ') {
        let (text, times) = text.rsplit_once('*').map_or((text, 1), |(text, times)| (text, times.parse().unwrap()));
        words.extend(std::iter::repeat_n(text.replace('|', " "), times));
    }
    words
}

/// One number per field chooses from the field's pool; of 8 rows, 7 hold something likely in the deciding fields.
fn row(release: &Release, pools: &[Vec<String>], picks: &[u16]) -> Row {
    let likely = !picks[0].is_multiple_of(8);
    let choose = |(field, (pool, pick)): (&Field, (&Vec<String>, &u16))| {
        let labels = field.labels.len() * 3;
        let many = match field.key.as_str() {
            "client_type" | "event_type" | "service_type" if likely => labels,
            _ => pool.len(),
        };
        (field.key.clone(), pool[usize::from(*pick) % many].clone())
    };
    release.fields.iter().zip(pools.iter().zip(picks)).map(choose).collect()
}

/// The rows as a file for the portal.
fn file(release: &Release, rows: &[Row]) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut lines = vec![release.fields.iter().map(|field| quoted(&field.header)).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| release.fields.iter().map(|field| quoted(&row[&field.key])).collect()));
    let text: String = lines.iter().map(|line| line.join(",") + "\r\n").collect();
    let (bytes, _, unmappable) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!unmappable);
    bytes.into_owned()
}

/// What the engine says of a file.
struct Told {
    findings: Vec<Finding>,
    across: Vec<across::Finding>,
    tallies: BTreeMap<String, Tally>,
    counts: across::Counts,
}

#[expect(clippy::disallowed_methods, reason = "a test plays the program that made the file")]
fn check(release: &cld_agent::spec::Release, bytes: &[u8], folder: &Path) -> Told {
    let path = folder.join("upload.csv");
    std::fs::write(&path, bytes).unwrap();
    let date = |(year, month, day): plain::Day| Date::from_ymd(year as i32, month, day).unwrap();
    let order = CheckOrder {
        file: &path,
        sheet: None,
        out: folder,
        release,
        la_code: Some(FACTS.la_code.to_owned()),
        period: Some(Period::new(date(FACTS.start), date(FACTS.end)).unwrap()),
        environment: Environment::Test,
        test_numbers: TestNumbers::Strange,
        personal: PersonalValues::Kept,
        worklist_rows: 1_000,
        thresholds: Thresholds { points_worse: 5.0, ceiling: 50.0, fewest_rows: 20 },
        answers: cld_agent::answers::Answers::default(),
        baseline: None,
        tolerances: Tolerances::default(),
        as_of: date(FACTS.today),
        began: "2025-10-20T06:00:00Z".parse().unwrap(),
        limits: Limits::default(),
        portal: PortalLimits::default(),
    };
    let stop = Shutdown::default();
    let watch = Watch { progress: &Silent, stop: &stop, clock: Clock::Fixed("2025-10-20T06:00:00Z".parse().unwrap()) };
    let checked = check_file(&order, &watch).unwrap();
    let (findings, across) = findings(&folder.join("findings.csv"));
    let national = checked.report.national.as_ref().unwrap();
    assert!(national.adds_up());
    Told { findings, across, tallies: tallies(&checked), counts: counts(&serde_json::to_value(national).unwrap()) }
}

/// The counts of the national process as the report has them, by the oracle's names; nought is left out.
fn counts(national: &serde_json::Value) -> across::Counts {
    let mut counts = across::Counts::new();
    let mut count = |name: String, many: &serde_json::Value| {
        let many = many.as_u64().unwrap();
        if many > 0 {
            counts.insert(name, many);
        }
    };
    for name in ["rows", "without_event", "rows_split_off"] {
        count(name.to_owned(), &national[name]);
    }
    for (name, many) in national["ignored"].as_object().unwrap() {
        count(name.clone(), many);
    }
    for event in national["events"].as_array().unwrap() {
        for name in ["rows", "unique"] {
            count(format!("{} {name}", event["event_type"].as_str().unwrap()), &event[name]);
        }
    }
    for (sense, alike) in national["duplicates"].as_object().unwrap() {
        for (name, many) in alike.as_object().unwrap() {
            count(format!("{sense} {name}"), many);
        }
    }
    for (name, many) in national["people"].as_object().unwrap() {
        count(if name == "distinct" { "people".to_owned() } else { format!("people {name}") }, many);
    }
    counts
}

/// The rules that the oracle knows: all that look at a row of a file made elsewhere.
const RULES: [&str; 56] = [
    "D001", "D002", "D003", "D004", "D005", "D006", "D007", "D008", "D009", "F002", "F003", "F103", "F104", "K001",
    "L001", "L003", "M001", "O001", "O002", "O003", "O004", "P001", "P002", "P005", "S001", "S002", "S003", "S004",
    "S005", "S006", "S007", "S008", "T001", "T002", "T003", "T004", "T005", "T006", "T007", "T008", "T009", "T010",
    "T011", "T012", "T013", "T014", "T015", "X001", "X002", "X003", "X004", "X005", "X006", "X007", "X008", "X009",
];

const WORDS: [&str; 7] = ["BLOCK", "ERROR", "QUERY", plain::VALID, plain::BLANK, plain::MISSING, plain::INVALID];

/// The findings, sorted: those about rows alone, and those of the rules that look across rows. What else is said of the
/// file as a whole the oracle leaves to others.
fn findings(path: &Path) -> (Vec<Finding>, Vec<across::Finding>) {
    let (mut of_rows, mut across_rows) = (Vec::new(), Vec::new());
    for line in csv::Reader::from_path(path).unwrap().records() {
        let line = line.unwrap();
        let known = |text: &str| {
            let mut words = RULES.iter().chain(&across::RULES).chain(&WORDS).chain(&[""]);
            *words.find(|word| **word == text).unwrap_or_else(|| panic!("the oracle does not know {text}"))
        };
        let number = |text: &str| if text.is_empty() { 0 } else { text.parse().unwrap() };
        let (row, header, other) = (number(&line[0]), line[1].to_owned(), number(&line[11]));
        if across::RULES.contains(&&line[2]) {
            let other = Some(other).filter(|other| *other > 0);
            across_rows.push((row, header, known(&line[2]), known(&line[3]), known(&line[4]), other));
        } else if row > 0 {
            of_rows.push((row, header, known(&line[2]), known(&line[3]), known(&line[4])));
        }
    }
    of_rows.sort();
    across_rows.sort();
    (of_rows, across_rows)
}

fn tallies(checked: &Checked) -> BTreeMap<String, Tally> {
    const ASKED: [&str; 4] = ["Mandatory", "Applicable but not mandatory", "Not applicable", "Undetermined"];
    const FARED: [&str; 4] = [plain::VALID, plain::BLANK, plain::MISSING, plain::INVALID];
    let fields = checked.report.fields.iter().map(|field| {
        let told = serde_json::to_value(field.tally).unwrap();
        let count = |asked: &'static str, fared: &'static str| ((asked, fared), told[asked][fared].as_u64().unwrap());
        let counts = ASKED.into_iter().flat_map(|asked| FARED.map(|fared| count(asked, fared)));
        (field.header.clone(), counts.filter(|(_, count)| *count > 0).collect())
    });
    fields.collect()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_251_020),
        rng_algorithm: RngAlgorithm::ChaCha,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    }
}

#[test]
fn the_engine_and_the_oracle_agree_on_rows_that_collide() {
    let (plain, release) = (Release::read(RELEASE), cld_agent::spec::Release::embedded().unwrap());
    let cells = prop::collection::vec(any::<u16>(), 54).prop_map(|picks| Picks::try_from(picks).unwrap());
    let mood = (2..40_usize, 0..6_u16).prop_map(|(people, april)| Mood { people, april });
    let never_found = RefCell::new(BTreeSet::from(across::RULES));
    proptest!(config(64), |(mood in mood, picks in prop::collection::vec(cells, 1..150))| {
        let rows = colliding::rows(&plain, mood, &picks);
        let folder = tempfile::tempdir().unwrap();
        let told = check(&release, &file(&plain, &rows), folder.path());
        let (expected, expected_counts) = Rows::new(&plain, &rows, &FACTS).judge();
        prop_assert_eq!(difference(&expected, &told.across), "", "- oracle, + engine");
        prop_assert_eq!(expected_counts, told.counts);
        never_found.borrow_mut().retain(|rule| told.across.iter().all(|finding| finding.2 != *rule));
    });
    assert_eq!(never_found.into_inner(), BTreeSet::new(), "the rows give every rule something to find");
}

#[test]
fn planted_faults_between_rows_are_found_and_nothing_else() {
    let (plain, release) = (Release::read(RELEASE), cld_agent::spec::Release::embedded().unwrap());
    let mut extract = planted::Extract::clean(&plain);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check(&release, &file(&plain, &extract.rows), folder.path()).across, []);

    extract.plant();
    let folder = tempfile::tempdir().unwrap();
    let told = check(&release, &file(&plain, &extract.rows), folder.path());
    let found: Vec<_> =
        told.across.iter().map(|(row, header, rule, _, _, other)| (*row, &**header, *rule, *other)).collect();
    assert_eq!(difference(&extract.planted, &found), "", "- planted, + engine");
    let kinds: BTreeSet<_> = extract.planted.iter().map(|planted| planted.2).collect();
    assert_eq!(kinds, BTreeSet::from(across::RULES), "every kind of fault is planted");
    let (expected, expected_counts) = Rows::new(&plain, &extract.rows, &FACTS).judge();
    assert_eq!(difference(&expected, &told.across), "", "- oracle, + engine");
    assert_eq!(expected_counts, told.counts);
}

#[test]
fn the_engine_and_the_oracle_agree_on_random_rows() {
    let (plain, release) = (Release::read(RELEASE), cld_agent::spec::Release::embedded().unwrap());
    let pools: Vec<_> = plain.fields.iter().map(pool).collect();
    let rows = prop::collection::vec(prop::collection::vec(any::<u16>(), 50), 1..80);
    let never_found = RefCell::new(BTreeSet::from(RULES));
    proptest!(config(64), |(picks in rows)| {
        let rows: Vec<_> = picks.iter().map(|picks| row(&plain, &pools, picks)).collect();
        let folder = tempfile::tempdir().unwrap();
        let Told { findings, tallies, .. } = check(&release, &file(&plain, &rows), folder.path());
        let (expected, expected_tallies) = plain.judge(&rows, &FACTS);
        prop_assert_eq!(difference(&expected, &findings), "", "- oracle, + engine");
        prop_assert_eq!(expected_tallies, tallies);
        never_found.borrow_mut().retain(|rule| findings.iter().all(|finding| finding.2 != *rule));
    });
    assert_eq!(never_found.into_inner(), BTreeSet::new(), "the rows give every rule something to find");
}

/// The findings that stand on one side only, a line each.
fn difference<F: PartialEq + std::fmt::Debug>(expected: &[F], found: &[F]) -> String {
    if expected == found {
        return String::new();
    }
    let lacking = expected.iter().filter(|finding| !found.contains(finding)).map(|finding| format!("- {finding:?}\n"));
    let beyond = found.iter().filter(|finding| !expected.contains(finding)).map(|finding| format!("+ {finding:?}\n"));
    let many = format!("{} findings, not {}", found.len(), expected.len());
    let many = if found.len() == expected.len() { String::new() } else { many };
    lacking.chain(beyond).chain([many]).collect()
}
