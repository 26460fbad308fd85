//! Delivery beside everything else.

use std::{path::Path, thread::JoinHandle};

use jiff::{SignedDuration, Timestamp};

use super::{Dispatch, beat, deliver};
use crate::{
    config::{Settings, notify::Heartbeat},
    ledger::{AlertState, Ledger, LedgerError},
    sys::{clock::Clock, shutdown::Shutdown},
};

/// Sends what waits, and the heartbeat, on a thread of its own, so that a server that does not answer keeps nobody waiting.
/// A process that ends meanwhile sends again when it is started anew.
#[derive(Default)]
pub struct Courier {
    at_work: Option<JoinHandle<()>>,
    beat: Option<Timestamp>,
}

/// How often the heart beats.
const BEAT_EVERY: SignedDuration = SignedDuration::from_mins(5);

impl Courier {
    /// Sets out if all has gone well so far, the last errand is done, and there is something to do.
    pub fn set_out(
        &mut self,
        (ledger, path): (&Ledger, &Path),
        settings: &Settings,
        clock: Clock,
        stop: &Shutdown,
    ) -> Result<(), LedgerError> {
        if self.at_work.as_ref().is_some_and(|errand| !errand.is_finished()) {
            return Ok(());
        }
        let waits = ledger.alerts_waiting()?.iter().any(|row| row.state == AlertState::Waiting)
            || !ledger.alerts_counted()?.is_empty();
        // That all is well with a copy of the agent would hide that nothing is heard of the other.
        let beats = ledger.is_at_home()?;
        let heartbeat = self.is_to_beat(&settings.notify.heartbeat, clock.now()).filter(|_| beats).cloned();
        if !waits && heartbeat.is_none() {
            return Ok(());
        }
        let network = settings.network.clone();
        let (path, dispatch, stop) = (path.to_owned(), Dispatch::of(settings), stop.clone());
        self.at_work = Some(std::thread::spawn(move || {
            let delivered = Ledger::open(&path).and_then(|mut ledger| deliver(&mut ledger, &dispatch, clock, &stop));
            if let Err(error) = delivered {
                tracing::error!("failed to {error}");
            }
            for fault in heartbeat.iter().flat_map(|heartbeat| beat(heartbeat, &network, clock.now())) {
                tracing::warn!("failed to {fault}");
            }
        }));
        Ok(())
    }

    /// A clock that was set back does not keep the heart from beating.
    fn is_to_beat<'h>(&mut self, heartbeat: &'h Heartbeat, now: Timestamp) -> Option<&'h Heartbeat> {
        let is_due = self.beat.is_none_or(|last| now.duration_since(last).abs() >= BEAT_EVERY);
        let beats = is_due && *heartbeat != Heartbeat::default();
        if beats {
            self.beat = Some(now);
        }
        beats.then_some(heartbeat)
    }

    /// Waits until the errand is done.
    pub fn wait(&mut self) {
        if let Some(errand) = self.at_work.take()
            && errand.join().is_err()
        {
            tracing::error!("the delivery of alerts ended without a word");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heart_beats_every_few_minutes_whatever_the_clock_does() {
        let at = |minute: i64| "2026-11-24T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
        let heartbeat = Heartbeat { url: None, file: Some("heartbeat".into()) };
        let mut courier = Courier::default();
        assert!(courier.is_to_beat(&Heartbeat::default(), at(0)).is_none());
        let beats =
            [0, 1, 4, 5, 9, 11, 8, -600, -599, -595].map(|minute| courier.is_to_beat(&heartbeat, at(minute)).is_some());
        assert_eq!(beats, [true, false, false, true, false, true, false, true, false, true]);
    }
}
