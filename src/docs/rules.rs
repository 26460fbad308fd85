//! `docs/rules.md`.

use std::fmt::Write;

use super::{Table, anchor};
use crate::check::{RULES, Rule, Scope, find};

pub(super) fn text() -> String {
    let mut index = Table::new(["rule", "gravest", "looks at", "what it finds"]);
    for rule in RULES {
        index.row([&link(rule.id), rule.severity.as_str(), rule.scope.as_str(), rule.title]);
    }
    let mut text = format!(
        "# The rules

`cld-agent explain RULE` prints the same pages, and the report shows them beside its counts. `cld-agent rules` lists them, and
with `--release FILE` says which cannot run with a release, and why.

- **BLOCK**: the file must not be sent; the package is held.
- **ERROR**: the centre would mark the value as failed. Such rows are accepted, so an ERROR alone holds nothing; too many of
  them in one field do (see [configuration.md](configuration.md), `[submission.policy]`).
- **QUERY**: plausible but unlikely, or resting on something about the national rules that is not confirmed.

The table gives the gravest severity that a rule's findings can have: a rule that asks the release (mandatory, list, type)
raises a QUERY where the fact behind it is not CONFIRMED in [release-1.md](release-1.md). An id never changes its meaning.

{}",
        index.text
    );
    for rule in RULES {
        page(rule, &mut text);
    }
    text
}

/// A link to a rule's page, under its id.
pub(super) fn link(id: &str) -> String {
    find(id).map_or_else(|| id.to_owned(), |rule| format!("[{id}](rules.md#{})", anchor(&heading(rule))))
}

fn heading(rule: &Rule) -> String {
    format!("{}: {}", rule.id, rule.title)
}

fn page(rule: &Rule, text: &mut String) {
    let approval = if rule.overridable { " A person may approve a package that is held for it alone." } else { "" };
    let until = rule.until.map(|last| format!(", not run after {last}")).unwrap_or_default();
    let _ = write!(
        text,
        "\n## {}\n\n{}, {}, since version {}{until}.{approval}\n",
        heading(rule),
        rule.severity,
        match rule.scope {
            Scope::RunToRun => "compares with the submission before".to_owned(),
            scope => format!("looks at the {}", scope.as_str()),
        },
        rule.since
    );
    for (heading, body) in rule.manual.sections() {
        let _ = write!(text, "\n**{heading}**: {body}\n");
    }
}
