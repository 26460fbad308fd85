//! `cld-agent rules`.

use std::{fmt::Write, path::PathBuf};

use super::{Failure, Format};
use crate::{
    check::{RULES, Rule},
    exit,
    spec::Release,
};

/// List every rule; with a release file, say which cannot run with it, and why.
#[derive(clap::Args, Debug)]
pub(super) struct Rules {
    /// A release file.
    #[arg(long, value_name = "FILE")]
    release: Option<PathBuf>,
}

impl Rules {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let release = self.release.as_deref().map(Release::open).transpose();
        let release = release.map_err(|faults| Failure::faults(exit::RELEASE, faults))?;
        let why_not = |rule: &Rule| release.as_ref().and_then(|release| rule.cannot_run(release));
        format.print(&text(why_not), || RULES.iter().map(|rule| json(rule, why_not(rule))).collect());
        Ok(exit::SUCCESS)
    }
}

fn text(why_not: impl Fn(&Rule) -> Option<String>) -> String {
    let mut text = String::new();
    for rule in RULES {
        let _ = writeln!(text, "{}{}", line(rule), notes(rule, why_not(rule)));
    }
    text
}

/// Id, severity, scope and title.
pub(super) fn line(rule: &Rule) -> String {
    format!("{}  {:5}  {:6}  {}", rule.id, rule.severity, rule.scope.as_str(), rule.title)
}

/// What else is to be known of a rule at a glance.
fn notes(rule: &Rule, why_not: Option<String>) -> String {
    let approval = rule.overridable.then(|| "can be approved".to_owned());
    let until = rule.until.map(|last| format!("until {last}"));
    let not_run = why_not.map(|why| format!("NOT RUN: {why}"));
    let notes: Vec<_> = [approval, until, not_run].into_iter().flatten().collect();
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
}

/// A rule as `rules` and `explain` give it to scripts, without its manual.
pub(super) fn facts(rule: &Rule) -> serde_json::Map<String, serde_json::Value> {
    let facts = [
        ("id", rule.id.into()),
        ("title", rule.title.into()),
        ("severity", rule.severity.as_str().into()),
        ("scope", rule.scope.as_str().into()),
        ("overridable", rule.overridable.into()),
        ("since", rule.since.into()),
        ("until", rule.until.into()),
    ];
    facts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn json(rule: &Rule, why_not: Option<String>) -> serde_json::Value {
    let mut facts = facts(rule);
    if let Some(why) = why_not {
        facts.insert("not_run".to_owned(), why.into());
    }
    facts.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_line_that_says_what_is_to_be_known_at_a_glance() {
        let told = text(|rule| (rule.id == "S002").then(|| "Release 9 has no 'Hourly'".to_owned()));
        assert_eq!(told.lines().count(), RULES.len());
        let line = |id| told.lines().find(|line| line.starts_with(id)).unwrap();
        assert_eq!(line("D001"), "D001  ERROR  record  Event ends before it starts");
        assert_eq!(line("P004"), "P004  BLOCK  file    Data does not cover the stated period (can be approved)");
        assert!(line("S002").ends_with("(NOT RUN: Release 9 has no 'Hourly')"));
    }
}
