//! The summary for a terminal: what a person must know before opening the page.

use std::fmt::{self, Write};

use super::{
    Approval, ReportModel, Verdict,
    number::{counted, thousands},
};
use crate::model::{Environment, FailedAttempt, Severity};

/// Rules and fields beyond these are left to the page.
const MOST: usize = 8;

pub(super) fn render(report: &ReportModel) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write(report, &mut text);
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn write(report: &ReportModel, out: &mut String) -> fmt::Result {
    let submission = &report.submission;
    if submission.environment == Environment::Test {
        writeln!(out, "*** TEST – not the council's return ***\n")?;
    }
    writeln!(out, "{}", report.verdict.title().to_uppercase())?;
    writeln!(
        out,
        "{}, {}, {}",
        submission.council.as_deref().unwrap_or("Unknown council"),
        submission.release.name,
        report.period_in_words()
    )?;
    let file = &report.file;
    writeln!(out, "{}: {}, {}", file.name, counted(file.rows, "row"), counted(file.bytes, "byte"))?;
    writeln!(out, "SHA-256 {}", file.sha256)?;
    if let Some(notice) = &submission.release.notice {
        writeln!(out, "\n!! {notice}")?;
    }
    write_reasons(report, out)?;
    write_queries(report, out)?;
    write_findings(report, out)?;
    write_fields(report, out)?;
    writeln!(out, "\n{}", wrapped(Verdict::IS_NOT))
}

fn write_reasons(report: &ReportModel, out: &mut String) -> fmt::Result {
    if report.verdict.reasons().is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat holds it back")?;
    for reason in report.verdict.reasons() {
        let approval = match reason.approval {
            Approval::Possible => "can be approved",
            Approval::Impossible => "cannot be approved",
        };
        writeln!(out, "  {}  {} ({approval})", reason.id, reason.text)?;
    }
    Ok(())
}

fn write_queries(report: &ReportModel, out: &mut String) -> fmt::Result {
    if report.queries.is_empty() {
        return Ok(());
    }
    for (at, FailedAttempt { ended, error }) in report.failed_attempts.iter().enumerate() {
        writeln!(out, "\n{}", wrapped(&format!("Attempt {} failed at {ended}: failed to {error}", at + 1)))?;
    }
    for note in &report.source_notes {
        writeln!(out, "\n{}", wrapped(&format!("Of the source {}: {}", note.source, note.text)))?;
    }
    let widest = report.queries.iter().map(|query| query.name.chars().count()).max().unwrap_or(0).max(5);
    writeln!(out, "\n{:widest$}  {:>11}  {:>11}  {:>11}", "Query", "rows read", "left out", "written")?;
    for query in &report.queries {
        let (read, left, written) = (query.rows_in, query.rows_left_out(), query.rows_out);
        let lost = if query.is_conserved() { "" } else { "  DOES NOT ADD UP" };
        writeln!(
            out,
            "{:widest$}  {:>11}  {:>11}  {:>11}{lost}",
            query.name,
            thousands(read),
            thousands(left),
            thousands(written)
        )?;
    }
    Ok(())
}

fn write_findings(report: &ReportModel, out: &mut String) -> fmt::Result {
    writeln!(out)?;
    for (place, severity) in Severity::ALL.iter().enumerate() {
        let lead = if place == 0 { "Findings  " } else { "  " };
        write!(out, "{lead}{severity} {}", thousands(report.findings(*severity)))?;
    }
    writeln!(out)?;
    let rules: Vec<_> = report.rules_by_gravity().into_iter().filter(|rule| rule.count > 0).collect();
    for rule in rules.iter().take(MOST) {
        write!(out, "  {:5}  {:4}  {:>9}  {}", rule.severity.as_str(), rule.id, thousands(rule.count), rule.title)?;
        for (count, word) in [(rule.accepted, "accepted"), (rule.deferred, "deferred")] {
            if count > 0 {
                write!(out, ", {} {word}", thousands(count))?;
            }
        }
        writeln!(out)?;
    }
    write_rest(rules.len(), "rule", out)?;
    for skipped in &report.not_run {
        writeln!(out, "  not run: {}, {}", skipped.id, skipped.why)?;
    }
    Ok(())
}

fn write_fields(report: &ReportModel, out: &mut String) -> fmt::Result {
    let worst = report.worst_fields();
    if worst.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFields by pass rate, worst first")?;
    for field in worst.iter().take(MOST) {
        let rate = field.tally.pass_rate().map(|rate| rate.to_string()).unwrap_or_default();
        writeln!(out, "  {rate:>6}  {} ({} failed)", field.header, thousands(field.tally.failed()))?;
    }
    write_rest(worst.len(), "field", out)
}

fn write_rest(all: usize, noun: &str, out: &mut String) -> fmt::Result {
    match all.saturating_sub(MOST) {
        0 => Ok(()),
        rest => writeln!(out, "  and {}: see the report", counted(rest as u64, &format!("more {noun}"))),
    }
}

/// The sentence in lines of at most 80 characters.
fn wrapped(sentence: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > 0 {
            let breaks = column + 1 + length > 80;
            text.push(if breaks { '\n' } else { ' ' });
            column = if breaks { 0 } else { column + 1 };
        }
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::example;

    #[test]
    fn a_summary_says_what_became_of_the_package() {
        insta::assert_snapshot!("held", example::held().text());
        insta::assert_snapshot!("could_be_released", example::clean_file().text());
    }

    #[test]
    fn a_value_in_the_mapping_cannot_steer_the_terminal() {
        let mut report = example::held();
        report.submission.council = Some("\u{1b}[2JDemo\r\u{9b}31m".into());
        assert!(report.text().chars().all(|c| c == '\n' || !c.is_control()));
    }
}
