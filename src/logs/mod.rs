//! The log: what the agent did, for those who look after it.
//!
//! ```text
//!   tracing events ─▶ ours? ─▶ data_dir/logs/cld-agent.<day>.log   a file a day, kept so long, no larger than so much
//!   of any crate        │  └─▶ the journal, where standard error leads there
//!                       └────▶ nowhere
//! ```
//!
//! **Only what this program writes itself gets in.** Drivers and network libraries log what servers say, and servers quote
//! values; no list of those to be silenced is ever complete, so none is kept. A [panic](hide_payloads) is told with its place and its kind,
//! because what it carries may quote a value as well.
//!
//! A run writes a dozen lines at INFO, each with its id ([`Logged`]). WARN is for this week, ERROR for now. Who runs a
//! command by hand reads its answer on the screen: only `run` and `daemon` [`begin`] a log.

mod collector;
pub mod events;
mod files;
mod format;
#[cfg(unix)]
mod journal;
mod panic;
mod progress;

#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing::Subscriber;
use tracing_subscriber::{Layer, Registry, filter::Targets, fmt, layer::SubscriberExt};

pub use self::{collector::finish, panic::hide_payloads, progress::Logged};
use self::{
    files::DailyFiles,
    format::{Line, Priority},
};
use crate::{
    config::{Log, LogFormat},
    sys::{fs::FsError, journal::is_standard_error, syslog::Collector},
};

/// The target of every event of this program. No other is let in: the driver of SQL Server logs what a server says, values of
/// the data included.
const OURS: &str = "cld_agent";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder of logs could not be made.
    #[error(transparent)]
    Folder(#[from] FsError),
    /// The day's file could not be opened.
    #[error("open the log of the day in {}", folder.display())]
    File {
        /// The folder of logs.
        folder: PathBuf,
        /// Why.
        source: tracing_appender::rolling::InitError,
    },
    /// There is one.
    #[error("begin a log: this process has one already")]
    Second,
}

/// Where the logs of a data folder are.
pub fn folder(data: &Path) -> PathBuf {
    data.join("logs")
}

/// Begins the log of this process, in the folder `logs` of a data folder.
pub fn begin(settings: &Log, data: &Path) -> Result<(), LogError> {
    let files = DailyFiles::open(folder(data), settings)?;
    let mut layers = vec![layer(settings.format, Mutex::new(files))];
    layers.extend(to_journal());
    if layers.len() == 1 && is_standard_error() {
        layers.push(fmt::layer().event_format(Line { priority: Priority::Prefixed }).with_writer(io::stderr).boxed());
    }
    layers.extend(settings.syslog.as_ref().map(to_collector));
    tracing::subscriber::set_global_default(only_ours(settings, layers)).map_err(|_| LogError::Second)
}

/// The journal, where it reads the standard error of this process, by its own protocol.
#[cfg(unix)]
fn to_journal() -> Option<Output> {
    Some(journal::Entries(crate::sys::journal::Journal::of_this_process()?).boxed())
}

#[cfg(not(unix))]
fn to_journal() -> Option<Output> {
    None
}

/// A collector of syslog, which keeps nobody waiting.
fn to_collector(collector: &Collector) -> Output {
    fmt::layer()
        .event_format(Line { priority: Priority::Apart })
        .with_ansi(false)
        .with_writer(collector::begin(collector))
        .boxed()
}

type Output = Box<dyn Layer<Registry> + Send + Sync>;

/// A layer that writes every event to a file.
fn layer<W: io::Write + Send + 'static>(format: LogFormat, writer: Mutex<W>) -> Output {
    match format {
        LogFormat::Text => fmt::layer().event_format(Line { priority: Priority::Spelt }).with_writer(writer).boxed(),
        LogFormat::Json => {
            fmt::layer().json().flatten_event(true).with_span_list(false).with_target(false).with_writer(writer).boxed()
        }
    }
}

fn only_ours(settings: &Log, outputs: Vec<Output>) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(outputs).with(Targets::new().with_target(OURS, settings.level))
}
