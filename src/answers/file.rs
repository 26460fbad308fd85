//! One answer, as its file holds it.

use std::fmt::Write;

use jiff::Timestamp;

use crate::{
    check::{Rule, find},
    document::{Document, Fault, Faults, Spanned, Table},
    model::{Date, Field, Reason},
    sys::keyed::Keyed,
};

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Names it, and its file.
    pub id: String,
    /// Why.
    pub reason: Reason,
    /// The account of the operating system that gave it.
    pub account: String,
    /// When it was given.
    pub at: Timestamp,
    /// What was decided.
    pub decision: Decision,
}

/// What was decided.
#[derive(Clone, Debug)]
pub enum Decision {
    /// A QUERY is as it should be.
    Accept(Question),
    /// ERRORs of a rule at a field hold nothing for a while.
    Defer {
        /// The rule.
        rule: &'static Rule,
        /// The field.
        field: Field,
        /// How many there were.
        count: u64,
        /// Who sees to them.
        owner: Reason,
        /// The last day on which this counts.
        until: Date,
    },
    /// Another answer counts no longer.
    Withdraw(String),
}

/// A finding, as it is known again: hashes under the index key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The rule.
    pub rule: &'static Rule,
    /// The field.
    pub field: Field,
    /// Rule, field, person and event.
    pub subject: String,
    /// The same with the value.
    pub value: String,
}

const VERSION: i64 = 1;

impl Answer {
    /// The text of its file.
    pub fn to_text(&self, keyed: &Keyed) -> String {
        let mut text = format!(
            "# An answer to the check, written by cld-agent and sealed. It is not edited; to take it back:\n\
             # cld-agent answer withdraw {}\nversion = {VERSION}\n",
            self.id
        );
        for (key, value) in self.entries() {
            let _ = writeln!(text, "{key} = {}", toml::Value::from(value));
        }
        let _ = writeln!(text, "seal = \"{}\"", self.seal(keyed));
        text
    }

    /// Everything that the seal covers, in the order of the file.
    fn entries(&self) -> Vec<(&'static str, String)> {
        let mut entries = match &self.decision {
            Decision::Accept(question) => vec![
                ("answer", "accept".to_owned()),
                ("rule", question.rule.id.to_owned()),
                ("field", question.field.key().to_owned()),
                ("subject", question.subject.clone()),
                ("value", question.value.clone()),
            ],
            Decision::Defer { rule, field, count, owner, until } => vec![
                ("answer", "defer".to_owned()),
                ("rule", rule.id.to_owned()),
                ("field", field.key().to_owned()),
                ("count", count.to_string()),
                ("owner", owner.to_string()),
                ("until", until.iso()),
            ],
            Decision::Withdraw(other) => vec![("answer", "withdraw".to_owned()), ("withdraws", other.clone())],
        };
        entries.extend([
            ("reason", self.reason.to_string()),
            ("account", self.account.clone()),
            ("at", self.at.to_string()),
        ]);
        entries
    }

    fn seal(&self, keyed: &Keyed) -> String {
        let entries = self.entries();
        let texts = entries.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
        keyed.hash("answer: seal", [self.id.as_bytes()].into_iter().chain(texts)).to_string()
    }

    /// Reads a file. What cannot be read, and what does not fit its seal, is a fault.
    pub fn read(id: &str, document: &Document, keyed: &Keyed) -> Result<Self, Faults> {
        document.read_toml(|root| {
            root.integer("version", VERSION..=VERSION);
            let words = [("accept", Kind::Accept), ("defer", Kind::Defer), ("withdraw", Kind::Withdraw)];
            let kind = root.need_word("answer", &words);
            let decision = kind.and_then(|kind| decision(root, kind));
            let reason = parsed::<Reason>(root, "reason");
            let account = root.need_text("account");
            let at = root.need_text("at").and_then(|at| match at.value.parse::<Timestamp>() {
                Ok(at) => Some(at),
                Err(_) => fault(root, &at, "is not a moment"),
            });
            let seal = root.need_text("seal")?;
            let answer = Self {
                id: id.to_owned(),
                reason: reason?,
                account: account?.value.to_owned(),
                at: at?,
                decision: decision?,
            };
            if answer.seal(keyed) != seal.value {
                let message =
                    "the seal does not fit: the file was changed or renamed, or sealed with another index key";
                let fault: Fault = root.document().fault(seal.span, message);
                root.fault(fault.with_help("restore it, or remove it and answer again"));
            }
            Some(answer)
        })
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Accept,
    Defer,
    Withdraw,
}

fn decision(root: &Table<'_>, kind: Kind) -> Option<Decision> {
    if matches!(kind, Kind::Withdraw) {
        return root.need_text("withdraws").map(|id| Decision::Withdraw(id.value.to_owned()));
    }
    let rule = root.need_text("rule").and_then(|id| match find(id.value) {
        Some(rule) => Some(rule),
        None => fault(root, &id, "is not a rule"),
    });
    let field = root.need_text("field").and_then(|key| match Field::from_key(key.value) {
        Some(field) => Some(field),
        None => fault(root, &key, "is not a field"),
    });
    if matches!(kind, Kind::Accept) {
        let (subject, value) = (root.need_text("subject"), root.need_text("value"));
        let (subject, value) = (subject?.value.to_owned(), value?.value.to_owned());
        return Some(Decision::Accept(Question { rule: rule?, field: field?, subject, value }));
    }
    let count = root.need_text("count").and_then(|text| match text.value.parse() {
        Ok(count) => Some(count),
        Err(_) => fault(root, &text, "is not a number"),
    });
    let owner = parsed::<Reason>(root, "owner");
    let until = root.need_text("until").and_then(|text| match Date::parse_iso(text.value.as_bytes()) {
        Some(date) => Some(date),
        None => fault(root, &text, "is not a day"),
    });
    Some(Decision::Defer { rule: rule?, field: field?, count: count?, owner: owner?, until: until? })
}

fn parsed<T: std::str::FromStr<Err = crate::model::ReasonError>>(root: &Table<'_>, key: &'static str) -> Option<T> {
    let text = root.need_text(key)?;
    text.value.parse().map_err(|error| root.fault_at(text.span, format!("failed to {error}"))).ok()
}

/// A fault about a text; nothing comes of it.
fn fault<T>(root: &Table<'_>, text: &Spanned<&str>, what: &str) -> Option<T> {
    root.fault_at(text.span.clone(), format!("'{}' {what}", text.value));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> [Answer; 3] {
        let rule = find("D005").unwrap();
        let question = Question { rule, field: Field::DateOfBirth, subject: "ab".into(), value: "cd".into() };
        let of = |id: &str, decision| Answer {
            id: id.to_owned(),
            reason: "seen on the birth certificate, \"really\"".parse().unwrap(),
            account: "analyst".to_owned(),
            at: "2026-10-20T06:00:00Z".parse().unwrap(),
            decision,
        };
        let until = Date::from_ymd(2026, 12, 31).unwrap();
        let (rule, field) = (find("M001").unwrap(), Field::Gender);
        let owner = "the data team".parse().unwrap();
        [
            of("a", Decision::Accept(question)),
            of("b", Decision::Defer { rule, field, count: 12, owner, until }),
            of("c", Decision::Withdraw("a".to_owned())),
        ]
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let keyed = Keyed::new(&[1; 32]);
        for answer in answers() {
            let text = answer.to_text(&keyed);
            let read = Answer::read(&answer.id, &Document::new("answer.toml", text.as_str()), &keyed).unwrap();
            assert_eq!(read.to_text(&keyed), text);
        }
        insta::assert_snapshot!("deferral", answers()[1].to_text(&keyed));
    }

    #[test]
    fn an_answer_that_was_changed_in_any_letter_is_not_one() {
        let keyed = Keyed::new(&[1; 32]);
        for answer in answers() {
            let text = answer.to_text(&keyed);
            let body = text.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum::<usize>();
            for at in (body..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric()) {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1;
                let document = Document::new("answer.toml", String::from_utf8(changed).unwrap());
                let faults = Answer::read(&answer.id, &document, &keyed).expect_err(&text[at..]);
                assert!(faults.to_string().starts_with("answer.toml:"), "{faults}");
            }
            let document = Document::new("answer.toml", text);
            let renamed = Answer::read("z", &document, &keyed).unwrap_err().to_string();
            assert!(renamed.contains("the seal does not fit"), "{renamed}");
            assert!(Answer::read(&answer.id, &document, &Keyed::new(&[2; 32])).is_err(), "another key");
        }
    }
}
