use jiff::ToSpan;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn at(hours: i64) -> Timestamp {
    "2026-11-24T06:00:00Z".parse::<Timestamp>().unwrap() + hours.hours()
}

fn failed(hours: i64) -> NewAlert {
    NewAlert {
        kind: "failed",
        subject: "adult".to_owned(),
        topic: "failed/adult/20".to_owned(),
        closes: &[],
        quiet: 24 * HOUR,
        raised: at(hours),
        message: "{}".to_owned(),
    }
}

fn recovered(hours: i64) -> NewAlert {
    NewAlert { kind: "recovered", topic: format!("recovered/{hours}"), closes: &["failed"], ..failed(hours) }
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    (folder, ledger)
}

#[test]
fn what_is_done_with_a_new_alert() {
    use Earlier::{Closed, Open};
    use Queued::{AtOnce, InDigest, Unneeded};
    for (alert, earlier, expected) in [
        (failed(0), Closed, AtOnce),
        (failed(1), Open(at(0)), InDigest),
        (failed(23), Open(at(0)), InDigest),
        (failed(24), Open(at(0)), AtOnce),
        (failed(0), Open(at(0)), InDigest),
        // The clock was set back by an hour, and by a week.
        (failed(0), Open(at(1)), InDigest),
        (failed(0), Open(at(168)), AtOnce),
        (NewAlert { quiet: Duration::ZERO, ..failed(0) }, Open(at(0)), AtOnce),
        (recovered(1), Open(at(1)), AtOnce),
        (recovered(1), Closed, Unneeded),
    ] {
        assert_eq!(decide(&alert, earlier), expected, "{alert:?} {earlier:?}");
    }
}

#[test]
fn of_a_storm_the_first_is_sent_and_the_others_are_counted_until_it_is_over() {
    let (_folder, mut ledger) = ledger();
    let mut queued = |alert: NewAlert| ledger.queue_alert(&alert).unwrap();
    assert_eq!(queued(recovered(0)), Queued::Unneeded);
    assert_eq!(queued(failed(0)), Queued::AtOnce);
    assert_eq!([1, 2, 23].map(|hour| queued(failed(hour))), [Queued::InDigest; 3]);
    let another = NewAlert { topic: "failed/adult/31".to_owned(), ..failed(2) };
    assert_eq!(queued(another), Queued::AtOnce, "a disk that is full is not a login that is refused");
    assert_eq!(queued(failed(24)), Queued::AtOnce, "who was told a day ago is told again");
    assert_eq!(queued(failed(25)), Queued::InDigest);
    let children = NewAlert { subject: "children".to_owned(), ..recovered(26) };
    assert_eq!(queued(children), Queued::Unneeded);
    assert_eq!(queued(recovered(26)), Queued::AtOnce);
    assert_eq!(queued(recovered(27)), Queued::Unneeded);
    assert_eq!(queued(failed(28)), Queued::AtOnce);

    let counted = ledger.alerts_counted().unwrap();
    assert_eq!(counted.iter().map(|row| row.raised).collect::<Vec<_>>(), [1, 2, 23, 25].map(at));
    assert!(counted.iter().all(|row| row.over));
    let waiting = ledger.alerts_waiting().unwrap();
    let told: Vec<_> = waiting.iter().map(|row| (row.kind.as_str(), row.over)).collect();
    assert_eq!(told, [("failed", true), ("failed", true), ("failed", true), ("recovered", false), ("failed", false)]);
}

#[test]
fn an_alert_is_queued_with_what_it_tells_of_or_neither_is() {
    let (_folder, mut ledger) = ledger();
    let undone = ledger.write("a test", |transaction| {
        assert_eq!(queue(transaction, &failed(0))?, Queued::AtOnce);
        transaction.execute("INSERT INTO runs (run_id) VALUES ('no run')", [])
    });
    assert!(undone.is_err());
    assert_eq!(ledger.alerts_waiting().unwrap(), []);
    assert_eq!(ledger.queue_alert(&failed(1)).unwrap(), Queued::AtOnce);
}

#[test]
fn an_id_is_never_given_twice() {
    let (_folder, mut ledger) = ledger();
    let alert = NewAlert { quiet: Duration::ZERO, ..failed(0) };
    let mut ids = Vec::new();
    for round in 0..3 {
        for _ in 0..2 {
            ledger.queue_alert(&alert).unwrap();
        }
        for row in ledger.alerts_waiting().unwrap() {
            ledger.alert_tried(row.alert, "mail", Delivery::Taken, at(round)).unwrap();
            ids.push(row.id);
        }
        assert_eq!(ledger.forget_alerts(at(round + 1), "a day after", (at(9), "svc-cld")).unwrap(), 2);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn what_becomes_of_an_alert_is_written_down() {
    let (folder, mut ledger) = ledger();
    let path = folder.path().join("ledger.db");
    ledger.queue_alert(&failed(0)).unwrap();
    let alert = ledger.alerts_waiting().unwrap()[0].alert;
    ledger.alert_tried(alert, "mail", Delivery::Later("it was busy", at(1)), at(0)).unwrap();
    ledger.alert_tried(alert, "mail", Delivery::Later("it was busy", at(3)), at(1)).unwrap();
    assert_eq!(ledger.channel_rests("mail").unwrap(), Some(at(3)));
    let later = Answer { channel: "mail".to_owned(), not_before: Some(at(3)), why: "it was busy".to_owned() };
    assert_eq!(ledger.alerts_waiting().unwrap()[0].answers, std::slice::from_ref(&later));
    ledger.alert_tried(alert, "mail", Delivery::Refused("no such reader"), at(3)).unwrap();
    drop(ledger);

    let mut ledger = Ledger::open(&path).unwrap();
    let row = &ledger.alerts_waiting().unwrap()[0];
    assert_eq!((row.state, row.attempts), (AlertState::Waiting, 3));
    assert_eq!(row.answers, [Answer { not_before: None, why: "no such reader".to_owned(), ..later }]);
    ledger.alert_refused(alert, at(3)).unwrap();
    assert_eq!(ledger.alerts_waiting().unwrap()[0].state, AlertState::Refused);
    assert_eq!(ledger.forget_alerts(at(3), "a day after", (at(9), "svc-cld")).unwrap(), 0);

    assert_eq!(ledger.alerts_again().unwrap(), 1);
    let row = &ledger.alerts_waiting().unwrap()[0];
    assert_eq!((row.state, &row.answers[..]), (AlertState::Waiting, &[][..]));
    ledger.alert_tried(alert, "mail", Delivery::Taken, at(4)).unwrap();
    assert_eq!(ledger.alerts_waiting().unwrap(), []);
    assert_eq!(ledger.channel_rests("mail").unwrap(), None);
}

#[test]
fn a_digest_tells_what_was_counted_once() {
    let (_folder, mut ledger) = ledger();
    for hour in 0..3 {
        ledger.queue_alert(&failed(hour)).unwrap();
    }
    let counted = ledger.alerts_counted().unwrap();
    let digest = NewAlert { kind: "digest", topic: "digest".to_owned(), ..failed(4) };
    for _ in 0..2 {
        ledger.queue_digest(&digest, &counted).unwrap();
    }
    assert_eq!(ledger.alerts_counted().unwrap(), []);
    let kinds: Vec<_> = ledger.alerts_waiting().unwrap().into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, ["failed", "digest"]);
}
