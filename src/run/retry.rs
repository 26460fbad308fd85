//! Whether a run that failed is tried again: from the start, with a new snapshot and new files, while there is time.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::{RunError, Step, Watch};
use crate::{model::FailedAttempt, source::Class, sys::shutdown::Shutdown};

/// How time passes between attempts.
pub(super) trait Time {
    /// Since the first attempt began.
    fn elapsed(&self) -> Duration;

    /// Lets so much time pass, unless somebody asks to stop.
    fn wait(&mut self, time: Duration, stop: &Shutdown);
}

/// The machine's time.
pub(super) struct MachineTime(Instant);

impl MachineTime {
    /// Begins now.
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Time for MachineTime {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait(&mut self, time: Duration, stop: &Shutdown) {
        const LOOK: Duration = Duration::from_millis(100);
        let end = Instant::now() + time;
        while !stop.is_requested() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// How often a run is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// How long after its beginning an attempt may still begin; zero where the first is the last.
    pub within: Duration,
    /// How long to wait before the second attempt; longer before each that follows.
    pub after: Duration,
}

impl Retry {
    /// The longest wait, unless the first is longer.
    const LONGEST: Duration = Duration::from_secs(300);
    /// A run is tried once.
    pub const NEVER: Self = Self { within: Duration::ZERO, after: Self::LONGEST };
}

/// How long to wait before each attempt but the first: longer each time, and never quite as long as the agent next door.
pub(super) fn delays(retry: Retry) -> ExponentialBackoff {
    let builder = ExponentialBuilder::default().with_min_delay(retry.after).with_factor(2.0);
    let builder = builder.with_max_delay(Retry::LONGEST.max(retry.after)).without_max_times();
    builder.with_jitter().with_jitter_seed(fastrand::u64(..)).build()
}

/// Tries until it succeeds, fails for good, or the time is over. Nothing that an attempt made outlives it but what is
/// written down of it in `failed`.
pub(super) fn retried<T>(
    within: Duration,
    time: &mut impl Time,
    delays: impl IntoIterator<Item = Duration>,
    failed: &mut Vec<FailedAttempt>,
    watch: &Watch<'_>,
    mut attempt: impl FnMut() -> Result<T, RunError>,
) -> Result<T, RunError> {
    let mut delays = delays.into_iter();
    loop {
        let error = match attempt() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(delay) = next(error.class(), time.elapsed(), within, delays.next()) else { return Err(error) };
        failed.push(FailedAttempt { ended: watch.clock.now(), error: error.to_string() });
        watch.progress.step(Step::Again { error: &error, delay });
        time.wait(delay, watch.stop);
        if watch.stop.is_requested() {
            return Err(RunError::Stopped);
        }
    }
}

/// How long to wait before the next attempt; `None` where there is none.
fn next(class: Class, elapsed: Duration, within: Duration, delay: Option<Duration>) -> Option<Duration> {
    match class {
        Class::Transient => delay.filter(|delay| elapsed + *delay <= within),
        Class::Permanent | Class::Stopped => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{run::Silent, source::SourceError, sys::clock::Clock};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn only_what_may_pass_is_tried_again_and_only_while_there_is_time() {
        for (class, elapsed, within, delay, expected) in [
            (Class::Transient, 0, 60, Some(5), Some(5)),
            (Class::Transient, 55, 60, Some(5), Some(5)),
            (Class::Transient, 56, 60, Some(5), None),
            (Class::Transient, 0, 0, Some(5), None),
            (Class::Transient, 0, 60, None, None),
            (Class::Permanent, 0, 60, Some(5), None),
            (Class::Stopped, 0, 60, Some(5), None),
        ] {
            let next = next(class, elapsed * SECOND, within * SECOND, delay.map(|delay| delay * SECOND));
            assert_eq!(next, expected.map(|delay| delay * SECOND), "{class:?}, {elapsed} s");
        }
    }

    #[test]
    fn delays_grow_to_a_bound_and_no_two_agents_keep_the_same() {
        let some = || -> Vec<_> { delays(Retry { within: 60 * SECOND, after: 5 * SECOND }).take(20).collect() };
        let first = some();
        assert!(first.iter().all(|delay| (5 * SECOND..=600 * SECOND).contains(delay)), "{first:?}");
        assert!(first[6] > first[0] && first != some());
    }

    #[derive(Default)]
    struct Told {
        passed: Duration,
        waits: usize,
        stop_at: Option<usize>,
    }

    impl Time for Told {
        fn elapsed(&self) -> Duration {
            self.passed
        }

        fn wait(&mut self, time: Duration, stop: &Shutdown) {
            self.passed += time;
            self.waits += 1;
            if self.stop_at == Some(self.waits) {
                stop.request();
            }
        }
    }

    fn lost() -> RunError {
        RunError::Source(SourceError::Lost { file: "a.sql".into(), rows: 1, reason: "the line was cut".to_owned() })
    }

    fn run(time: &mut Told, succeeds_at: usize, error: impl Fn() -> RunError) -> (Result<usize, RunError>, usize) {
        let attempts = Cell::new(0);
        let mut failed = Vec::new();
        let clock = Clock::Fixed("2026-11-24T06:00:00Z".parse().unwrap());
        let watch = Watch { progress: &Silent, stop: &Shutdown::default(), clock };
        let result = retried(60 * SECOND, time, std::iter::repeat(10 * SECOND), &mut failed, &watch, || {
            attempts.set(attempts.get() + 1);
            if attempts.get() == succeeds_at { Ok(succeeds_at) } else { Err(error()) }
        });
        let told = FailedAttempt { ended: clock.now(), error: error().to_string() };
        assert_eq!(failed, vec![told; time.waits]);
        (result, attempts.get())
    }

    #[test]
    fn a_run_is_tried_from_the_start_until_it_succeeds_or_the_time_is_over() {
        let mut time = Told::default();
        assert!(matches!(run(&mut time, 3, lost), (Ok(3), 3)));
        assert_eq!(time.passed, 20 * SECOND);
        assert!(matches!(run(&mut Told::default(), 99, lost), (Err(RunError::Source(_)), 7)));
        assert!(matches!(run(&mut Told::default(), 2, || RunError::Stopped), (Err(RunError::Stopped), 1)));
        let mut stopped = Told { stop_at: Some(2), ..Told::default() };
        assert!(matches!(run(&mut stopped, 99, lost), (Err(RunError::Stopped), 2)));
    }
}
