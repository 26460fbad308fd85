//! Whoever does a run, one at a time.

use std::{
    ffi::OsString,
    io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    schedule::{Purpose, Turn},
    sys::clock::Clock,
};

/// A run that is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// The submission's name in the configuration.
    pub submission: String,
    /// The plan's.
    pub plan: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The turn.
    pub turn: Turn,
}

/// How a run ended, as far as the outside shows. What became of it stands in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With an exit code.
    Code(u8),
    /// Without one: it was killed, or crashed.
    Died,
}

/// Whoever does a run. Nothing here waits.
pub trait Worker {
    /// Begins a run. Nobody calls this while one goes on.
    fn begin(&mut self, work: &Work) -> io::Result<()>;

    /// Whether a run goes on.
    fn is_busy(&mut self) -> bool;

    /// How the run ended that was begun last; nothing while it goes on, or where none was begun.
    fn ended(&mut self) -> Option<Ended>;

    /// Asks the run that goes on to stop, and sees to it that it does within so long.
    fn stop(&mut self, within: Duration);
}

/// Runs as processes of their own: `cld-agent run` with the turn that it is for.
///
/// The child stops by itself when its standard input ends, which it does when the daemon closes it or dies.
#[derive(Debug)]
pub struct ChildProcess {
    program: PathBuf,
    configuration: PathBuf,
    /// What runs take as now, where the clock stands still.
    as_of: Option<Timestamp>,
    child: Option<Child>,
}

impl ChildProcess {
    /// Runs by this program, with this configuration file.
    pub fn new(program: PathBuf, configuration: PathBuf, clock: Clock) -> Self {
        let as_of = match clock {
            Clock::Machine => None,
            Clock::Fixed(moment) => Some(moment),
        };
        Self { program, configuration, as_of, child: None }
    }

    fn arguments(&self, work: &Work) -> Vec<OsString> {
        let Work { submission, plan, turn, .. } = work;
        let mut arguments = vec!["run".into(), "--config".into(), self.configuration.clone().into_os_string()];
        let period = turn.round.period.to_string();
        let rest =
            [("--submission", submission.as_str()), ("--plan", plan), ("--slot", &turn.slot()), ("--period", &period)];
        for (name, value) in rest {
            arguments.extend([name.into(), value.into()]);
        }
        if let Some(moment) = self.as_of {
            arguments.extend(["--as-of".into(), moment.to_string().into()]);
        }
        arguments.push("--while-fed".into());
        arguments
    }
}

impl Worker for ChildProcess {
    fn begin(&mut self, work: &Work) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(self.arguments(work)).stdin(Stdio::piped()).stdout(Stdio::null());
        self.child = Some(command.spawn()?);
        Ok(())
    }

    fn is_busy(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn ended(&mut self) -> Option<Ended> {
        let ended = match self.child.as_mut()?.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(Ended::Died, Ended::Code),
            Err(_) => Ended::Died,
        };
        self.child = None;
        Some(ended)
    }

    fn stop(&mut self, within: Duration) {
        const LOOK: Duration = Duration::from_millis(50);
        let Some(child) = &mut self.child else { return };
        // It reads the end of its input as the wish to stop.
        drop(child.stdin.take());
        let end = Instant::now() + within;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(LOOK);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}
