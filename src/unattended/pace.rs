//! How often the log is told of the same failure.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};

use crate::sys::error::in_full;

/// A failure that comes again minute after minute is told once an hour.
#[derive(Debug, Default)]
pub(super) struct Pace(Vec<(String, Timestamp)>);

const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

impl Pace {
    /// Tells the log of a failure, unless it has been told of it of late.
    pub(super) fn tell(&mut self, error: &dyn Error, now: Timestamp) {
        let text = in_full(error);
        if self.is_news(&text, now) {
            tracing::error!("failed to {text}");
        }
    }

    fn is_news(&mut self, text: &str, now: Timestamp) -> bool {
        self.0.retain(|(_, at)| now.duration_since(*at).abs() < AGAIN_AFTER);
        let news = self.0.iter().all(|(told, _)| told != text);
        if news {
            self.0.push((text.to_owned(), now));
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_is_told_once_an_hour_and_another_at_once() {
        let mut pace = Pace::default();
        let at = |minute: i64| "2026-11-24T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
        let told = [("a", 0), ("a", 1), ("b", 2), ("a", 59), ("a", 60), ("a", 61), ("a", -600)];
        let told = told.map(|(text, minute)| pace.is_news(text, at(minute)));
        assert_eq!(told, [true, false, true, false, true, false, true]);
    }
}
