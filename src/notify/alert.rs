//! What somebody must hear of.

use std::time::Duration;

use jiff::{Timestamp, civil::DateTime};

use crate::{
    ledger::NewAlert,
    model::{Date, Period, Reason, RunId},
};

/// Something that happened, or did not, to a council's return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// The council's name.
    pub council: String,
    /// The submission, where it is about one.
    pub submission: Option<String>,
    /// The reporting period, where it is about one.
    pub period: Option<Period>,
    /// When it was noticed.
    pub at: Timestamp,
    /// What it is.
    pub event: Event,
}

/// What somebody must hear of. Texts hold counts, rules, files and settings; never anybody's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A run ended without a package.
    Failed {
        /// The run.
        run: RunId,
        /// What it said, as it reads on from "failed to".
        what: String,
        /// The exit code that says what kind of failure it is: two of a kind are told as one.
        code: u8,
        /// Which attempt it was.
        attempt: u32,
        /// What follows by itself.
        next: Next,
        /// What to do, if more is known than the error says.
        advice: Option<String>,
    },
    /// A run that had failed came to its end.
    Recovered {
        /// The run that did.
        run: RunId,
        /// Attempts that failed before it.
        failed: u32,
    },
    /// A package is held.
    Held {
        /// The run.
        run: RunId,
        /// Why, a sentence each.
        reasons: Vec<String>,
        /// Whether a person may let it go.
        approvable: bool,
        /// Its folder.
        folder: String,
    },
    /// A package waits to be submitted.
    Ready {
        /// The run.
        run: RunId,
        /// Data rows of its upload file.
        rows: u64,
        /// Its folder.
        folder: String,
        /// The last day of the submission window.
        closes: Date,
    },
    /// A person let a held package go.
    Approved {
        /// The run.
        run: RunId,
        /// Why.
        reason: Reason,
        /// The last day of the submission window.
        closes: Date,
    },
    /// A rehearsal found what was not there before, or more of it.
    Worse {
        /// The run.
        run: RunId,
        /// What is new or worse, a sentence each.
        what: Vec<String>,
    },
    /// A submission window opens.
    WindowOpens {
        /// Its last day.
        closes: Date,
        /// When the extract is planned, if it is.
        planned: Option<DateTime>,
    },
    /// A submission window comes to its end, or has.
    WindowCloses {
        /// Its last day.
        closes: Date,
        /// Working days left after today; none once it is over.
        left: Option<u16>,
        /// What has not been done.
        missing: Missing,
    },
    /// A turn of a plan passed without a run.
    DidNotRun {
        /// The plan.
        plan: String,
        /// When it should have run.
        due: DateTime,
        /// Why, where it is known.
        why: Option<String>,
    },
    /// A turn took the process down with it again and again.
    Parked {
        /// The plan.
        plan: String,
        /// When it should have run.
        due: DateTime,
        /// How often.
        crashes: u32,
    },
    /// Something that the agent relies on ends soon.
    Expires {
        /// What, as in "the client secret of Microsoft Graph".
        what: String,
        /// Its last day.
        last: Date,
        /// What to do.
        advice: String,
    },
    /// The disk fills up.
    DiskLow {
        /// A folder on it.
        folder: String,
        /// Bytes that are free.
        free: u64,
        /// Bytes that a run needs.
        needed: u64,
    },
    /// A package that was not submitted is old enough to be deleted soon.
    PurgeComing {
        /// The run.
        run: RunId,
        /// The day on which it is.
        on: Date,
        /// Its folder.
        folder: String,
    },
    /// What is old enough could not be deleted.
    NotPurged {
        /// Why, as it reads on from "failed to".
        what: String,
    },
    /// The page that says how things stand is not served.
    PageNotServed {
        /// Where it was to be.
        listen: String,
        /// Why, as it reads on from "failed to".
        why: String,
    },
    /// The folder where analysts find packages does not take them.
    DeskAway {
        /// The folder.
        folder: String,
        /// What went wrong last, as it reads on from "failed to".
        why: String,
    },
    /// The settings were changed and have faults.
    SettingsBroken {
        /// What is wrong, a sentence each.
        faults: Vec<String>,
    },
    /// The agent finds itself on another machine than the one that it is at home on.
    Elsewhere {
        /// What this machine is called.
        machine: String,
    },
    /// Somebody asked whether alerts arrive.
    Test,
}

/// What follows by itself on a failure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Another attempt at this moment.
    Again(Timestamp),
    /// The plan's next turn.
    NextTurn(DateTime),
    /// Nothing: somebody must act.
    Nothing,
}

/// What has not been done while a window closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// No package is ready.
    Package,
    /// A package is ready, and nobody has recorded that it was submitted.
    Submission,
}

impl Alert {
    /// What two alerts have in common that say the same of the same thing: of these only the first is sent at once.
    pub fn topic(&self) -> String {
        [self.event.kind(), &self.subject(), &self.event.detail()].join("/")
    }

    /// The alert as the ledger keeps it until it is sent. Others of its topic are only counted for the quiet time.
    ///
    /// A change of the ledger that tells of something takes one with it, so that both are written down or neither is.
    pub fn to_queue(&self, quiet: Duration) -> NewAlert {
        NewAlert {
            kind: self.event.kind(),
            subject: self.subject(),
            topic: self.topic(),
            closes: self.event.closes(),
            quiet,
            raised: self.at,
            message: self.message().to_json(),
        }
    }

    fn subject(&self) -> String {
        let period = self.period.map(|period| period.to_string());
        [self.submission.clone(), period].map(Option::unwrap_or_default).join("/")
    }
}

/// The word for an alert that a copy of the agent sends all the same.
pub(super) const ELSEWHERE: &str = "elsewhere";

impl Event {
    /// The word by which logs, webhooks and the ledger call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "failed",
            Self::Recovered { .. } => "recovered",
            Self::Held { .. } => "held",
            Self::Ready { .. } => "ready",
            Self::Approved { .. } => "approved",
            Self::Worse { .. } => "worse",
            Self::WindowOpens { .. } => "window-opens",
            Self::WindowCloses { .. } => "window-closes",
            Self::DidNotRun { .. } => "did-not-run",
            Self::Parked { .. } => "parked",
            Self::Expires { .. } => "expires",
            Self::DiskLow { .. } => "disk-low",
            Self::PurgeComing { .. } => "purge-coming",
            Self::NotPurged { .. } => "not-purged",
            Self::PageNotServed { .. } => "page-not-served",
            Self::DeskAway { .. } => "desk-away",
            Self::SettingsBroken { .. } => "settings-broken",
            Self::Elsewhere { .. } => ELSEWHERE,
            Self::Test => "test",
        }
    }

    /// What tells events of one kind and subject apart: whoever has heard of one has not heard of the other.
    fn detail(&self) -> String {
        match self {
            // That it is given up is news to whoever heard that it is tried again.
            Self::Failed { code, next, .. } => format!("{code}/{}", matches!(next, Next::Again(_))),
            Self::WindowCloses { left, missing, .. } => format!("{left:?}/{missing:?}"),
            Self::DidNotRun { plan, .. } => plan.clone(),
            Self::Parked { plan, due, .. } => format!("{plan}/{due}"),
            Self::Expires { what, .. } => what.clone(),
            Self::Elsewhere { machine } => machine.clone(),
            Self::PageNotServed { listen, .. } => listen.clone(),
            Self::DiskLow { folder, .. } | Self::DeskAway { folder, .. } => folder.clone(),
            Self::WindowOpens { .. } | Self::NotPurged { .. } | Self::SettingsBroken { .. } | Self::Test => {
                String::new()
            }
            Self::Recovered { run, .. }
            | Self::Held { run, .. }
            | Self::Ready { run, .. }
            | Self::Approved { run, .. }
            | Self::Worse { run, .. }
            | Self::PurgeComing { run, .. } => run.to_string(),
        }
    }

    /// The kinds of event that are over with this one.
    const fn closes(&self) -> &'static [&'static str] {
        match self {
            Self::Recovered { .. } => &["failed", "parked"],
            _ => &[],
        }
    }

    pub(super) fn run(&self) -> Option<&RunId> {
        match self {
            Self::Failed { run, .. }
            | Self::Recovered { run, .. }
            | Self::Held { run, .. }
            | Self::Ready { run, .. }
            | Self::Approved { run, .. }
            | Self::Worse { run, .. }
            | Self::PurgeComing { run, .. } => Some(run),
            _ => None,
        }
    }
}
