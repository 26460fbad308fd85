//! The report's model of a run, or of a file that was checked.

use jiff::Timestamp;

use super::{
    Built, Order, Verdict, answered, compared,
    derived::PeriodOfRows,
    judged::Made,
    prepare::PreparedSource,
    rehearsal::to_cover,
    statistics,
    suggestions::suggestions,
    superseded, unwanted,
    values::{self, FEWEST_ROWS, MOST_VALUES},
};
use crate::{
    check::{Counts, FileFinding, Month, RULES, TestNumbers, Values, place},
    mapping::Mapping,
    model::{Confidence, Date, Environment, Field, Period, RunId, Severity},
    report::{
        Alterations, AnswersTold, Approval, Caveat, Comparison, Count, FieldResult, HelpSection, HoldReason,
        MonthTable, NotRun, QueryCount, ReportModel, RuleFindings, SourceNote, Submission, TestNhsNumbers,
        UnmappedValue, UploadFile,
    },
    shape::LocalValue,
    spec::{FieldSpec, Release},
    write::ReadBack,
};

/// The report of a run.
pub(super) fn model_of_run(
    order: &Order<'_>,
    run: &RunId,
    made: &Made,
    verdict: &Verdict,
    read: &ReadBack,
    upload: &str,
) -> ReportModel {
    let file =
        UploadFile { name: upload.to_owned(), rows: read.rows, bytes: read.bytes, sha256: read.sha256.to_string() };
    let prepared = &made.prepared;
    let queries = prepared.mapping.queries.iter().zip(&prepared.queries).zip(&made.built.queries);
    let queries = queries.map(|((query, (source, _)), tally)| QueryCount {
        name: query.name.clone(),
        source: prepared.sources[*source].name.clone(),
        snapshot: Some(prepared.sources[*source].taken),
        rows_in: tally.rows_in,
        left_out: tally.left_out.iter().map(|(reason, count)| Count::new(reason, *count)).collect(),
        rows_out: tally.rows_out,
    });
    let mut report = ReportModel {
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        made: order.began,
        run: Some(run.clone()),
        submission: Submission {
            council: Some(order.council.name.clone()),
            la_code: Some(order.council.la_code.clone()),
            name: Some(order.submission.to_owned()),
            environment: order.environment,
            release: release_of(order.release, order.period),
            period: Some(order.period),
        },
        file,
        test_nhs_numbers: test_numbers(order.test_numbers),
        verdict: match verdict {
            Verdict::Release => crate::report::Verdict::Released,
            Verdict::Hold(_) => crate::report::Verdict::Held { reasons: reasons(verdict) },
        },
        queries: queries.collect(),
        failed_attempts: made.failed_attempts.clone(),
        source_notes: prepared.sources.iter().flat_map(source_notes).collect(),
        ..of_check(
            order.release,
            Some(&prepared.mapping),
            &made.built,
            &made.file_findings,
            (order.period, PeriodOfRows::new(&made.built.counts, to_cover(order), order.as_of)),
        )
    };
    compared::tell(Some(&made.compared), &mut report);
    let answers = (&order.answers, &made.applied);
    answered::tell(&mut report, order.release, answers, &made.built.counts, order.as_of);
    report
}

/// A file that somebody else made, and what it was judged by.
pub(super) struct CheckedFile<'a> {
    /// The file.
    pub file: UploadFile,
    /// The code that its rows carry, where all carry one.
    pub la_code: Option<String>,
    /// Whether it may be sent.
    pub environment: Environment,
    /// Whether 999 numbers are numbers like any other.
    pub test_numbers: TestNumbers,
    /// The release it was judged by.
    pub release: &'a Release,
    /// The period that it states.
    pub period: Period,
    /// The day taken as today.
    pub as_of: Date,
    /// When it was checked.
    pub made: Timestamp,
}

/// The report of a file that was checked.
pub(super) fn model_of_check(
    checked: CheckedFile<'_>,
    built: &Built,
    file_findings: &[FileFinding],
    verdict: &Verdict,
) -> ReportModel {
    let CheckedFile { file, la_code, environment, test_numbers: numbers, release, period, as_of, made } = checked;
    ReportModel {
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        made,
        run: None,
        submission: Submission {
            council: None,
            la_code,
            name: None,
            environment,
            release: release_of(release, period),
            period: Some(period),
        },
        file,
        test_nhs_numbers: test_numbers(numbers),
        verdict: crate::report::Verdict::Judged { reasons: reasons(verdict) },
        ..of_check(release, None, built, file_findings, (period, PeriodOfRows::new(&built.counts, period, as_of)))
    }
}

/// What both reports tell of the check; the rest stands empty for the caller to fill.
fn of_check(
    release: &Release,
    mapping: Option<&Mapping>,
    built: &Built,
    file_findings: &[FileFinding],
    (period, period_of_rows): (Period, PeriodOfRows),
) -> ReportModel {
    let counts = &built.counts;
    ReportModel {
        agent_version: String::new(),
        made: Timestamp::UNIX_EPOCH,
        run: None,
        submission: Submission {
            council: None,
            la_code: None,
            name: None,
            environment: Environment::Test,
            release: release_of(release, period),
            period: None,
        },
        file: UploadFile { name: String::new(), rows: 0, bytes: 0, sha256: String::new() },
        test_nhs_numbers: TestNhsNumbers::Refused,
        verdict: crate::report::Verdict::Released,
        queries: Vec::new(),
        failed_attempts: Vec::new(),
        source_notes: Vec::new(),
        alterations: alterations(counts),
        statistics: statistics::statistics(release, counts, &built.across.census),
        costs: statistics::costs(release, counts),
        national: Some(built.across.national.clone()),
        derived_period: Some(period_of_rows.report()),
        comparison: Comparison::NotRun { why: "nothing was compared".to_owned() },
        rules: rules(release, counts, file_findings),
        answers: AnswersTold::default(),
        worklist: crate::report::Worklist::default(),
        not_run: not_run(built).chain(period_of_rows.not_run()).collect(),
        fields: fields(release, counts),
        unmapped: unmapped(release, &built.local_values, &counts.values),
        suggestions: suggestions(release, mapping, &built.local_values, &counts.values),
        not_to_be_used: unwanted::not_to_be_used(release, mapping, &counts.values),
        months: months(release, counts, period),
        caveats: caveats(release),
    }
}

fn release_of(release: &Release, period: Period) -> crate::report::Release {
    let notice = (!release.is_current_for(period)).then(|| superseded::notice(release));
    crate::report::Release { name: release.name.clone(), version: release.version.clone(), notice }
}

fn test_numbers(numbers: TestNumbers) -> TestNhsNumbers {
    match numbers {
        TestNumbers::Allowed => TestNhsNumbers::Allowed,
        TestNumbers::Strange => TestNhsNumbers::Refused,
    }
}

fn reasons(verdict: &Verdict) -> Vec<HoldReason> {
    let Verdict::Hold(reasons) = verdict else { return Vec::new() };
    let reasons = reasons.iter().map(|reason| HoldReason {
        id: reason.id.to_owned(),
        text: reason.text.clone(),
        approval: if reason.approvable { Approval::Possible } else { Approval::Impossible },
    });
    reasons.collect()
}

fn alterations(counts: &Counts) -> Alterations {
    let found = |ids: &[&str]| {
        let rules = ids.iter().filter_map(|id| crate::check::find(id));
        rules.map(|rule| counts.findings(place(rule))).sum()
    };
    Alterations { letters_transliterated: found(&["F102"]), cells_blanked: found(&["F101", "F103", "F104", "L005"]) }
}

fn rules(release: &Release, counts: &Counts, file_findings: &[FileFinding]) -> Vec<RuleFindings> {
    let rules = RULES.iter().enumerate().filter_map(|(at, rule)| {
        let of_file: Vec<_> = file_findings.iter().filter(|finding| finding.rule.id == rule.id).collect();
        let count = counts.findings(at) + of_file.len() as u64;
        let fields = Field::ALL.into_iter().zip(counts.rules[at]).filter(|(_, count)| *count > 0);
        let sections = rule.manual.sections().into_iter();
        let help = sections.map(|(heading, body)| HelpSection { heading: heading.to_owned(), body });
        let severity = of_file.iter().map(|finding| finding.severity).min().unwrap_or(shown_severity(counts, at));
        (count > 0).then(|| RuleFindings {
            id: rule.id.to_owned(),
            title: rule.title.to_owned(),
            severity,
            scope: rule.scope,
            count,
            accepted: 0,
            deferred: 0,
            fields: fields.map(|(field, count)| Count::new(&release.field(field).header, count)).collect(),
            help: help.collect(),
        })
    });
    rules.collect()
}

/// A rule that may block is shown as one only where it did.
fn shown_severity(counts: &Counts, at: usize) -> Severity {
    match RULES[at].severity {
        _ if counts.blocks[at] > 0 => Severity::Block,
        Severity::Block => Severity::Error,
        severity => severity,
    }
}

fn not_run(built: &Built) -> impl Iterator<Item = NotRun> {
    built.skipped.iter().map(|skipped| NotRun { id: skipped.rule.id.to_owned(), why: skipped.why.clone() })
}

fn fields(release: &Release, counts: &Counts) -> Vec<FieldResult> {
    let fields = release.template().map(|spec| {
        let (values, values_not_told) = values::of_field(release, spec.field, &counts.values);
        FieldResult {
            header: spec.header.clone(),
            group: spec.group.clone(),
            confidence: confidence(release, spec),
            tally: counts.field(spec.field).0.into(),
            values,
            values_not_told,
        }
    });
    fields.collect()
}

/// Local values that nothing knows, by field. Of those that may be somebody's name only how many: in a field that must be fed by the
/// wrong column all, in others the rare ones.
fn unmapped(release: &Release, values: &[LocalValue], counted: &Values) -> Vec<UnmappedValue> {
    let mut told = Vec::new();
    for field in Field::ALL {
        let of_field: Vec<_> = values.iter().filter(|value| value.field == field).collect();
        let Some(first) = of_field.first() else { continue };
        let line = |value: String, count| UnmappedValue {
            field: release.field(field).header.clone(),
            map: first.map.clone().unwrap_or_else(|| "no value map".to_owned()),
            value,
            count,
        };
        let wrong_column = of_field.len() > MOST_VALUES
            || release.field(field).personal
            || values::may_be_of_a_wrong_column(field, counted);
        let may_be_a_name =
            |value: &&LocalValue| wrong_column || (value.count < FEWEST_ROWS && value.restored_line.is_none());
        let (hidden, shown): (Vec<_>, Vec<_>) = of_field.into_iter().partition(may_be_a_name);
        for value in shown {
            let text = value.value.clone().unwrap_or_default();
            let hint =
                value.restored_line.map(|line| format!(" (line {line} of the map, once its zeros are restored)"));
            told.push(line(format!("{text}{}", hint.unwrap_or_default()), value.count));
        }
        if !hidden.is_empty() {
            let rows = hidden.iter().map(|value| value.count).sum();
            let rare = if wrong_column { String::new() } else { format!(" on fewer than {FEWEST_ROWS} rows each") };
            told.push(line(format!("{} different values{rare}: see findings.csv", hidden.len()), rows));
        }
    }
    told
}

fn months(release: &Release, counts: &Counts, period: Period) -> MonthTable {
    let labels = release.list(Field::EventType).map_or(&[][..], |list| &list.values);
    let mut names: Vec<_> = labels.iter().map(|value| value.text.clone()).collect();
    let none = names.len();
    names.push("No event".to_owned());
    let mut table = MonthTable::new(names, Some(period));
    let beyond = |days| Date::from_days(days);
    for (month, rows) in counts.months.iter() {
        let date = match month {
            Month::Before => Some(beyond(period.start().days() - 1)),
            Month::Of(first) => Some(first),
            Month::After => Some(beyond(period.end().days() + 1)),
            Month::None => None,
        };
        for (code, rows) in rows.iter().enumerate().filter(|(_, rows)| **rows > 0) {
            table.add(date, if code == 0 { none } else { code - 1 }, *rows);
        }
    }
    table
}

/// How well that is known by which a field's values are judged: as well as the least of it.
fn confidence(release: &Release, spec: &FieldSpec) -> Confidence {
    release.type_confidence(spec.field).max(spec.mandatory.fact.confidence)
}

/// Everything that rests on a fact which is not confirmed.
fn caveats(release: &Release) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    let mut doubt = |confidence: Confidence, text: String| {
        if confidence != Confidence::Confirmed {
            caveats.push(Caveat { text, confidence });
        }
    };
    for spec in release.template() {
        let header = &spec.header;
        doubt(spec.mandatory.fact.confidence, format!("{header}: that it is mandatory"));
        match release.list(spec.field) {
            Some(list) => doubt(list.confidence(), format!("{header}: its list, or some values of it")),
            None => doubt(release.type_confidence(spec.field), format!("{header}: the shape of its values")),
        }
    }
    caveats
}

fn source_notes(source: &PreparedSource) -> impl Iterator<Item = SourceNote> {
    source.facts.notes.iter().map(|text| SourceNote { source: source.name.clone(), text: text.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(field: Field, text: &str) -> LocalValue {
        LocalValue { field, map: None, value: Some(text.to_owned()), restored_line: None, count: 7 }
    }

    #[test]
    fn the_values_of_a_wrong_column_are_not_printed() {
        let release = Release::embedded().unwrap();
        let few = [value(Field::Gender, "X9"), value(Field::Ethnicity, "Z")];
        let told = unmapped(&release, &few, &Values::default());
        assert_eq!(told.iter().map(|line| line.value.as_str()).collect::<Vec<_>>(), ["X9", "Z"]);

        let names: Vec<_> = (0..=MOST_VALUES).map(|n| value(Field::Gender, &format!("Surname{n}"))).collect();
        let told = unmapped(&release, &names, &Values::default());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].value.as_str(), told[0].count), ("41 different values: see findings.csv", 287));
    }

    #[test]
    fn a_rare_value_may_be_somebodys_name_and_is_not_printed() {
        let release = Release::embedded().unwrap();
        let rare = |text| LocalValue { count: FEWEST_ROWS - 1, ..value(Field::Gender, text) };
        let damaged = LocalValue { restored_line: Some(4), ..rare("7") };
        let told =
            unmapped(&release, &[value(Field::Gender, "X9"), rare("Ada"), damaged, rare("Bea")], &Values::default());
        let lines: Vec<_> = told.iter().map(|line| (line.value.as_str(), line.count)).collect();
        let restored = "7 (line 4 of the map, once its zeros are restored)";
        assert_eq!(
            lines,
            [("X9", 7), (restored, 4), ("2 different values on fewer than 5 rows each: see findings.csv", 8)]
        );
    }

    #[test]
    fn what_is_not_confirmed_is_said() {
        let told = caveats(&Release::embedded().unwrap());
        let has = |part: &str| told.iter().any(|caveat| caveat.text.contains(part));
        assert!(
            has("First Name: that it is mandatory") && has("Service Component: its list") && has("LA Code: the shape")
        );
        assert!(!has("Gender") && !has("Date of Birth"));
    }
}
