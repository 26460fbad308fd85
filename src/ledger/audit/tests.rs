use std::fs;

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;
use crate::{
    ledger::{NewRun, Outcome, RunEnd},
    model::Reason,
};

fn began() -> Timestamp {
    "2026-11-23T22:15:03Z".parse().unwrap()
}

/// A ledger whose trail has twice as many lines as runs, all of them different.
fn ledger(runs: i64) -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap().acting_as("svc-cld");
    for nth in 0..runs {
        run(&mut ledger, began() + nth.seconds());
    }
    (folder, ledger)
}

fn run(ledger: &mut Ledger, began: Timestamp) {
    let period = "2025-10-01_2026-09-30".parse().unwrap();
    let new =
        NewRun { submission: "adult", plan: None, period, slot: None, began, rehearsal: false, tool_version: "0.1.0" };
    let id = ledger.begin_run(new).unwrap();
    let end =
        RunEnd { ended: began, outcome: Outcome::Held, exit_code: Some(3), may_pass: false, message: "held: F002" };
    ledger.finish_run(&id, end).unwrap();
}

fn lines(ledger: &Ledger) -> Vec<AuditLine> {
    ledger.audit(None).unwrap()
}

/// What is wrong with these lines, where somebody knows the end.
fn faults(lines: &[AuditLine], end: AuditHead) -> Vec<AuditFault> {
    let mut chain = Chain::new([("the anchor".to_owned(), end)]);
    let mut sorted = lines.to_vec();
    sorted.sort_by_key(|line| line.line);
    for line in &sorted {
        chain.line(line);
    }
    chain.finish().1
}

fn account(ledger: &Ledger) -> Vec<AuditFault> {
    ledger.audit_account([]).unwrap().faults
}

fn edit(ledger: &Ledger, sql: &str) {
    ledger.connection.execute_batch(sql).unwrap();
}

const TEXTS: [fn(&mut AuditLine) -> &mut String; 6] =
    [|l| &mut l.at, |l| &mut l.account, |l| &mut l.kind, |l| &mut l.subject, |l| &mut l.details, |l| &mut l.hash];

#[test]
fn what_was_done_is_told_in_order_and_the_chain_is_whole() {
    let (folder, mut ledger) = ledger(1);
    let reason: Reason = "the portal was down".parse().unwrap();
    let deed = Deed::Paused { until: began() + 24.hours(), reason: &reason };
    ledger.record("adult", &deed, (began() + 1.hour(), "ann")).unwrap();
    let told: Vec<_> = lines(&ledger)
        .into_iter()
        .map(|line| {
            format!("{} {} {} {} {} {}", line.line, line.at, line.account, line.kind, line.subject, line.details)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(ledger.audit_account([]).unwrap(), AuditAccount { lines: 3, faults: Vec::new() });
    let anchored = fs::read_to_string(folder.path().join("audit.head")).unwrap();
    assert_eq!(anchored, format!("{}\n", ledger.audit_head().unwrap()));
    assert_eq!(ledger.audit(Some(began() + 1.hour())).unwrap().len(), 1);
}

#[test]
fn every_byte_of_every_line_counts_and_the_line_is_named() {
    let (_folder, ledger) = ledger(3);
    let (whole, end) = (lines(&ledger), ledger.audit_head().unwrap());
    assert_eq!(faults(&whole, end), []);
    for at in 0..whole.len() {
        for text in TEXTS {
            let length = text(&mut whole[at].clone()).len();
            for byte in 0..length {
                let mut changed = whole.clone();
                let old = text(&mut changed[at]).clone();
                let letter = if old.as_bytes()[byte] == b'0' { "1" } else { "0" };
                text(&mut changed[at]).replace_range(byte..=byte, letter);
                let found = faults(&changed, end);
                let line = whole[at].line;
                assert_eq!(found.first(), Some(&AuditFault::Altered { first: line, last: line }), "{old} {byte}");
                let also_last = AuditFault::Another { line, witness: "the anchor".to_owned() };
                assert!(found[1..].iter().all(|fault| *fault == also_last), "{old} {byte}: {found:?}");
            }
        }
    }
}

#[test]
fn lost_moved_and_inserted_lines_are_found_in_the_file() {
    let missing = |first, last| vec![AuditFault::Missing { first, last }];
    let altered = |first, last| vec![AuditFault::Altered { first, last }];
    for (sql, expected) in [
        ("DELETE FROM audit WHERE line = 1", missing(1, 1)),
        ("DELETE FROM audit WHERE line IN (3, 4)", missing(3, 4)),
        ("UPDATE audit SET details = '{}' WHERE line = 2", altered(2, 2)),
        ("UPDATE audit SET details = CAST(X'ff' AS TEXT) WHERE line = 2", altered(2, 2)),
        ("UPDATE audit SET hash = upper(hash) WHERE line = 2", altered(2, 2)),
        ("UPDATE audit SET line = -line WHERE line = 3", [altered(-3, -3), missing(3, 3)].concat()),
        (
            "INSERT INTO audit SELECT 0, at, account, kind, subject, details, hash FROM audit WHERE line = 1",
            altered(0, 0),
        ),
        // Two lines change places.
        (
            "UPDATE audit SET line = 99 WHERE line = 2; UPDATE audit SET line = 2 WHERE line = 3;
             UPDATE audit SET line = 3 WHERE line = 99",
            altered(2, 4),
        ),
    ] {
        let (_folder, ledger) = ledger(4);
        edit(&ledger, sql);
        assert_eq!(account(&ledger), expected, "{sql}");
    }
}

#[test]
fn an_end_that_was_cut_off_is_found_and_stays_known() {
    let (folder, mut ledger) = ledger(4);
    let anchor = folder.path().join("audit.head");
    let witness = anchor.display().to_string();
    edit(&ledger, "DELETE FROM audit WHERE line > 6");
    assert_eq!(account(&ledger), [AuditFault::CutOff { first: 7, last: 8, witness }]);

    run(&mut ledger, began() + 1.hour());
    let broken = lines(&ledger).into_iter().find(|line| line.kind == "trail-broken").unwrap();
    assert_eq!((broken.line, broken.details.as_str()), (8, r#"{"anchored":8,"ended":6}"#));
    run(&mut ledger, began() + 2.hours());
    assert_eq!(account(&ledger), [AuditFault::Broken(8)], "the line that was written next says so for ever");
}

#[test]
fn a_trail_that_begins_anew_where_one_was_is_found() {
    let (folder, ledger) = ledger(2);
    drop(ledger);
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    assert!(matches!(account(&ledger)[..], [AuditFault::CutOff { first: 1, last: 4, .. }]));
    run(&mut ledger, began());
    assert_eq!(account(&ledger), [AuditFault::Broken(2)]);
}

#[test]
fn without_its_anchor_a_trail_is_not_whole() {
    let (folder, mut ledger) = ledger(1);
    let anchor = folder.path().join("audit.head");
    for damage in [None, Some("17"), Some("2 abc\n"), Some("")] {
        match damage {
            None => fs::remove_file(&anchor).unwrap(),
            Some(text) => crate::sys::fs::write_whole(&anchor, text.as_bytes()).unwrap(),
        }
        assert!(matches!(account(&ledger)[..], [AuditFault::NoAnchor(_)]), "{damage:?}");
    }
    run(&mut ledger, began() + 1.hour());
    assert_eq!(account(&ledger), [AuditFault::Broken(4)]);
}

#[test]
fn an_anchor_that_lags_because_a_process_was_killed_is_no_fault() {
    let (folder, mut ledger) = ledger(1);
    let anchor = folder.path().join("audit.head");
    let early = fs::read(&anchor).unwrap();
    run(&mut ledger, began() + 1.hour());
    crate::sys::fs::write_whole(&anchor, &early).unwrap();
    assert_eq!(account(&ledger), []);
    run(&mut ledger, began() + 2.hours());
    assert_eq!((account(&ledger), lines(&ledger).len()), (Vec::new(), 6));

    // Killed before the anchor was moved for the first time.
    let chain = Chain::new([("the anchor".to_owned(), AuditHead { line: 0, sha256: genesis() })]);
    assert_eq!(chain.finish(), (0, Vec::new()));
}

#[test]
fn a_change_that_mends_the_chain_is_found_by_whoever_kept_a_head() {
    let (_folder, ledger) = ledger(3);
    let kept = ledger.audit_head().unwrap();
    let mut forged = lines(&ledger);
    forged[3].account = "somebody else".to_owned();
    for at in 3..forged.len() {
        let previous = forged[at - 1].hash.parse().unwrap();
        forged[at].hash = chain::hash(previous, &forged[at]).to_string();
    }
    let end = AuditHead { line: 6, sha256: forged[5].hash.parse().unwrap() };
    assert_eq!(faults(&forged, end), [], "who can write all of it can forge it");
    assert_eq!(faults(&forged, kept), [AuditFault::Another { line: 6, witness: "the anchor".to_owned() }]);
}

#[test]
fn a_failure_of_what_a_line_tells_of_takes_the_line_back() {
    let (_folder, mut ledger) = ledger(1);
    let before = ledger.audit_head().unwrap();
    let failed = ledger.write("nothing", |transaction| {
        append(transaction, "adult", &Deed::Resumed {}, (began(), "ann"))?;
        Err::<(), _>(rusqlite::Error::InvalidQuery)
    });
    assert!(failed.is_err());
    assert_eq!((ledger.audit_head().unwrap(), account(&ledger)), (before, Vec::new()));
}

/// A way to tamper with a trail.
#[derive(Clone, Debug)]
enum Tampering {
    Byte { line: usize, text: usize, at: usize, with: char },
    Delete { line: usize },
    Swap { one: usize, other: usize, numbers_too: bool },
    CutOff { keep: usize },
    Insert { after: usize },
    Renumber { line: usize, to: i64 },
}

fn tampering(lines: usize) -> impl Strategy<Value = Tampering> {
    let line = 0..lines;
    prop_oneof![
        (line.clone(), 0..TEXTS.len(), any::<usize>(), any::<char>())
            .prop_map(|(line, text, at, with)| Tampering::Byte { line, text, at, with }),
        line.clone().prop_map(|line| Tampering::Delete { line }),
        (line.clone(), line.clone(), any::<bool>()).prop_map(|(one, other, numbers_too)| Tampering::Swap {
            one,
            other,
            numbers_too
        }),
        line.clone().prop_map(|keep| Tampering::CutOff { keep }),
        line.clone().prop_map(|after| Tampering::Insert { after }),
        (line, -3..20_i64).prop_map(|(line, to)| Tampering::Renumber { line, to }),
    ]
}

fn tamper(lines: &mut Vec<AuditLine>, tampering: &Tampering) {
    match *tampering {
        Tampering::Byte { line, text, at, with } => {
            let text = TEXTS[text](&mut lines[line]);
            let mut letters: Vec<char> = text.chars().collect();
            let at = at % letters.len();
            letters[at] = with;
            *text = letters.into_iter().collect();
        }
        Tampering::Delete { line } => _ = lines.remove(line),
        Tampering::Swap { one, other, numbers_too } => {
            lines.swap(one, other);
            if !numbers_too {
                (lines[one].line, lines[other].line) = (lines[other].line, lines[one].line);
            }
        }
        Tampering::CutOff { keep } => lines.truncate(keep),
        Tampering::Insert { after } => {
            let copy = lines[after].clone();
            lines.insert(after, copy);
            (1..).zip(lines.iter_mut()).for_each(|(number, line)| line.line = number);
        }
        Tampering::Renumber { line, to } => lines[line].line = to,
    }
}

/// A trail of its own making.
fn trail(length: i64) -> (Vec<AuditLine>, AuditHead) {
    let mut end = AuditHead { line: 0, sha256: genesis() };
    let line = |line: i64| {
        let text = |what: &str| format!("{what} {line}");
        let (at, account, kind) = (text("at"), text("account"), text("kind"));
        let mut line =
            AuditLine { line, at, account, kind, subject: text("subject"), details: text("{}"), hash: text("") };
        end = AuditHead { line: line.line, sha256: chain::hash(end.sha256, &line) };
        line.hash = end.sha256.to_string();
        line
    };
    ((1..=length).map(line).collect(), end)
}

proptest! {
    #[test]
    fn whatever_is_done_to_a_trail_is_found(all in prop::collection::vec(tampering(10), 1..4)) {
        let (whole, end) = trail(10);
        let mut changed = whole.clone();
        for one in &all {
            if changed.len() == whole.len() {
                tamper(&mut changed, one);
            }
        }
        changed.sort_by_key(|line| line.line);
        prop_assert_eq!(faults(&changed, end).is_empty(), changed == whole);
    }
}
