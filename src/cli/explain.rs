//! `cld-agent explain`.

use std::fmt::Write;

use super::{
    Failure, Format,
    rules::{facts, line},
};
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
            rules => rules.iter().map(|rule| line(rule) + "\n").collect(),
        };
        format.print(&text, || rules.iter().map(|rule| json(rule)).collect());
        Ok(exit::SUCCESS)
    }
}

fn page(rule: &Rule) -> String {
    let mut text = line(rule) + "\n";
    if let Some(last) = rule.until {
        let _ = writeln!(text, "Not run after {last}.");
    }
    for (heading, body) in rule.manual.sections() {
        let _ = write!(text, "\n{heading}\n{body}\n");
    }
    text
}

fn json(rule: &Rule) -> serde_json::Value {
    let manual: serde_json::Map<_, _> =
        rule.manual.sections().into_iter().map(|(heading, body)| (heading.to_owned(), body.into())).collect();
    let mut facts = facts(rule);
    facts.insert("manual".to_owned(), manual.into());
    facts.into()
}
