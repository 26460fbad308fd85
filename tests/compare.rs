//! `check compare`: where the centre judged otherwise than we did.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{fs, sync::LazyLock};

use assert_cmd::assert::Assert;
use cld_agent::exit;
use support::{Demo, Line, agent, lines, put};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(200, 7));

fn compare(council: &Demo, list: &str, more: &[&str]) -> Assert {
    put(&council.path().join("central.csv"), list.as_bytes());
    let from = council.package();
    let mut command = agent();
    command.current_dir(council.path()).args(["check", "compare", "central.csv", "--out", "out", "--from"]);
    command.arg(from.path()).args(more).assert()
}

fn differences(council: &Demo) -> Vec<Line> {
    lines(&fs::read(council.path().join("out/differences.csv")).unwrap())
}

fn stdout(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

const BY_ROW: [&str; 4] = ["--row-column", "Record", "--field-column", "Data item"];

/// Every value that failed here, once.
fn failed(council: &Demo) -> Vec<(String, String, String)> {
    let found = council.package().lines("findings.csv").into_iter();
    let failed = found.filter(|line| line["status"].starts_with("Failed"));
    let mut failed: Vec<_> =
        failed.map(|line| (line["row"].clone(), line["field"].clone(), line["rule"].clone())).collect();
    failed.sort();
    failed.dedup_by(|one, other| (&one.0, &one.1) == (&other.0, &other.1));
    failed
}

#[test]
fn a_list_that_says_the_same_has_no_difference() {
    let council = COUNCIL.copy();
    let list: Vec<_> = failed(&council).iter().map(|(row, field, _)| format!("{row},\"{field}\"\r\n")).collect();
    let list = list.concat();
    let ended = compare(&council, &format!("Record,Data item\r\n{list}"), &BY_ROW).success();
    assert_eq!(stdout(&ended), "No difference.\n");
    assert!(differences(&council).is_empty());
}

#[test]
fn each_side_is_told_by_rule_and_field_with_its_rows() {
    let council = COUNCIL.copy();
    let ours = failed(&council);
    let (dropped, kept) = ours.split_first().unwrap();
    let mut list = "Record,Data item,State\r\n".to_owned();
    // The centre counts the header as row 1.
    let line =
        |row: &str, field: &str, state: &str| format!("{},\"{field}\",{state}\r\n", row.parse::<u64>().unwrap() + 1);
    for (row, field, _) in kept {
        list.push_str(&line(row, field, "Failed: Invalid"));
    }
    let passed =
        (1..10_000).map(|row: u64| row.to_string()).find(|row| !ours.iter().any(|(known, ..)| known == row)).unwrap();
    list.push_str(&line(&passed, "date of birth", "Failed: Blank (Mandatory)"));
    list.push_str(&line(&dropped.0, &dropped.1, "Passed: Valid"));
    list.push_str(&line(&passed, "Shoe Size", "Failed: Invalid"));
    let more = [&BY_ROW[..], &["--status-column", "State", "--first-row", "2"]].concat();
    let said = stdout(&compare(&council, &list, &more).success());
    let told: Vec<_> = differences(&council)
        .into_iter()
        .map(|line| (line["difference"].clone(), line["row"].clone(), line["field"].clone()))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&("they failed what we passed".into(), passed.clone(), "Date of Birth".into())), "{told:?}");
    assert!(told.contains(&("we failed what they passed".into(), dropped.0.clone(), dropped.1.clone())), "{told:?}");
    let row = &dropped.0;
    assert!(said.contains(&dropped.2) && said.contains(&format!("1 (rows {row})")), "{said}");
    assert!(said.contains("not compared: field 'Shoe Size', which is not known: 1"), "{said}");
    assert_eq!(fs::read_to_string(council.path().join("out/differences.txt")).unwrap(), said);
}

#[test]
fn counts_by_field_and_status_are_compared_with_the_report() {
    let council = COUNCIL.copy();
    let report: serde_json::Value = serde_json::from_slice(&council.package().read("report.json")).unwrap();
    let ours = |header: &str, status: &str| -> u64 {
        let fields = report["report"]["fields"].as_array().unwrap();
        let tally = &fields.iter().find(|field| field["header"] == header).unwrap()["tally"];
        ["Mandatory", "Applicable but not mandatory", "Undetermined"]
            .map(|asked| tally[asked][status].as_u64().unwrap())
            .iter()
            .sum()
    };
    let (valid, blank) = (ours("Gender", "Passed: Valid"), ours("Gender", "Failed: Blank (Mandatory)"));
    assert!(valid > 0);
    let list = format!(
        "Field,Validity,Rows\r\nGender,passed valid,{valid}\r\nGender,Failed: Blank (Mandatory),{}\r\n",
        blank + 3
    );
    let columns = ["--field-column", "Field", "--status-column", "Validity", "--count-column", "Rows"];
    let said = stdout(&compare(&council, &list, &columns).success());
    assert_eq!(said, format!("counts differ: Gender: Failed: Blank (Mandatory): {blank} here, {} there\n", blank + 3));
    assert_eq!(differences(&council).len(), 1);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let council = COUNCIL.copy();
    let usage = i32::from(exit::USAGE);
    let ended = compare(&council, "Record,Item\r\n", &BY_ROW).code(usage);
    let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
    assert!(said.contains("find the column 'Data item'"), "{said}");
    compare(&council, "Record,Data item\r\nx,Gender\r\n", &BY_ROW).code(i32::from(exit::SOURCE));
    compare(&council, "Record,Data item\r\n", &BY_ROW[2..]).code(usage);
    // A file of that name can still be checked, and the check still wants a folder.
    agent().current_dir(council.path()).args(["check", "extract.csv"]).assert().code(usage);
    agent()
        .current_dir(council.path())
        .args(["check", "./compare", "--out", "o"])
        .assert()
        .code(i32::from(exit::SOURCE));
}
