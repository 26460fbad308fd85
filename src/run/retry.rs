//! Whether a run that failed is tried again: from the start, with a new snapshot and new files, while there is time.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::{Progress, RunError, Step};
use crate::{source::Class, sys::shutdown::Shutdown};

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

/// How long to wait before each attempt but the first: longer each time, and never quite as long as the agent next door.
pub(super) fn delays() -> ExponentialBackoff {
    let builder = ExponentialBuilder::default().with_min_delay(Duration::from_secs(5)).with_factor(2.0);
    let builder = builder.with_max_delay(Duration::from_secs(300)).without_max_times();
    builder.with_jitter().with_jitter_seed(fastrand::u64(..)).build()
}

/// Tries until it succeeds, fails for good, or the time is over. Nothing that an attempt made outlives it.
pub(super) fn retried<T>(
    retry_for: Duration,
    time: &mut impl Time,
    delays: impl IntoIterator<Item = Duration>,
    (progress, stop): (&dyn Progress, &Shutdown),
    mut attempt: impl FnMut() -> Result<T, RunError>,
) -> Result<T, RunError> {
    let mut delays = delays.into_iter();
    loop {
        let error = match attempt() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let Some(delay) = next(error.class(), time.elapsed(), retry_for, delays.next()) else { return Err(error) };
        progress.step(Step::Again { error: &error, delay });
        time.wait(delay, stop);
        if stop.is_requested() {
            return Err(RunError::Stopped);
        }
    }
}

/// How long to wait before the next attempt; `None` where there is none.
fn next(class: Class, elapsed: Duration, retry_for: Duration, delay: Option<Duration>) -> Option<Duration> {
    match class {
        Class::Transient => delay.filter(|delay| elapsed + *delay <= retry_for),
        Class::Permanent | Class::Stopped => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{run::Silent, source::SourceError};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn only_what_may_pass_is_tried_again_and_only_while_there_is_time() {
        for (class, elapsed, retry_for, delay, expected) in [
            (Class::Transient, 0, 60, Some(5), Some(5)),
            (Class::Transient, 55, 60, Some(5), Some(5)),
            (Class::Transient, 56, 60, Some(5), None),
            (Class::Transient, 0, 0, Some(5), None),
            (Class::Transient, 0, 60, None, None),
            (Class::Permanent, 0, 60, Some(5), None),
            (Class::Stopped, 0, 60, Some(5), None),
        ] {
            let next = next(class, elapsed * SECOND, retry_for * SECOND, delay.map(|delay| delay * SECOND));
            assert_eq!(next, expected.map(|delay| delay * SECOND), "{class:?}, {elapsed} s");
        }
    }

    #[test]
    fn delays_grow_to_a_bound_and_no_two_agents_keep_the_same() {
        let first: Vec<_> = delays().take(20).collect();
        assert!(first.iter().all(|delay| (5 * SECOND..=600 * SECOND).contains(delay)), "{first:?}");
        assert!(first[6] > first[0] && first != delays().take(20).collect::<Vec<_>>());
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
        let result =
            retried(60 * SECOND, time, std::iter::repeat(10 * SECOND), (&Silent, &Shutdown::default()), || {
                attempts.set(attempts.get() + 1);
                if attempts.get() == succeeds_at { Ok(succeeds_at) } else { Err(error()) }
            });
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
