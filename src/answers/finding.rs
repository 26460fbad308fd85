//! Findings, as `findings.csv` has them, and how each is known again.

use super::Question;
use crate::{
    check::{Rule, Scope, find},
    model::{Field, Severity, Validity},
    spec::Release,
    sys::keyed::Keyed,
};

/// A line of `findings.csv`, as far as an answer asks for it.
#[derive(Clone, Copy)]
pub struct FindingLine<'l> {
    /// Its rule.
    pub rule: &'static Rule,
    /// The field it is about.
    pub field: Field,
    /// How grave it is.
    pub severity: Severity,
    /// The national word for the cell, if it has one.
    pub status: Option<Validity>,
    /// The value, as the file shows it.
    pub value: &'l [u8],
    /// The event's reference.
    pub event: &'l [u8],
    /// The person's local id.
    pub person: &'l [u8],
}

/// Why a finding cannot be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unanswerable {
    /// A BLOCK or an ERROR.
    #[error("accept a finding of severity {0}: only a QUERY can be accepted (an ERROR can be deferred: answer defer)")]
    NotQuery(Severity),
    /// Nothing tells its row from another.
    #[error("accept a finding whose row has neither an event reference nor a person's id: it could not be known again")]
    Nameless,
}

impl<'l> FindingLine<'l> {
    /// From the first cells of a line: row, field, rule, severity, status, value, event reference, person id. Nothing for
    /// a finding about the whole file, or of a rule or field that is not known.
    pub fn from_cells(mut cells: impl Iterator<Item = &'l [u8]>, release: &Release) -> Option<(u64, Self)> {
        let mut text = || cells.next().and_then(|cell| std::str::from_utf8(cell).ok());
        let (row, field, rule, severity) = (text()?.parse().ok()?, text()?, text()?, text()?);
        let (field, rule) = (release.field_by_header(field)?, find(rule)?);
        let severity = Severity::from_word(severity)?;
        let status = text().and_then(Validity::from_word);
        let (value, event, person) = (cells.next()?, cells.next()?, cells.next()?);
        Some((row, Self { rule, field, severity, status, value, event, person }))
    }

    /// What an answer to it answers.
    pub fn question(&self, keyed: &Keyed) -> Result<Question, Unanswerable> {
        if self.severity != Severity::Query {
            return Err(Unanswerable::NotQuery(self.severity));
        }
        if self.person.is_empty() && self.event.is_empty() {
            return Err(Unanswerable::Nameless);
        }
        // What is found about a person is not bound to the event at which it happens to be shown.
        let event = if self.rule.scope == Scope::Person && !self.person.is_empty() { b"" } else { self.event };
        let subject = [self.rule.id.as_bytes(), self.field.key().as_bytes(), self.person, event];
        let value = subject.into_iter().chain([self.value]);
        Ok(Question {
            rule: self.rule,
            field: self.field,
            subject: keyed.hash("answer: subject", subject).to_string(),
            value: keyed.hash("answer: value", value).to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(rule: &str, texts: [&'static str; 3]) -> FindingLine<'static> {
        let [value, event, person] = texts.map(str::as_bytes);
        let rule = find(rule).unwrap();
        FindingLine { rule, field: Field::DateOfBirth, severity: Severity::Query, status: None, value, event, person }
    }

    #[test]
    fn what_cannot_be_known_again_or_is_graver_is_not_answered() {
        let keyed = Keyed::new(&[1; 32]);
        assert_eq!(line("D005", ["1900", "", ""]).question(&keyed).unwrap_err(), Unanswerable::Nameless);
        for severity in [Severity::Block, Severity::Error] {
            let finding = FindingLine { severity, status: None, ..line("D005", ["1900", "E1", "P1"]) };
            assert_eq!(finding.question(&keyed).unwrap_err(), Unanswerable::NotQuery(severity));
        }
    }

    #[test]
    fn a_line_is_read_by_its_first_cells() {
        let release = Release::embedded().unwrap();
        let cells = |text: &'static str| text.split(',').map(str::as_bytes);
        let read = FindingLine::from_cells(cells("7,Gender,L001,QUERY,Passed: Valid,X,E1,P1,q,k,"), &release);
        let (row, read) = read.unwrap();
        assert_eq!((row, read.rule.id, read.field, read.severity), (7, "L001", Field::Gender, Severity::Query));
        assert_eq!((read.value, read.event, read.person), (&b"X"[..], &b"E1"[..], &b"P1"[..]));
        for text in [",,F005,QUERY,,text,,,,", "7,Gender,Z999,QUERY,,X,E,P", "7,Gender", "x,Gender,L001,QUERY,,X,E,P"] {
            assert!(FindingLine::from_cells(cells(text), &release).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_question_is_the_same_for_the_same_finding_and_no_other(
            one in prop::array::uniform3("[A-C]{0,2}"), other in prop::array::uniform3("[A-C]{0,2}"), key in any::<[u8; 32]>(),
        ) {
            fn line(texts: &[String; 3]) -> FindingLine<'_> {
                let [value, event, person] = texts.each_ref().map(String::as_bytes);
                let rule = find("D005").unwrap();
                FindingLine { rule, field: Field::DateOfBirth, severity: Severity::Query, status: None, value, event, person }
            }
            let keyed = Keyed::new(&key);
            prop_assert_eq!(line(&one).question(&keyed), line(&one).question(&keyed));
            let (Ok(first), Ok(second)) = (line(&one).question(&keyed), line(&other).question(&keyed)) else { return Ok(()) };
            prop_assert_eq!(first.subject == second.subject, one[1..] == other[1..]);
            prop_assert_eq!(first.value == second.value, one == other);
        }
    }
}
