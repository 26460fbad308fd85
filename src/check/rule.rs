//! What a rule is.

use crate::{
    check::{Attribute, Context, FoundLate, Link, PersonRows, SameEvent, SeenRow, Whole},
    model::{Field, Finding, NoteKind, Reading, Record, RuleId, Severity, Validity},
    spec::Release,
};

/// One rule of the check.
#[derive(Debug)]
pub struct Rule {
    /// Its id, such as `D001`: stable for ever.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// How grave its findings usually are; its manual page says when they are graver.
    pub severity: Severity,
    /// What it looks at.
    pub scope: Scope,
    /// Whether a person may let a package go in spite of its BLOCK.
    pub overridable: bool,
    /// The version of the program that first had it.
    pub since: &'static str,
    /// The last release of the collection for which it is run, where a later one has no use for it.
    pub until: Option<&'static str>,
    /// Its manual page.
    pub manual: Manual,
    /// How it is run.
    pub kind: Kind,
    /// Labels without which it has nothing to say: in a release that lacks one, it is skipped, and the report says so.
    pub needs: &'static [Label],
}

impl Rule {
    /// Why the rule has nothing to say with a release, if so.
    pub fn cannot_run(&self, release: &Release) -> Option<String> {
        if let Some(last) = self.until.filter(|last| is_after(&release.id, last)) {
            return Some(format!("it is not run after {last}"));
        }
        let lacking = |label: &&Label| release.code(label.0, label.1) == 0;
        let missing: Vec<_> = self.needs.iter().filter(lacking).map(|label| format!("'{}'", label.1)).collect();
        (!missing.is_empty()).then(|| format!("{} has no {}", release.name, missing.join(", ")))
    }
}

/// Whether one release is later than another, by their ids: `release-10` comes after `release-2`.
fn is_after(release: &str, other: &str) -> bool {
    (release.len(), release) > (other.len(), other)
}

/// A rule that was not run, and why.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// The rule.
    pub rule: &'static Rule,
    /// Why not.
    pub why: String,
}

/// What a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The whole file.
    File,
    /// One value.
    Field,
    /// One record.
    Record,
    /// The rows of one person.
    Person,
    /// Rows that tell of one event.
    Event,
    /// The file and the one before it.
    RunToRun,
}

impl Scope {
    /// The word for it: `file`, `field`, `record`, `person`, `event`, `run-to-run`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Field => "field",
            Self::Record => "record",
            Self::Person => "person",
            Self::Event => "event",
            Self::RunToRun => "run-to-run",
        }
    }
}

/// How a rule is run.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// On a mandatory field with no value.
    Blank,
    /// On a value in a field that is not applicable.
    Filled,
    /// On a value that reads so.
    Reading(Reading),
    /// On what was noticed while shaping.
    Note(NoteKind),
    /// On each record.
    Record(fn(&Record<'_>, &Context, &mut Found<'_>)),
    /// On rows that the centre takes for one event.
    SameEvent(fn(&SameEvent<'_>, &mut FoundLate<'_>)),
    /// On rows with one Event Reference, in the order of the file.
    SameReference(fn(&[SeenRow], &mut FoundLate<'_>)),
    /// On the rows of one person.
    Person(fn(&PersonRows<'_>, &mut FoundLate<'_>)),
    /// On rows of one person that give different values of a field.
    Contradiction(Attribute, Field),
    /// On each link of a carer.
    Link(fn(&Link, &mut FoundLate<'_>)),
    /// On counts of the whole file; what is found is said in a sentence without personal data.
    Whole(fn(&Whole) -> Option<String>),
    /// On the file, by whoever sees it whole.
    File,
    /// On the file and the one before it, by whoever compares them.
    RunToRun,
}

impl Kind {
    /// Whether the rule can judge only once all rows have gone by.
    pub const fn looks_across_rows(&self) -> bool {
        match self {
            Self::SameEvent(_)
            | Self::SameReference(_)
            | Self::Person(_)
            | Self::Contradiction(..)
            | Self::Link(_)
            | Self::Whole(_) => true,
            Self::Blank
            | Self::Filled
            | Self::Reading(_)
            | Self::Note(_)
            | Self::Record(_)
            | Self::File
            | Self::RunToRun => false,
        }
    }
}

/// A label of a field's list that a rule names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(pub Field, pub &'static str);

/// A manual page: sections, each with a heading.
#[derive(Clone, Copy, Debug)]
pub struct Manual(pub &'static str);

impl Manual {
    /// The headings that every page has, in order.
    pub const HEADINGS: [&'static str; 5] =
        ["What it checks", "Why it matters", "How to fix it in the case system", "Example", "Source"];

    /// Heading and body of each section.
    pub fn sections(self) -> Vec<(&'static str, String)> {
        let mut sections: Vec<(&str, String)> = Vec::new();
        for line in self.0.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
            match (line.strip_prefix("# "), sections.last_mut()) {
                (Some(heading), _) => sections.push((heading, String::new())),
                (None, Some((_, body))) => {
                    let is_item = line.starts_with("- ");
                    if !body.is_empty() {
                        body.push(if is_item || line.is_empty() || body.ends_with('\n') { '\n' } else { ' ' });
                    }
                    // What goes on below an item is indented.
                    body.push_str(line.trim_start());
                }
                (None, None) => {}
            }
        }
        for (_, body) in &mut sections {
            body.truncate(body.trim_end().len());
        }
        sections
    }
}

/// A finding about the file as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFinding {
    /// The rule's id.
    pub rule: &'static Rule,
    /// How grave it is here.
    pub severity: Severity,
    /// The field it is about, if one.
    pub field: Option<Field>,
    /// What was found; never a person's data.
    pub text: String,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Where a record rule puts what it finds.
pub struct Found<'f> {
    pub(super) findings: &'f mut Vec<Finding>,
    pub(super) counts: &'f mut [[u64; Field::COUNT]],
    pub(super) record: u32,
    pub(super) rule: RuleId,
    pub(super) severity: Severity,
    pub(super) labels: &'f [u16],
    pub(super) words: &'f dyn Fn(Field) -> Validity,
}

impl Found<'_> {
    /// The codes of the labels that the rule needs, in its own order.
    pub fn labels<const N: usize>(&self) -> [u16; N] {
        self.labels.first_chunk().copied().unwrap_or([0; N])
    }

    /// The national word for what stands in a field.
    pub fn word(&self, field: Field) -> Validity {
        (self.words)(field)
    }

    /// A finding at a field of the record, as grave as the rule is.
    pub fn at(&mut self, field: Field) {
        self.graver_or_not(field, self.severity);
    }

    /// A finding at a field of the record, with a severity of its own.
    pub fn graver_or_not(&mut self, field: Field, severity: Severity) {
        let status = (self.words)(field);
        let Self { record, rule, .. } = *self;
        self.findings.push(Finding { record, field, rule, severity, status, original: None });
        self.counts[usize::from(rule.0)][field.index()] += 1;
    }
}

/// Declares a rule whose doc comment is its manual page.
macro_rules! rule {
    (
        $(#[doc = $manual:literal])*
        $id:ident: $title:literal, $severity:ident, $scope:ident, since $since:literal, $(until $until:literal,)? $kind:expr
        $(, needs [$($field:ident $label:literal),*])?
        $(, overridable $overridable:literal)?
    ) => {
        $(#[doc = $manual])*
        pub(super) static RULE: $crate::check::Rule = $crate::check::Rule {
            id: stringify!($id),
            title: $title,
            severity: $crate::model::Severity::$severity,
            scope: $crate::check::Scope::$scope,
            overridable: false $(|| $overridable)?,
            since: $since,
            until: [$($until,)?].first().copied(),
            manual: $crate::check::Manual(concat!($($manual, "\n"),*)),
            kind: $kind,
            needs: &[$($($crate::check::Label($crate::model::Field::$field, $label)),*)?],
        };
    };
}
pub(super) use rule;

#[cfg(test)]
mod tests {
    use super::{super::testing::release, *};
    use crate::check::RULES;

    #[test]
    fn releases_follow_one_another_by_number() {
        assert!(is_after("release-2", "release-1") && is_after("release-10", "release-2"));
        assert!(!is_after("release-1", "release-1") && !is_after("release-1", "release-2"));
    }

    #[test]
    fn every_rule_runs_with_release_1_and_says_why_not_with_another() {
        let mut release = release();
        for rule in RULES {
            assert_eq!(rule.cannot_run(&release), None, "{}", rule.id);
        }
        release.id = "release-2".to_owned();
        for rule in RULES.iter().filter(|rule| rule.until.is_some()) {
            assert_eq!(rule.cannot_run(&release).unwrap(), "it is not run after release-1");
        }
    }
}
