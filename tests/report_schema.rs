//! `report.json` is what its schema says, and the schema is strict enough to notice when it is not.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/schema.rs"]
mod schema;
mod support;

use std::{fs, path::Path};

use serde_json::{Value, json};
use support::{Demo, NOW, agent};

fn the_schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report-schema.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_reports_of_a_run_and_of_a_check_are_as_the_schema_says() {
    let demo = Demo::new(40, 7);
    let of_run: Value = serde_json::from_slice(&demo.package().read("report.json")).unwrap();
    assert_eq!(schema::faults(&the_schema(), &of_run), [""; 0]);

    let folder = tempfile::tempdir().unwrap();
    let mut command = agent();
    command.arg("check").arg(demo.package().upload()).args(["--as-of", NOW, "--allow-test-nhs-numbers", "--out"]);
    command.arg(folder.path()).assert().success();
    let of_check: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(schema::faults(&the_schema(), &of_check), [""; 0]);
    assert_eq!(of_check["report"]["verdict"]["outcome"], "judged");

    for (place, wrong, fault) in [
        ("/format", json!(2), "/format: not const 1"),
        ("/report/file/rows", json!("many"), "/report/file/rows: not type \"integer\""),
        ("/report/file/rows", json!(-1), "/report/file/rows: not minimum 0"),
        ("/report/made", json!("yesterday"), "/report/made: not format \"date-time\""),
        ("/report/rules/0/scope", json!("village"), "/report/rules/0/scope: not enum"),
        ("/report/rules/0", json!({"id": "M001"}), "/report/rules/0: 'title' is missing"),
        ("/report/fields/3/shares/Passed: Valid", json!("99.95%"), "/report/fields/3/shares/Passed: Valid"),
        ("/report/verdict", json!({"outcome": "sent"}), "/report/verdict: not oneOf"),
        ("/report/worklist", json!({"listed": 1, "left_off": 0, "nhs_number": ""}), "nhs_number: not in the schema"),
    ] {
        let mut report = of_run.clone();
        *report.pointer_mut(place).unwrap() = wrong;
        let faults = schema::faults(&the_schema(), &report);
        assert!(faults.iter().any(|one| one.contains(fault)), "{place}: {faults:?}");
    }
}

#[test]
fn everybody_stands_once_in_each_table_of_people() {
    let report: Value = serde_json::from_slice(&Demo::new(40, 7).package().read("report.json")).unwrap();
    let people = report["report"]["national"]["people"]["distinct"].as_u64().unwrap();
    let groups = report["report"]["statistics"].as_array().unwrap();
    let group = groups.iter().find(|group| group["title"] == "People").unwrap();
    let tables = group["tables"].as_array().unwrap();
    let count = |line: &Value| line["count"].as_u64().unwrap();
    let sums = tables.iter().map(|table| table["counts"].as_array().unwrap().iter().map(count).sum::<u64>());
    assert_eq!((people, sums.collect::<Vec<_>>()), (40, vec![40; 5]));
}
