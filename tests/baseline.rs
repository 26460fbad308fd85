//! From one run to the next: what is remembered, what is compared, and what is never taken for a comparison.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cld_agent::exit;
use support::{Demo, NOW, agent, lines, put};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(300, 11));

/// Runs the council once more, for the same period; the exit code, and what was printed.
fn again(demo: &Demo, more: &[&str]) -> (i32, serde_json::Value) {
    let output = demo.run().args(["--json", "--period", "2025-10-01_2026-09-30"]).args(more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")))
}

/// `cld-agent baseline …` in the council's folder.
fn baseline(demo: &Demo, arguments: &[&str]) -> (i32, String, String) {
    let mut command = agent();
    command.current_dir(demo.path()).args(["--json", "baseline"]).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A file of the package that a run told of.
fn of_package(demo: &Demo, told: &serde_json::Value, name: &str) -> Vec<u8> {
    fs::read(demo.path().join(told["package"].as_str().unwrap()).join(name)).unwrap()
}

fn manifest(demo: &Demo, told: &serde_json::Value) -> serde_json::Value {
    serde_json::from_slice(&of_package(demo, told, "manifest.json")).unwrap()
}

fn index(demo: &Demo) -> PathBuf {
    let entries = fs::read_dir(demo.path().join("index")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found.remove(0)
}

#[test]
fn the_first_run_says_that_nothing_was_compared() {
    let manifest = COUNCIL.package().manifest();
    let not_run = manifest["comparison"]["not_run"].as_str().unwrap();
    assert!(not_run.contains("nothing to compare with"), "{not_run}");
    assert_eq!(manifest["comparison"]["baseline"], serde_json::Value::Null);
    assert!(manifest["counts"]["rules"].as_object().unwrap().keys().all(|rule| !rule.starts_with('C')));
}

#[test]
fn the_same_records_differ_in_nothing() {
    let demo = COUNCIL.copy();
    let (code, told) = again(&demo, &[]);
    assert_eq!(code, i32::from(exit::SUCCESS), "{told}");
    let manifest = manifest(&demo, &told);
    assert_eq!(manifest["comparison"]["baseline"]["kind"], "the last released package");
    assert_eq!(manifest["comparison"]["baseline"]["period"]["start"], "2025-10-01");
    assert!(manifest["comparison"].get("not_run").is_none());
    assert!(manifest["counts"]["rules"].as_object().unwrap().keys().all(|rule| !rule.starts_with('C')), "{manifest}");
}

#[test]
fn a_run_without_a_third_of_its_services_is_held_and_names_those_that_vanished() {
    let demo = COUNCIL.copy();
    demo.execute("DELETE FROM package_line WHERE line_id % 3 = 0");
    let (code, rehearsed) = again(&demo, &["--dry-run"]);
    assert_eq!(code, i32::from(exit::HELD), "{rehearsed}");
    assert_eq!(fs::read_dir(demo.path().join("index")).unwrap().count(), 1, "a rehearsal leaves nothing");
    let (code, told) = again(&demo, &[]);
    assert_eq!(code, i32::from(exit::HELD), "{told}");
    let reasons = told["reasons"].as_array().unwrap();
    let guard: Vec<_> = reasons.iter().filter(|reason| reason["id"] == "C001").collect();
    assert!(guard.iter().any(|reason| reason["text"].as_str().unwrap().starts_with("Service: ")), "{reasons:?}");
    assert!(guard.iter().all(|reason| reason["can_be_approved"] == true));

    let findings = lines(&of_package(&demo, &told, "findings.csv"));
    let vanished: Vec<_> = findings.iter().filter(|line| line["rule"] == "C003").collect();
    assert!(!vanished.is_empty());
    let before = COUNCIL.package().rows();
    let counted = manifest(&demo, &told)["counts"]["rules"]["C003"].as_u64().unwrap();
    assert_eq!(vanished.len() as u64, counted);
    for line in vanished {
        assert_eq!((line["row"].as_str(), line["status"].as_str()), ("", ""));
        let row: usize = line["value"].split(' ').nth(1).unwrap().parse().unwrap();
        let old = &before[row - 1];
        assert_eq!((&old["Event Reference"], &old["Event Type"]), (&line["event_reference"], &"Service".to_owned()));
        assert_eq!(line["person_id"], old["LA Person Unique Identifier"]);
    }
}

#[test]
fn an_index_holds_no_identifier_and_a_lost_one_is_no_empty_one() {
    let demo = COUNCIL.copy();
    let path = index(&demo);
    let bytes = fs::read(&path).unwrap();
    for value in support::personal(&demo).iter().filter(|value| value.len() > 5) {
        assert!(!bytes.windows(value.len()).any(|window| window == value.as_bytes()), "{value}");
    }
    let not_run = |demo: &Demo| {
        let (code, told) = again(demo, &[]);
        assert_eq!(code, i32::from(exit::SUCCESS), "{told}");
        let said = manifest(demo, &told)["comparison"]["not_run"].as_str().unwrap().to_owned();
        let page = String::from_utf8(of_package(demo, &told, "report.html")).unwrap();
        assert!(page.contains("C001 to C007"), "the report says it too");
        said
    };
    put(&path, &bytes[..bytes.len() / 2]);
    assert!(not_run(&demo).contains("it is damaged"));

    let demo = COUNCIL.copy();
    fs::remove_file(index(&demo)).unwrap();
    assert!(not_run(&demo).contains("it is not there"));

    let demo = COUNCIL.copy();
    fs::remove_file(demo.path().join("index.key")).unwrap();
    assert!(not_run(&demo).contains("another key"));
}

#[test]
fn an_extract_of_the_old_process_stands_in_and_a_person_can_choose_another() {
    let demo = COUNCIL.copy();
    let upload = demo.package().upload();
    let upload = upload.to_str().unwrap();
    let period = ["--period", "2025-10-01_2026-09-30", "--as-of", "2026-11-01T09:00:00Z"];
    let (code, out, err) = baseline(&demo, &[&["import", upload], &period[..]].concat());
    assert_eq!(code, 0, "{err}");
    let imported: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rows = demo.package().rows().len() as u64;
    assert_eq!(imported["rows"], rows);
    let (_, out, _) = baseline(&demo, &["show"]);
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&shown["run"], &shown["kind"]), (&imported["import"], &"an extract that was imported".into()));

    let (code, told) = again(&demo, &[]);
    assert_eq!(code, 0);
    assert_eq!(manifest(&demo, &told)["comparison"]["baseline"]["run"], imported["import"]);
    assert!(manifest(&demo, &told)["counts"]["rules"].as_object().unwrap().keys().all(|rule| !rule.starts_with('C')));

    let first = demo_run_id(&demo);
    let choose = |id: &str, reason: &str| baseline(&demo, &["set", id, "--reason", reason, "--as-of", "2027-01-01"]);
    let (code, _, said) = choose(&first, "see 999 000 0018");
    assert_eq!(code, i32::from(exit::USAGE));
    assert!(said.contains("NHS number") && !said.contains("0018"), "{said}");
    assert_eq!(choose("20200101T000000Z", "it was partial").0, i32::from(exit::USAGE));
    assert_eq!(choose(&first, "the one after was partial").0, 0);
    let (_, out, _) = baseline(&demo, &["show"]);
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&shown["run"], &shown["reason"]), (&first.into(), &"the one after was partial".into()));
}

/// The run that made the demo.
fn demo_run_id(demo: &Demo) -> String {
    let output = agent().current_dir(demo.path()).args(["--json", "runs"]).output().unwrap();
    let runs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let second = NOW.replace(['-', ':'], "");
    let ids = runs.as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned());
    ids.into_iter().find(|id| *id == second).unwrap()
}

#[test]
fn after_a_change_of_case_system_a_crosswalk_finds_everybody() {
    let demo = COUNCIL.copy();
    let query = "SELECT DISTINCT case_no FROM person WHERE case_no <> ''";
    let database = demo.database();
    let mut statement = database.prepare(query).unwrap();
    let ids: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(statement);
    drop(database);
    demo.execute("UPDATE person SET case_no = 'N' || case_no WHERE case_no <> ''; UPDATE person SET nhs_no = NULL");
    let (_, told) = again(&demo, &["--dry-run"]);
    let summary = told["reasons"].to_string();
    let lines: Vec<_> = ids.iter().map(|id| format!("{id},N{id}")).collect();
    put(&demo.path().join("crosswalk.csv"), format!("old_id,new_id\n{}\n", lines.join("\n")).as_bytes());
    demo.replace("agent.toml", "mapping = \"mapping\"", "mapping = \"mapping\"\ncrosswalk = \"crosswalk.csv\"");
    let (_, told) = again(&demo, &[]);
    let rules = manifest(&demo, &told)["counts"]["rules"].clone();
    let found = |rule: &str| rules[rule].as_u64().unwrap_or(0);
    assert_eq!((found("C003"), found("C004"), found("C006")), (0, 0, 0), "{rules} {summary}");

    demo.replace("agent.toml", "crosswalk = \"crosswalk.csv\"", "");
    let (code, out, err) =
        baseline(&demo, &["set", &demo_run_id(&demo), "--reason", "before the change", "--as-of", "2027-01-01"]);
    assert_eq!(code, 0, "{out}{err}");
    let (_, told) = again(&demo, &[]);
    let rules = manifest(&demo, &told)["counts"]["rules"].clone();
    assert!(rules["C004"].as_u64().unwrap() > 100, "nobody is found without it: {rules}");
}

/// An upload file in other clothes: semicolons for commas, compressed.
fn packed_with_semicolons(rows: &[Vec<String>], to: &Path) {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(packed);
    for row in rows {
        writer.write_record(row).unwrap();
    }
    put(to, &writer.into_inner().unwrap().finish().unwrap());
}

#[test]
fn what_vanished_between_two_files_is_named_whatever_form_they_have() {
    let demo = Demo::new(400, 9);
    let bytes = fs::read(demo.package().upload()).unwrap();
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<Vec<String>> =
        reader.into_records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let column = |name: &str| rows[0].iter().position(|header| header == name).unwrap();
    let [kind, end, reference, person] =
        ["Event Type", "Event End Date", "Event Reference", "LA Person Unique Identifier"].map(column);
    let is_open = |row: &Vec<String>| row[kind] == "Service" && row[end].is_empty();
    let gone: BTreeSet<String> =
        rows.iter().filter(|row| is_open(row)).take(30).map(|row| row[person].clone()).collect();
    let left: Vec<_> = rows.iter().filter(|row| !gone.contains(&row[person])).cloned().collect();
    let folder = tempfile::tempdir().unwrap();
    let [before, now] = ["before.csv.gz", "now.csv.gz"].map(|name| folder.path().join(name));
    packed_with_semicolons(&rows, &before);
    packed_with_semicolons(&left, &now);

    let mut command = agent();
    command.arg("check").arg(&now).arg("--baseline").arg(&before).args(["--allow-test-nhs-numbers", "--as-of", NOW]);
    command.arg("--out").arg(folder.path().join("out")).assert().code(3);
    let findings = lines(&fs::read(folder.path().join("out/findings.csv")).unwrap());
    let vanished: BTreeSet<(&str, &str)> = findings
        .iter()
        .filter(|line| line["rule"] == "C003")
        .map(|line| (line["event_reference"].as_str(), line["person_id"].as_str()))
        .collect();
    let expected: BTreeSet<(&str, &str)> = rows
        .iter()
        .filter(|row| is_open(row) && gone.contains(&row[person]))
        .map(|row| (row[reference].as_str(), row[person].as_str()))
        .collect();
    assert_eq!(vanished, expected);
}
