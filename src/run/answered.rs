//! What people answered, in the report and in the summary.

use std::fmt::Write;

use crate::{
    answers::{Answers, Applied, DeferralState},
    check::Counts,
    model::{Date, Severity},
    report::{AnswersTold, ConflictTold, Count, DeferralStands, DeferralTold, ReportModel},
    spec::Release,
};

/// Puts into a report how many findings of each rule are accepted and deferred, and what became of the answers.
pub(super) fn tell(
    report: &mut ReportModel,
    release: &Release,
    (answers, applied): (&Answers, &Applied),
    counts: &Counts,
    today: Date,
) {
    report.answers = told(release, (answers, applied), counts, today);
    for rule in &mut report.rules {
        if rule.severity == Severity::Query {
            rule.accepted = applied.accepted.get(rule.id.as_str()).copied().unwrap_or(0);
        }
    }
    for (deferred, state) in answers.standing(counts, today) {
        let DeferralState::Counts(found) = state else { continue };
        let rule =
            |severity| report.rules.iter().position(|rule| rule.id == deferred.rule.id && rule.severity == severity);
        if let Some(at) = rule(Severity::Error) {
            report.rules[at].deferred += found;
        }
    }
}

fn told(release: &Release, (answers, applied): (&Answers, &Applied), counts: &Counts, today: Date) -> AnswersTold {
    let header = |field| release.field(field).header.clone();
    let deferrals = answers.standing(counts, today).into_iter().map(|(deferred, state)| DeferralTold {
        rule: deferred.rule.id.to_owned(),
        field: header(deferred.field),
        deferred: deferred.count,
        found: deferred.found(counts),
        until: deferred.until,
        state: match state {
            DeferralState::Counts(_) => DeferralStands::Counts,
            DeferralState::Grown(_) => DeferralStands::Grown,
            DeferralState::Expired => DeferralStands::Expired,
        },
    });
    let conflicts = answers.conflicts().into_iter().map(|conflict| ConflictTold {
        rule: conflict.rule.id.to_owned(),
        field: header(conflict.field),
        answers: conflict.answers.iter().map(|answer| answer.id.clone()).collect(),
        counts: conflict.of.counts().to_owned(),
    });
    AnswersTold {
        lapsed: applied.lapsed.iter().map(|(rule, count)| Count::new(*rule, *count)).collect(),
        deferrals: deferrals.collect(),
        conflicts: conflicts.collect(),
    }
}

/// What became of the answers, for a person who watches; nothing where there are none.
pub(super) fn text(answers: &Answers, applied: &Applied, counts: &Counts, today: Date) -> String {
    let mut text = String::new();
    if answers.all().is_empty() {
        return text;
    }
    let by_rule = |counts: &std::collections::BTreeMap<&str, u64>| {
        let rules: Vec<_> = counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        if rules.is_empty() { "none".to_owned() } else { rules.join(", ") }
    };
    let _ = writeln!(text, "\nAnswers");
    let _ = writeln!(text, "  accepted: {}", by_rule(&applied.accepted));
    if !applied.lapsed.is_empty() {
        let _ = writeln!(text, "  lapsed, since the value changed: {}", by_rule(&applied.lapsed));
    }
    for (deferred, state) in answers.standing(counts, today) {
        let (rule, field, count, until) = (deferred.rule.id, deferred.field, deferred.count, deferred.until);
        let stands = match state {
            DeferralState::Counts(found) => format!("holds nothing until {until}: {found} found, {count} deferred"),
            DeferralState::Grown(found) => format!("counts no longer: {found} found, {count} deferred"),
            DeferralState::Expired => format!("counts no longer: it ended on {until}"),
        };
        let _ = writeln!(text, "  deferred: {rule} at {field} {stands} ({})", deferred.owner);
    }
    for conflict in answers.conflicts() {
        let _ = writeln!(text, "  conflict: {conflict}");
    }
    text
}
