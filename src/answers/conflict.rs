//! Answers that say different things of the same.

use std::{collections::BTreeMap, fmt};

use super::{Answer, Decision};
use crate::{check::Rule, model::Field};

/// Several answers to one question.
#[derive(Clone, Debug)]
pub struct Conflict<'a> {
    /// The rule.
    pub rule: &'static Rule,
    /// The field.
    pub field: Field,
    /// What was answered.
    pub of: Contested,
    /// The answers, by id.
    pub answers: Vec<&'a Answer>,
}

/// What several answers are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contested {
    /// One finding, accepted.
    Acceptance,
    /// The findings of a rule at a field, deferred.
    Deferral,
}

impl Contested {
    /// Which of the answers counts.
    pub const fn counts(self) -> &'static str {
        match self {
            Self::Acceptance => "either counts",
            Self::Deferral => "the one for the fewest findings counts",
        }
    }
}

impl<'a> Conflict<'a> {
    /// The conflicts among answers that nobody took back.
    pub(super) fn among(answers: impl Iterator<Item = &'a Answer>) -> Vec<Self> {
        let mut asked: BTreeMap<String, Self> = BTreeMap::new();
        for answer in answers {
            let (about, rule, field, of) = match &answer.decision {
                Decision::Accept(question) => {
                    let about = format!("{} {} {}", question.rule.id, question.field, question.value);
                    (about, question.rule, question.field, Contested::Acceptance)
                }
                Decision::Defer { rule, field, .. } => {
                    (format!("{} {field}", rule.id), *rule, *field, Contested::Deferral)
                }
                Decision::Withdraw(_) => continue,
            };
            let same = asked.entry(about).or_insert_with(|| Self { rule, field, of, answers: Vec::new() });
            same.answers.push(answer);
        }
        asked.into_values().filter(|same| same.answers.len() > 1).collect()
    }
}

impl fmt::Display for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, field, times) = (self.rule.id, self.field, self.answers.len());
        match self.of {
            Contested::Acceptance => write!(f, "a finding of {rule} at {field} is accepted {times} times")?,
            Contested::Deferral => write!(f, "{rule} at {field} is deferred {times} times")?,
        }
        for (nth, answer) in self.answers.iter().enumerate() {
            let lead = if nth == 0 { ": " } else { ", " };
            write!(f, "{lead}{} by {} ({})", answer.id, answer.account, answer.reason)?;
        }
        write!(f, "; {}; withdraw what is not meant", self.of.counts())
    }
}
