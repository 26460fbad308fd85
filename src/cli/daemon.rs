//! `cld-agent daemon`.

use super::{AsOf, ConfigArgument, Failure};
use crate::{
    exit,
    service::{KeepError, Keeper},
    sys::{lock::LockError, shutdown::Shutdown},
    unattended::{DaemonError, Nobody},
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
        let clock = self.as_of.clock();
        let keeper = Keeper { configuration: &self.config.config, clock, manager: &Nobody, stop };
        if self.once {
            keeper.keep_once()?;
        } else {
            keeper.keep()?;
        }
        Ok(exit::SUCCESS)
    }
}

impl From<KeepError> for Failure {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Settings(faults) => Self::faults(exit::CONFIGURATION, faults),
            KeepError::Daemon(error) => error.into(),
            KeepError::Program(_) | KeepError::Tick(_) => Self::new(exit::UNEXPECTED, error),
        }
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
