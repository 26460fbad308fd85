use std::collections::BTreeSet;

use super::*;
use crate::{config::notify::KINDS, notify::testing::held};

fn run() -> RunId {
    RunId::new("2026-10-05T05:00:00Z".parse().unwrap(), 1)
}

fn day(text: &str) -> Date {
    Date::parse_iso(text.as_bytes()).unwrap()
}

/// Every event, in each of the ways in which its text differs.
fn events() -> Vec<Event> {
    let closes = day("2026-10-30");
    let due: DateTime = "2026-10-05T06:00:00".parse().unwrap();
    let failed = |attempt, next, advice: Option<&str>| Event::Failed {
        run: run(),
        what: "log in to sql01.council.example: the server refused the login (18456)".to_owned(),
        code: 24,
        attempt,
        next,
        advice: advice.map(str::to_owned),
    };
    let window = |left, missing| Event::WindowCloses { closes, left, missing };
    vec![
        failed(1, Next::Again("2026-10-05T05:10:00Z".parse().unwrap()), None),
        failed(4, Next::NextTurn("2026-10-12T06:00:00".parse().unwrap()), None),
        failed(2, Next::Nothing, Some("Check account and secret, then run by hand.")),
        Event::Recovered { run: run(), failed: 1 },
        Event::Recovered { run: run(), failed: 3 },
        held().event,
        Event::Held {
            run: run(),
            reasons: vec!["The file is not what was written.".into()],
            approvable: false,
            folder: "held/a".into(),
        },
        Event::Ready { run: run(), rows: 1, folder: "staging/quarterly".into(), closes },
        Event::Ready { run: run(), rows: 123_456, folder: "staging/quarterly".into(), closes },
        Event::Approved { run: run(), reason: "one provider closed in June".parse().unwrap(), closes },
        Event::Worse { run: run(), what: vec!["Gender fails in 12.0 per cent of rows; it was 3.1.".into()] },
        Event::WindowOpens { closes, planned: Some(due) },
        Event::WindowOpens { closes, planned: None },
        window(Some(5), Missing::Package),
        window(Some(1), Missing::Submission),
        window(Some(0), Missing::Submission),
        window(None, Missing::Package),
        Event::DidNotRun { plan: "extract".into(), due, why: None },
        Event::DidNotRun { plan: "extract".into(), due, why: Some("The machine was off.".into()) },
        Event::Parked { plan: "extract".into(), due, crashes: 3 },
        Event::Expires {
            what: "the client secret of Microsoft Graph".into(),
            last: closes,
            advice: "Make a new one.".into(),
        },
        Event::DiskLow { folder: "/srv/cld".into(), free: 150_000_000, needed: 900_000_000 },
        Event::PurgeComing { run: run(), on: closes, folder: "staging/quarterly".into() },
        Event::NotPurged { what: "remove held/quarterly/findings.xlsx".into() },
        Event::PageNotServed {
            listen: "127.0.0.1:8730".into(),
            why: "serve the status page on 127.0.0.1:8730: another program has this port".into(),
        },
        Event::DeskAway {
            folder: "/srv/cld-desk/quarterly".into(),
            why: "list /srv/cld-desk/quarterly: there is no such folder".into(),
        },
        Event::Elsewhere { machine: "cld02".into() },
        Event::SettingsBroken { faults: vec!["agent.toml:12:1: 'too' is not a key that is known here".into()] },
        Event::Test,
    ]
}

fn alert(event: Event) -> Alert {
    Alert { event, ..held() }
}

#[test]
fn every_event_reads_well() {
    let texts: Vec<_> = events()
        .into_iter()
        .map(|event| {
            let message = alert(event).message();
            format!("Subject: {}\n\n{}", message.full_subject(), message.text())
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n==========\n\n"));
}

#[test]
fn an_alert_about_nothing_in_particular_names_the_council() {
    let alert = Alert { submission: None, period: None, ..alert(Event::Test) };
    let message = alert.message();
    assert_eq!(message.subject, "A test alert – Sunderland City Council");
    assert_eq!(message.facts.len(), 2);
}

#[test]
fn a_message_survives_the_ledger() {
    for event in events() {
        let message = alert(event).message();
        assert_eq!(Message::from_json(&message.to_json()).unwrap(), message);
    }
}

#[test]
fn the_kinds_that_a_reader_can_be_named_for_are_those_that_there_are() {
    let kinds: BTreeSet<_> = events().iter().map(Event::kind).chain(["digest"]).collect();
    assert_eq!(kinds, KINDS.into());
}

#[test]
fn alerts_share_a_topic_when_they_say_the_same_of_the_same_thing() {
    let topic = |event: &Event| alert(event.clone()).topic();
    let events = events();
    assert_eq!(topic(&events[1]), topic(&events[2]), "one failure, another attempt");
    assert_ne!(topic(&events[0]), topic(&events[1]), "it is given up");
    let Event::Failed { run, what, attempt, next, advice, .. } = events[0].clone() else { panic!() };
    assert_ne!(topic(&events[0]), topic(&Event::Failed { run, what, code: 31, attempt, next, advice }));
    assert_ne!(topic(&events[13]), topic(&events[14]), "fewer days are left");
    assert_ne!(topic(&events[7]), topic(&events[9]));
    assert_eq!(alert(events[0].clone()).to_queue(std::time::Duration::ZERO).subject, "quarterly/2025-10-01_2026-09-30");
}

#[test]
fn a_mail_reads_well_in_html_and_takes_every_text_for_a_text() {
    let html = held().message().html().unwrap();
    assert!(html.contains("&#60;ceiling: 50 per cent&#62;") && !html.contains("<ceiling"));
    insta::assert_snapshot!(html);
}
