//! The agent as a service: what the service manager is told, and what ends it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use cld_agent::{exit, ledger::Ledger, schedule::EMBEDDED_TIMETABLE};
use support::{Demo, put, tree};

/// No service takes so long to say something; whoever waits for longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(90);
/// What a stop may take at any point of a run.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A service of a demo council, and the socket on which its manager listens.
struct Service {
    demo: Demo,
    manager: UnixDatagram,
    process: Child,
}

impl Service {
    fn start(demo: Demo) -> Self {
        let socket = demo.path().join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cld-agent"));
        command.current_dir(demo.path()).args(["service", "run", "--config", "agent.toml"]);
        command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "2000000");
        let process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { demo, manager, process }
    }

    /// Waits until the manager is told something in which this stands; everything that it was told until then.
    fn says(&self, wanted: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            let length = self.manager.recv(&mut bytes).unwrap_or_else(|error| panic!("{wanted}: {error}; {told:?}"));
            told.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
            if told.last().unwrap().contains(wanted) {
                return told;
            }
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Its exit code, and what it wrote to standard error.
    fn ends(self) -> (Option<i32>, String) {
        let ended = self.process.wait_with_output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    }
}

fn demo() -> Demo {
    Demo::new(40, 7)
}

/// A plan that is due each minute.
fn plan(demo: &Demo) {
    let source = "[submission.source.case-system]";
    let plan = "[[submission.plan]]\nname = \"often\"\npurpose = \"extract\"\ncron = \"* * * * *\"\n\n";
    demo.replace("agent.toml", source, &format!("{plan}{source}"));
    // The demo's own package is none of this agent's.
    demo.replace("agent.toml", "data_dir = \".\"\n", "data_dir = \"data\"\n");
    // Whatever the day on which the test runs, the last window is still open.
    let timetable = EMBEDDED_TIMETABLE.replace("late_days = 14", "late_days = 100");
    put(&demo.path().join("timetable.toml"), timetable.as_bytes());
    demo.replace("agent.toml", "mapping = \"mapping\"\n", "mapping = \"mapping\"\ntimetable = \"timetable.toml\"\n");
}

#[test]
fn the_manager_is_told_when_the_service_is_ready_that_it_lives_and_that_it_stops() {
    let service = Service::start(demo());
    let told = service.says("READY=1");
    assert!(!told.iter().any(|told| told.contains("STOPPING=1")), "{told:?}");
    service.says("WATCHDOG=1");
    service.signal("-TERM");
    service.says("STOPPING=1");
    assert_eq!(service.ends().0, Some(i32::from(exit::SUCCESS)));
}

#[test]
fn broken_settings_are_told_once_with_their_place_and_nothing_is_ready() {
    let demo = demo();
    demo.replace("agent.toml", "version = 1\n", "version = 1\nversoin = 1\n");
    let service = Service::start(demo);
    service.manager.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let manager = service.manager.try_clone().unwrap();
    let (code, said) = service.ends();
    assert_eq!(code, Some(i32::from(exit::CONFIGURATION)));
    assert_eq!(said.matches("agent.toml:3:1").count(), 1, "{said}");
    let mut bytes = [0; 4096];
    while let Ok(length) = manager.recv(&mut bytes) {
        let told = String::from_utf8_lossy(&bytes[..length]).into_owned();
        assert!(!told.contains("READY=1"), "{told}");
    }
}

#[test]
fn a_reload_with_broken_settings_leaves_the_old_ones_in_force() {
    let demo = demo();
    plan(&demo);
    let service = Service::start(demo);
    service.says("READY=1");
    let path = service.demo.path().join("agent.toml");
    let sound = std::fs::read_to_string(&path).unwrap();
    put(&path, sound.replace("version = 1\n", "version = 1\nversoin = 1\n").as_bytes());
    service.signal("-HUP");
    service.says("settings have faults");
    put(&path, sound.as_bytes());
    service.signal("-HUP");
    service.says("waits until");
    service.signal("-TERM");
    assert_eq!(service.ends().0, Some(i32::from(exit::SUCCESS)));
}

#[test]
fn a_stop_in_the_middle_of_a_run_takes_ten_seconds_at_most_and_leaves_nothing_half_done() {
    let demo = demo();
    plan(&demo);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    demo.replace("mapping/sql/reviews.sql", "WHERE ", &format!("WHERE ({endless}) > 0 AND "));
    let mut service = Service::start(demo);
    service.says("READY=1");
    let ledger = service.demo.path().join("data/ledger.db");
    let began = Instant::now();
    let runs = || Ledger::open(&ledger).unwrap().unended().unwrap().len();
    while runs() == 0 {
        assert!(began.elapsed() < PATIENCE, "no run begins");
        // A manager that does not listen would hold the service up: the queue between them is short.
        service.says("");
    }
    // Into the query that never ends.
    service.says("WATCHDOG=1");
    service.says("WATCHDOG=1");
    let asked = Instant::now();
    service.signal("-TERM");
    let staged = || tree(&service.demo.path().join("data/staging"));
    let before = staged();
    let ended = service.process.wait().unwrap();
    assert!(asked.elapsed() < STOPS_WITHIN, "{:?}", asked.elapsed());
    assert_eq!(ended.code(), Some(i32::from(exit::SUCCESS)));
    let left = std::fs::read_dir(service.demo.path().join("data/work")).map_or(0, Iterator::count);
    assert_eq!((left, runs()), (0, 0), "something is left over");
    assert_eq!(staged(), before);
}
