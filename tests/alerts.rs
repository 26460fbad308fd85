//! Alerts seen from outside: sent by the program, killed on the way, and received.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use assert_cmd::Command;
use clap::Parser;
use cld_agent::{
    cli::Arguments,
    ledger::{Ledger, Queued},
    notify::{Alert, Event, raise},
    sys::{failpoint, fs::write_whole},
};
use tokio::runtime::{Builder, Runtime};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

const CONFIGURATION: &str = "version = 1
[council]
name = 'Demo Council (fictional)'
la_code = '999'
[[submission]]
name = 'quarterly'
mapping = 'mapping'
allow_test_nhs_numbers = true
[submission.source.case-system]
type = 'sqlite'
path = 'case-system.db'
[[notify.channel]]
name = 'first'
type = 'webhook'
format = 'json'
url = { env = 'CLD_TEST_FIRST' }
[[notify.channel]]
name = 'second'
type = 'webhook'
format = 'teams'
url = { env = 'CLD_TEST_SECOND' }
";

/// An installation with two channels, the first of which refuses everything.
struct Desk {
    folder: tempfile::TempDir,
    runtime: Runtime,
    server: MockServer,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_whole(&folder.path().join("agent.toml"), CONFIGURATION.as_bytes()).unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            for (place, status) in [("/refuses", 410), ("/takes", 202)] {
                let answer = ResponseTemplate::new(status);
                Mock::given(method("POST")).and(path(place)).respond_with(answer).mount(&server).await;
            }
            server
        });
        Self { folder, runtime, server }
    }

    fn agent(&self, arguments: &[&str]) -> Command {
        let mut agent = Command::cargo_bin("cld-agent").unwrap();
        agent.current_dir(self.folder.path()).args(arguments);
        agent.env("CLD_TEST_FIRST", format!("{}/refuses", self.server.uri()));
        agent.env("CLD_TEST_SECOND", format!("{}/takes", self.server.uri()));
        agent
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.folder.path().join("data/ledger.db")).unwrap()
    }

    fn raise(&self, folder: &Path) {
        let alert = Alert {
            council: "Demo Council (fictional)".to_owned(),
            submission: None,
            period: None,
            at: "2026-11-24T06:00:00Z".parse().unwrap(),
            event: Event::DiskLow { folder: folder.display().to_string(), free: 1, needed: 2 },
        };
        let queued = raise(&mut self.ledger(), &alert, std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(queued, Queued::AtOnce);
    }

    /// How often the second channel got each of these.
    fn got(&self, marks: &[String]) -> BTreeMap<String, usize> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        let bodies: Vec<_> = requests
            .iter()
            .filter(|request| request.url.path() == "/takes")
            .map(|request| String::from_utf8_lossy(&request.body).into_owned())
            .collect();
        let count = |mark: &String| bodies.iter().filter(|body| body.contains(mark.as_str())).count();
        marks.iter().map(|mark| (mark.clone(), count(mark))).collect()
    }
}

#[test]
fn an_agent_that_is_killed_at_any_point_of_a_delivery_loses_no_alert() {
    for point in failpoint::ALERTS {
        let desk = Desk::new();
        let marks = ["one", "two"].map(|name| format!("/srv/{name}"));
        for mark in &marks {
            desk.raise(Path::new(mark));
        }
        let killed = desk.agent(&["alert", "send"]).env(failpoint::VARIABLE, point).output().unwrap();
        assert_eq!(killed.status.code(), None, "{point} was not reached: {killed:?}");

        desk.agent(&["alert", "send"]).assert().success();
        let got = desk.got(&marks);
        assert!(got.values().all(|times| (1..=2).contains(times)), "{point}: {got:?}");
        assert_eq!(got.values().sum::<usize>(), if point == failpoint::ALERT_SENT { 3 } else { 2 }, "{point}");
        assert_eq!(desk.ledger().alerts_waiting().unwrap(), [], "{point}");
        desk.agent(&["alert", "send"]).assert().success();
        assert_eq!(desk.got(&marks), got, "{point}: nothing is sent again");
    }
    println!("killed at {} points of a delivery", failpoint::ALERTS.len());
}

#[test]
fn every_command_that_an_alert_names_is_one() {
    let texts =
        include_str!("../src/notify/words/snapshots/cld_agent__notify__words__tests__every_event_reads_well.snap");
    let commands: BTreeSet<_> = texts.lines().filter_map(|line| line.strip_prefix("  cld-agent ")).collect();
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        let words = command.replace(" \"…\"", " text");
        let parsed = Arguments::try_parse_from(["cld-agent"].into_iter().chain(words.split(' ')));
        assert!(parsed.is_ok(), "{command}: {:?}", parsed.err());
    }
}

#[test]
fn a_test_alert_says_by_which_channel_it_was_taken() {
    let desk = Desk::new();
    let tested = desk.agent(&["alert", "test"]).assert().code(34);
    let told = String::from_utf8_lossy(&tested.get_output().stdout).into_owned();
    insta::assert_snapshot!(told, @r"
    FAULT  first: the webhook refused (status 410); check its address; a workflow may have been deleted, or its owner may have left
    ok     second: it was taken; see whether it arrives
    ");
    desk.agent(&["alert", "test", "--channel", "second"]).assert().success();
    let unknown = desk.agent(&["alert", "test", "--channel", "secnd"]).assert().code(2);
    assert!(String::from_utf8_lossy(&unknown.get_output().stderr).contains("did you mean 'second'?"));
}

#[test]
fn what_no_channel_takes_is_listed_with_what_each_said() {
    let desk = Desk::new();
    desk.agent(&["alert", "list"]).assert().success().stdout("No alert waits.\n");
    desk.raise(Path::new("/srv/cld"));
    let refuses = format!("{}/refuses", desk.server.uri());
    desk.agent(&["alert", "send"]).env("CLD_TEST_SECOND", &refuses).assert().code(34);
    let listed = desk.agent(&["--json", "alert", "list"]).assert().success();
    let listed: serde_json::Value = serde_json::from_slice(&listed.get_output().stdout).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["kind"]), (&"refused".into(), &"disk-low".into()));
    assert_eq!(listed[0]["answers"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(&desk.server.uri()), "{listed}");

    desk.agent(&["alert", "send", "--again"]).assert().success();
    assert_eq!(desk.got(&["/srv/cld".to_owned()])["/srv/cld"], 1);
    desk.agent(&["alert", "list"]).assert().success().stdout("No alert waits.\n");
}
