use super::*;
use crate::notify::testing::{Answering, secret};

fn now() -> Timestamp {
    "2026-11-24T06:00:00.5Z".parse().unwrap()
}

#[test]
fn a_heartbeat_calls_its_address_and_writes_its_file() {
    let service = Answering::begin(200, "OK", &[]);
    let (folder, url) = secret(&format!("{}/opensesame", service.uri()));
    let file = folder.path().join("heartbeat");
    let heartbeat = Heartbeat { url: Some(url), file: Some(file.clone()) };
    for _ in 0..2 {
        assert_eq!(beat(&heartbeat, &Network::default(), now()), []);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "2026-11-24T06:00:00Z\n");
    let paths: Vec<_> = service.requests().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/opensesame", "/opensesame"]);
    assert_eq!(beat(&Heartbeat::default(), &Network::default(), now()), []);
}

#[test]
fn what_fails_of_a_heartbeat_keeps_nothing_else_from_it_and_tells_no_address() {
    let service = Answering::begin(429, "Ada Fixture", &[("retry-after", "60")]);
    let (folder, url) = secret(&format!("{}/opensesame", service.uri()));
    let file = folder.path().join("heartbeat");
    let faults = beat(&Heartbeat { url: Some(url.clone()), file: Some(file.clone()) }, &Network::default(), now());
    assert!(file.exists() && faults.len() == 1 && faults[0].hope == Hope::After(60), "{faults:?}");

    let nowhere = Heartbeat { url: Some(url), file: Some(folder.path().join("no/such/folder")) };
    let faults = beat(&nowhere, &Network::default(), now());
    assert_eq!((faults.len(), service.requests().len()), (2, 2));
    let told = format!("{faults:?}");
    assert!(!told.contains("opensesame") && !told.contains("Ada"), "{told}");
}
