//! What the page tells of, and how that is found out.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    config::Settings,
    ledger::Ledger,
    run::DataFolder,
    sys::{clock::Clock, error::in_full},
    unattended::{Status, status},
};

/// What the page tells of.
#[derive(Clone, Debug)]
pub enum Subject {
    /// An installation.
    Installation(Arc<Settings>),
    /// One that does nothing as yet.
    NotConfigured(NotConfigured),
}

/// Why an installation does nothing as yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotConfigured {
    /// Where its configuration is looked for.
    pub configuration: PathBuf,
    /// What is wrong with it, a sentence each; none where there is no such file.
    pub faults: Vec<String>,
}

/// What was seen when somebody last looked.
#[derive(Debug)]
pub(super) enum Seen {
    /// How things stand.
    Status(Box<Status>),
    /// Nothing is done as yet.
    NotConfigured(NotConfigured),
    /// It could not be found out, as it reads on from "failed to".
    Unknown(String),
}

/// How long what was seen is good for: whoever asks in a hurry gets the same again.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long no round may end before something is wrong. A round takes seconds, and minutes where a share is slow.
const SILENT: Duration = Duration::from_secs(15 * 60);

/// Whoever looks.
#[derive(Debug)]
pub(super) struct Watcher {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    subject: Subject,
    /// When the last round of the daemon ended.
    round: Instant,
    seen: Option<(Instant, Arc<Seen>)>,
    /// Kept open, because opening looks through the whole file.
    ledger: Option<(PathBuf, Ledger)>,
}

impl Watcher {
    pub(super) fn new(subject: Subject, clock: Clock) -> Self {
        Self { clock, state: Mutex::new(State { subject, round: Instant::now(), seen: None, ledger: None }) }
    }

    /// A round has ended, and this is what it was about.
    pub(super) fn round(&self, subject: Subject) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.subject, state.round) = (subject, Instant::now());
    }

    /// For how long the rounds have been silent, where that is too long.
    pub(super) fn silence(&self) -> Option<Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = state.round.elapsed();
        (silence > SILENT && matches!(state.subject, Subject::Installation(_))).then_some(silence)
    }

    /// How things stand.
    pub(super) fn look(&self) -> Arc<Seen> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, seen)) = &state.seen
            && at.elapsed() < GOOD_FOR
        {
            return seen.clone();
        }
        let seen = Arc::new(state.look(self.clock));
        state.seen = Some((Instant::now(), seen.clone()));
        seen
    }
}

impl State {
    fn look(&mut self, clock: Clock) -> Seen {
        let settings = match &self.subject {
            Subject::NotConfigured(why) => return Seen::NotConfigured(why.clone()),
            Subject::Installation(settings) => settings.clone(),
        };
        let path = DataFolder(&settings.agent.data_dir).ledger();
        let ledger = match self.ledger.take() {
            Some((of, ledger)) if of == path => Ok(ledger),
            _ => Ledger::open_to_read(&path),
        };
        let looked = ledger.map_err(|error| in_full(&error)).and_then(|ledger| {
            let status = status(&settings, &ledger, clock.now(), None).map_err(|error| in_full(&error))?;
            // One that failed is opened anew: the file may have been put back from a copy.
            self.ledger = Some((path, ledger));
            Ok(status)
        });
        looked.map_or_else(Seen::Unknown, |status| Seen::Status(Box::new(status)))
    }
}
