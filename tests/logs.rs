//! The log, as whoever looks after the agent finds it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{fs, path::Path};

use cld_agent::{
    exit,
    sys::failpoint::{PANICS, RUN_JUDGED, VARIABLE},
};
use support::{Demo, put, tree};

/// What all files of the log hold.
fn log(folder: &Path) -> String {
    tree(&folder.join("logs")).into_values().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

/// A line without its time.
fn said(line: &str) -> &str {
    line.split_once(' ').unwrap().1.trim_start()
}

#[test]
fn a_run_writes_a_dozen_lines_that_name_it() {
    let demo = Demo::new(40, 3);
    assert_eq!(log(demo.path()), "", "who makes a demo looks at the screen");
    demo.run().assert().success();
    let text = log(demo.path());
    let lines: Vec<_> = text.lines().map(said).collect();
    assert!((8..=16).contains(&lines.len()), "{text}");
    assert!(lines.iter().all(|line| line.starts_with("INFO run{id=20261123T090000Z}: ")), "{text}");
    assert!(
        lines[0].contains("the run begins submission=\"adult-social-care\" period=2025-10-01_2026-09-30"),
        "{text}"
    );
    assert!(lines.iter().any(|line| line.contains("reading query=\"services\"")), "{text}");
    assert!(lines.last().unwrap().ends_with("the run has ended: released"), "{text}");
    demo.run().arg("--dry-run").assert().success();
    assert_eq!(log(demo.path()), text, "who tries a run out looks at the screen");
}

#[test]
fn a_collector_of_syslog_gets_the_lines_of_the_file() {
    let demo = Demo::new(40, 3);
    let collector = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    collector.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let to = format!("version = 1\n[log]\nsyslog = \"udp://{}\"\n", collector.local_addr().unwrap());
    demo.replace("agent.toml", "version = 1", &to);
    demo.run().assert().success();
    for line in log(demo.path()).lines() {
        let mut bytes = [0; 4096];
        let length = collector.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..length]).unwrap();
        let (head, message) = text.split_once('\u{feff}').unwrap();
        assert!(head.starts_with("<30>1 ") && head.contains(" cld-agent "), "{text}");
        assert_eq!(message, said(line).strip_prefix("INFO ").unwrap());
    }
}

#[test]
fn a_collector_that_hangs_or_is_away_holds_up_no_run() {
    let demo = Demo::new(40, 3);
    // It is connected to, and reads nothing.
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut before = "version = 1".to_owned();
    for address in [hanging.local_addr().unwrap().to_string(), away.to_string(), "no-such-host.invalid:601".to_owned()]
    {
        let now = format!("version = 1\n[log]\nsyslog = \"tcp://{address}\"\n#");
        demo.replace("agent.toml", &before, &now);
        before = now;
        let began = std::time::Instant::now();
        demo.run().args(["--resubmit", "--reason", "once more"]).assert().success();
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{address}: {:?}", began.elapsed());
    }
    assert_eq!(log(demo.path()).matches("the run has ended: released").count(), 3);
}

#[test]
fn a_run_that_fails_says_why_in_one_line() {
    let demo = Demo::new(40, 3);
    demo.replace("agent.toml", "version = 1", "version = 1\n[log]\nlevel = \"warn\"\nformat = \"json\"\n");
    demo.execute("DROP TABLE address");
    demo.run().assert().failure();
    let text = log(demo.path());
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["span"]["id"], "20261123T090000Z");
    assert!(line["message"].as_str().unwrap().starts_with("failed to "), "{text}");
}

#[test]
fn a_defect_is_told_with_its_place_and_never_with_what_it_quotes() {
    let demo = Demo::new(40, 3);
    let run = demo.run().env(VARIABLE, format!("{RUN_JUDGED}{PANICS}Ada Lovelace")).assert().failure();
    let seen = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    for text in [&seen, &log(demo.path())] {
        assert!(text.contains("src/sys/failpoint.rs:") && !text.contains("Lovelace"), "{text}");
    }
}

#[test]
fn without_a_log_the_work_goes_on() {
    let demo = Demo::new(40, 3);
    put(&demo.path().join("logs"), b"a file in the way");
    let run = demo.run().assert().success();
    let seen = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert!(seen.contains("nothing is logged: failed to create "), "{seen}");
}

#[cfg(unix)]
#[test]
fn under_systemd_the_lines_go_to_the_journal_and_nothing_else_does() {
    use std::os::unix::fs::MetadataExt;

    let demo = Demo::new(40, 3);
    demo.replace("mapping/mapping.toml", "version = 1", "versoin = 1");
    let folder = tempfile::tempdir().unwrap();
    for (nth, listens) in [true, false].into_iter().enumerate() {
        let journal = folder.path().join(nth.to_string());
        put(&journal, b"");
        let place = fs::metadata(if listens { &journal } else { folder.path() }).unwrap();
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_cld-agent"))
            .current_dir(demo.path())
            .args(["run", "--as-of", support::LATER])
            .env("JOURNAL_STREAM", format!("{}:{}", place.dev(), place.ino()))
            .stderr(fs::OpenOptions::new().append(true).open(&journal).unwrap())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(i32::from(exit::MAPPING)));
        let text = fs::read_to_string(&journal).unwrap();
        let prefixed = text.lines().filter(|line| line.starts_with("<6>run{") || line.starts_with("<3>run{")).count();
        assert_eq!(prefixed > 0, listens, "{text}");
        assert!(!listens || prefixed == text.lines().count(), "{text}");
    }
}
