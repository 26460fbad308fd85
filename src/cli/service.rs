//! `cld-agent service`.

use std::{fmt::Write, path::PathBuf};

use super::{Failure, Format};
use crate::{
    exit,
    service::{self, Installation, Keeper, ServiceError, ServiceStatus},
    sys::{clock::Clock, places, shutdown::Shutdown, signals::Reload},
};

/// Look after the service of this machine that keeps the plans.
#[derive(clap::Args, Debug)]
pub(super) struct ServiceCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Have the machine keep the plans: install the service, or bring it up to date.
    Install(InstallService),
    /// Stop and remove the service; configuration and data stay.
    Uninstall,
    /// Start the service, and wait until it is ready.
    Start,
    /// Stop the service, and wait for it; a run that goes on ends at its next safe point.
    Stop,
    /// Say how the service stands with the machine. `cld-agent status` says how the plans stand.
    Status,
    /// Be the service: what the machine's service manager calls.
    Run(RunService),
}

#[derive(clap::Args, Debug)]
struct InstallService {
    /// The configuration file that it reads. If not given: the one of this system's place for it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The account that it runs under. If not given: one of its own.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

#[derive(clap::Args, Debug)]
struct RunService {
    /// The configuration file. If not given: the one of this system's place for it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ServiceCommand {
    pub(super) fn execute(&self, format: Format, stop: &Shutdown, reload: &Reload) -> Result<u8, Failure> {
        match &self.action {
            Action::Install(install) => tell(&service::install(&install.installation()?)?, format),
            Action::Uninstall => tell(&service::uninstall()?, format),
            Action::Start => {
                service::start()?;
                tell(&["the service runs".to_owned()], format);
            }
            Action::Stop => {
                service::stop()?;
                tell(&["the service has stopped".to_owned()], format);
            }
            Action::Status => return Ok(tell_status(&service::status()?, format)),
            Action::Run(run) => return run.execute(format, stop, reload),
        }
        Ok(exit::SUCCESS)
    }
}

impl InstallService {
    fn installation(&self) -> Result<Installation, Failure> {
        let absolute = |path| std::path::absolute(path).map_err(|error| Failure::new(exit::UNEXPECTED, error));
        let program = std::env::current_exe();
        let program =
            program.map_err(|error| Failure::new(exit::UNEXPECTED, format!("find this program itself: {error}")))?;
        let configuration = self.config.clone().unwrap_or_else(places::configuration);
        Ok(Installation { program, configuration: absolute(configuration)?, account: self.account.clone() })
    }
}

impl RunService {
    fn execute(&self, format: Format, stop: &Shutdown, reload: &Reload) -> Result<u8, Failure> {
        let configuration = self.config.clone().unwrap_or_else(places::configuration);
        let code = service::run(stop, reload, move |manager, stop| {
            let keeper = Keeper { configuration: &configuration, clock: Clock::Machine, manager, stop };
            match keeper.keep().map_err(Failure::from) {
                Ok(()) => exit::SUCCESS,
                Err(failure) => {
                    failure.log();
                    manager.complain(failure.exit_code(), &failure.message());
                    failure.answer(format);
                    failure.exit_code()
                }
            }
        })?;
        Ok(code)
    }
}

fn tell(done: &[String], format: Format) {
    format.print(&done.join("\n"), || serde_json::json!({ "done": done }));
}

/// Prints how the service stands. Whoever watches it wants to hear by the exit code that it does not run.
fn tell_status(status: &ServiceStatus, format: Format) -> u8 {
    let ServiceStatus { installed, enabled, running, state, process, says } = status;
    let mut text = match (*installed, *running) {
        (false, _) => "The service is not installed: cld-agent service install".to_owned(),
        (true, true) => format!("The service runs: {state}"),
        (true, false) => format!("The service does not run: {state}"),
    };
    if *installed {
        if let Some(process) = process {
            let _ = write!(text, ", process {process}");
        }
        text.push_str(if *enabled { "\nIt starts with the machine." } else { "\nIt does not start with the machine." });
        if let Some(says) = says {
            let _ = write!(text, "\nIt says: {says}");
        }
    }
    format.print(&text, || {
        serde_json::json!({
            "installed": installed, "enabled": enabled, "running": running, "state": state, "process": process,
            "says": says,
        })
    });
    if *running { exit::SUCCESS } else { exit::ATTENTION }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let code = match &error {
            ServiceError::NoManager { .. } | ServiceError::Refused { .. } => exit::SERVICE,
            ServiceError::Rights { .. } => exit::REFUSED,
            ServiceError::Fs(_) => exit::OUTPUT,
        };
        Self::new(code, error)
    }
}
