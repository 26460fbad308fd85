use super::*;
use crate::{
    ledger::Ledger,
    notify::{Alert, Event, raise},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_digest_is_due_at_the_next_time_of_day() {
    let half_past_seven = jiff::civil::time(7, 30, 0, 0);
    let half_past_one = jiff::civil::time(1, 30, 0, 0);
    for (counted, time, expected) in [
        ("2026-11-24T06:00:00Z", half_past_seven, "2026-11-24T07:30:00Z"),
        ("2026-11-24T07:30:00Z", half_past_seven, "2026-11-25T07:30:00Z"),
        ("2026-07-01T06:29:59Z", half_past_seven, "2026-07-01T06:30:00Z"),
        ("2026-07-01T06:30:00Z", half_past_seven, "2026-07-02T06:30:00Z"),
        // The time of day that spring leaves out comes an hour later; of the two in autumn the first counts.
        ("2026-03-28T12:00:00Z", half_past_one, "2026-03-29T01:30:00Z"),
        ("2026-10-24T12:00:00Z", half_past_one, "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:00Z", half_past_one, "2026-10-26T01:30:00Z"),
        ("2026-12-31T23:00:00Z", half_past_seven, "2027-01-01T07:30:00Z"),
    ] {
        assert_eq!(due(at(counted), time), at(expected), "{counted}");
    }
}

#[test]
fn a_digest_says_of_each_topic_how_often_and_whether_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let mut raised = |submission: &str, minute: i64, event: Event| {
        let alert = Alert {
            council: "Sunderland City Council".to_owned(),
            submission: Some(submission.to_owned()),
            period: Some("2025-10-01_2026-09-30".parse().unwrap()),
            at: at("2026-11-24T06:00:00Z") + minute.minutes(),
            event,
        };
        raise(&mut ledger, &alert, std::time::Duration::from_secs(3600)).unwrap();
    };
    let run = crate::model::RunId::new(at("2026-11-24T06:00:00Z"), 1);
    let disk = Event::DiskLow { folder: "/srv/cld".to_owned(), free: 1_000_000, needed: 9_000_000 };
    let failed = || Event::Failed {
        run: run.clone(),
        what: "log in to sql01".to_owned(),
        code: 24,
        attempt: 1,
        next: crate::notify::Next::Nothing,
        advice: None,
    };
    for minute in 0..4 {
        raised("adult", minute, failed());
    }
    for minute in 0..2 {
        raised("children", minute, failed());
        raised("adult", minute, disk.clone());
    }
    raised("adult", 5, Event::Recovered { run: run.clone(), failed: 4 });
    let text = message("Sunderland City Council", &ledger.alerts_counted().unwrap(), at("2026-11-25T07:30:00Z")).text();
    insta::assert_snapshot!(text);
}
