//! `cld-agent daemon`.

use std::{collections::BTreeMap, time::Duration};

use super::{AsOf, ConfigArgument, Failure, order};
use crate::{
    config::Settings,
    desk::Desks,
    exit,
    ledger::{Ledger, LedgerError},
    notify::{self, Courier, Dispatch},
    run::DataFolder,
    sys::{lock::LockError, shutdown::Shutdown},
    unattended::{ChildProcess, Daemon, DaemonError, Means, TickError, drive},
};

/// Run the plans on time, and speak when somebody must hear of something, until Ctrl-C or SIGTERM.
#[derive(clap::Args, Debug)]
pub(super) struct RunDaemon {
    #[command(flatten)]
    config: ConfigArgument,
    /// Do what is due now, wait for it, and end: for a scheduler of another kind.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl RunDaemon {
    pub(super) fn execute(&self, stop: &Shutdown) -> Result<u8, Failure> {
        let path = &self.config.config;
        let settings = order::settings(path)?;
        order::begin_log(&settings);
        let clock = self.as_of.clock();
        let environment: BTreeMap<_, _> = crate::config::environment();
        let read = || Settings::open(path, &environment);
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(exit::UNEXPECTED, format!("find this program itself: {error}")))?;
        let mut worker = ChildProcess::new(program, path.clone(), clock);
        let path = DataFolder(&settings.agent.data_dir).ledger();
        let mut courier = Courier::default();
        let mut deliver = |settings: &Settings, ledger: &mut Ledger, _| {
            if let Err(error) = courier.set_out((ledger, &path), settings, clock, stop) {
                tracing::error!("failed to {error}");
            }
        };
        let mut all_desks = Desks::default();
        let mut desks = |settings: &Settings, ledger: &mut Ledger, now| all_desks.round(settings, ledger, now);
        let means = Means { read: &read, worker: &mut worker, deliver: &mut deliver, desks: &mut desks };
        let mut daemon = Daemon::begin(settings.clone(), means, clock.now())?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "the agent keeps its plans");
        if !self.once {
            drive(&mut daemon, clock, stop)?;
            tracing::info!("the agent was asked to stop");
            return Ok(exit::SUCCESS);
        }
        self.once(&mut daemon, stop)?;
        drop(daemon);
        courier.wait();
        // What the last round had to say.
        let mut ledger = Ledger::open(&path).map_err(DaemonError::from)?;
        let at_home = ledger.is_at_home()?;
        if at_home {
            all_desks.finish(&settings, &mut ledger, clock.now());
        }
        notify::deliver(&mut ledger, &Dispatch::of(&settings), clock, stop).map_err(DaemonError::from)?;
        if at_home { Ok(exit::SUCCESS) } else { Err(LedgerError::Elsewhere.into()) }
    }

    fn once(&self, daemon: &mut Daemon<'_>, stop: &Shutdown) -> Result<(), DaemonError> {
        const LOOK: Duration = Duration::from_millis(50);
        while daemon.round(self.as_of.clock().now())?.busy {
            while daemon.is_at_work() {
                if stop.is_requested() {
                    daemon.stop();
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
        }
        Ok(())
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        let code = match &error {
            DaemonError::Lock(LockError::Held { .. }) => exit::BUSY,
            DaemonError::Lock(LockError::Fs(_)) => exit::OUTPUT,
            DaemonError::Ledger(error) => error.exit_code(),
            DaemonError::Timetable(_) => exit::CONFIGURATION,
        };
        Self::new(code, error)
    }
}

impl From<TickError> for Failure {
    fn from(error: TickError) -> Self {
        Self::new(exit::UNEXPECTED, error)
    }
}
