//! What makes the daemon look at the clock.

use std::{io, time::Duration};

use tokio::{sync::mpsc, time::timeout};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{daemon::Daemon, manager::Manager, pace::Pace};
use crate::sys::{clock::Clock, shutdown::Shutdown};

/// Every minute, in UTC: what is due in England's time is for the schedule to say, which also knows what was slept over.
const EVERY_MINUTE: &str = "0 * * * * *";
/// How often the wish to stop, and the end of a run, are looked for.
const LOOK: Duration = Duration::from_millis(250);

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

/// Lets a daemon do its rounds until somebody asks it to stop, and lets whoever started it know. A round that fails is told in
/// the log, and tried again.
pub fn drive(daemon: &mut Daemon<'_>, manager: &dyn Manager, clock: Clock, stop: &Shutdown) -> Result<(), TickError> {
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
        let mut pace = Pace::default();
        manager.ready();
        while !stop.is_requested() {
            let now = clock.now();
            let reload = manager.wants_reload();
            if reload {
                manager.reloading();
            }
            let mut busy = false;
            match daemon.round(now) {
                Ok(outlook) => {
                    busy = outlook.busy;
                    manager.says(&daemon.says(outlook));
                }
                Err(error) => pace.tell(&error, now),
            }
            if reload {
                daemon.look_at_mappings();
                manager.ready();
            }
            // A run that ends is looked at without waiting for the minute.
            while !stop.is_requested() && !manager.wants_reload() {
                manager.alive();
                let ticked = timeout(LOOK, ticks.recv()).await.is_ok();
                if ticked || (busy && !daemon.is_at_work()) {
                    break;
                }
            }
        }
        manager.stopping();
        daemon.stop();
        scheduler.shutdown().await?;
        Ok(())
    })
}
