//! All answers of a mapping, and what they say of findings and counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{Answer, Conflict, Decision, FindingLine, Question};
use crate::{
    check::{Counts, Kind, Rule, place},
    document::{Document, Fault, Faults},
    model::{Date, Field, FieldStatus, Reason, Validity},
    sys::{
        fs::{FsError, Operation, write_new},
        keyed::Keyed,
    },
};

/// Why answers cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The folder, or a file of it.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The machine gives no random bytes.
    #[error("name an answer: this machine gives no random numbers")]
    Random(#[source] getrandom::Error),
}

/// The answers of a mapping.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    keyed: Option<Keyed>,
    all: Vec<Answer>,
    withdrawn: BTreeSet<String>,
    accepted: Accepted,
}

/// Answers that count, by rule, field and subject: value and id.
type Accepted = BTreeMap<(&'static str, Field, String), Vec<(String, String)>>;

/// What the answers say of a finding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match<'a> {
    /// It is accepted, by this answer.
    Accepted(&'a str),
    /// It was, with another value.
    Lapsed,
    /// Nobody has answered it.
    Open,
}

/// What became of the answers when findings were written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// Accepted findings by rule.
    pub accepted: BTreeMap<&'static str, u64>,
    /// Findings, by rule, whose answer was about another value.
    pub lapsed: BTreeMap<&'static str, u64>,
}

/// A deferral, and how it stands against what was counted.
#[derive(Clone, Debug)]
pub struct Deferred<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// The rule.
    pub rule: &'static Rule,
    /// The field.
    pub field: Field,
    /// How many there were.
    pub count: u64,
    /// Who sees to them.
    pub owner: &'a Reason,
    /// The last day on which it counts.
    pub until: Date,
}

/// How a deferral stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeferralState {
    /// It counts, for so many findings.
    Counts(u64),
    /// There are more findings than were deferred.
    Grown(u64),
    /// Its last day is past.
    Expired,
}

impl Answers {
    /// Reads a folder. One that is not there holds no answers. Files that are no answers come back as faults, and are not
    /// honoured.
    pub fn open(folder: &Path, keyed: Keyed) -> Result<(Self, Faults), AnswerError> {
        let mut files: Vec<PathBuf> = Vec::new();
        match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(FsError::while_trying(Operation::List, folder)(error).into()),
            Ok(entries) => {
                for entry in entries {
                    let path = entry.map_err(FsError::while_trying(Operation::List, folder))?.path();
                    if path.extension().is_some_and(|end| end == "toml") {
                        files.push(path);
                    }
                }
            }
        }
        files.sort();
        let (mut answers, mut faults) = (Vec::new(), Faults::default());
        for path in files {
            let id = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let document = Document::open(&path);
            answers.extend(faults.keep(document.and_then(|document| Answer::read(&id, &document, &keyed))));
        }
        let set = Self::of(answers, keyed);
        for answer in &set.all {
            if let Decision::Withdraw(other) = &answer.decision
                && !set.all.iter().any(|answer| answer.id == *other)
            {
                let file = folder.join(format!("{}.toml", answer.id));
                let message = format!("it withdraws the answer '{other}', which is not there");
                faults.push(Fault::of_file(file.display().to_string(), message));
            }
        }
        Ok((set, faults))
    }

    /// A set of answers.
    pub fn of(answers: Vec<Answer>, keyed: Keyed) -> Self {
        let withdrawn: BTreeSet<_> = answers
            .iter()
            .filter_map(|answer| match &answer.decision {
                Decision::Withdraw(other) => Some(other.clone()),
                _ => None,
            })
            .collect();
        let mut accepted = Accepted::new();
        for answer in answers.iter().filter(|answer| !withdrawn.contains(&answer.id)) {
            if let Decision::Accept(Question { rule, field, subject, value }) = &answer.decision {
                let key = (rule.id, *field, subject.clone());
                accepted.entry(key).or_default().push((value.clone(), answer.id.clone()));
            }
        }
        Self { keyed: Some(keyed), all: answers, withdrawn, accepted }
    }

    /// All of them, by id.
    pub fn all(&self) -> &[Answer] {
        &self.all
    }

    /// Whether an answer was taken back.
    pub fn is_withdrawn(&self, answer: &Answer) -> bool {
        self.withdrawn.contains(&answer.id)
    }

    /// Whether any finding at all is accepted.
    pub fn accept_none(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Whether findings of a rule are accepted, some of them.
    pub fn know(&self, rule: &Rule) -> bool {
        let first = (rule.id, Field::ALL[0], String::new());
        self.accepted.range(first..).next().is_some_and(|((id, ..), _)| *id == rule.id)
    }

    /// What is answered to a finding.
    pub fn to(&self, finding: &FindingLine<'_>) -> Match<'_> {
        let Some(keyed) = &self.keyed else { return Match::Open };
        let Ok(question) = finding.question(keyed) else { return Match::Open };
        match self.accepted.get(&(question.rule.id, question.field, question.subject)) {
            None => Match::Open,
            Some(answers) => match answers.iter().find(|(value, _)| *value == question.value) {
                Some((_, id)) => Match::Accepted(id),
                None => Match::Lapsed,
            },
        }
    }

    /// The deferrals that nobody took back. Where several are about one rule and field, the one for the fewest findings
    /// comes first, and counts.
    pub fn deferrals(&self) -> Vec<Deferred<'_>> {
        let live = self.all.iter().filter(|answer| !self.is_withdrawn(answer));
        let deferred = live.filter_map(|answer| match &answer.decision {
            Decision::Defer { rule, field, count, owner, until } => {
                Some(Deferred { answer, rule, field: *field, count: *count, owner, until: *until })
            }
            _ => None,
        });
        let mut deferred: Vec<_> = deferred.collect();
        deferred.sort_by_key(|deferred| (deferred.rule.id, deferred.field, deferred.count, deferred.until));
        deferred
    }

    /// The deferrals that count against what was counted, one for each rule and field, and how each stands.
    pub fn standing(&self, counts: &Counts, today: Date) -> Vec<(Deferred<'_>, DeferralState)> {
        let mut standing: Vec<(Deferred<'_>, DeferralState)> = Vec::new();
        for deferred in self.deferrals() {
            let state = deferred.state(counts, today);
            let same = |(other, _): &&mut (Deferred<'_>, DeferralState)| {
                other.rule == deferred.rule && other.field == deferred.field
            };
            match standing.iter_mut().find(same) {
                // An expired one gives way to one that still runs.
                Some(known) if known.1 == DeferralState::Expired => *known = (deferred, state),
                Some(_) => {}
                None => standing.push((deferred, state)),
            }
        }
        standing
    }

    /// The counts as a policy is to see them: deferred failures are taken as passed. Nothing else may use them.
    pub fn relieve(&self, counts: &Counts, today: Date) -> Counts {
        let mut relieved = counts.clone();
        for (deferred, state) in self.standing(counts, today) {
            let DeferralState::Counts(found) = state else { continue };
            let validity = match deferred.rule.kind {
                Kind::Blank => Validity::BlankMandatory,
                Kind::Reading(_) => Validity::Invalid,
                _ => continue,
            };
            let rows = &mut relieved.fields[deferred.field.index()].0;
            // Of the findings, those on rows that do not need the field relieve nothing.
            let elsewhere: u64 = FieldStatus::ALL
                .iter()
                .filter(|status| **status != FieldStatus::Mandatory)
                .map(|status| rows[*status as usize][validity as usize])
                .sum();
            let needed = &mut rows[FieldStatus::Mandatory as usize];
            let passed = found.saturating_sub(elsewhere).min(needed[validity as usize]);
            needed[validity as usize] -= passed;
            needed[Validity::Valid as usize] += passed;
        }
        relieved
    }

    /// Answers that say different things of the same.
    pub fn conflicts(&self) -> Vec<Conflict<'_>> {
        Conflict::among(self.all.iter().filter(|answer| !self.is_withdrawn(answer)))
    }

    /// Writes a new answer into a folder, which is made where it is not there. Says its id.
    pub fn keep(
        folder: &Path,
        keyed: &Keyed,
        (reason, account, at): (Reason, String, Timestamp),
        decision: Decision,
    ) -> Result<String, AnswerError> {
        fs::create_dir_all(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
        // Two analysts, on two machines, in one second.
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(AnswerError::Random)?;
        let id = format!("{}-{}", at.strftime("%Y%m%dT%H%M%SZ"), crate::sys::hash::hex(&random));
        let answer = Answer { id: id.clone(), reason, account, at, decision };
        write_new(&folder.join(format!("{id}.toml")), answer.to_text(keyed).as_bytes())?;
        Ok(id)
    }
}

impl Deferred<'_> {
    /// How many findings there are of what it defers.
    pub fn found(&self, counts: &Counts) -> u64 {
        counts.rules[place(self.rule)][self.field.index()]
    }

    /// How it stands against what was counted.
    pub fn state(&self, counts: &Counts, today: Date) -> DeferralState {
        let found = self.found(counts);
        if today > self.until {
            DeferralState::Expired
        } else if found > self.count {
            DeferralState::Grown(found)
        } else {
            DeferralState::Counts(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{RULES, find},
        model::Severity,
    };

    fn keyed() -> Keyed {
        Keyed::new(&[3; 32])
    }

    fn finding(value: &'static str, person: &'static str) -> FindingLine<'static> {
        FindingLine {
            rule: find("D005").unwrap(),
            field: Field::DateOfBirth,
            severity: Severity::Query,
            status: None,
            value: value.as_bytes(),
            event: b"E1",
            person: person.as_bytes(),
        }
    }

    fn answer(id: &str, decision: Decision) -> Answer {
        Answer {
            id: id.to_owned(),
            reason: format!("reason {id}").parse().unwrap(),
            account: format!("analyst {id}"),
            at: "2026-10-20T06:00:00Z".parse().unwrap(),
            decision,
        }
    }

    fn accept(id: &str, finding: &FindingLine<'_>) -> Answer {
        answer(id, Decision::Accept(finding.question(&keyed()).unwrap()))
    }

    fn defer(id: &str, rule: &str, count: u64, until: &str) -> Answer {
        let (rule, until) = (find(rule).unwrap(), Date::parse_iso(until.as_bytes()).unwrap());
        answer(id, Decision::Defer { rule, field: Field::Gender, count, owner: "the team".parse().unwrap(), until })
    }

    fn day(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap()
    }

    /// Gender: this many rows that need it pass, are blank, are invalid; and invalid where it is not needed.
    fn counts(passed: u64, blank: u64, invalid: u64, elsewhere: u64) -> Counts {
        let mut counts = Counts::new(RULES.len(), "2025-10-01_2026-09-30".parse().unwrap());
        let rows = &mut counts.fields[Field::Gender.index()].0;
        rows[FieldStatus::Mandatory as usize] = [passed, 0, blank, invalid];
        rows[FieldStatus::Applicable as usize][Validity::Invalid as usize] = elsewhere;
        counts.rules[place(find("M001").unwrap())][Field::Gender.index()] = blank;
        counts.rules[place(find("L001").unwrap())][Field::Gender.index()] = invalid + elsewhere;
        counts
    }

    #[test]
    fn an_answer_holds_for_its_finding_and_lapses_with_its_value() {
        let answers = Answers::of(vec![accept("a", &finding("1900-01-01", "P1"))], keyed());
        assert_eq!(answers.to(&finding("1900-01-01", "P1")), Match::Accepted("a"));
        assert_eq!(answers.to(&finding("1901-01-01", "P1")), Match::Lapsed);
        assert_eq!(answers.to(&finding("1900-01-01", "P2")), Match::Open);
        assert_eq!(answers.to(&FindingLine { severity: Severity::Error, ..finding("1900-01-01", "P1") }), Match::Open);
        assert!(answers.know(find("D005").unwrap()) && !answers.know(find("D001").unwrap()));
    }

    #[test]
    fn what_was_withdrawn_counts_no_longer() {
        let of = |more: Vec<Answer>| {
            let first = vec![accept("a", &finding("1900-01-01", "P1")), defer("b", "M001", 9, "2026-12-31")];
            Answers::of([first, more].concat(), keyed())
        };
        let withdrawn =
            of(vec![answer("c", Decision::Withdraw("a".into())), answer("d", Decision::Withdraw("b".into()))]);
        assert_eq!(withdrawn.to(&finding("1900-01-01", "P1")), Match::Open);
        assert!(withdrawn.deferrals().is_empty() && withdrawn.accept_none());
        assert_eq!(of(vec![]).deferrals().len(), 1);
    }

    #[test]
    fn two_answers_to_one_thing_are_named() {
        let one = finding("1900-01-01", "P1");
        let twice = vec![accept("a", &one), accept("b", &one), accept("c", &finding("1900-01-01", "P2"))];
        let answers = Answers::of(twice, keyed());
        let told: Vec<_> = answers.conflicts().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "a finding of D005 at date_of_birth is accepted 2 times: a by analyst a (reason a), b by analyst b (reason b); \
              either counts; withdraw what is not meant"
            ]
        );
        let twice = vec![defer("a", "M001", 9, "2026-12-31"), defer("b", "M001", 5, "2027-12-31")];
        let answers = Answers::of(twice, keyed());
        assert!(
            answers.conflicts()[0].to_string().starts_with("M001 at gender is deferred 2 times: "),
            "{:?}",
            answers.conflicts()
        );
        let standing = answers.standing(&counts(90, 7, 0, 0), day("2026-10-20"));
        assert_eq!((standing.len(), standing[0].1), (1, DeferralState::Grown(7)), "the one for five counts");
    }

    #[test]
    fn a_deferral_relieves_until_its_number_grows_or_its_day_is_past() {
        for (answers, counted, today, failed) in [
            (vec![], counts(40, 60, 0, 0), "2026-10-20", 60),
            (vec![defer("a", "M001", 60, "2026-12-31")], counts(40, 60, 0, 0), "2026-10-20", 0),
            (vec![defer("a", "M001", 60, "2026-12-31")], counts(40, 60, 0, 0), "2026-12-31", 0),
            (vec![defer("a", "M001", 60, "2026-12-31")], counts(40, 60, 0, 0), "2027-01-01", 60),
            (vec![defer("a", "M001", 60, "2026-12-31")], counts(40, 61, 0, 0), "2026-10-20", 61),
            (vec![defer("a", "M001", 60, "2026-12-31")], counts(40, 10, 30, 0), "2026-10-20", 30),
            (vec![defer("a", "L001", 50, "2026-12-31")], counts(40, 10, 30, 20), "2026-10-20", 10),
            (vec![defer("a", "L001", 49, "2026-12-31")], counts(40, 10, 30, 20), "2026-10-20", 40),
            (vec![defer("a", "D001", 50, "2026-12-31")], counts(40, 10, 30, 0), "2026-10-20", 40),
        ] {
            let answers = Answers::of(answers, keyed());
            let relieved = answers.relieve(&counted, day(today));
            let (rows, left) = relieved.field(Field::Gender).mandatory();
            assert_eq!((rows, left), (counted.field(Field::Gender).mandatory().0, failed), "{answers:?} {today}");
        }
    }

    #[test]
    fn a_folder_is_read_whole_and_what_is_no_answer_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("answers");
        assert!(Answers::open(&place, keyed()).unwrap().0.all().is_empty());
        let facts = || ("seen".parse().unwrap(), "analyst".to_owned(), "2026-10-20T06:00:00Z".parse().unwrap());
        let decision = || Decision::Accept(finding("1900-01-01", "P1").question(&keyed()).unwrap());
        let first = Answers::keep(&place, &keyed(), facts(), decision()).unwrap();
        let second = Answers::keep(&place, &keyed(), facts(), decision()).unwrap();
        assert_ne!(first, second, "both are kept");
        write_new(&place.join("broken.toml"), b"version = 1\nanswer = \"acept\"\n").unwrap();
        let sealed = fs::read_to_string(place.join(format!("{first}.toml"))).unwrap();
        write_new(&place.join("copied.toml"), sealed.as_bytes()).unwrap();
        write_new(&place.join("README.md"), b"not an answer").unwrap();
        let (answers, faults) = Answers::open(&place, keyed()).unwrap();
        let read: BTreeSet<_> = answers.all().iter().map(|answer| &answer.id).collect();
        assert_eq!(read, BTreeSet::from([&first, &second]));
        let told = faults.to_string();
        assert!(told.contains("broken.toml:2:10: 'answer' cannot be 'acept'"), "{told}");
        assert!(told.contains("copied.toml:12:8: the seal does not fit"), "{told}");
    }
}
