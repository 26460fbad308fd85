//! How soon a desk is tried again.

use jiff::{SignedDuration, Timestamp};

/// After a failure: the first pause, and the longest.
const FIRST: SignedDuration = SignedDuration::from_secs(60);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// A share that is back within this time has not been missed.
const TOLD_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// How a desk fared when it was last tried.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Pace(Option<Failing>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Failing {
    since: Timestamp,
    pause: SignedDuration,
    next: Timestamp,
}

impl Pace {
    /// Whether it is to be tried now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // A clock that was set back must not stop it for long.
        self.0.as_ref().is_none_or(|failing| now >= failing.next || now < failing.since)
    }

    /// It went well.
    pub(super) fn went_well(&mut self) {
        self.0 = None;
    }

    /// It failed: since when it does, where that has gone on for so long that somebody should hear of it.
    pub(super) fn failed(&mut self, now: Timestamp) -> Option<Timestamp> {
        let (since, pause) = match &self.0 {
            Some(failing) => (failing.since.min(now), (failing.pause * 2).min(LONGEST)),
            None => (now, FIRST),
        };
        self.0 = Some(Failing { since, pause, next: now.saturating_add(pause).unwrap_or(Timestamp::MAX) });
        (now.duration_since(since) >= TOLD_AFTER).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_to_an_hour_and_what_lasts_is_told() {
        let begin: Timestamp = "2026-10-05T05:00:00Z".parse().unwrap();
        let (mut pace, mut tried, mut told) = (Pace::default(), Vec::new(), Vec::new());
        for minute in 0..240 {
            let now = begin + SignedDuration::from_mins(minute);
            if pace.is_due(now) {
                tried.push(minute);
                told.extend(pace.failed(now).map(|since| (minute, since)));
            }
        }
        assert_eq!(tried, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
        assert_eq!(told[0], (15, begin));
        assert!(told.iter().all(|(_, since)| *since == begin), "always the same trouble: {told:?}");
        pace.went_well();
        assert!(pace.is_due(begin));
        assert_eq!(pace.failed(begin), None, "another one");
        assert!(pace.is_due(begin - SignedDuration::from_hours(5)), "a clock that was set back");
    }
}
