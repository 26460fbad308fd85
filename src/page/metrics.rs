//! The numbers, as monitoring programs read them. docs/status-page.md says what each means.

use std::{fmt, sync::atomic::AtomicI64};

use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

use super::subject::Seen;
use crate::{
    schedule::instant,
    unattended::{Health, PlanStatus, Status, SubmissionStatus},
};

type Number = Gauge<i64, AtomicI64>;
type Of<L> = Family<L, Number>;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Submission {
    submission: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Plan {
    submission: String,
    plan: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PlanState {
    submission: String,
    plan: String,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PackageState {
    submission: String,
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct AlertState {
    state: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Channel {
    channel: String,
}

/// How a run can stand.
const RUN_STATES: [&str; 5] = ["released", "held", "failed", "stopped", "running"];

/// The numbers as `OpenMetrics` text. Their labels are names of the configuration and words of the program, so that there are few.
pub(super) fn render(seen: &Seen) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("cld_agent");
    let version = env!("CARGO_PKG_VERSION");
    registry.register("build", "The version of the program", Info::new(Build { version }));
    let configured = !matches!(seen, Seen::NotConfigured(_));
    number(&mut registry, "configured", "Whether there is a configuration", configured.into());
    let known = matches!(seen, Seen::Status(_));
    number(&mut registry, "ready", "Whether the ledger can be read", known.into());
    if let Seen::Status(status) = seen {
        of_status(&mut registry, status);
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn of_status(registry: &mut Registry, status: &Status) {
    number(registry, "attention", "How many things ask for somebody", status.attention.len() as i64);
    number(registry, "paused", "Whether the plans are paused", status.paused_until.is_some().into());
    let alerts = family(registry, "alerts", "Alerts that nobody has got");
    for (state, count) in [("waiting", status.alerts_waiting), ("refused", status.alerts_refused)] {
        alerts.get_or_create(&AlertState { state }).set(count as i64);
    }
    let channels = family(registry, "channel_well", "Whether a way for alerts took the last one");
    for channel in status.channels.iter().filter(|channel| channel.health != Health::Untried) {
        let name = channel.name.clone();
        channels.get_or_create(&Channel { channel: name }).set((channel.health == Health::Well).into());
    }
    let sources = family(registry, "source_well", "Whether the sources could be read by the last run that says so");
    let days = family(registry, "window_working_days_left", "Working days after today until the window closes");
    let packages = family(registry, "packages", "Packages of the last period that has ended, by where they stand");
    let last = family(registry, "last_run_timestamp_seconds", "When the last run of a plan ended");
    let states = family(registry, "last_run", "How the last run of a plan stands: 1 for that state");
    let next = family(registry, "next_run_timestamp_seconds", "When a plan is next due");
    for submission in &status.submissions {
        let SubmissionStatus { name, working_days_left, source, plans, packages: made, .. } = submission;
        let labels = Submission { submission: name.clone() };
        if source.health != Health::Untried {
            sources.get_or_create(&labels).set((source.health == Health::Well).into());
        }
        if let Some(left) = working_days_left {
            days.get_or_create(&labels).set(i64::from(*left));
        }
        for state in crate::ledger::PackageState::ALL.map(crate::ledger::PackageState::as_str) {
            let count = made.iter().filter(|package| package.state == state).count();
            packages.get_or_create(&PackageState { submission: name.clone(), state }).set(count as i64);
        }
        for PlanStatus { name: plan, last: run, next: at } in plans {
            let labels = Plan { submission: name.clone(), plan: plan.clone() };
            if let Some(ended) = run.as_ref().and_then(|run| run.ended) {
                last.get_or_create(&labels).set(ended.as_second());
            }
            for state in run.iter().flat_map(|_| RUN_STATES) {
                let is = run.as_ref().is_some_and(|run| run.state == state);
                let labels = PlanState { submission: name.clone(), plan: plan.clone(), state };
                states.get_or_create(&labels).set(is.into());
            }
            if let Some(at) = at.map(instant).map(Timestamp::as_second) {
                next.get_or_create(&labels).set(at);
            }
        }
    }
}

fn number(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge = Number::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn family<L>(registry: &mut Registry, name: &str, help: &str) -> Of<L>
where
    L: Clone + std::hash::Hash + Eq + EncodeLabelSet + fmt::Debug + Send + Sync + 'static,
{
    let family = Of::<L>::default();
    registry.register(name, help, family.clone());
    family
}
