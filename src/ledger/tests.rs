use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};

use super::*;
use crate::{
    model::{Field, Period, Reason},
    sys::hash::Sha256,
};

fn began() -> Timestamp {
    "2026-11-23T22:15:03Z".parse().unwrap()
}

fn period() -> Period {
    "2025-10-01_2026-09-30".parse().unwrap()
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    (folder, ledger)
}

fn by_hand(began: Timestamp) -> NewRun<'static> {
    NewRun {
        submission: "adult",
        plan: None,
        period: period(),
        slot: None,
        began,
        rehearsal: false,
        tool_version: "0.1.0",
    }
}

fn end(outcome: Outcome) -> RunEnd<'static> {
    RunEnd { ended: began() + 60.seconds(), outcome, exit_code: Some(0), may_pass: false, message: "Staged." }
}

/// A finished run with a package of this many rows.
fn staged(ledger: &mut Ledger, began: Timestamp, state: PackageState, rows: u64) -> RunId {
    let id = ledger.begin_run(by_hand(began)).unwrap();
    let package = PackageRow {
        state,
        path: Path::new("staging/adult"),
        manifest_sha256: Sha256::of(b"manifest"),
        upload_sha256: Sha256::of(b"upload"),
        rows,
        staged_at: began,
        holds: &[],
        superseded: Path::new("superseded"),
    };
    let rates = [(Field::DateOfBirth, FieldRate { failed: 1, judged: rows })];
    let outcome = if state == PackageState::Ready { Outcome::Released } else { Outcome::Held };
    ledger.finish_staged(&id, end(outcome), package, used(), index(rows), rates).unwrap();
    id
}

fn used() -> Used {
    let [configuration, mapping, release] = ["c", "m", "r"].map(|text| Sha256::of(text.as_bytes()));
    Used { configuration, mapping, release }
}

fn index(rows: u64) -> IndexRow {
    IndexRow { sha256: Sha256::of(b"index"), rows, people: 7, open_services: 3 }
}

fn submit(ledger: &Ledger, run: &RunId, at: &str) {
    let sql = "UPDATE packages SET submitted_at = ?1 WHERE run_id = ?2";
    ledger.connection.execute(sql, [at, run.as_str()]).unwrap();
}

#[test]
fn a_run_is_written_down_from_its_beginning_to_its_end() {
    let (folder, mut ledger) = ledger();
    let id = ledger.begin_run(by_hand(began())).unwrap();
    assert_eq!(ledger.runs(10).unwrap()[0].state, RunState::Running);
    ledger.finish_run(&id, end(Outcome::Held)).unwrap();
    drop(ledger);

    let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let expected = RunRow {
        id: id.clone(),
        submission: "adult".to_owned(),
        plan: None,
        period: period(),
        slot: None,
        attempt: 1,
        began: began(),
        ended: Some(began() + 60.seconds()),
        state: RunState::Ended(Outcome::Held),
        exit_code: Some(0),
        may_pass: false,
        rehearsal: false,
        message: Some("Staged.".to_owned()),
        tool_version: "0.1.0".to_owned(),
        package: None,
        package_state: None,
    };
    assert_eq!(ledger.run(id.as_str()).unwrap(), Some(expected));
    assert_eq!(ledger.run("20200101T000000Z").unwrap(), None);
}

#[test]
fn runs_of_one_second_have_ids_of_their_own() {
    let (_folder, mut ledger) = ledger();
    let ids = [0, 1, 2].map(|_| ledger.begin_run(by_hand(began())).unwrap().to_string());
    assert_eq!(ids, ["20261123T221503Z", "20261123T221503Z-2", "20261123T221503Z-3"]);
    let later: Timestamp = "2026-11-23T22:15:03.9Z".parse().unwrap();
    assert_eq!(ledger.begin_run(by_hand(later)).unwrap().as_str(), "20261123T221503Z-4");
    let listed: Vec<_> = ledger.runs(2).unwrap().into_iter().map(|run| run.id.to_string()).collect();
    assert_eq!(listed, ["20261123T221503Z-4", "20261123T221503Z-3"]);
}

#[test]
fn two_processes_that_begin_at_once_get_different_ids() {
    let (folder, _ledger) = ledger();
    let path = folder.path().join("ledger.db");
    let mut ids: Vec<String> = std::thread::scope(|scope| {
        let begin = || Ledger::open(&path).unwrap().begin_run(by_hand(began())).unwrap().to_string();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(begin)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

#[test]
fn attempts_are_counted_by_slot() {
    let (_folder, mut ledger) = ledger();
    let mut attempt = |plan, slot, second: i64| {
        let run = NewRun { plan, slot, ..by_hand(began() + second.seconds()) };
        let id = ledger.begin_run(run).unwrap();
        ledger.finish_run(&id, RunEnd { may_pass: true, ..end(Outcome::Failed) }).unwrap();
        ledger.run(id.as_str()).unwrap().unwrap().attempt
    };
    assert_eq!(attempt(Some("quarterly"), Some("2026-10-05"), 0), 1);
    assert_eq!(attempt(Some("quarterly"), Some("2026-10-05"), 1), 2);
    assert_eq!(attempt(Some("quarterly"), Some("2026-10-12"), 2), 1);
    assert_eq!(attempt(None, None, 3), 1);
    assert_eq!(attempt(None, None, 4), 2);
}

#[test]
fn a_turn_is_begun_again_only_where_that_may_help() {
    for (outcome, may_pass, again) in [
        (None, false, false),
        (Some(Outcome::Released), false, false),
        (Some(Outcome::Held), false, false),
        (Some(Outcome::Failed), false, false),
        (Some(Outcome::Failed), true, true),
        (Some(Outcome::Stopped), false, true),
    ] {
        let (_folder, mut ledger) = ledger();
        let turn = NewRun { plan: Some("weekly"), slot: Some("2026-11-23T06:00"), ..by_hand(began()) };
        let id = ledger.begin_run(turn).unwrap();
        if let Some(outcome) = outcome {
            ledger.finish_run(&id, RunEnd { may_pass, ..end(outcome) }).unwrap();
        }
        let begun = ledger.begin_run(turn);
        assert_eq!(begun.is_ok(), again, "{outcome:?}, {may_pass}");
        assert!(again || matches!(begun, Err(LedgerError::TurnHad { .. })));
        ledger.begin_run(NewRun { slot: Some("2026-11-30T06:00"), ..turn }).unwrap();
        ledger.begin_run(NewRun { submission: "children", ..turn }).unwrap();
    }
}

#[test]
fn a_rehearsal_is_remembered_by_rule_and_found_by_the_next_one() {
    let (_folder, mut ledger) = ledger();
    let day = |days: i64| began() + (24 * days).hours();
    let rehearsal = |days: i64| NewRun { plan: Some("weekly"), rehearsal: true, ..by_hand(day(days)) };
    let found = BTreeMap::from([("L001".to_owned(), RehearsalFinding { findings: 12, holds: false })]);
    let first = ledger.begin_run(rehearsal(0)).unwrap();
    ledger.finish_rehearsal(&first, end(Outcome::Held), used(), &found).unwrap();
    let failed = ledger.begin_run(rehearsal(7)).unwrap();
    ledger.finish_run(&failed, end(Outcome::Failed)).unwrap();
    let second = ledger.begin_run(rehearsal(14)).unwrap();

    let row = |ledger: &Ledger, id: &RunId| ledger.run(id.as_str()).unwrap().unwrap();
    assert_eq!(ledger.rehearsed_before(&row(&ledger, &second)).unwrap(), Some(row(&ledger, &first)));
    assert_eq!(ledger.rehearsed_before(&row(&ledger, &first)).unwrap(), None);
    assert!(ledger.was_tried_with("adult", used()).unwrap());
    assert!(!ledger.was_tried_with("children", used()).unwrap());
    assert_eq!(ledger.rehearsal_findings(&first).unwrap(), found);
    assert_eq!(ledger.rehearsal_findings(&second).unwrap(), BTreeMap::new());
    assert_eq!(ledger.attempts("adult", "weekly", day(1)).unwrap().len(), 2);
    assert_eq!(ledger.unended().unwrap(), [row(&ledger, &second)]);
}

#[test]
fn periods_with_a_package_that_is_ready_or_submitted_are_settled() {
    let (_folder, mut ledger) = ledger();
    staged(&mut ledger, began(), PackageState::Held, 10);
    assert_eq!(ledger.settled("adult").unwrap(), (vec![], vec![]));
    staged(&mut ledger, began() + 1.hour(), PackageState::Ready, 10);
    staged(&mut ledger, began() + 2.hours(), PackageState::Ready, 10);
    assert_eq!(ledger.settled("adult").unwrap(), (vec![period()], vec![]));
    assert_eq!(ledger.settled("children").unwrap(), (vec![], vec![]));
}

#[test]
fn a_pause_ends_with_its_day_with_another_or_by_hand() {
    let (_folder, mut ledger) = ledger();
    let hour = |hours: i64| began() + hours.hours();
    let reason: Reason = "the case system is upgraded".parse().unwrap();
    assert!(!ledger.resume(hour(0)).unwrap());
    ledger.pause(hour(48), &reason, (hour(0), "ann")).unwrap();
    ledger.pause(hour(72), &reason, (hour(1), "bob")).unwrap();
    let pauses = ledger.pauses(hour(0)).unwrap();
    let told: Vec<_> = pauses.iter().map(|pause| (pause.paused_at, pause.until, pause.paused_by.as_str())).collect();
    assert_eq!(told, [(hour(0), hour(1), "ann"), (hour(1), hour(72), "bob")]);
    assert!(ledger.resume(hour(2)).unwrap() && !ledger.resume(hour(2)).unwrap());
    assert_eq!(ledger.pauses(hour(2)).unwrap(), []);
    assert_eq!(ledger.pauses(hour(0)).unwrap().last().map(|pause| pause.until), Some(hour(2)));
}

#[test]
fn what_has_been_said_is_said_once() {
    let (_folder, mut ledger) = ledger();
    assert_eq!(ledger.said("run/1/failed").unwrap(), None);
    assert!(ledger.say("run/1/failed", began()).unwrap());
    assert!(!ledger.say("run/1/failed", began() + 1.hour()).unwrap());
    assert_eq!(ledger.said("run/1/failed").unwrap(), Some(began()));
}

#[test]
fn a_killed_run_is_found_and_ended_once() {
    let (_folder, mut ledger) = ledger();
    let done = ledger.begin_run(by_hand(began())).unwrap();
    ledger.finish_run(&done, end(Outcome::Released)).unwrap();
    let killed = ledger.begin_run(by_hand(began() + 1.second())).unwrap();
    let now = began() + 1.hour();
    assert_eq!(ledger.abandoned(now).unwrap(), std::slice::from_ref(&killed));
    assert_eq!(ledger.abandoned(now).unwrap(), []);
    let run = ledger.run(killed.as_str()).unwrap().unwrap();
    assert_eq!((run.state, run.ended), (RunState::Ended(Outcome::Stopped), Some(now)));
    let run = ledger.run(done.as_str()).unwrap().unwrap();
    assert_eq!(run.state, RunState::Ended(Outcome::Released));
}

#[test]
fn a_run_ends_once() {
    let (_folder, mut ledger) = ledger();
    let id = ledger.begin_run(by_hand(began())).unwrap();
    ledger.finish_run(&id, end(Outcome::Released)).unwrap();
    let error = ledger.finish_run(&id, end(Outcome::Failed)).unwrap_err();
    assert!(matches!(&error, LedgerError::NotRunning { run, .. } if *run == id), "{error}");
    assert_eq!(ledger.runs(1).unwrap()[0].state, RunState::Ended(Outcome::Released));
}

#[test]
fn the_hash_of_a_manifest_is_kept_apart_from_the_package() {
    let (_folder, mut ledger) = ledger();
    let id = staged(&mut ledger, began(), PackageState::Ready, 100);
    assert_eq!(ledger.manifest_sha256(id.as_str()).unwrap(), Some(Sha256::of(b"manifest")));
    assert_eq!(ledger.manifest_sha256("20200101T000000Z").unwrap(), None);
    assert_eq!(ledger.runs(1).unwrap()[0].package.as_deref(), Some("staging/adult"));
}

#[test]
fn a_package_without_a_run_is_refused_whole() {
    let (_folder, mut ledger) = ledger();
    let nobody = RunId::new(began(), 1);
    let package = PackageRow {
        state: PackageState::Ready,
        path: Path::new("staging"),
        manifest_sha256: Sha256::of(b""),
        upload_sha256: Sha256::of(b""),
        rows: 1,
        staged_at: began(),
        holds: &[],
        superseded: Path::new("superseded"),
    };
    let rates = [(Field::Gender, FieldRate::default())];
    let staged = |ledger: &mut Ledger, id: &RunId| {
        ledger.finish_staged(id, end(Outcome::Released), package, used(), index(1), rates)
    };
    assert!(matches!(staged(&mut ledger, &nobody), Err(LedgerError::NotRunning { .. })));
    assert_eq!(ledger.manifest_sha256(nobody.as_str()).unwrap(), None);

    let over = ledger.begin_run(by_hand(began())).unwrap();
    ledger.finish_run(&over, end(Outcome::Failed)).unwrap();
    assert!(matches!(staged(&mut ledger, &over), Err(LedgerError::NotRunning { .. })));
    assert_eq!(ledger.manifest_sha256(over.as_str()).unwrap(), None);
}

#[test]
fn the_baseline_is_the_last_submitted_package_or_else_the_last_released() {
    let (_folder, mut ledger) = ledger();
    let day = |days: i64| began() + (24 * days).hours();
    let found = |ledger: &Ledger| ledger.baseline("adult").unwrap().map(|base| (base.rows, base.kind));
    assert_eq!(found(&ledger), None);

    staged(&mut ledger, day(0), PackageState::Held, 10);
    assert_eq!(found(&ledger), None, "a held package is no measure");
    let first = staged(&mut ledger, day(1), PackageState::Ready, 20);
    let second = staged(&mut ledger, day(2), PackageState::Ready, 30);
    assert_eq!(found(&ledger), Some((30, BaselineKind::Released)));
    assert_eq!(ledger.baseline("children").unwrap(), None);

    submit(&ledger, &first, "2026-11-26T09:00:00Z");
    assert_eq!(found(&ledger), Some((20, BaselineKind::Submitted)));
    submit(&ledger, &second, "2026-11-25T09:00:00Z");
    assert_eq!(found(&ledger), Some((20, BaselineKind::Submitted)), "the last to be submitted, not to be made");

    let baseline = ledger.baseline("adult").unwrap().unwrap();
    assert_eq!((&baseline.run, baseline.period), (&first, period()));
    assert_eq!(baseline.rates, BTreeMap::from([(Field::DateOfBirth, FieldRate { failed: 1, judged: 20 })]));
    assert!((baseline.rates[&Field::DateOfBirth].percent() - 5.0).abs() < 1e-9);
    let moved = Path::new("superseded/adult/2025-10-01_2026-09-30").join(first.as_str());
    assert_eq!((baseline.index, baseline.package), (Some(index(20)), Some(moved)), "the second took its place");
}

#[test]
fn an_import_stands_in_until_a_package_is_released_or_submitted() {
    let (_folder, mut ledger) = ledger();
    let day = |days: i64| began() + (24 * days).hours();
    let kind = |ledger: &Ledger| ledger.baseline("adult").unwrap().unwrap().kind;
    let trial = staged(&mut ledger, day(0), PackageState::Ready, 20);
    let import = Import { submission: "adult", period: period(), file_sha256: Sha256::of(b"f"), at: day(1), by: "ann" };
    let id = ledger.next_id(import.at).unwrap();
    ledger.import(&id, import, index(900)).unwrap();

    let baseline = ledger.baseline("adult").unwrap().unwrap();
    assert_eq!((baseline.run, baseline.kind, baseline.rows), (id.clone(), BaselineKind::Imported, 900));
    assert_eq!((baseline.index, baseline.package), (Some(index(900)), None));
    assert_ne!(ledger.begin_run(by_hand(day(1))).unwrap(), id, "a run of the same second has another id");
    assert_eq!(ledger.baseline("children").unwrap(), None);

    staged(&mut ledger, day(2), PackageState::Ready, 30);
    assert_eq!(kind(&ledger), BaselineKind::Released);
    submit(&ledger, &trial, "2026-12-09T09:00:00Z");
    let import = Import { at: day(30), ..import };
    let id = ledger.next_id(import.at).unwrap();
    ledger.import(&id, import, index(900)).unwrap();
    assert_eq!(kind(&ledger), BaselineKind::Submitted, "what was submitted goes before all others");
}

#[test]
fn what_a_person_has_chosen_holds_until_a_later_package_is_submitted() {
    let (_folder, mut ledger) = ledger();
    let day = |days: i64| began() + (24 * days).hours();
    let reason: Reason = "the June file was partial".parse().unwrap();
    let good = staged(&mut ledger, day(0), PackageState::Ready, 20);
    let faulty = staged(&mut ledger, day(1), PackageState::Ready, 5);
    submit(&ledger, &good, "2026-11-24T09:00:00Z");
    submit(&ledger, &faulty, "2026-11-25T09:00:00Z");
    let rows = |ledger: &Ledger| ledger.baseline("adult").unwrap().unwrap().rows;
    assert_eq!(rows(&ledger), 5);

    let choose = |ledger: &mut Ledger, id: &str| ledger.choose_baseline("adult", id, &reason, (day(3), "ann"));
    for nothing in ["20200101T000000Z", ""] {
        assert!(matches!(choose(&mut ledger, nothing), Err(LedgerError::NoBaseline { .. })));
    }
    choose(&mut ledger, good.as_str()).unwrap();
    let chosen = ledger.baseline("adult").unwrap().unwrap();
    assert_eq!((chosen.rows, chosen.kind), (20, BaselineKind::Chosen("the June file was partial".to_owned())));
    assert_eq!(chosen.rates.len(), 1);

    let next = staged(&mut ledger, day(4), PackageState::Ready, 40);
    assert_eq!(rows(&ledger), 20, "a release is no submission");
    submit(&ledger, &next, "2026-11-28T09:00:00Z");
    assert_eq!(rows(&ledger), 40);
}

#[test]
fn a_field_of_another_release_has_nothing_to_be_compared_with() {
    let (_folder, mut ledger) = ledger();
    let id = staged(&mut ledger, began(), PackageState::Ready, 10);
    let sql = "INSERT INTO field_rates VALUES (?1, 'field_of_release_9', 1, 2)";
    ledger.connection.execute(sql, [id.as_str()]).unwrap();
    assert_eq!(ledger.baseline("adult").unwrap().unwrap().rates.len(), 1);
}

#[test]
fn a_full_disk_is_recognised_and_undoes_all_of_it() {
    let (_folder, mut ledger) = ledger();
    let pages: i64 = ledger.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    ledger.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let long = "x".repeat(100_000);
    let error = ledger.begin_run(NewRun { submission: &long, ..by_hand(began()) }).unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    assert_eq!(ledger.runs(10).unwrap(), []);
}
