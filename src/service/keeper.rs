//! The agent by itself, whoever started it.

use std::{collections::BTreeMap, io, path::Path, time::Duration};

use crate::{
    config::{Settings, environment},
    desk::Desks,
    document::Faults,
    ledger::{Ledger, LedgerError},
    logs::{self, events},
    notify::{self, Courier, Dispatch},
    page::Serving,
    run::DataFolder,
    sys::{clock::Clock, error::in_full, journal, shutdown::Shutdown},
    unattended::{ChildProcess, Daemon, DaemonError, Manager, Means, TickError, drive},
};

/// Keeps the plans of a configuration.
pub struct Keeper<'k> {
    /// The configuration file.
    pub configuration: &'k Path,
    /// What tells the time.
    pub clock: Clock,
    /// Whoever started it.
    pub manager: &'k dyn Manager,
    /// The wish that it ends.
    pub stop: &'k Shutdown,
}

/// Why no plan is kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The configuration has faults.
    #[error("read the configuration:\n{0}")]
    Settings(Faults),
    /// The program could not be found.
    #[error("find this program itself")]
    Program(#[source] io::Error),
    /// The data folder could not be used.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The clock does not tick.
    #[error(transparent)]
    Tick(#[from] TickError),
}

/// How long is kept at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HowLong {
    /// Until somebody asks for the end.
    ToTheEnd,
    /// Until nothing is due.
    Once,
}

impl Keeper<'_> {
    /// Keeps the plans until somebody asks for the end. Nothing is done before the configuration has been read.
    pub fn keep(&self) -> Result<(), KeepError> {
        self.begin(HowLong::ToTheEnd)
    }

    /// Does what is due now, waits for it, and ends.
    pub fn keep_once(&self) -> Result<(), KeepError> {
        self.begin(HowLong::Once)
    }

    fn begin(&self, how_long: HowLong) -> Result<(), KeepError> {
        let environment: BTreeMap<_, _> = environment();
        let read = || Settings::open(self.configuration, &environment);
        let settings = read().map_err(KeepError::Settings)?;
        begin_log(&settings);
        let program = std::env::current_exe().map_err(KeepError::Program)?;
        let mut worker = ChildProcess::new(program, self.configuration.to_owned(), self.clock);
        let path = DataFolder(&settings.agent.data_dir).ledger();
        let mut courier = Courier::default();
        let mut page = Serving::default();
        let mut deliver = |settings: &Settings, ledger: &mut Ledger, now| {
            if how_long == HowLong::ToTheEnd
                && let Err(error) = page.round(settings, ledger, (self.clock, now))
            {
                tracing::error!("failed to {error}");
            }
            if let Err(error) = courier.set_out((ledger, &path), settings, self.clock, self.stop) {
                tracing::error!("failed to {error}");
            }
        };
        let mut all_desks = Desks::default();
        let mut desks = |settings: &Settings, ledger: &mut Ledger, now| all_desks.round(settings, ledger, now);
        let means = Means { read: &read, worker: &mut worker, deliver: &mut deliver, desks: &mut desks };
        let mut daemon = Daemon::begin(settings.clone(), means, self.clock.now())?;
        tracing::info!(name: events::BEGAN, version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "the agent keeps its plans");
        if how_long == HowLong::ToTheEnd {
            drive(&mut daemon, self.manager, self.clock, self.stop)?;
            tracing::info!(name: events::STOPPED, "the agent was asked to stop");
            return Ok(());
        }
        self.round_after_round(&mut daemon)?;
        drop(daemon);
        courier.wait();
        // What the last round had to say.
        let mut ledger = Ledger::open(&path).map_err(DaemonError::from)?;
        let at_home = ledger.is_at_home().map_err(DaemonError::from)?;
        if at_home {
            all_desks.finish(&settings, &mut ledger, self.clock.now());
        }
        notify::deliver(&mut ledger, &Dispatch::of(&settings), self.clock, self.stop).map_err(DaemonError::from)?;
        if at_home { Ok(()) } else { Err(DaemonError::from(LedgerError::Elsewhere).into()) }
    }

    fn round_after_round(&self, daemon: &mut Daemon<'_>) -> Result<(), DaemonError> {
        const LOOK: Duration = Duration::from_millis(50);
        while daemon.round(self.clock.now())?.busy {
            while daemon.is_at_work() {
                if self.stop.is_requested() {
                    daemon.stop();
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
        }
        Ok(())
    }
}

/// Begins the log of this process, with what the settings ask to be remarked. What is to be done matters more: it is done
/// without a log, too.
fn begin_log(settings: &Settings) {
    if let Err(error) = logs::begin(&settings.log, &settings.agent.data_dir) {
        eprintln!("cld-agent: note: nothing is logged: failed to {}", in_full(&error));
    }
    for remark in &settings.remarks {
        tracing::warn!("{remark}");
        if !journal::is_standard_error() {
            eprintln!("cld-agent: note: {remark}");
        }
    }
}
