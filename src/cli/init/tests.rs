use std::collections::VecDeque;

use jiff::civil::Time;

use super::{
    ask::{Check, Choice, Question},
    flags::{MailFlags, SourceFlags},
    *,
};
use crate::{
    config::SecretRef,
    init::{LoginAnswer, ServerAnswer},
};

/// Somebody who has made up their mind: each line answers the question of a flag.
struct Script {
    lines: VecDeque<(&'static str, &'static str)>,
    refused: Vec<String>,
}

impl Script {
    fn new(lines: &[(&'static str, &'static str)]) -> Self {
        Self { lines: lines.iter().copied().collect(), refused: Vec::new() }
    }

    fn next(&mut self, flag: &str) -> &'static str {
        let (asked, answer) = self.lines.pop_front().unwrap_or_else(|| panic!("{flag} is asked, and nothing is left"));
        assert_eq!(asked, flag);
        answer
    }
}

impl Answerer for Script {
    fn text(&mut self, question: &Question<'_>, check: Check<'_>) -> Result<Option<String>, Failure> {
        loop {
            let answer = match (self.next(question.flag), question.default) {
                ("", Some(default)) => default,
                (answer, _) => answer,
            };
            match check(answer) {
                Ok(()) => return Ok(Some(answer.to_owned())),
                Err(fault) => self.refused.push(fault),
            }
        }
    }

    fn choose(&mut self, question: &Question<'_>, choices: &[Choice]) -> Result<Option<usize>, Failure> {
        let answer = self.next(question.flag);
        Ok(Some(choices.iter().position(|(word, _)| *word == answer).unwrap_or_else(|| panic!("{answer}"))))
    }
}

/// A world in which the first sources and mail servers fail.
#[derive(Default)]
struct Fails {
    sources: usize,
    mails: usize,
}

fn fails_once_more(left: &mut usize) -> bool {
    let well = *left == 0;
    *left = left.saturating_sub(1);
    well
}

impl Trial for Fails {
    fn source(&mut self, _: (&str, &str), _: &SourceAnswer) -> Result<bool, Failure> {
        Ok(fails_once_more(&mut self.sources))
    }

    fn mail(&mut self, _: &MailAnswer) -> Result<bool, Failure> {
        Ok(fails_once_more(&mut self.mails))
    }
}

fn asked(answerer: &mut dyn Answerer, flags: &Flags, mut world: Fails) -> Result<Answers, Failure> {
    let mut dialogue = Dialogue::new(answerer);
    let answers = gather(&mut dialogue, flags, "data", &mut world)?;
    dialogue.end(answers)
}

fn message(failed: Result<Answers, Failure>) -> String {
    failed.map(|answers| format!("{answers:?}")).unwrap_err().message()
}

#[test]
fn every_question_is_asked_once_and_wrong_answers_again() {
    let mut script = Script::new(&[
        ("--council", "Atlantis upon Sea"),
        ("--council", "northamptonshire"),
        ("--council", "North Northamptonshire"),
        ("--la-code", "12"),
        ("--la-code", "A1B2C"),
        ("--source", "sqlserver"),
        ("--host", " "),
        ("--host", "sql01.council.example"),
        ("--server", "99999"),
        ("--server", ""),
        ("--database", "Care"),
        ("--login", "sql"),
        ("--user", "cld_agent"),
        ("--password", "hunter2"),
        ("--password", "env:CLD_SQL_PASSWORD"),
        ("--starter", "by-name"),
        ("--data-dir", ""),
        ("--plan", "quarterly"),
        ("--at", "six"),
        ("--at", "05:45"),
        ("--mail-host", "relay.council.example"),
        ("--mail-security", "tls"),
        ("--mail-from", "nobody"),
        ("--mail-from", "cld-agent@council.example"),
        ("--mail-to", "it@council.example, data@council.example"),
        ("--status-page", "0"),
        ("--status-page", "8730"),
    ]);
    let answers = asked(&mut script, &Flags::default(), Fails::default()).unwrap();
    assert!(script.lines.is_empty());
    insta::assert_snapshot!(script.refused.join("\n"), @r"
    no council with adult social services is called so
    there are several: North Northamptonshire Council, West Northamptonshire Council
    a CASSR code is three digits, or five characters such as A1B2C
    an answer is needed
    a TCP port is at most 65535
    say where the secret is, as env:NAME, file:PATH or credential:NAME; never write the secret itself
    write a time of day as 06:00
    write a mail address, such as it@council.example
    write a TCP port from 1 to 65535, or none
    ");
    let login =
        LoginAnswer::Sql { user: "cld_agent".to_owned(), password: SecretRef::Env("CLD_SQL_PASSWORD".to_owned()) };
    let expected = Answers {
        council: "North Northamptonshire Council".to_owned(),
        la_code: "A1B2C".to_owned(),
        source: SourceAnswer::SqlServer {
            host: "sql01.council.example".to_owned(),
            server: ServerAnswer::Port(1433),
            database: "Care".to_owned(),
            login,
        },
        starter: Starter::ByName,
        data_dir: "data".to_owned(),
        plan: PlanAnswer::Quarterly(Time::constant(5, 45, 0, 0)),
        told: ToldAnswer::Mail(MailAnswer {
            host: "relay.council.example".to_owned(),
            security: "tls",
            from: "cld-agent@council.example".to_owned(),
            to: vec!["it@council.example".to_owned(), "data@council.example".to_owned()],
        }),
        status_page: PageAnswer::Port(8730),
    };
    assert_eq!(answers, expected);
}

#[test]
fn what_does_not_work_can_be_answered_again_or_kept() {
    let script = [
        ("--council", "110"),
        ("--source", "csv"),
        ("--csv-folder", "missing"),
        ("", "again"),
        ("--source", "csv"),
        ("--csv-folder", "missing too"),
        ("", "keep"),
        ("--starter", "csv-folder"),
        ("--data-dir", "data"),
        ("--plan", "none"),
        ("--mail-host", "relay.council.example"),
        ("--mail-security", "none"),
        ("--mail-from", "a@council.example"),
        ("--mail-to", "b@council.example"),
        ("", "again"),
        ("--mail-host", "none"),
        ("--status-page", ""),
    ];
    let mut script = Script::new(&script);
    let answers = asked(&mut script, &Flags::default(), Fails { sources: 2, mails: 1 }).unwrap();
    assert!(script.lines.is_empty());
    assert_eq!(answers.source, SourceAnswer::Csv { folder: "missing too".to_owned() });
    assert_eq!((answers.told, answers.status_page), (ToldAnswer::Nobody, PageAnswer::None));
}

#[test]
fn a_flag_answers_its_question_until_a_trial_fails() {
    let flags = Flags {
        council: Some("110".to_owned()),
        source: SourceFlags {
            source: Some("csv".to_owned()),
            csv_folder: Some("missing".to_owned()),
            ..SourceFlags::default()
        },
        mail: MailFlags { host: Some("none".to_owned()), ..MailFlags::default() },
        plan: Some("none".to_owned()),
        status_page: Some("8730".to_owned()),
        ..Flags::default()
    };
    let mut script = Script::new(&[
        ("", "again"),
        ("--source", "csv"),
        ("--csv-folder", "extracts"),
        ("--starter", "by-name"),
        ("--data-dir", ""),
    ]);
    let answers = asked(&mut script, &flags, Fails { sources: 1, mails: 0 }).unwrap();
    assert_eq!(answers.source, SourceAnswer::Csv { folder: "extracts".to_owned() });
    assert_eq!(answers.status_page, PageAnswer::Port(8730));
}

#[test]
fn without_anybody_to_ask_all_that_is_missing_is_told_at_once() {
    let told = message(asked(&mut Nobody, &Flags::default(), Fails::default()));
    assert_eq!(told, "set up the agent: there is nobody to ask for --council, --source; give them as flags");
    let flags = Flags {
        council: Some("Cumberland".to_owned()),
        source: SourceFlags { source: Some("sqlserver".to_owned()), ..SourceFlags::default() },
        mail: MailFlags { host: Some("relay.council.example".to_owned()), ..MailFlags::default() },
        ..Flags::default()
    };
    let told = message(asked(&mut Nobody, &flags, Fails::default()));
    assert!(
        told.ends_with("--la-code, --host, --database, --login, --mail-from, --mail-to; give them as flags"),
        "{told}"
    );
}

#[test]
fn a_wrong_flag_is_told_by_its_name() {
    let of = |flags: Flags| message(asked(&mut Nobody, &flags, Fails::default()));
    let council = |name: &str| Flags { council: Some(name.to_owned()), ..Flags::default() };
    assert!(of(council("Sunderlnd")).ends_with("take --council: no council is called so; did you mean 'Sunderland'?"));
    let source = SourceFlags { source: Some("sqlsever".to_owned()), ..SourceFlags::default() };
    let told = of(Flags { source, ..council("110") });
    assert!(told.ends_with("take --source: 'sqlsever' is none of sqlserver, csv; did you mean 'sqlserver'?"), "{told}");
}
