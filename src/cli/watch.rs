//! Somebody watches: bars on a terminal, plain lines elsewhere, nothing for scripts.

use std::{
    io::IsTerminal,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::Format;
use crate::{
    run::{Progress, Step},
    sys::journal,
};

/// Tells a person how a run goes on, on standard error.
pub(super) struct Watcher {
    manner: Manner,
    read: AtomicU64,
    kept: AtomicU64,
    step: Mutex<String>,
}

enum Manner {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Watcher {
    /// A watcher for how results are printed and where standard error goes.
    pub(super) fn new(format: Format) -> Self {
        let manner = match format {
            Format::Json => Manner::Silent,
            // The log says it there.
            Format::Text if journal::is_standard_error() => Manner::Silent,
            Format::Text if std::io::stderr().is_terminal() => Manner::Bar(bar()),
            Format::Text => Manner::Lines,
        };
        Self { manner, read: AtomicU64::new(0), kept: AtomicU64::new(0), step: Mutex::new(String::new()) }
    }

    /// Says something between the steps of a run.
    pub(super) fn say(&self, text: &str) {
        match &self.manner {
            Manner::Bar(bar) => bar.set_message(text.to_owned()),
            Manner::Lines => eprintln!("{text}"),
            Manner::Silent => {}
        }
        if let Ok(mut step) = self.step.lock() {
            text.clone_into(&mut step);
        }
    }

    /// The run is over.
    pub(super) fn done(&self) {
        if let Manner::Bar(bar) = &self.manner {
            bar.finish_and_clear();
        }
    }

    fn rows(&self) {
        let Manner::Bar(bar) = &self.manner else { return };
        let (read, kept) = (self.read.load(Ordering::Relaxed), self.kept.load(Ordering::Relaxed));
        let step = self.step.lock().map(|step| step.clone()).unwrap_or_default();
        bar.set_message(format!("{step}: {} rows read, {} in the file", HumanCount(read), HumanCount(kept)));
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed_precise}] {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

impl Progress for Watcher {
    fn step(&self, step: Step<'_>) {
        match step {
            Step::Begun(_) => {}
            Step::Open => self.say("Opening the sources and checking the mapping"),
            Step::Query(name) => self.say(&format!("Reading {name}")),
            Step::ReadBack => self.say("Reading the upload file back"),
            Step::Stage => self.say("Completing the package"),
            Step::Again { error, delay } => {
                self.say(&format!("Failed to {error}; trying again in {} s", delay.as_secs()));
            }
        }
    }

    fn rows_read(&self, _: usize, rows: u64) {
        self.read.fetch_add(rows, Ordering::Relaxed);
        self.rows();
    }

    fn rows_kept(&self, records: u64) {
        self.kept.fetch_add(records, Ordering::Relaxed);
    }
}
