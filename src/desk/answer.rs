//! What an analyst answers, as the small file holds it.

use jiff::Timestamp;

use crate::{
    check::{RULES, Rule, find},
    document::{Document, Faults, Spanned, Table},
    model::Reason,
};

/// The kinds of answer, by what the name of the file ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Of findings.
    Accept,
    /// Of a held package.
    Approve,
    Submitted,
    /// By the centre.
    Accepted,
    /// By the centre.
    Rejected,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Accept, Self::Approve, Self::Submitted, Self::Accepted, Self::Rejected];

    /// The word in the name of the file.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Approve => "approve",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// The kind that a file is of, by its name: `anything.submitted.toml`.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (before, word) = name.strip_suffix(".toml")?.rsplit_once('.')?;
        Self::ALL.into_iter().find(|kind| kind.word() == word && !before.is_empty())
    }

    /// A file to be filled in by an analyst.
    pub(super) fn template(self, run: &str) -> String {
        let (about, keys) = match self {
            Self::Accept => (
                "accept findings that are right as they are. Rule and rows are in findings.csv.",
                "rule = \"\"\nrows = []\n# Where the rule found something at several fields, the one that is meant:\n# field = \"\"\n\
                 # Why they are right, without naming anybody:\nreason = \"\"\n",
            ),
            Self::Approve => (
                "let this held package go in spite of what holds it.",
                "# Why it may be submitted all the same, without naming anybody:\nreason = \"\"\n",
            ),
            Self::Submitted => (
                "say that this package was submitted.",
                "# What the portal gave for it:\nreceipt = \"\"\n\
                 # When, if not just now:\n# at = \"2026-10-20T14:05:00Z\"\n\
                 # If another package of the period was submitted before it, why:\n# again = \"\"\n",
            ),
            Self::Accepted => ("say that the centre accepted this package. There is nothing to fill in.", ""),
            Self::Rejected => {
                ("say that the centre rejected this package.", "# Why, without naming anybody:\nreason = \"\"\n")
            }
        };
        format!(
            "# To {about}\n# Copy this file to the folder 'answers', and fill in the copy.\nrun = \"{run}\"\n{keys}"
        )
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The run that it is about.
    pub(super) run: String,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Accept { rule: &'static Rule, field: Option<String>, rows: Vec<u64>, reason: Reason },
    Approve { reason: Reason },
    Submitted { receipt: String, at: Option<Timestamp>, again: Option<Reason> },
    Accepted,
    Rejected { reason: Reason },
}

impl Answer {
    /// Reads a file strictly.
    pub(super) fn read(kind: Kind, document: &Document) -> Result<Self, Faults> {
        document.read_toml(|root| {
            let run = filled(root, "run");
            let what = match kind {
                Kind::Accept => accept(root),
                Kind::Approve => reason(root, "reason").map(|reason| What::Approve { reason }),
                Kind::Submitted => submitted(root),
                Kind::Accepted => Some(What::Accepted),
                Kind::Rejected => reason(root, "reason").map(|reason| What::Rejected { reason }),
            };
            Some(Self { run: run?.value.to_owned(), what: what? })
        })
    }
}

fn accept(root: &Table<'_>) -> Option<What> {
    let (rule, rows, field) = (filled(root, "rule"), root.integers("rows", 1..=100_000_000), root.text("field"));
    let reason = reason(root, "reason");
    let rows = rows.filter(|rows| !rows.is_empty()).or_else(|| {
        let fault = root.document().fault(root.place("rows"), "'rows' names no row");
        root.fault(fault.with_help("write the numbers that findings.csv has: rows = [17, 18]"));
        None
    });
    let rule = rule.and_then(|rule| {
        let known = find(rule.value);
        if known.is_none() {
            let fault = root.document().fault(rule.span, "there is no such rule");
            root.fault(fault.suggesting(rule.value, RULES.iter().map(|rule| rule.id)));
        }
        known
    });
    let rows = rows?.into_iter().map(|row| row as u64).collect();
    Some(What::Accept { rule: rule?, field: field.map(|field| field.value.to_owned()), rows, reason: reason? })
}

fn submitted(root: &Table<'_>) -> Option<What> {
    let (receipt, at) = (filled(root, "receipt"), root.text("at"));
    let again = if root.has("again") { Some(reason(root, "again")) } else { None };
    let at = at.map(|at| {
        let moment = at.value.parse().ok();
        if moment.is_none() {
            let fault = root.document().fault(at.span, "'at' is not a moment");
            root.fault(fault.with_help("write it as 2026-10-20T14:05:00Z"));
        }
        moment
    });
    let (at, again) =
        (at.map_or(Some(None), |at: Option<_>| at.map(Some)), again.map_or(Some(None), |why| why.map(Some)));
    Some(What::Submitted { receipt: receipt?.value.to_owned(), at: at?, again: again? })
}

/// A text that somebody has filled in.
fn filled<'t>(root: &Table<'t>, key: &'static str) -> Option<Spanned<&'t str>> {
    let text = root.need_text(key)?;
    if text.value.trim().is_empty() {
        root.fault_at(text.span, format!("'{key}' is not filled in"));
        return None;
    }
    Some(text)
}

fn reason(root: &Table<'_>, key: &'static str) -> Option<Reason> {
    let text = filled(root, key)?;
    match text.value.parse::<Reason>() {
        Ok(reason) => Some(reason),
        Err(error) => {
            let (what, to_do) = error.told();
            root.fault(root.document().fault(text.span, format!("'{key}' {what}")).with_help(to_do));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, text: &str) -> Result<Answer, String> {
        Answer::read(kind, &Document::new("answer", text)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_kind_stands_in_the_name() {
        assert_eq!(Kind::of("20261005T050000Z.submitted.toml"), Some(Kind::Submitted));
        assert_eq!(Kind::of("the third of them.accept.toml"), Some(Kind::Accept));
        for other in
            ["submitted.toml", ".submitted.toml", "a.submit.toml", "a.submitted.toml.bak", "a.submitted.txt", ""]
        {
            assert_eq!(Kind::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_template_lacks_nothing_but_the_persons_words() {
        for kind in Kind::ALL {
            let template = kind.template("20261005T050000Z");
            let blank = read(kind, &template);
            assert_eq!(blank.is_ok(), kind == Kind::Accepted, "{kind:?}: {blank:?}");
            let words =
                [("receipt = \"\"", "receipt = \"DLP-0017\""), ("reason = \"\"", "reason = \"seen with the team\"")];
            let words = words.into_iter().chain([("rule = \"\"", "rule = \"D005\""), ("rows = []", "rows = [17]")]);
            let filled = words.fold(template, |text, (blank, word)| text.replace(blank, word));
            let answer = read(kind, &filled).unwrap();
            assert_eq!(answer.run, "20261005T050000Z");
        }
    }

    #[test]
    fn every_fault_is_told_at_once_and_repeats_no_words_of_the_person() {
        let faults = read(Kind::Accept, "run = ''\nrule = 'D0005'\nrows = []\nreason = 'born 1950-01-02'\nwhy = 1\n");
        insta::assert_snapshot!(faults.unwrap_err());
        let faults = read(Kind::Submitted, "run = 'r'\nreceipt = 'x'\nat = 'yesterday'\nagain = ' '\n");
        insta::assert_snapshot!(faults.unwrap_err());
    }
}
