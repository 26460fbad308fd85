//! What went wrong, as a person and as a script read it.

use std::error::Error;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};
use tracing::Span;

use super::Format;
use crate::{
    document::{Fault, Faults},
    exit,
    ledger::LedgerError,
    logs::events::FAILED,
    run::RunError,
    sys::{error::in_full, journal},
};

/// The end of a command that did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    cause: Cause,
    /// The run that it ended, for the log.
    run: Span,
}

#[derive(Debug)]
enum Cause {
    /// Hand-written files have faults.
    Faults(Faults),
    /// Something failed.
    Error(Box<dyn Error>),
}

impl Failure {
    /// Faults of a hand-written file.
    pub(super) fn faults(code: u8, faults: Faults) -> Self {
        Self { code, cause: Cause::Faults(faults), run: Span::none() }
    }

    /// Something that failed.
    pub(super) fn new(code: u8, error: impl Into<Box<dyn Error>>) -> Self {
        let error = error.into();
        let code = if crate::sys::fs::is_disk_full(error.as_ref()) { exit::DISK_FULL } else { code };
        Self { code, cause: Cause::Error(error), run: Span::none() }
    }

    /// The same failure, of a run.
    pub(super) fn of_run(self, run: &Span) -> Self {
        Self { run: run.clone(), ..self }
    }

    /// The code that says so.
    pub fn exit_code(&self) -> u8 {
        self.code
    }

    /// Says what went wrong in the log, where there is one, and on standard error; for scripts, on standard output as well.
    pub(super) fn print(&self, format: Format) {
        self.log();
        // The journal has it from the log, where one has begun.
        if !(journal::is_standard_error() && tracing::dispatcher::has_been_set()) {
            self.say();
        }
        self.answer(format);
    }

    /// Says what went wrong in the log, where there is one.
    pub(super) fn log(&self) {
        match &self.cause {
            Cause::Faults(faults) => tracing::error!(name: FAILED, parent: &self.run, "{faults}"),
            Cause::Error(error) => {
                tracing::error!(name: FAILED, parent: &self.run, "failed to {}", in_full(error.as_ref()));
            }
        }
    }

    /// Says what went wrong to a script.
    pub(super) fn answer(&self, format: Format) {
        if format == Format::Json {
            println!("{}", serde_json::json!({ "failed": self.message(), "exit_code": self.code }));
        }
    }

    /// Says what went wrong on standard error.
    pub(super) fn say(&self) {
        match &self.cause {
            Cause::Faults(faults) => faults.iter().for_each(|fault| eprintln!("{}", rendered(fault).trim_end())),
            Cause::Error(error) => {
                eprintln!("cld-agent failed to {}", in_full(error.as_ref()));
                self.advice().into_iter().for_each(|advice| eprintln!("  help: {advice}"));
            }
        }
    }

    /// What went wrong, in one text.
    pub(super) fn message(&self) -> String {
        match &self.cause {
            Cause::Faults(faults) => faults.to_string(),
            Cause::Error(error) => in_full(error.as_ref()),
        }
    }
}

impl Failure {
    /// What to do, where the file system's own words do not say so.
    fn advice(&self) -> Option<&'static str> {
        let of_files = [exit::OUTPUT, exit::DISK_FULL].contains(&self.code);
        exit::ALL.into_iter().find(|(code, ..)| of_files && *code == self.code).map(|(_, _, advice)| advice)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Mapping(faults) => Self::faults(exit::MAPPING, faults),
            error => Self::new(error.exit_code(), error),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(error.exit_code(), error)
    }
}

/// A fault with the line it is about. A configuration may hold, on its other lines, what nobody should see on a screen.
fn rendered(fault: &Fault) -> String {
    let Some((document, span)) = fault.source() else { return format!("cld-agent: {fault}") };
    let mut diagnostic = MietteDiagnostic::new(fault.message()).with_label(LabeledSpan::underline(span));
    diagnostic.help = fault.help().map(str::to_owned);
    let source = NamedSource::new(document.name(), document.text().to_owned());
    let report = Report::new(diagnostic).with_source_code(source);
    let theme = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_context_lines(0).with_links(false);
    match handler.render_report(&mut text, report.as_ref()) {
        Ok(()) => text,
        Err(_) => format!("cld-agent: {fault}"),
    }
}
