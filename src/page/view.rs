//! The page itself: what the template needs, in the order in which it is read.

use std::time::Duration;

use askama::Template;
use jiff::{Timestamp, civil::DateTime};

use super::subject::{NotConfigured, Seen};
use crate::{
    report,
    sys::clock::england,
    unattended::{Health, PlanStatus, RunStatus, Status, SubmissionStatus},
};

pub(super) fn render(seen: &Seen, silence: Option<Duration>) -> Result<String, askama::Error> {
    Page { seen, silence }.render()
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    seen: &'a Seen,
    /// For how long the daemon has ended no round, where that is too long.
    silence: Option<Duration>,
}

/// What is said at the top.
struct Headline {
    class: &'static str,
    text: &'static str,
}

impl Page<'_> {
    fn council(&self) -> &str {
        match self.seen {
            Seen::Status(status) => &status.council,
            Seen::NotConfigured(_) | Seen::Unknown(_) => "cld-agent",
        }
    }

    fn headline(&self) -> Headline {
        match self.seen {
            Seen::Status(status) if status.attention.is_empty() && self.silence.is_none() => {
                Headline { class: "good", text: "Nothing needs attention" }
            }
            Seen::Status(_) => Headline { class: "bad", text: "Something needs attention" },
            Seen::NotConfigured(NotConfigured { faults, .. }) if faults.is_empty() => {
                Headline { class: "bad", text: "Not configured" }
            }
            Seen::NotConfigured(_) => Headline { class: "bad", text: "Not configured: the configuration has faults" },
            Seen::Unknown(_) => Headline { class: "bad", text: "How things stand is not known" },
        }
    }

    fn minutes_silent(&self) -> Option<u64> {
        self.silence.map(|silence| silence.as_secs() / 60)
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A moment as people here read the clock.
fn moment(moment: &Timestamp) -> String {
    moment.to_zoned(england()).strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// A time of England's, as people read it.
fn civil(at: &DateTime) -> String {
    at.strftime("%a %-d %b %Y, %H:%M").to_string()
}

/// A day, from yyyy-mm-dd.
fn day(text: &str) -> String {
    text.parse::<jiff::civil::Date>().map_or_else(|_| text.to_owned(), |day| day.strftime("%-d %B %Y").to_string())
}

/// A period in words, from its days with `_` between them.
fn period(text: &str) -> String {
    match text.split_once('_') {
        Some((from, to)) => format!("{} to {}", day(from), day(to)),
        None => text.to_owned(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the template engine passes references")]
fn days_left(left: &u16) -> String {
    match *left {
        0 => "today is the last day".to_owned(),
        1 => "1 working day left".to_owned(),
        left => format!("{left} working days left"),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the template engine passes references")]
fn thousands(count: &u64) -> String {
    report::thousands(*count)
}

/// How a run, or a package, is marked. The word stands beside it: nobody has to tell colours apart.
fn mark(state: &str) -> &'static str {
    match state {
        "released" | "ready" | "submitted" | "accepted" => "well",
        "held" | "failed" | "rejected" => "ill",
        _ => "plain",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the template engine passes references")]
fn health_mark(health: &Health) -> &'static str {
    match health {
        Health::Well => "well",
        Health::Ill => "ill",
        Health::Untried => "plain",
    }
}

/// Who asked for a run.
fn asked_by(run: &RunStatus) -> &str {
    run.plan.as_deref().unwrap_or("by hand")
}

fn took(run: &RunStatus) -> String {
    let Some(ended) = run.ended else { return "goes on".to_owned() };
    match ended.duration_since(run.began).as_secs().max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn has_plans(status: &Status) -> bool {
    status.submissions.iter().any(|submission| !submission.plans.is_empty())
}
