//! `cld-agent answer`.

use std::{fmt::Write, path::PathBuf};

use clap::{Args, Subcommand};

use super::{AsOf, ConfigArgument, Failure, Format, day, order};
use crate::{
    answers::{AcceptError, Answer, AnswerError, Answers, Decision, FOLDER, Wanted, each_finding},
    check::{Kind, RULES, Rule, find},
    config::{IndexKey, Settings, Submission},
    document::nearest,
    exit,
    ledger::{Deed, Ledger},
    model::{Date, Field, Reason, Severity},
    run::DataFolder,
    spec::Release,
    stage::FINDINGS,
    sys::{account::account, keyed::Keyed},
};

/// Answer findings: accept a QUERY, defer an ERROR, list answers, take one back.
#[derive(Args, Debug)]
pub(super) struct AnswerCommand {
    #[command(flatten)]
    config: Common,
    #[command(subcommand)]
    command: What,
}

#[derive(Args, Debug)]
struct Common {
    #[command(flatten)]
    config: ConfigArgument,
    /// The submission, where the configuration has several.
    #[arg(long, value_name = "NAME")]
    submission: Option<String>,
    #[command(flatten)]
    as_of: AsOf,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Accept findings of severity QUERY: they stay, shown as accepted, until their value changes.
    Accept(Accept),
    /// Defer the ERRORs of a rule at a field: they still count as failed, but hold nothing until there are more of them.
    Defer(Defer),
    /// List the answers, and name those that contradict one another.
    List,
    /// Take an answer back. It stays in its file, and counts no longer.
    Withdraw(Withdraw),
}

#[derive(Args, Debug)]
struct Accept {
    /// The rule's id, such as D005.
    rule: String,
    /// The package, or the folder of a check, whose findings are answered.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The data row of the finding, as findings.csv numbers it. May be given several times.
    #[arg(long = "row", value_name = "N", required = true)]
    rows: Vec<u64>,
    /// The field, where the rule found something at several: its key or its header.
    #[arg(long, value_name = "FIELD")]
    field: Option<String>,
    /// Why it is right as it is; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

#[derive(Args, Debug)]
struct Defer {
    /// The rule's id, such as M001.
    rule: String,
    /// The field: its key or its header.
    #[arg(long, value_name = "FIELD")]
    field: String,
    /// The package, or the folder of a check, that has the number. Without it, the submission's last package.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Why it has to wait; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    /// Who sees to it: a team or a post.
    #[arg(long, value_name = "TEXT")]
    owner: Reason,
    /// The last day on which this counts.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Date,
}

#[derive(Args, Debug)]
struct Withdraw {
    /// The answer's id, as the list shows it.
    id: String,
    /// Why it no longer counts; without naming anybody.
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

/// The answers of a submission, and what is needed to add one.
struct Desk {
    folder: PathBuf,
    ledger: PathBuf,
    submission: String,
    keyed: Keyed,
    answers: Answers,
    release: Release,
    now: jiff::Timestamp,
    today: Date,
}

impl AnswerCommand {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let settings = order::settings(&self.config.config.config)?;
        let submission = order::submission(&settings, self.config.submission.as_deref())?;
        let (now, today) = self.config.as_of.now();
        let folder = submission.mapping.join(FOLDER);
        let release = order::release(submission)?;
        let key = IndexKey::obtain(&settings.agent.index_key);
        let keyed = Keyed::new(key.map_err(|error| Failure::new(exit::CONFIGURATION, error))?.bytes());
        let (answers, faults) = Answers::open(&folder, keyed.clone()).map_err(failed)?;
        faults.iter().for_each(|fault| eprintln!("cld-agent: note: not honoured: {fault}"));
        let ledger = DataFolder(&settings.agent.data_dir).ledger();
        let desk = Desk { folder, ledger, submission: submission.name.clone(), keyed, answers, release, now, today };
        match &self.command {
            What::Accept(accept) => accept.execute(&desk, format),
            What::Defer(defer) => defer.execute(&desk, &settings, submission, format),
            What::List => Ok(list(&desk, format)),
            What::Withdraw(withdraw) => withdraw.execute(&desk, format),
        }
    }
}

fn failed(error: AnswerError) -> Failure {
    Failure::new(exit::OUTPUT, error)
}

fn usage(message: String) -> Failure {
    Failure::new(exit::USAGE, message)
}

impl Desk {
    fn field(&self, name: &str) -> Result<Field, Failure> {
        let field = Field::from_key(name).or_else(|| self.release.field_by_header(name));
        let known = || self.release.fields().iter().flat_map(|spec| [spec.field.key(), &spec.header]);
        let hint = || nearest(name, known()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        field.ok_or_else(|| usage(format!("find a field '{name}'{}", hint())))
    }

    /// Keeps an answer, and a line of the audit trail about it.
    fn keep(&self, reason: &Reason, decision: Decision) -> Result<String, Failure> {
        let account = account();
        let (submission, told) = (self.submission.as_str(), decision.clone());
        let kept = Answers::keep(&self.folder, &self.keyed, (reason.clone(), account.clone(), self.now), decision);
        let id = kept.map_err(failed)?;
        let deed = match &told {
            Decision::Accept(question) => Deed::AnswerAccepted { submission, rule: question.rule.id, reason },
            Decision::Defer { rule, count, until, .. } => {
                Deed::AnswerDeferred { submission, rule: rule.id, count: *count, until: *until, reason }
            }
            Decision::Withdraw(_) => Deed::AnswerWithdrawn { submission, reason },
        };
        // The subject of a withdrawal is the answer that counts no longer.
        let subject = if let Decision::Withdraw(other) = &told { other } else { &id };
        let recorded =
            Ledger::open(&self.ledger).and_then(|mut ledger| ledger.record(subject, &deed, (self.now, &account)));
        recorded.map_err(|error| {
            let name = self.folder.display();
            eprintln!(
                "cld-agent: note: the answer {id} is kept in {name}, and counts; the audit trail does not know it"
            );
            Failure::new(exit::LEDGER, error)
        })?;
        Ok(id)
    }

    fn print(&self, ids: &[String], what: &str, format: Format) -> u8 {
        let text = format!("{what}\n  {}\nin {}", ids.join("\n  "), self.folder.display());
        format.print(&text, || serde_json::json!({ "answers": ids, "folder": self.folder.display().to_string() }));
        exit::SUCCESS
    }
}

fn rule_named(id: &str) -> Result<&'static Rule, Failure> {
    let hint = || nearest(id, RULES.iter().map(|rule| rule.id)).map(|near| format!("; did you mean {near}?"));
    find(id).ok_or_else(|| usage(format!("find a rule '{id}'{}", hint().unwrap_or_default())))
}

impl From<AcceptError> for Failure {
    fn from(error: AcceptError) -> Self {
        let code = if matches!(error, AcceptError::Unreadable { .. }) { exit::SOURCE } else { exit::USAGE };
        Self::new(code, error)
    }
}

impl Accept {
    fn execute(&self, desk: &Desk, format: Format) -> Result<u8, Failure> {
        let rule = rule_named(&self.rule)?;
        let field = self.field.as_deref().map(|name| desk.field(name)).transpose()?;
        let wanted = Wanted { rule, field, rows: &self.rows };
        let questions = desk.answers.to_accept(wanted, &self.from.join(FINDINGS), &desk.release, &desk.keyed)?;
        let decisions = questions.into_iter().map(Decision::Accept);
        let ids: Vec<_> = decisions.map(|decision| desk.keep(&self.reason, decision)).collect::<Result<_, _>>()?;
        let what = format!("{} accepted for {}, until the value changes:", rule.id, rows_of(&self.rows));
        Ok(desk.print(&ids, &what, format))
    }
}

fn rows_of(rows: &[u64]) -> String {
    let told: Vec<_> = rows.iter().map(ToString::to_string).collect();
    format!("{} {}", if rows.len() == 1 { "row" } else { "rows" }, told.join(", "))
}

impl Defer {
    fn execute(
        &self,
        desk: &Desk,
        settings: &Settings,
        submission: &Submission,
        format: Format,
    ) -> Result<u8, Failure> {
        let (rule, field) = (rule_named(&self.rule)?, desk.field(&self.field)?);
        if !matches!(rule.kind, Kind::Blank | Kind::Reading(_)) {
            let message = format!(
                "defer {}: only rules by which a value fails hold a package by their number, such as M001 and L001",
                rule.id
            );
            return Err(usage(message));
        }
        if self.until < desk.today {
            return Err(usage(format!("defer until {}: that day is past", self.until)));
        }
        let same = |deferred: &crate::answers::Deferred<'_>| {
            deferred.rule == rule && deferred.field == field && deferred.until >= desk.today
        };
        if let Some(known) = desk.answers.deferrals().into_iter().find(same) {
            let id = &known.answer.id;
            return Err(usage(format!("defer it again: it is deferred already by {id}; withdraw that first")));
        }
        let from = match &self.from {
            Some(from) => from.clone(),
            None => last_package(settings, submission)?,
        };
        let mut count = 0;
        each_finding(&from.join(FINDINGS), &desk.release, |_, finding| {
            count += u64::from(finding.rule == rule && finding.field == field && finding.severity == Severity::Error);
        })?;
        if count == 0 {
            let message = format!("defer {} at {field}: {} has no such ERROR", rule.id, from.display());
            return Err(usage(message));
        }
        let decision = Decision::Defer { rule, field, count, owner: self.owner.clone(), until: self.until };
        let id = desk.keep(&self.reason, decision)?;
        let what = format!(
            "{} at {field} deferred until {}: {count} now, which hold nothing unless there are more:",
            rule.id, self.until
        );
        Ok(desk.print(&[id], &what, format))
    }
}

/// The last package of a submission, by the ledger.
fn last_package(settings: &Settings, submission: &Submission) -> Result<PathBuf, Failure> {
    let none = || usage(format!("find the last package of '{}': name one with --from", submission.name));
    let path = DataFolder(&settings.agent.data_dir).ledger();
    if !path.exists() {
        return Err(none());
    }
    let runs = Ledger::open(&path).and_then(|ledger| ledger.runs(1000));
    let runs = runs.map_err(|error| Failure::new(exit::LEDGER, error))?;
    let mut packages = runs.into_iter().filter(|run| run.submission == submission.name).filter_map(|run| run.package);
    packages.next().map(PathBuf::from).ok_or_else(none)
}

impl Withdraw {
    fn execute(&self, desk: &Desk, format: Format) -> Result<u8, Failure> {
        let ids = || desk.answers.all().iter().map(|answer| answer.id.as_str());
        let Some(answer) = desk.answers.all().iter().find(|answer| answer.id == self.id) else {
            let hint = nearest(&self.id, ids()).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            return Err(usage(format!("find an answer '{}'{hint}", self.id)));
        };
        if desk.answers.is_withdrawn(answer) {
            return Err(usage(format!("withdraw the answer '{}': it is withdrawn already", self.id)));
        }
        let id = desk.keep(&self.reason, Decision::Withdraw(self.id.clone()))?;
        Ok(desk.print(&[id], &format!("{} withdrawn:", self.id), format))
    }
}

fn list(desk: &Desk, format: Format) -> u8 {
    let answers = desk.answers.all();
    let conflicts: Vec<_> = desk.answers.conflicts().iter().map(ToString::to_string).collect();
    let mut text = String::new();
    for answer in answers {
        let state = state(desk, answer);
        let _ = writeln!(text, "{}  {state:9}  {}", answer.id, words(answer));
        let _ = writeln!(text, "    {}, by {}", answer.reason, answer.account);
    }
    for conflict in &conflicts {
        let _ = writeln!(text, "conflict: {conflict}");
    }
    if text.is_empty() {
        "No answer yet.".clone_into(&mut text);
    }
    format.print(&text, || {
        let told = answers.iter().map(|answer| {
            serde_json::json!({
                "id": answer.id,
                "state": state(desk, answer),
                "about": words(answer),
                "reason": answer.reason.to_string(),
                "account": answer.account,
                "at": answer.at.to_string(),
            })
        });
        serde_json::json!({ "answers": told.collect::<Vec<_>>(), "conflicts": conflicts })
    });
    exit::SUCCESS
}

fn state(desk: &Desk, answer: &Answer) -> &'static str {
    match &answer.decision {
        _ if desk.answers.is_withdrawn(answer) => "withdrawn",
        Decision::Defer { until, .. } if *until < desk.today => "expired",
        _ => "counts",
    }
}

fn words(answer: &Answer) -> String {
    match &answer.decision {
        Decision::Accept(question) => format!("accepts a finding of {} at {}", question.rule.id, question.field),
        Decision::Defer { rule, field, count, owner, until } => {
            format!("defers {} at {field}: {count}, until {until}, owner {owner}", rule.id)
        }
        Decision::Withdraw(other) => format!("withdraws {other}"),
    }
}
