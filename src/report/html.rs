//! The page for people: what the template needs, in the order in which it is read.

use askama::Template;

use super::{
    Approval, Comparison, DeferralStands, FieldResult, FieldValue, HelpSection, Judged, QueryCount, Rate, ReportModel,
    RuleFindings, Selected, TestNhsNumbers, Verdict, When, chart,
    number::long_date,
    prose::{Block, Span, blocks},
};
use crate::{
    check::Scope,
    model::{Confidence, Environment, FieldStatus, Severity, Validity},
};

/// Renders the page.
pub(super) fn render(report: &ReportModel) -> Result<String, askama::Error> {
    Page::new(report).render()
}

#[derive(Template)]
#[template(path = "page/report.html")]
struct Page<'a> {
    report: &'a ReportModel,
    /// Rules that found something, gravest and then most frequent first.
    found: Vec<&'a RuleFindings>,
    /// Rules that found nothing.
    silent: Vec<&'a RuleFindings>,
    /// Fields with failed values, worst first.
    worst: Vec<&'a FieldResult>,
    /// All fields by group, in template order.
    groups: Vec<(&'a str, Vec<&'a FieldResult>)>,
}

impl<'a> Page<'a> {
    fn new(report: &'a ReportModel) -> Self {
        let (found, silent) = report.rules_by_gravity().into_iter().partition(|rule| rule.count > 0);
        let mut groups: Vec<(&str, Vec<&FieldResult>)> = Vec::new();
        for field in &report.fields {
            match groups.iter_mut().find(|(name, _)| *name == field.group) {
                Some((_, fields)) => fields.push(field),
                None => groups.push((&field.group, vec![field])),
            }
        }
        Self { report, found, silent, worst: report.worst_fields(), groups }
    }

    fn is_test(&self) -> bool {
        self.report.submission.environment == Environment::Test
    }

    fn allows_test_nhs_numbers(&self) -> bool {
        self.report.test_nhs_numbers == TestNhsNumbers::Allowed
    }

    fn council(&self) -> &str {
        self.report.submission.council.as_deref().unwrap_or("Unknown council")
    }

    fn verdict_class(&self) -> &'static str {
        if self.report.verdict.reasons().is_empty() { "good" } else { "bad" }
    }

    fn has_values_to_mend(&self) -> bool {
        let report = self.report;
        !report.suggestions.is_empty() || !report.not_to_be_used.is_empty() || !report.unmapped.is_empty()
    }

    fn has_national(&self) -> bool {
        let across = [Scope::Event, Scope::Person];
        self.report.national.is_some() || across.iter().any(|scope| !self.rules_of(*scope).is_empty())
    }

    /// Rules of a scope that found something, gravest and then most frequent first.
    fn rules_of(&self, scope: Scope) -> Vec<&'a RuleFindings> {
        self.found.iter().copied().filter(|rule| rule.scope == scope).collect()
    }

    /// Fields that tell of their values, in template order.
    fn fields_with_values(&self) -> Vec<&'a FieldResult> {
        let told = |field: &&FieldResult| !field.values.is_empty() || field.values_not_told > 0;
        self.report.fields.iter().filter(told).collect()
    }

    /// What is not confirmed, by how well it is known.
    fn caveats(&self) -> Vec<(Confidence, Vec<&'a str>)> {
        let of = |confidence: &Confidence| {
            let caveats = self.report.caveats.iter().filter(|caveat| caveat.confidence == *confidence);
            (*confidence, caveats.map(|caveat| caveat.text.as_str()).collect::<Vec<_>>())
        };
        Confidence::ALL.iter().map(of).filter(|(_, texts)| !texts.is_empty()).collect()
    }

    fn severities(&self) -> Vec<(Severity, u64)> {
        Severity::ALL.iter().map(|severity| (*severity, self.report.findings(*severity))).collect()
    }

    fn months(&self) -> Vec<(When, Vec<Cell>)> {
        let months = &self.report.months;
        let line = |(when, counts): (&When, &[u64])| {
            let cell = |(column, rows): (usize, &u64)| Cell { shade: months.shade(*when, column, *rows), rows: *rows };
            (*when, counts.iter().enumerate().map(cell).collect())
        };
        months.lines().map(line).collect()
    }

    fn totals(&self) -> Totals {
        let queries = &self.report.queries;
        Totals {
            rows_in: queries.iter().map(|query| query.rows_in).sum(),
            left_out: queries.iter().map(QueryCount::rows_left_out).sum(),
            rows_out: queries.iter().map(|query| query.rows_out).sum(),
            conserved: queries.iter().all(QueryCount::is_conserved),
        }
    }
}

/// A cell of the heat table.
struct Cell {
    shade: Option<u64>,
    rows: u64,
}

/// The rows of all queries together.
struct Totals {
    rows_in: u64,
    left_out: u64,
    rows_out: u64,
    conserved: bool,
}

#[expect(
    unreachable_pub,
    clippy::inline_always,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the shape of a filter is the template engine's"
)]
mod filters {
    use std::borrow::Borrow;

    use askama::{Result, Values, filter_fn};
    use jiff::Timestamp;

    use super::super::number;

    #[filter_fn]
    pub(super) fn thousands(count: impl Borrow<u64>, _: &dyn Values) -> Result<String> {
        Ok(number::thousands(*count.borrow()))
    }

    #[filter_fn]
    pub(super) fn counted(count: impl Borrow<u64>, _: &dyn Values, noun: &str) -> Result<String> {
        Ok(number::counted(*count.borrow(), noun))
    }

    #[filter_fn]
    pub(super) fn pounds(pence: impl Borrow<i64>, _: &dyn Values) -> Result<String> {
        Ok(number::pounds(*pence.borrow()))
    }

    #[filter_fn]
    pub(super) fn moment(moment: impl Borrow<Timestamp>, _: &dyn Values) -> Result<String> {
        Ok(number::long_moment(*moment.borrow()))
    }
}

impl ReportModel {
    /// Findings of one severity.
    pub(super) fn findings(&self, severity: Severity) -> u64 {
        self.rules.iter().filter(|rule| rule.severity == severity).map(|rule| rule.count).sum()
    }

    /// The rules, gravest and then most frequent first.
    pub(super) fn rules_by_gravity(&self) -> Vec<&RuleFindings> {
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by(|a, b| (a.severity, b.count, &a.id).cmp(&(b.severity, a.count, &b.id)));
        rules
    }

    /// Fields with failed values, lowest pass rate first and in template order where it is the same.
    pub(super) fn worst_fields(&self) -> Vec<&FieldResult> {
        let mut fields: Vec<_> = self.fields.iter().filter(|field| field.tally.failed() > 0).collect();
        fields.sort_by_key(|field| field.tally.pass_rate());
        fields
    }

    /// Whose report it is, and about what, on one line.
    pub fn headline(&self) -> String {
        let submission = &self.submission;
        let council = submission.council.as_deref().unwrap_or("Unknown council");
        format!("Client Level Data, {}: {council}, {}", submission.release.name, self.period_in_words())
    }

    /// The reporting period in words.
    pub(super) fn period_in_words(&self) -> String {
        let Some(period) = self.submission.period else { return "Unknown reporting period".into() };
        format!("{} to {}", long_date(period.start()), long_date(period.end()))
    }
}

/// The parts of a field's bar, in thousandths of its width. A failure is always wide enough to be seen.
struct Bar {
    passed: u64,
    blank: u64,
    invalid: u64,
}

impl Bar {
    fn of(field: &FieldResult) -> Self {
        let whole = field.tally.passed() + field.tally.failed();
        let width = |validity| match Rate::new(field.tally.values(validity), whole) {
            Some(rate) if rate.tenths() > 0 => rate.tenths().max(8),
            _ => 0,
        };
        let blank = width(Validity::BlankMandatory);
        let invalid = width(Validity::Invalid).min(1000 - blank);
        Self { passed: 1000 - blank - invalid, blank, invalid }
    }

    fn invalid_from(&self) -> u64 {
        self.passed + self.blank
    }
}

/// What the field asked of the rows, in the order of the words.
fn by_status(field: &FieldResult) -> Vec<u64> {
    FieldStatus::ALL.iter().map(|status| field.tally.rows(*status)).collect()
}

/// How the values fared, in the order of the words.
fn by_validity(field: &FieldResult) -> Vec<u64> {
    Validity::ALL.iter().map(|validity| field.tally.values(*validity)).collect()
}

/// Values that failed blank, and values that failed otherwise.
fn failures(field: &FieldResult) -> (u64, u64) {
    (field.tally.values(Validity::BlankMandatory), field.tally.values(Validity::Invalid))
}

/// The share of the values that fared so.
fn share(field: &FieldResult, validity: Validity) -> String {
    field.tally.share(validity).map_or_else(|| "–".into(), |share| share.to_string())
}

/// The values of a field, those that failed first.
fn failed_first(field: &FieldResult) -> Vec<&FieldValue> {
    let (failed, passed): (Vec<_>, Vec<_>) = field.values.iter().partition(|value| value.validity.is_failed());
    failed.into_iter().chain(passed).collect()
}

fn rate(field: &FieldResult) -> String {
    field.tally.pass_rate().map_or_else(|| "–".into(), |rate| rate.to_string())
}

fn anchor(rule: &RuleFindings) -> String {
    format!("rule-{}", rule.id.to_ascii_lowercase())
}

/// A name for what lies behind a rule's help, read out of context too.
fn help_label(rule: &RuleFindings) -> String {
    let about = |section: &HelpSection| section.heading.to_ascii_lowercase().starts_with("how to fix");
    let what = if rule.help.iter().any(about) { "and how to fix it" } else { "and why" };
    format!("What {} checks, {what}", rule.id)
}

#[cfg(test)]
mod tests {
    use super::super::{HoldReason, example};
    use super::*;

    #[test]
    fn the_page_shows_the_verdict_first() {
        let page = example::held().html().unwrap();
        insta::assert_snapshot!("held", page);
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(place("id=\"verdict\"") < place("id=\"blocks\"") && place("id=\"blocks\"") < place("id=\"rows\""));
    }

    #[test]
    fn a_file_checked_on_its_own_has_a_page_too() {
        insta::assert_snapshot!("could_be_released", example::clean_file().html().unwrap());
    }

    #[test]
    fn only_a_test_is_stamped() {
        assert!(example::held().html().unwrap().contains("<title>TEST"));
        assert!(!example::clean_file().html().unwrap().contains("TEST"));
    }

    #[test]
    fn every_verdict_says_what_it_is_not() {
        let mut report = example::held();
        for verdict in
            [Verdict::Released, report.verdict.clone(), Verdict::Judged { reasons: report.verdict.reasons().to_vec() }]
        {
            report.verdict = verdict;
            let (page, text) = (report.html().unwrap(), report.text().replace('\n', " "));
            assert!(page.contains(report.verdict.title()) && page.contains(Verdict::IS_NOT));
            assert!(text.contains(&report.verdict.title().to_uppercase()) && text.contains(Verdict::IS_NOT));
        }
    }

    #[test]
    fn what_a_mapping_holds_cannot_become_markup() {
        let evil = "\"><script>alert('x')</script><!--";
        let mut report = example::held();
        report.submission.council = Some(evil.into());
        report.submission.release.notice = Some(evil.into());
        report.file.name = evil.into();
        report.verdict =
            Verdict::Held { reasons: vec![HoldReason { text: evil.into(), ..report.verdict.reasons()[0].clone() }] };
        report.queries[0].left_out[0].name = evil.into();
        report.rules[0].id = evil.into();
        report.rules[0].help[0].body = format!("{evil} `{evil}`");
        report.unmapped[0].value = evil.into();
        report.fields[0].header = evil.into();
        let page = report.html().unwrap();
        assert!(!page.contains("<script") && !page.contains("<!--") && !page.contains("alert('x')"));
    }

    #[test]
    fn a_rare_failure_is_wide_enough_to_be_seen() {
        let mut field = example::held().fields[0].clone();
        let bar = Bar::of(&field);
        assert_eq!((bar.passed, bar.blank, bar.invalid), (992, 0, 8));
        field.tally = [[0, 0, 1, 1_000_000], [0; 4], [0; 4], [0; 4]].into();
        let bar = Bar::of(&field);
        assert_eq!(bar.passed + bar.blank + bar.invalid, 1000);
        assert!(bar.blank > 0);
    }
}
