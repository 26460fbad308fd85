//! The service control manager of Windows.

use super::{Installation, ServiceError, ServiceStatus};
use crate::{
    sys::{shutdown::Shutdown, signals::Reload},
    unattended::{Manager, Nobody},
};

/// Runs the agent. `agent` gives the exit code.
pub fn run(
    stop: &Shutdown,
    _: &Reload,
    agent: impl FnOnce(&dyn Manager, &Shutdown) -> u8 + Send + 'static,
) -> Result<u8, ServiceError> {
    Ok(agent(&Nobody, stop))
}

/// Installs the service, or brings it up to date. What was done, in lines.
pub fn install(_: &Installation) -> Result<Vec<String>, ServiceError> {
    Err(not_yet("install the service"))
}

/// Stops and removes the service; configuration and data stay. What was done, in lines.
pub fn uninstall() -> Result<Vec<String>, ServiceError> {
    Err(not_yet("remove the service"))
}

/// Starts the service, and waits until it runs.
pub fn start() -> Result<(), ServiceError> {
    Err(not_yet("start the service"))
}

/// Stops the service, and waits for it.
pub fn stop() -> Result<(), ServiceError> {
    Err(not_yet("stop the service"))
}

/// How the service stands.
pub fn status() -> Result<ServiceStatus, ServiceError> {
    Err(not_yet("ask for the state of the service"))
}

fn not_yet(doing: &'static str) -> ServiceError {
    ServiceError::NoManager { doing, why: "on this system, begin `cld-agent daemon` by its task scheduler".to_owned() }
}
