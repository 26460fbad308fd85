//! How long things are kept, with the real program: what goes, what stays, and what a process leaves that dies on the way.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cld_agent::{ledger::Ledger, sys::failpoint};
use jiff::Timestamp;
use support::{Demo, Package, agent, put, tree};

/// Two packages: that of 20 October 2026, and that of 23 November, whose period is another one, so that both are ready.
static COUNCIL: LazyLock<Demo> = LazyLock::new(|| {
    let demo = Demo::new(40, 7);
    demo.run().args(["--period", "2025-10-02_2026-09-30"]).assert().success();
    demo
});

const FIRST: &str = "20261020T060000Z";
const SECOND: &str = "20261123T090000Z";
/// The first is warned of on this day, late: it is old enough two days on.
const WARNED: &str = "2026-12-28";

fn command(demo: &Demo, arguments: &[&str], now: &str) -> assert_cmd::Command {
    let mut command = agent();
    command.current_dir(demo.path()).args(arguments).args(["--as-of", now]);
    command
}

fn json(demo: &Demo, arguments: &[&str], now: &str) -> serde_json::Value {
    let ended = command(demo, arguments, now).arg("--json").assert().success();
    serde_json::from_slice(&ended.get_output().stdout).unwrap()
}

fn text(demo: &Demo, arguments: &[&str], now: &str) -> String {
    let ended = command(demo, arguments, now).assert().success();
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

fn ledger(demo: &Demo) -> Ledger {
    Ledger::open(&demo.path().join("ledger.db")).unwrap()
}

/// The folder of a run's package.
fn package(demo: &Demo, run: &str) -> PathBuf {
    let found =
        tree(&demo.path().join("staging")).into_keys().find(|file| file.ends_with(&format!("{run}/manifest.json")));
    demo.path().join("staging").join(found.unwrap()).parent().unwrap().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What was purged, as the audit trail has it: kind, subject, files.
fn audited(demo: &Demo) -> Vec<(String, String, u64)> {
    let lines = ledger(demo).audit(None).unwrap().into_iter().filter(|line| line.kind == "purged");
    let of = |details: &str| serde_json::from_str::<serde_json::Value>(details).unwrap();
    lines
        .map(|line| {
            let details = of(&line.details);
            (details["what"].as_str().unwrap().to_owned(), line.subject, details["files"].as_u64().unwrap())
        })
        .collect()
}

/// Records by hand that the first package was submitted, so that the tests of retention stand by themselves.
fn submitted(demo: &Demo, run: &str, at: &str) {
    let database = rusqlite::Connection::open(demo.path().join("ledger.db")).unwrap();
    let changed = database
        .execute("UPDATE packages SET submitted_at = ?2, stands = 'submitted' WHERE run_id = ?1", [run, at])
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn a_dry_run_says_what_would_go_and_why_and_touches_nothing() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let before = tree(demo.path());
    let told = text(&demo, &["purge", "--dry-run"], "2027-04-19");
    let stays = told.split("Stays until:").nth(1).unwrap();
    assert!(
        told.contains(&format!("extract    {FIRST}")) && told.contains("180 days after it was submitted"),
        "{told}"
    );
    assert!(
        stays.contains(&format!("index      {FIRST}")) && stays.contains("the next package is compared with it"),
        "{told}"
    );
    assert!(stays.contains(&format!("extract    {SECOND}")) && stays.contains("after the warning"), "{told}");
    assert!(told.contains(&format!("Nobody has been warned that {SECOND} goes on ")), "{told}");
    let after = tree(demo.path());
    let files = |tree: BTreeMap<String, Vec<u8>>| {
        tree.into_iter().filter(|(file, _)| !file.contains("ledger.db")).collect::<Vec<_>>()
    };
    assert!(files(before) == files(after));
    assert!(audited(&demo).is_empty());
}

#[test]
fn a_submitted_package_leaves_its_manifest_and_the_trail_says_so() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let folder = package(&demo, FIRST);
    let (manifest, count) = (fs::read(folder.join("manifest.json")).unwrap(), names(&folder).len());
    // What somebody else put there goes as well.
    put(&folder.join("copy.csv"), b"somebody's copy");

    assert!(text(&demo, &["purge"], "2027-04-18").contains("Nothing was old enough."));
    let done = json(&demo, &["purge"], "2027-04-19");
    assert_eq!(done["purged"].as_array().unwrap().len(), 2, "{done}");
    assert_eq!(names(&folder), ["manifest.json"]);
    assert_eq!(fs::read(folder.join("manifest.json")).unwrap(), manifest);
    let [extract, findings] = audited(&demo).try_into().unwrap();
    assert_eq!((extract.0.as_str(), extract.1.as_str()), ("extract", FIRST));
    assert_eq!((findings.0.as_str(), findings.2), ("findings", 3));
    assert_eq!(extract.2 + findings.2, count as u64 - 1 + 1);
    assert_eq!(json(&demo, &["purge"], "2027-04-19")["purged"], serde_json::json!([]), "twice is once");

    let verify = |code| {
        let ended = agent().current_dir(demo.path()).arg("verify").arg(&folder).assert().code(code);
        String::from_utf8(ended.get_output().stdout.clone()).unwrap()
    };
    let told = verify(0);
    assert!(
        told.contains(": purged; what is left is unchanged") && told.contains("extract: purged 2027-04-19T12:00:00Z"),
        "{told}"
    );
    agent().current_dir(demo.path()).args(["audit", "verify"]).assert().success();
    put(&folder.join("manifest.json"), String::from_utf8(manifest).unwrap().replacen("adult", "other", 1).as_bytes());
    assert!(verify(4).contains("manifest.json has changed: its SHA-256 is not the one in the ledger."));
}

#[test]
fn findings_may_go_before_the_file_that_they_are_about() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    demo.replace("agent.toml", "[council]", "[retention]\nfindings = 30\n\n[council]");
    let folder = package(&demo, FIRST);
    text(&demo, &["purge"], "2026-11-24");
    let left = names(&folder);
    assert!(!left.iter().any(|name| name.starts_with("findings") || name == "evidence.zip"), "{left:?}");
    assert!(
        left.iter().any(|name| name.starts_with("ASC-CLD")) && left.contains(&"report.html".to_owned()),
        "{left:?}"
    );
    let told = text_of_verify(&demo, &folder);
    assert!(told.contains("findings: purged") && !told.contains("extract: purged"), "{told}");
}

fn text_of_verify(demo: &Demo, folder: &Path) -> String {
    let ended = agent().current_dir(demo.path()).arg("verify").arg(folder).assert().success();
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

#[test]
fn what_was_not_submitted_goes_after_its_window_and_a_warning() {
    let demo = COUNCIL.copy();
    let folder = package(&demo, FIRST);
    // The window of October is over, and the second package was staged after it.
    let done = json(&demo, &["purge"], WARNED);
    assert_eq!(
        (done["purged"].clone(), done["warned_of"][0]["run"].as_str()),
        (serde_json::json!([]), Some(FIRST)),
        "{done}"
    );
    let alert = &ledger(&demo).alerts_waiting().unwrap()[0];
    assert_eq!(alert.kind, "purge-coming");
    assert!(alert.message.contains("cld-agent retain"), "{}", alert.message);
    assert_eq!(json(&demo, &["purge"], "2027-01-10")["warned_of"][0]["run"], SECOND, "the first is told once");
    assert!(names(&folder).len() > 5, "somebody has two weeks");
    assert_eq!(json(&demo, &["purge"], "2027-01-11")["purged"].as_array().unwrap().len(), 2);
    assert_eq!(names(&folder), ["manifest.json"]);
    let status = json(&demo, &["status"], "2027-01-12");
    for still in [&status["attention"], &status["submissions"]] {
        assert!(still.is_array() && !still.to_string().contains(FIRST), "it no longer waits: {still}");
    }
}

#[test]
fn what_is_retained_stays_until_its_day_or_its_release() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let folder = package(&demo, FIRST);
    let reason = ["--reason", "incident INC0012345"];
    let retain =
        |of: &str, until: &str, now: &str| text(&demo, &[&["retain", of, "--until", until][..], &reason].concat(), now);
    retain(FIRST, "2027-06-30", "2026-12-01");
    // By its folder, with no end; one does not shorten the other.
    retain(folder.to_str().unwrap(), "released", "2026-12-01");
    retain(FIRST, "2027-01-31", "2026-12-01");
    let purged = |now: &str| {
        json(&demo, &["purge"], now)["purged"].as_array().unwrap().iter().filter(|one| one["subject"] == FIRST).count()
    };
    assert_eq!(purged("2028-01-01"), 0);
    text(&demo, &[&["retain", FIRST, "--release"][..], &reason].concat(), "2028-01-02");
    assert_eq!(
        text(&demo, &[&["retain", FIRST, "--release"][..], &reason].concat(), "2028-01-02").trim(),
        "Nothing kept it but its age."
    );
    retain(FIRST, "2028-02-01", "2028-01-02");
    assert_eq!((purged("2028-02-01"), purged("2028-02-02")), (0, 2));
    let kinds: Vec<_> = ledger(&demo)
        .audit(None)
        .unwrap()
        .into_iter()
        .map(|line| line.kind)
        .filter(|kind| kind.starts_with("reten") || kind == "retained")
        .collect();
    assert_eq!(kinds, ["retained", "retained", "retained", "retention-released", "retained"]);
    let told = retain(FIRST, "2029-01-01", "2028-03-01");
    assert!(told.contains("Gone already, or in part: extract, findings."), "{told}");
}

#[test]
fn what_cannot_be_retained_is_refused() {
    let demo = COUNCIL.copy();
    let refused = |arguments: &[&str]| {
        let ended = command(&demo, arguments, "2026-12-01").assert().code(2);
        String::from_utf8(ended.get_output().stderr.clone()).unwrap()
    };
    assert!(
        refused(&["retain", "20250101T000000Z", "--until", "2027-01-01", "--reason", "legal hold"])
            .contains("knows no package")
    );
    assert!(refused(&["retain", FIRST, "--until", "2026-11-30", "--reason", "legal hold"]).contains("is over"));
    assert!(refused(&["retain", FIRST, "--until", "for ever", "--reason", "legal hold"]).contains("'released'"));
    let named = refused(&["retain", FIRST, "--until", "2027-01-01", "--reason", "the person 9990000018"]);
    assert!(named.contains("may be an NHS number"), "{named}");
    refused(&["retain", FIRST, "--reason", "legal hold"]);
}

#[test]
fn a_process_that_dies_at_any_point_of_a_purge_leaves_nothing_half_done_behind_it() {
    for point in failpoint::PURGES {
        let demo = COUNCIL.copy();
        submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
        let folder = package(&demo, FIRST);
        let died = command(&demo, &["purge"], "2027-04-19").env(failpoint::VARIABLE, point).assert().failure();
        assert_eq!(died.get_output().status.code(), None, "{point}: it was to die");
        assert!(folder.join("manifest.json").exists(), "{point}");
        // Months later, under settings that keep it for longer: what was ordered is carried out.
        demo.replace("agent.toml", "[council]", "[retention]\nextracts = 30000\nfindings = 30000\n\n[council]");
        json(&demo, &["purge"], "2027-08-01");
        let left = names(&folder);
        assert!(!left.iter().any(|name| name.starts_with("ASC-CLD") || name == "report.html"), "{point}: {left:?}");
        demo.replace("agent.toml", "extracts = 30000\nfindings = 30000\n", "");
        json(&demo, &["purge"], "2027-08-02");
        assert_eq!(names(&folder), ["manifest.json"], "{point}");
        let audited = audited(&demo);
        let of_first: Vec<_> =
            audited.iter().filter(|(_, subject, _)| subject == FIRST).map(|(what, ..)| what.as_str()).collect();
        assert_eq!(of_first, ["extract", "findings"], "{point}: once, and with a line");
        assert!(ledger(&demo).open_purges().unwrap().is_empty(), "{point}");
        text_of_verify(&demo, &folder);
        agent().current_dir(demo.path()).args(["audit", "verify"]).assert().success();
    }
    println!("{} points of a purge tried", failpoint::PURGES.len());
}

#[test]
fn what_a_purge_has_left_is_kept_if_somebody_asks_for_it_before_the_purge_goes_on() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let folder = package(&demo, FIRST);
    command(&demo, &["purge"], "2027-04-19").env(failpoint::VARIABLE, failpoint::PURGE_BEGUN).assert().failure();
    let left = names(&folder);
    let told = text(&demo, &["retain", FIRST, "--until", "2027-05-31", "--reason", "legal hold"], "2027-04-20");
    assert!(told.contains("Gone already, or in part: extract."), "{told}");
    json(&demo, &["purge"], "2027-05-31");
    assert_eq!(names(&folder), left);
    json(&demo, &["purge"], "2027-06-01");
    assert_eq!(names(&folder), ["manifest.json"]);
    assert_eq!(audited(&demo).iter().filter(|(_, subject, _)| subject == FIRST).count(), 2);
}

#[test]
fn what_comes_back_from_a_backup_goes_again() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let folder = package(&demo, FIRST);
    let report = fs::read(folder.join("report.html")).unwrap();
    json(&demo, &["purge"], "2027-04-19");
    put(&folder.join("report.html"), &report);
    json(&demo, &["purge"], "2027-04-20");
    assert_eq!(names(&folder), ["manifest.json"]);
    assert_eq!(audited(&demo).len(), 3);
}

#[test]
fn an_index_goes_when_nothing_is_compared_with_it_any_more() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "[council]", "[retention]\nindexes = 10\n\n[council]");
    let index = |run: &str| demo.path().join("index").join(format!("{run}.cldx"));
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    json(&demo, &["purge"], "2027-04-19");
    assert!(index(FIRST).exists(), "the next package is compared with it");
    submitted(&demo, SECOND, "2026-11-24T09:00:00Z");
    json(&demo, &["purge"], "2027-04-20");
    assert!(!index(FIRST).exists() && index(SECOND).exists());
}

#[test]
fn reports_of_rehearsals_and_alerts_have_ages_of_their_own() {
    let demo = COUNCIL.copy();
    let at = |path: &str| demo.path().join(path);
    for folder in ["20261130T050000Z", "20261214T050000Z", "notes"] {
        put(&at(&format!("rehearsals/adult/{folder}/report.html")), b"text");
    }
    json(&demo, &["purge"], "2026-12-31");
    let left = names(&at("rehearsals/adult"));
    assert_eq!(left, ["20261214T050000Z", "notes"], "what the agent did not make is not its to delete");
    assert_eq!(audited(&demo), [("rehearsal".to_owned(), "20261130T050000Z".to_owned(), 1)]);

    let mut ledger = ledger(&demo);
    let warning = &ledger.alerts_waiting().unwrap()[0];
    let settled: Timestamp = "2027-01-02T00:00:00Z".parse().unwrap();
    ledger.alert_refused(warning.alert, settled).unwrap();
    assert_eq!(json(&demo, &["purge"], "2027-06-30")["alerts"], 0);
    assert_eq!(json(&demo, &["purge"], "2027-07-01")["alerts"], 1);
    assert!(audited(&demo).contains(&("alerts".to_owned(), "alerts".to_owned(), 1)));
}

#[test]
fn the_daemon_keeps_house_once_a_day_and_never_beside_a_run() {
    let demo = COUNCIL.copy();
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    let folder = package(&demo, FIRST);
    let lock = cld_agent::sys::lock::FolderLock::take(demo.path(), Timestamp::UNIX_EPOCH, "run").unwrap();
    command(&demo, &["daemon", "--once"], "2027-04-19").assert().success();
    assert!(names(&folder).len() > 5, "somebody is at work");
    drop(lock);
    command(&demo, &["daemon", "--once"], "2027-04-19").assert().success();
    assert_eq!(names(&folder), ["manifest.json"]);
}

#[cfg(unix)]
#[test]
fn somebody_is_told_once_a_day_that_house_cannot_be_kept_and_the_plans_go_on() {
    let demo = COUNCIL.copy();
    // A link that leads to itself cannot be listed, whoever tries.
    let rehearsals = demo.path().join("rehearsals");
    std::os::unix::fs::symlink(&rehearsals, &rehearsals).unwrap();
    for now in ["2027-04-19T06:00:00Z", "2027-04-19T07:00:00Z", "2027-04-20T06:30:00Z"] {
        command(&demo, &["daemon", "--once"], now).assert().success();
    }
    let ledger = ledger(&demo);
    let waiting = ledger.alerts_waiting().unwrap().into_iter().chain(ledger.alerts_counted().unwrap());
    let told: Vec<_> = waiting.filter(|alert| alert.kind == "not-purged").collect();
    assert_eq!(told.len(), 2, "once a day");
    assert!(told[0].message.contains("list ") && told[0].message.contains("rehearsals"), "{}", told[0].message);
    command(&demo, &["purge"], "2027-04-20").assert().code(30);
}

#[test]
fn a_person_is_found_by_number_and_by_local_id_in_every_index_that_is_kept() {
    let demo = COUNCIL.copy();
    let first = Package::only(&package(&demo, FIRST));
    let rows = first.rows();
    let one = rows.iter().find(|row| !row["NHS Number"].is_empty()).unwrap();
    let (nhs, local) = (one["NHS Number"].clone(), one["LA Person Unique Identifier"].clone());
    let expected = rows.iter().filter(|row| row["LA Person Unique Identifier"] == local).count();
    let ask = |identifier: &str, now: &str| {
        let mut command = command(&demo, &["where-is", "--json", "--reason", "subject access request 17"], now);
        let ended = command.write_stdin(identifier).assert().success();
        let output = ended.get_output();
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(identifier.trim()), "it is echoed");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let spaced = format!("{} {} {}\n", &nhs[..3], &nhs[3..6], &nhs[6..]);
    for identifier in [format!("{nhs}\n"), spaced, format!("  {local}\r\n")] {
        let found = ask(&identifier, "2026-12-01");
        assert_eq!(found["places"].as_array().unwrap().len(), 2, "{found}");
        assert_eq!(
            (found["places"][0]["run"].as_str(), found["places"][0]["rows"].as_u64()),
            (Some(FIRST), Some(expected as u64))
        );
        assert!(found["places"][0]["folder"].as_str().unwrap().ends_with(FIRST), "{found}");
    }
    let nobody = ask("9990000018-nobody\n", "2026-12-01");
    assert_eq!((nobody["places"].as_array().unwrap().len(), nobody["others"].as_u64()), (0, Some(2)));

    // A lost index is not an empty one; a package of which nothing is kept holds nobody.
    fs::remove_file(demo.path().join(format!("index/{FIRST}.cldx"))).unwrap();
    let found = ask(&format!("{nhs}\n"), "2026-12-01");
    assert_eq!(found["not_known"][0]["run"], FIRST, "{found}");
    assert_eq!(found["not_known"][0]["why"], "it has no index any more");
    submitted(&demo, FIRST, "2026-10-21T09:00:00Z");
    json(&demo, &["purge"], "2027-04-19");
    assert_eq!(ask(&format!("{nhs}\n"), "2027-04-19")["gone"], 1);

    let lines = ledger(&demo).audit(None).unwrap();
    let asked: Vec<_> = lines.iter().filter(|line| line.kind == "where-is").collect();
    assert_eq!(asked.len(), 6);
    assert_eq!(asked[0].details, r#"{"reason":"subject access request 17","packages":2}"#);
    for file in ["ledger.db", "ledger.db-wal"] {
        let bytes = fs::read(demo.path().join(file)).unwrap_or_default();
        assert!([&nhs, &local].iter().all(|id| !bytes.windows(id.len()).any(|part| part == id.as_bytes())), "{file}");
    }
}

#[test]
fn nobody_is_looked_for_without_a_name_or_a_reason() {
    let demo = COUNCIL.copy();
    let mut command = command(&demo, &["where-is", "--reason", "subject access request 17"], "2026-12-01");
    command.write_stdin("\n").assert().code(2);
    agent().current_dir(demo.path()).arg("where-is").write_stdin("9990000018\n").assert().code(2);
}
