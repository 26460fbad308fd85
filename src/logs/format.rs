//! A line for people, or for the journal.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Writer},
    },
    registry::LookupSpan,
};

/// Writes an event as one line, whatever it says.
pub(super) struct Line {
    pub(super) priority: Priority,
}

/// How important a line is said to be.
#[derive(Clone, Copy)]
pub(super) enum Priority {
    /// As a word, behind the time.
    Spelt,
    /// As the prefix by which the journal knows it. The journal knows the time, too.
    Prefixed,
    /// Not at all: whoever takes the line is told.
    Apart,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let format: Format<Full> = Format::default().with_target(false);
        let mut text = String::new();
        match self.priority {
            Priority::Spelt => format.format_event(context, Writer::new(&mut text), event)?,
            Priority::Apart => {
                format.without_time().with_level(false).format_event(context, Writer::new(&mut text), event)?;
            }
            Priority::Prefixed => {
                text.push_str(prefix(*event.metadata().level()));
                let format = format.without_time().with_level(false);
                format.format_event(context, Writer::new(&mut text), event)?;
            }
        }
        for (nth, line) in text.trim_end().lines().enumerate() {
            if nth > 0 {
                to.write_str(" / ")?;
            }
            for letter in line.chars() {
                to.write_char(if letter.is_control() { ' ' } else { letter })?;
            }
        }
        to.write_char('\n')
    }
}

/// As in sd-daemon(3).
const fn prefix(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
    }
}
