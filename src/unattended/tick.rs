//! What makes the daemon look at the clock.

use std::{fmt::Write, io, time::Duration};

use jiff::Timestamp;
use tokio::{sync::mpsc, time::timeout};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::daemon::Daemon;
use crate::sys::{clock::Clock, shutdown::Shutdown};

/// Every minute, in UTC: what is due in England's time is for the schedule to say, which also knows what was slept over.
const EVERY_MINUTE: &str = "0 * * * * *";
/// How often the wish to stop, and the end of a run, are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How long a run has to stop.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Why the clock does not tick.
#[derive(Debug, thiserror::Error)]
pub enum TickError {
    /// The runtime could not be had.
    #[error("begin to look at the clock")]
    Runtime(#[from] io::Error),
    /// The scheduler could not be had.
    #[error("begin to look at the clock")]
    Scheduler(#[from] JobSchedulerError),
}

/// Lets a daemon do its rounds until somebody asks it to stop. A round that fails is told in the log, and tried again.
pub fn drive(daemon: &mut Daemon<'_>, clock: Clock, stop: &Shutdown) -> Result<(), TickError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let (tick, mut ticks) = mpsc::channel(1);
        let mut scheduler = JobScheduler::new().await?;
        let job = Job::new(EVERY_MINUTE, move |_, _| {
            // One tick that waits is enough.
            let _ = tick.try_send(());
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        let mut failing = None;
        while !stop.is_requested() {
            let now = clock.now();
            let mut busy = false;
            match daemon.round(now) {
                Ok(outlook) => {
                    busy = outlook.busy;
                    failing = None;
                }
                Err(error) => tell(&error, &mut failing, now),
            }
            // A run that ends is looked at without waiting for the minute.
            while !stop.is_requested() {
                let ticked = timeout(LOOK, ticks.recv()).await.is_ok();
                if ticked || (busy && !daemon.is_at_work()) {
                    break;
                }
            }
        }
        daemon.stop(STOP_WITHIN);
        scheduler.shutdown().await?;
        Ok(())
    })
}

/// The same failure, minute after minute, is told once an hour.
fn tell(error: &dyn std::error::Error, failing: &mut Option<(String, Timestamp)>, now: Timestamp) {
    let mut text = format!("failed to {error}");
    let mut cause = error.source();
    while let Some(this) = cause {
        let _ = write!(text, ": {this}");
        cause = this.source();
    }
    let told_before = failing.as_ref().filter(|(told, _)| *told == text).map(|(_, at)| *at);
    if told_before.is_none_or(|at| now.duration_since(at) >= jiff::SignedDuration::from_hours(1)) {
        tracing::error!("{text}");
        *failing = Some((text, now));
    }
}
