//! `audit`: what was done is told, and nothing of it can be changed without being found.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::sync::LazyLock;

use cld_agent::exit;
use rusqlite::Connection;
use support::{Demo, NOW, agent};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(200, 7));

/// `cld-agent audit …` in the council's folder: its exit code, and what was printed.
fn audit(demo: &Demo, arguments: &[&str]) -> (i32, serde_json::Value) {
    let output = agent().current_dir(demo.path()).args(["--json", "audit"]).args(arguments).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn ledger(demo: &Demo) -> Connection {
    Connection::open(demo.path().join("ledger.db")).unwrap()
}

fn faults(demo: &Demo, arguments: &[&str]) -> Vec<String> {
    let (code, told) = audit(demo, arguments);
    assert_eq!(code, i32::from(exit::CHANGED), "{told}");
    serde_json::from_value(told["faults"].clone()).unwrap()
}

#[test]
fn a_run_and_an_answer_are_told_and_the_trail_is_whole() {
    let demo = COUNCIL.copy();
    let package = demo.package();
    let findings = package.lines("findings.csv");
    let asked = findings.iter().find(|line| line["rule"] == "T006" && line["severity"] == "QUERY").unwrap();
    let folder = package.path().to_str().unwrap();
    let accept = ["answer", "--as-of", NOW, "accept", "T006", "--from", folder, "--row", &asked["row"]];
    agent().current_dir(demo.path()).args(accept).args(["--reason", "the practice has closed"]).assert().success();

    let (_, told) = audit(&demo, &["list"]);
    let kinds: Vec<_> = told.as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["run-begun", "configuration-changed", "run-ended", "answer-accepted"]);
    assert_eq!((&told[0]["account"], &told[3]["details"]["rule"]), (&"demo".into(), &"T006".into()));
    assert_eq!(told[2]["details"]["staged"]["rows"], package.rows().len());

    let (code, whole) = audit(&demo, &["verify"]);
    assert_eq!((code, &whole["lines"], &whole["other_heads"]), (0, &4.into(), &1.into()), "{whole}");
    let head = whole["head"].as_str().unwrap();
    assert_eq!(audit(&demo, &["verify", "--head", head]).0, 0);
    assert_eq!(faults(&demo, &["verify", "--head", &head.replacen('4', "3", 1)]).len(), 1);
}

#[test]
fn a_changed_line_is_named_and_a_forged_trail_is_found_by_the_package() {
    let demo = COUNCIL.copy();
    ledger(&demo).execute("UPDATE audit SET account = 'nobody' WHERE line = 3", []).unwrap();
    assert_eq!(faults(&demo, &["verify"]), ["Line 3 is not what was written: changed, moved or put in."]);

    // Somebody begins the trail anew: the package knows how it was.
    let demo = COUNCIL.copy();
    ledger(&demo).execute("DELETE FROM audit", []).unwrap();
    std::fs::remove_file(demo.path().join("audit.head")).unwrap();
    let faults = faults(&demo, &["verify"]);
    let run = demo.package().manifest()["run"]["id"].as_str().unwrap().to_owned();
    assert_eq!(faults, [format!("Line 1 is missing at the end: the package of run {run} knows line 1.")]);
}

#[test]
fn without_a_ledger_nothing_is_said_to_be_whole() {
    let demo = COUNCIL.copy();
    std::fs::remove_file(demo.path().join("ledger.db")).unwrap();
    assert_eq!(audit(&demo, &["verify"]).0, i32::from(exit::LEDGER));
    assert_eq!(audit(&demo, &["list"]), (0, serde_json::json!([])));
}
