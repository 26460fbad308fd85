//! systemd: what it is told while the agent works, and how it is asked to install, start and stop it.
//!
//! systemd has nothing to be registered with: it knows the process from the moment it starts it. What it wants to know, it is told on
//! a socket (`Type=notify`). `Type=notify-reload` would spare the `ExecReload` of the unit, but came with version 253, and councils
//! run 252 (Debian 12) and 239 (RHEL 8); `RELOADING=1` all of them know.

use std::{
    cell::{Cell, RefCell},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use super::{Installation, ServiceError, ServiceStatus};
use crate::{
    logs::events,
    sys::{
        fs::{remove, write_new},
        journal::Journal,
        places::{NAME, configuration},
        shutdown::Shutdown,
        signals::Reload,
        supervisor::{Supervisor, since_boot},
    },
    unattended::Manager,
};

/// The unit of the packages, which [`install`] writes with other paths where no package was installed.
const UNIT: &str = include_str!("../../installer/linux/cld-agent.service");
const UNIT_NAME: &str = "cld-agent.service";
/// Where the packages put it, and the program.
const PACKAGED: &str = "/usr/lib/systemd/system/cld-agent.service";
const PROGRAM: &str = "/usr/bin/cld-agent";
/// Where it stands that an administrator wrote.
const OWN: &str = "/etc/systemd/system/cld-agent.service";

/// Runs the agent under systemd, or under nobody where systemd did not start this process. `agent` gives the exit code.
pub fn run(
    stop: &Shutdown,
    reload: &Reload,
    agent: impl FnOnce(&dyn Manager, &Shutdown) -> u8 + Send + 'static,
) -> Result<u8, ServiceError> {
    let supervisor = Supervisor::of_this_process().map_err(|error| ServiceError::NoManager {
        doing: "tell systemd of the agent",
        why: format!("the socket that NOTIFY_SOCKET names is not there ({error})"),
    })?;
    reload.listen();
    let systemd = Systemd { supervisor, reload: reload.clone(), last_sign: Cell::new(None), said: RefCell::default() };
    systemd.tell(&format!("STATUS=version {} begins", env!("CARGO_PKG_VERSION")));
    Ok(agent(&systemd, stop))
}

/// systemd, as far as it started this process.
struct Systemd {
    supervisor: Option<Supervisor>,
    reload: Reload,
    last_sign: Cell<Option<Instant>>,
    said: RefCell<String>,
}

impl Systemd {
    fn tell(&self, lines: &str) {
        // Who does not listen will hear the silence.
        let _ = self.supervisor.as_ref().map(|supervisor| supervisor.tell(lines));
    }
}

impl Manager for Systemd {
    fn ready(&self) {
        self.tell("READY=1");
    }

    fn alive(&self) {
        let Some(every) = self.supervisor.as_ref().and_then(Supervisor::wants_a_sign_every) else { return };
        if self.last_sign.get().is_none_or(|last| last.elapsed() >= every.min(Duration::from_secs(10))) {
            self.last_sign.set(Some(Instant::now()));
            self.tell("WATCHDOG=1");
        }
    }

    fn says(&self, line: &str) {
        if self.said.replace(line.to_owned()) != line {
            self.tell(&format!("STATUS={}", line.replace(char::is_control, " ")));
        }
    }

    fn wants_reload(&self) -> bool {
        self.reload.is_requested()
    }

    fn reloading(&self) {
        self.reload.begin();
        let since = since_boot().map(|since| format!("\nMONOTONIC_USEC={since}")).unwrap_or_default();
        self.tell(&format!("RELOADING=1{since}"));
    }

    fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=ends, as it was asked to");
    }

    fn complain(&self, code: u8, why: &str) {
        let first = why.lines().next().unwrap_or_default().replace(char::is_control, " ");
        self.tell(&format!("STATUS=could not begin (exit code {code}): {first}"));
        if let Some(journal) = Journal::of_this_process() {
            let code = code.to_string();
            let id = events::number(events::COULD_NOT_BEGIN).map(events::message_id).unwrap_or_default();
            let fields = [("MESSAGE", why), ("PRIORITY", "3"), ("MESSAGE_ID", id.as_str()), ("CLD_EXIT_CODE", &code)];
            if journal.write(&fields).is_ok() {
                return;
            }
        }
        eprintln!("cld-agent: {why}");
    }
}

/// Installs the service, or brings it up to date: its account, its unit, its start with the machine. What was done, in lines.
pub fn install(installation: &Installation) -> Result<Vec<String>, ServiceError> {
    const DOING: &str = "install the service";
    needs_root(DOING)?;
    let mut done = Vec::new();
    let account = installation.account.as_deref().unwrap_or(NAME);
    if nix::unistd::User::from_name(account).is_ok_and(|user| user.is_none()) {
        let home = "/var/lib/cld-agent";
        let arguments =
            ["--system", "--user-group", "--no-create-home", "--home-dir", home, "--shell", "/usr/sbin/nologin"];
        command(DOING, "useradd", &[&arguments[..], &["--", account]].concat())?;
        done.push(format!("made the account {account}"));
    }
    if Path::new(PACKAGED).exists() && *installation == packaged() {
        done.push(format!("the unit of the package is used: {PACKAGED}"));
    } else {
        let unit = unit(installation);
        remove(Path::new(OWN))?;
        write_new(Path::new(OWN), unit.as_bytes())?;
        done.push(format!("wrote {OWN}"));
    }
    systemctl(DOING, &["daemon-reload"])?;
    systemctl(DOING, &["enable", UNIT_NAME])?;
    done.push("it starts with the machine".to_owned());
    Ok(done)
}

/// Stops the service and has it start no more; configuration and data stay. What was done, in lines.
pub fn uninstall() -> Result<Vec<String>, ServiceError> {
    const DOING: &str = "remove the service";
    needs_root(DOING)?;
    let mut done = Vec::new();
    if !status()?.installed {
        return Ok(vec!["no such service is installed".to_owned()]);
    }
    systemctl(DOING, &["disable", "--now", UNIT_NAME])?;
    done.push("stopped; it starts with the machine no more".to_owned());
    if Path::new(OWN).exists() {
        remove(Path::new(OWN))?;
        done.push(format!("removed {OWN}"));
    }
    systemctl(DOING, &["daemon-reload"])?;
    Ok(done)
}

/// Starts the service, and waits until it is ready.
pub fn start() -> Result<(), ServiceError> {
    systemctl("start the service", &["start", UNIT_NAME]).map(|_| ())
}

/// Stops the service, and waits for it.
pub fn stop() -> Result<(), ServiceError> {
    systemctl("stop the service", &["stop", UNIT_NAME]).map(|_| ())
}

/// How the service stands.
pub fn status() -> Result<ServiceStatus, ServiceError> {
    const WANTED: &str = "--property=LoadState,ActiveState,SubState,UnitFileState,MainPID,StatusText";
    systemctl("ask for the state of the service", &["show", UNIT_NAME, WANTED]).map(|shown| read_status(&shown))
}

fn read_status(shown: &str) -> ServiceStatus {
    let of = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    let active = of("ActiveState");
    ServiceStatus {
        installed: of("LoadState") == "loaded",
        enabled: of("UnitFileState").starts_with("enabled"),
        running: ["active", "reloading"].contains(&active),
        state: format!("{active} ({})", of("SubState")),
        process: of("MainPID").parse().ok().filter(|process| *process != 0),
        says: Some(of("StatusText").to_owned()).filter(|says| !says.is_empty()),
    }
}

/// What the packages install.
fn packaged() -> Installation {
    Installation { program: PROGRAM.into(), configuration: configuration(), account: None }
}

/// The unit for an installation.
fn unit(installation: &Installation) -> String {
    let standard = packaged();
    let lines = UNIT.lines().map(|line| match line.split_once('=') {
        Some((key, _)) if key.starts_with("Exec") => {
            let line = line.replace(PROGRAM, &quoted(&installation.program));
            line.replace(&*standard.configuration.to_string_lossy(), &quoted(&installation.configuration))
        }
        Some((key @ "ConditionPathExists", _)) => {
            format!("{key}={}", installation.configuration.to_string_lossy().replace('%', "%%"))
        }
        Some((key @ ("User" | "Group"), _)) => format!("{key}={}", installation.account.as_deref().unwrap_or(NAME)),
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// A path as a word of a command in a unit.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) {
        return path.into_owned();
    }
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{escaped}\"")
}

fn needs_root(doing: &'static str) -> Result<(), ServiceError> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    Err(ServiceError::Rights { doing, how: "run it with sudo" })
}

fn systemctl(doing: &'static str, arguments: &[&str]) -> Result<String, ServiceError> {
    command(doing, "systemctl", &[&["--no-pager", "--no-ask-password"], arguments].concat())
}

/// What a program of the system said, if it did what was asked.
fn command(doing: &'static str, program: &str, arguments: &[&str]) -> Result<String, ServiceError> {
    let output = Command::new(program).args(arguments).output().map_err(|error| ServiceError::NoManager {
        doing,
        why: format!("{program} cannot be run ({error}); without systemd, have `cld-agent daemon` started by what this machine has"),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().lines().collect::<Vec<_>>().join("; ");
    Err(ServiceError::Refused { doing, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_the_packages_is_that_of_the_standard_places() {
        assert_eq!(unit(&packaged()), UNIT);
    }

    #[test]
    fn a_unit_names_other_places_and_another_account_as_systemd_reads_them() {
        let installation = Installation {
            program: "/opt/council tools/cld-agent".into(),
            configuration: "/srv/100%/agent.toml".into(),
            account: Some("svc-cld".to_owned()),
        };
        let unit = unit(&installation);
        let of = |key: &str| unit.lines().find(|line| line.starts_with(key)).unwrap();
        assert!(
            of("ExecStart=")
                == "ExecStart=\"/opt/council tools/cld-agent\" service run --config \"/srv/100%%/agent.toml\""
        );
        assert_eq!(of("ConditionPathExists"), "ConditionPathExists=/srv/100%%/agent.toml");
        assert_eq!((of("User="), of("Group=")), ("User=svc-cld", "Group=svc-cld"));
        assert!(!unit.contains("/usr/bin/cld-agent") && !unit.contains("/etc/cld-agent/agent.toml"), "{unit}");
    }

    #[test]
    fn what_systemd_says_of_the_service_is_read() {
        let shown = "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nMainPID=42\n\
                     StatusText=waits until 2026-12-03T06:00:00Z\n";
        let status = read_status(shown);
        assert!(status.installed && status.enabled && status.running);
        assert_eq!((status.state.as_str(), status.process), ("active (running)", Some(42)));
        assert_eq!(status.says.as_deref(), Some("waits until 2026-12-03T06:00:00Z"));
        let nothing = read_status("LoadState=not-found\nActiveState=inactive\nSubState=dead\nMainPID=0\n");
        assert_eq!((nothing.installed, nothing.running, nothing.process, nothing.says), (false, false, None, None));
    }
}
