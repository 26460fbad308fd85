//! What gets into a log, and how it looks there.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::{Level, error, info, subscriber::with_default};
use tracing_subscriber::{Layer, fmt};

use super::{Line, Priority, layer, only_ours};
use crate::config::{Log, LogFormat};

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn settings(level: Level) -> Log {
    Log { level, format: LogFormat::Text, keep_days: 1, most_bytes: 1, syslog: None }
}

/// What a log in a format holds after some events.
fn logged(format: LogFormat, level: Level, events: fn()) -> String {
    let written = Written::default();
    with_default(only_ours(&settings(level), vec![layer(format, Mutex::new(written.clone()))]), events);
    written.text()
}

fn events() {
    let run = tracing::info_span!("run", id = "20261005T050030Z");
    info!(parent: &run, rows = 42, "all is read");
    error!("failed to read the mapping:\nmapping.toml:3:1: no such key\u{1b}[2J");
    tracing::debug!("a detail");
}

#[test]
fn an_event_is_one_line_for_people() {
    let text = logged(LogFormat::Text, Level::INFO, events);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    let (time, said) = lines[0].split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!(said.trim_start(), "INFO run{id=\"20261005T050030Z\"}: all is read rows=42");
    assert!(lines[1].contains("ERROR failed to read the mapping: / mapping.toml:3:1: no such key"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn an_event_is_one_object_for_programs() {
    let text = logged(LogFormat::Json, Level::INFO, events);
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    assert_eq!((&objects[0]["message"], &objects[0]["rows"]), (&"all is read".into(), &42.into()));
    assert_eq!((&objects[0]["span"]["id"], &objects[0]["level"]), (&"20261005T050030Z".into(), &"INFO".into()));
}

#[test]
fn the_journal_gets_priorities_and_no_times() {
    let written = Written::default();
    let line = Line { priority: Priority::Prefixed };
    let output = fmt::layer().event_format(line).with_writer(Mutex::new(written.clone())).boxed();
    with_default(only_ours(&settings(Level::INFO), vec![output]), events);
    let text = written.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "<6>run{id=\"20261005T050030Z\"}: all is read rows=42");
    assert!(lines[1].starts_with("<3>failed to read the mapping"), "{text}");
}

#[test]
fn the_level_says_what_is_written() {
    assert_eq!(logged(LogFormat::Text, Level::ERROR, events).lines().count(), 1);
    assert_eq!(logged(LogFormat::Text, Level::DEBUG, events).lines().count(), 3);
}

#[test]
fn what_other_crates_log_is_not_ours() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = logged(format, Level::DEBUG, || {
            error!(target: "tiberius::tds::stream::token", "Conversion failed when converting 'Ada Lovelace'");
            error!(target: "reqwest", "http://hook.example/secret");
            error!(target: "hyper_util::client", "a");
            error!(target: "cld", "a");
            let span = tracing::error_span!(target: "lettre", "mail", to = "ada@example.org");
            info!(parent: &span, "ours");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("ours") && !text.contains("ada@example.org"), "{text}");
    }
}
