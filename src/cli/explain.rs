//! `cld-agent explain`.

use std::fmt::Write;

use super::{Failure, Format};
use crate::{
    check::{RULES, Rule, find},
    document::nearest,
    exit,
};

/// Say what a rule checks.
#[derive(clap::Args, Debug)]
pub(super) struct Explain {
    /// The rule's id, such as L001.
    rule: Option<String>,
}

impl Explain {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let rules: Vec<&Rule> = match &self.rule {
            None => RULES.to_vec(),
            Some(id) => {
                let near = || nearest(id, RULES.iter().map(|rule| rule.id));
                let hint = || near().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                let missing = || Failure::new(exit::USAGE, format!("find a rule '{id}'{}", hint()));
                vec![find(id).ok_or_else(missing)?]
            }
        };
        let text = match rules.as_slice() {
            [rule] => page(rule),
            rules => rules.iter().map(|rule| line(rule)).collect(),
        };
        format.print(&text, || rules.iter().map(|rule| json(rule)).collect());
        Ok(exit::SUCCESS)
    }
}

fn line(rule: &Rule) -> String {
    format!("{}  {:5}  {:6}  {}\n", rule.id, rule.severity, rule.scope.as_str(), rule.title)
}

fn page(rule: &Rule) -> String {
    let mut text = line(rule);
    for (heading, body) in rule.manual.sections() {
        let _ = write!(text, "\n{heading}\n{body}\n");
    }
    text
}

fn json(rule: &Rule) -> serde_json::Value {
    let manual: serde_json::Map<_, _> =
        rule.manual.sections().into_iter().map(|(heading, body)| (heading.to_owned(), body.into())).collect();
    serde_json::json!({
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.as_str(),
        "scope": rule.scope.as_str(),
        "since": rule.since,
        "manual": manual,
    })
}
