//! Whether the two ends of the agent are well: where rows come from, and by which ways it speaks.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    config::notify::{ChannelKind, ChannelSettings},
    exit,
    ledger::{ChannelFacts, Outcome, RunRow, RunState},
};

/// Whether something is well, by the last that was heard of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It was, when it was last used.
    Well,
    /// It was not.
    Ill,
    /// Nobody has used it yet.
    Untried,
}

impl Health {
    /// The word that people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Ill => "ill",
            Self::Untried => "not tried yet",
        }
    }
}

/// How the sources of a submission did in its last run. They are not asked for this.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SourceHealth {
    /// Whether they could be read.
    pub health: Health,
    /// When that was.
    pub at: Option<Timestamp>,
    /// What was wrong.
    pub why: Option<&'static str>,
    /// What to do.
    pub advice: Option<&'static str>,
}

/// How a way to people did when an alert last went there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChannelHealth {
    /// How the configuration calls it.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Whether it took the alert.
    pub health: Health,
    /// When that was.
    pub at: Option<Timestamp>,
    /// What was wrong.
    pub why: Option<String>,
}

/// By the last run that says anything of the sources: one that came to a verdict, or that ended for their sake. Runs are in any
/// order.
pub(super) fn of_source<'r>(runs: impl IntoIterator<Item = &'r RunRow>) -> SourceHealth {
    let telling = |run: &&RunRow| match run.state {
        RunState::Ended(Outcome::Released | Outcome::Held) => true,
        RunState::Ended(Outcome::Failed) => run.exit_code.is_some_and(is_of_source),
        RunState::Ended(Outcome::Stopped) | RunState::Running => false,
    };
    let last = runs.into_iter().filter(telling).max_by_key(|run| run.ended);
    let Some(RunRow { ended, exit_code, state, .. }) = last else {
        return SourceHealth { health: Health::Untried, at: None, why: None, advice: None };
    };
    if matches!(state, RunState::Ended(Outcome::Released | Outcome::Held)) {
        return SourceHealth { health: Health::Well, at: *ended, why: None, advice: None };
    }
    let meaning = exit_code.and_then(exit::meaning);
    SourceHealth { health: Health::Ill, at: *ended, why: meaning, advice: exit_code.and_then(exit::advice) }
}

/// Whether a run that ended so had to do with a source.
const fn is_of_source(code: u8) -> bool {
    matches!(code, exit::SOURCE | exit::QUERY | exit::LOST | exit::NO_ROWS | exit::LOGIN | exit::STALE)
}

pub(super) fn of_channel(settings: &ChannelSettings, facts: ChannelFacts) -> ChannelHealth {
    let ChannelFacts { took, refused, .. } = facts;
    let is_down = refused.as_ref().is_some_and(|(asked, _)| took.is_none_or(|took| took < *asked));
    let (health, at, why) = match refused {
        Some((asked, why)) if is_down => (Health::Ill, Some(asked), Some(why)),
        _ if took.is_some() => (Health::Well, took, None),
        _ => (Health::Untried, None, None),
    };
    let kind = match settings.kind {
        ChannelKind::Smtp(_) => "mail server",
        ChannelKind::Graph(_) => "Microsoft 365",
        ChannelKind::Webhook(_) => "webhook",
    };
    ChannelHealth { name: settings.name.clone(), kind, health, at, why }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{
        SecretRef,
        notify::{WebhookFormat, WebhookSettings},
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn run(ended: i64, outcome: Outcome, code: u8) -> RunRow {
        RunRow {
            id: crate::model::RunId::new(at(ended), 1),
            submission: "adult".to_owned(),
            plan: None,
            period: "2025-10-01_2026-09-30".parse().unwrap(),
            slot: None,
            attempt: 1,
            began: at(ended),
            ended: Some(at(ended)),
            state: RunState::Ended(outcome),
            exit_code: Some(code),
            may_pass: false,
            rehearsal: false,
            message: None,
            tool_version: "0.1.0".to_owned(),
            package: None,
            package_state: None,
        }
    }

    #[test]
    fn a_source_is_as_well_as_the_last_run_that_says_anything_of_it() {
        let held = run(1, Outcome::Held, exit::HELD);
        let refused = run(2, Outcome::Failed, exit::LOGIN);
        let full = run(3, Outcome::Failed, exit::DISK_FULL);
        let stopped = run(4, Outcome::Stopped, exit::STOPPED);
        let health = |runs: &[&RunRow]| of_source(runs.iter().copied());
        assert_eq!(health(&[]).health, Health::Untried);
        assert_eq!(health(&[&stopped, &full]).health, Health::Untried, "neither says anything of the source");
        assert_eq!((health(&[&held]).health, health(&[&held]).at), (Health::Well, Some(at(1))));
        let ill = health(&[&stopped, &held, &full, &refused]);
        assert_eq!((ill.health, ill.at), (Health::Ill, Some(at(2))));
        assert!(ill.why.is_some_and(|why| why.contains("refused the login")) && ill.advice.is_some(), "{ill:?}");
    }

    #[test]
    fn a_channel_is_as_well_as_what_became_of_the_last_alert() {
        let url = SecretRef::Env("URL".to_owned());
        let kind = ChannelKind::Webhook(WebhookSettings { url, format: WebhookFormat::Json });
        let settings = ChannelSettings { name: "teams".to_owned(), kind, timeout: Duration::from_secs(1) };
        let refused = |minute| Some((at(minute), "it is deaf".to_owned()));
        for (took, refused, health, told) in [
            (None, None, Health::Untried, None),
            (Some(1), None, Health::Well, Some(1)),
            (Some(3), refused(2), Health::Well, Some(3)),
            (Some(1), refused(2), Health::Ill, Some(2)),
            (None, refused(2), Health::Ill, Some(2)),
        ] {
            let found = of_channel(&settings, ChannelFacts { took: took.map(at), refused, rests: None });
            assert_eq!((found.health, found.at, found.why.is_some()), (health, told.map(at), health == Health::Ill));
        }
    }
}
