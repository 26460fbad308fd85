//! What is written of what the agent does.

use tracing::Level;

use crate::{document::Table, sys::syslog::Collector};

/// How the log is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// The least important lines that are written.
    pub level: Level,
    /// How a line looks.
    pub format: LogFormat,
    /// After how many days a file is removed.
    pub keep_days: u16,
    /// The size in bytes at which a day's file is full.
    pub most_bytes: u64,
    /// Who gets the same lines, besides.
    pub syslog: Option<Collector>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object on each line.
    Json,
}

const LEVELS: [(&str, Level); 4] =
    [("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG)];
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
const MEGABYTE: u64 = 1_000_000;

pub(super) fn log(table: &Table<'_>) -> Option<Log> {
    let level = table.need_word("level", &LEVELS);
    let format = table.need_word("format", &FORMATS);
    let keep_days = table.integer("keep_days", 1..=3660);
    let most = table.integer("most_megabytes", 1..=100_000);
    let syslog = table.text("syslog").and_then(|text| {
        let collector = text.value.parse::<Collector>();
        collector
            .map_err(|help| {
                let fault = table.document().fault(text.span.clone(), format!("'syslog' cannot be '{}'", text.value));
                table.fault(fault.with_help(help.to_string()));
            })
            .ok()
    });
    table.finish();
    Some(Log {
        level: level?,
        format: format?,
        keep_days: keep_days?.value as u16,
        most_bytes: most?.value as u64 * MEGABYTE,
        syslog,
    })
}
