//! The same lines for a collector of syslog.

use std::{io, sync::OnceLock, time::Duration};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use crate::sys::{
    clock::Clock,
    syslog::{Collector, Severity, Syslog},
};

/// That of this process, so that its last lines are waited for.
static OF_THIS_PROCESS: OnceLock<Syslog> = OnceLock::new();
/// How long they are.
const AT_THE_END: Duration = Duration::from_secs(1);

/// Begins to send this process's lines.
pub(super) fn begin(collector: &Collector) -> ToCollector {
    ToCollector(OF_THIS_PROCESS.get_or_init(|| Syslog::begin(collector.clone())).clone())
}

/// Gives the last lines of the process a moment to reach the collector. Nobody waits where there is none.
pub fn finish() {
    if let Some(syslog) = OF_THIS_PROCESS.get() {
        syslog.flush(AT_THE_END);
    }
}

/// Makes a writer for each event.
pub(super) struct ToCollector(pub(super) Syslog);

/// Takes the line of one event.
pub(super) struct OneLine<'s> {
    syslog: &'s Syslog,
    severity: Severity,
}

impl<'s> MakeWriter<'s> for ToCollector {
    type Writer = OneLine<'s>;

    fn make_writer(&'s self) -> OneLine<'s> {
        OneLine { syslog: &self.0, severity: Severity::Informational }
    }

    fn make_writer_for(&'s self, of: &Metadata<'_>) -> OneLine<'s> {
        let severity = match *of.level() {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warning,
            Level::INFO => Severity::Informational,
            Level::DEBUG | Level::TRACE => Severity::Debug,
        };
        OneLine { syslog: &self.0, severity }
    }
}

impl io::Write for OneLine<'_> {
    /// Takes a whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.syslog.line(self.severity, Clock::Machine.now(), &String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
