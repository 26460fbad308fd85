//! What differs between two releases, entry by entry.

use std::{collections::BTreeMap, fmt};

use super::{CodeList, Fact, FieldSpec, ListValue, NearMiss, Release};
use crate::model::{Confidence, Field};

/// One entry of which two releases say different things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The entry: a field by its header, a label as `List: label`.
    pub entry: String,
    /// What became of it.
    pub kind: ChangeKind,
}

/// What became of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// The other release has it, the first has not. The label of the first that may have been meant, if one is near.
    Added(Option<String>),
    /// The first release has it, the other has not.
    Removed,
    /// The same entry in other letters.
    Respelled {
        /// As the first release writes it.
        from: String,
        /// As the other writes it.
        to: String,
    },
    /// It stands at another place among those that both have; places from 1.
    Moved {
        /// In the first.
        from: usize,
        /// In the other.
        to: usize,
    },
    /// Something else that the release says of it.
    Status {
        /// What.
        what: &'static str,
        /// In the first.
        from: String,
        /// In the other.
        to: String,
    },
    /// It is better, or less well, known.
    Known {
        /// What of it.
        what: &'static str,
        /// In the first.
        from: Confidence,
        /// In the other.
        to: Confidence,
    },
}

impl ChangeKind {
    /// One word for scripts.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Added(_) => "added",
            Self::Removed => "removed",
            Self::Respelled { .. } => "respelled",
            Self::Moved { .. } => "moved",
            Self::Status { .. } => "status",
            Self::Known { .. } => "known",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = &self.entry;
        match &self.kind {
            ChangeKind::Added(None) => write!(f, "added: {entry}"),
            ChangeKind::Added(Some(near)) => write!(f, "added: {entry} (near '{near}', which is removed)"),
            ChangeKind::Removed => write!(f, "removed: {entry}"),
            ChangeKind::Respelled { from, to } => write!(f, "spelled otherwise: {entry}: '{to}', not '{from}'"),
            ChangeKind::Moved { from, to } => write!(f, "order: {entry}: at place {to}, not {from}"),
            ChangeKind::Status { what, from, to } => write!(f, "{what}: {entry}: {to}, not {from}"),
            ChangeKind::Known { what, from, to } => write!(f, "known: {entry}: {what} is {to}, was {from}"),
        }
    }
}

/// All changes from one release to another, in the order of the other: the release itself, its fields, its lists, its
/// pairings.
pub fn difference(first: &Release, other: &Release) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    let head = |release: &Release| {
        let last = release.valid_to.map_or_else(|| "open".to_owned(), |date| date.to_string());
        [release.id.clone(), release.name.clone(), release.version.clone(), release.valid_from.to_string(), last]
    };
    let words = ["id", "name", "version", "valid from", "valid to"];
    for ((what, from), to) in words.into_iter().zip(head(first)).zip(head(other)) {
        changes.status("the release", what, from, to);
    }
    for field in Field::ALL {
        changes.field((first, first.field(field)), (other, other.field(field)));
    }
    changes.order(first, other);
    let list_named = |release: &Release, name: &str| release.lists().iter().position(|list| list.name == name);
    for list in first.lists().iter().filter(|list| list_named(other, &list.name).is_none()) {
        changes.push(format!("list {}", list.name), ChangeKind::Removed);
    }
    for list in other.lists() {
        match list_named(first, &list.name) {
            None => changes.push(format!("list {}", list.name), ChangeKind::Added(None)),
            Some(at) => changes.list(&first.lists()[at], list),
        }
    }
    changes.pairings(first, other);
    changes.0
}

struct Changes(Vec<Change>);

impl Changes {
    fn push(&mut self, entry: impl Into<String>, kind: ChangeKind) {
        self.0.push(Change { entry: entry.into(), kind });
    }

    fn status(&mut self, entry: &str, what: &'static str, from: String, to: String) {
        if from != to {
            self.push(entry, ChangeKind::Status { what, from, to });
        }
    }

    fn known(&mut self, entry: &str, what: &'static str, from: &Fact, to: &Fact) {
        let (from, to) = (from.confidence, to.confidence);
        if from != to {
            self.push(entry, ChangeKind::Known { what, from, to });
        }
    }

    fn field(&mut self, (of_first, first): (&Release, &FieldSpec), (of_other, other): (&Release, &FieldSpec)) {
        let entry = other.header.as_str();
        if first.header != other.header {
            let (from, to) = (first.header.clone(), other.header.clone());
            self.push(first.field.key(), ChangeKind::Respelled { from, to });
        }
        let kind = |release: &Release, spec: &FieldSpec| match release.list(spec.field) {
            Some(list) => format!("list {}", list.name),
            None => spec.kind.name().to_owned(),
        };
        self.status(entry, "type", kind(of_first, first), kind(of_other, other));
        self.status(entry, "group", first.group.clone(), other.group.clone());
        let personal = |spec: &FieldSpec| if spec.personal { "personal" } else { "not personal" }.to_owned();
        self.status(entry, "personal", personal(first), personal(other));
        self.known(entry, "its name", &first.fact, &other.fact);
        let asks = [
            ("applicable", "when it is applicable", &first.applicable, &other.applicable),
            ("mandatory", "when it is mandatory", &first.mandatory, &other.mandatory),
        ];
        for (what, known, first, other) in asks {
            self.status(entry, what, first.text.clone(), other.text.clone());
            self.known(entry, known, &first.fact, &other.fact);
        }
        let format =
            |spec: &FieldSpec| spec.format.as_ref().map_or_else(|| "none".to_owned(), |(text, _)| text.clone());
        self.status(entry, "format", format(first), format(other));
        if let (Some((_, first)), Some((_, other))) = (&first.format, &other.format) {
            self.known(entry, "its format", first, other);
        }
    }

    fn order(&mut self, first: &Release, other: &Release) {
        let pairs: Vec<_> = other.template().map(|spec| first.place(spec.field)).zip(0..).collect();
        for at in moved(&pairs) {
            let (from, to) = pairs[at];
            let header = other.template().nth(at).map_or_else(String::new, |spec| spec.header.clone());
            self.push(header, ChangeKind::Moved { from: from + 1, to: to + 1 });
        }
    }

    fn list(&mut self, first: &CodeList, other: &CodeList) {
        let pairs = paired(first, other);
        let entry = |label: &str| format!("{}: {label}", other.name);
        let removed: Vec<_> = (0..first.values.len()).filter(|at| !pairs.iter().any(|(from, _)| from == at)).collect();
        for &at in &removed {
            self.push(entry(&first.values[at].text), ChangeKind::Removed);
        }
        let moved = moved(&pairs);
        for (to, value) in other.values.iter().enumerate() {
            let label = entry(&value.text);
            let Some(shared) = pairs.iter().position(|(_, at)| *at == to) else {
                let gone = removed.iter().map(|at| first.values[*at].text.as_str());
                let near = crate::document::nearest(&value.text, gone).map(str::to_owned);
                self.push(label, ChangeKind::Added(near));
                continue;
            };
            let before = &first.values[pairs[shared].0];
            if before.text != value.text {
                let (from, to) = (before.text.clone(), value.text.clone());
                self.push(label.as_str(), ChangeKind::Respelled { from, to });
            }
            if moved.contains(&shared) {
                let from = pairs.iter().filter(|(from, _)| *from < pairs[shared].0).count() + 1;
                self.push(label.as_str(), ChangeKind::Moved { from, to: shared + 1 });
            }
            let number = |rank: Option<u16>| rank.map_or_else(|| "none".to_owned(), |rank| rank.to_string());
            self.status(&label, "rank", number(before.rank), number(value.rank));
            let use_of = |value: &ListValue| value.not_to_be_used.clone().unwrap_or_else(|| "to be used".to_owned());
            self.status(&label, "use", use_of(before), use_of(value));
            let settled = |value: &ListValue| match value.settled {
                Some(true) => "settled".to_owned(),
                Some(false) => "unsettled".to_owned(),
                None => "not said".to_owned(),
            };
            self.status(&label, "accommodation", settled(before), settled(value));
            self.known(&label, "the label", &before.fact, &value.fact);
        }
    }

    fn pairings(&mut self, first: &Release, other: &Release) {
        let (before, after) = (pairings(first, other), pairings(other, other));
        for (pair, _) in before.iter().filter(|(pair, _)| !after.contains_key(*pair)) {
            self.push(format!("pairing {pair}"), ChangeKind::Removed);
        }
        for (pair, fact) in &after {
            let entry = format!("pairing {pair}");
            match before.get(pair) {
                None => self.push(entry, ChangeKind::Added(None)),
                Some(was) => self.known(&entry, "the pairing", was, fact),
            }
        }
    }
}

/// Which value of the first list is which of the other's, in the order of the other: to the letter, or else but for
/// spelling.
fn paired(first: &CodeList, other: &CodeList) -> Vec<(usize, usize)> {
    let exact = |label: &str| first.values.iter().position(|value| value.text == label);
    let taken: Vec<_> = other.values.iter().filter_map(|value| exact(&value.text)).collect();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (to, value) in other.values.iter().enumerate() {
        let spelled = || match first.near_miss(&value.text) {
            Some(NearMiss::Spelling(label)) => exact(label).filter(|from| !taken.contains(from)),
            _ => None,
        };
        let from = exact(&value.text).or_else(spelled);
        if let Some(from) = from.filter(|from| !pairs.iter().any(|(known, _)| known == from)) {
            pairs.push((from, to));
        }
    }
    pairs
}

/// The places, among the pairs, of those that must be taken out for the rest to stand in the order of the first list.
fn moved(pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut best: Vec<Vec<usize>> = Vec::new();
    for (at, (from, _)) in pairs.iter().enumerate() {
        let before = best.iter().filter(|run| run.last().is_some_and(|last| pairs[*last].0 < *from));
        let mut run = before.max_by_key(|run| run.len()).cloned().unwrap_or_default();
        run.push(at);
        best.push(run);
    }
    let kept = best.into_iter().max_by_key(Vec::len).unwrap_or_default();
    (0..pairs.len()).filter(|at| !kept.contains(at)).collect()
}

/// The pairings of a release in the words of another, where it spells a label otherwise.
fn pairings<'r>(release: &'r Release, other: &Release) -> BTreeMap<String, &'r Fact> {
    let label = |field, code: u16| {
        let own = release.list(field).and_then(|list| list.value(code)).map_or("", |value| &value.text);
        let (Some(first), Some(other)) = (release.list(field), other.list(field)) else { return own.to_owned() };
        let pair = paired(first, other).into_iter().find(|(from, _)| *from + 1 == usize::from(code));
        pair.map_or_else(|| own.to_owned(), |(_, to)| other.values[to].text.clone())
    };
    let pairs = release.pairings().iter().map(|pairing| {
        let service_type = label(Field::ServiceType, pairing.service_type);
        let component = label(Field::ServiceComponent, pairing.component);
        (format!("{service_type} with {component}"), &pairing.fact)
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn release(change: impl FnOnce(&str) -> String) -> Release {
        let text = change(super::super::RELEASE_1);
        Release::from_document(&Document::new("other.toml", text)).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn told(change: impl FnOnce(&str) -> String) -> Vec<String> {
        let first = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
        difference(&first, &release(change)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_release_does_not_differ_from_itself() {
        assert_eq!(told(str::to_owned), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_change_is_told() {
        let value = |text: &str| {
            format!("[[list.value]]\ntext = \"{text}\"\nconfidence = \"CONFIRMED\"\nsource = [\"nhse-salt\"]\n")
        };
        let told = told(|text| {
            let (male, female, other) = (value("Male"), value("Female"), value("Other"));
            assert!(text.contains(&format!("{male}{female}{other}")));
            text.replacen(&format!("{male}{female}{other}"), &format!("{other}{}{}", value("MALE"), value("Femail")), 1)
                .replacen("header = \"Postcode\"", "header = \"Post Code\"", 1)
                .replacen("version = \"2026.11\"", "version = \"2026.12\"", 1)
                .replacen(
                    "mandatory = { when = 'always', confidence = \"LIKELY\"",
                    "mandatory = { when = 'never', confidence = \"CONFIRMED\"",
                    1,
                )
        });
        assert_eq!(
            told,
            [
                "version: the release: 2026.12, not 2026.11",
                "mandatory: First Name: never, not always",
                "known: First Name: when it is mandatory is CONFIRMED, was LIKELY",
                "spelled otherwise: postcode: 'Post Code', not 'Postcode'",
                "removed: Gender: Female",
                "order: Gender: Other: at place 1, not 2",
                "spelled otherwise: Gender: MALE: 'MALE', not 'Male'",
                "added: Gender: Femail (near 'Female', which is removed)",
            ]
        );
    }

    #[test]
    fn the_fewest_labels_are_told_as_moved() {
        let pairs: Vec<_> = [4, 0, 1, 2, 3].into_iter().zip(0..).collect();
        assert_eq!(moved(&pairs), [0]);
        assert_eq!(moved(&[(0, 0), (2, 1), (1, 2)]).len(), 1);
        assert_eq!(moved(&[]), Vec::<usize>::new());
    }
}
