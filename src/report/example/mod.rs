//! A council's report as it might be, for the tests of every rendering. The council is fictional.

mod fields;

use jiff::Timestamp;

use super::{
    Alterations, AnswersTold, Approval, Caveat, Compared, Comparison, ConflictTold, CostLine, Count, CountTable,
    DeferralStands, DeferralTold, DerivedMonth, DerivedPeriod, HelpSection, HoldReason, Judged, Measure, MonthTable,
    NotRun, NotToBeUsed, QueryCount, Rate, Release, ReportModel, RuleFindings, Selected, SourceNote, Statistics,
    Submission, Suggestion, TestNhsNumbers, UnmappedValue, UploadFile, Verdict, Worklist,
};
use crate::{
    check::{Alike, Duplicates, Ignored, National, People, Scope, UniqueEvents},
    model::{Confidence, Date, Environment, FailedAttempt, RunId, Severity},
};

const ROWS: u64 = 100_412;

/// A package of the demo council, held for three reasons, with findings of every severity.
pub(super) fn held() -> ReportModel {
    ReportModel {
        agent_version: "0.1.0".into(),
        made: moment("2026-11-23T22:15:41Z"),
        run: Some(RunId::new(moment("2026-11-23T22:15:03Z"), 1)),
        submission: Submission {
            council: Some("Fennimoor & Wold Borough Council".into()),
            la_code: Some("E1F2G".into()),
            name: Some("client-level-data".into()),
            environment: Environment::Test,
            release: Release {
                name: "Release 1".into(),
                version: "1.3".into(),
                notice: Some("Release 1 is no longer the current release for a period after September 2025.".into()),
            },
            period: Some("2025-10-01_2026-09-30".parse().unwrap()),
        },
        file: UploadFile {
            name: "cld_E1F2G_release-1_2025-10-01_2026-09-30_20261123T221503Z_TEST.csv".into(),
            rows: ROWS,
            bytes: 43_212_345,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        },
        test_nhs_numbers: TestNhsNumbers::Allowed,
        verdict: Verdict::Held { reasons: reasons() },
        queries: queries(),
        failed_attempts: vec![FailedAttempt {
            ended: "2026-11-23T22:16:12Z".parse().unwrap(),
            error:
                "run the query sql/requests.sql: it lost a deadlock, as it was set to (error 1205); it is tried again"
                    .into(),
        }],
        source_notes: vec![SourceNote {
            source: "case-system".into(),
            text: "The database allows no snapshots: its rows may not be of one moment.".into(),
        }],
        alterations: Alterations { letters_transliterated: 214, cells_blanked: 17 },
        statistics: statistics(),
        costs: costs(),
        national: Some(national()),
        derived_period: Some(derived_period()),
        comparison: Comparison::Made(compared()),
        rules: rules(),
        answers: answers(),
        worklist: Worklist { listed: 30_000, left_off: 2_442 },
        not_run: vec![NotRun {
            id: "baseline-rows".into(),
            why: "no earlier package has been released or submitted, so there is nothing to compare with".into(),
        }],
        fields: fields::fields(),
        unmapped: unmapped(),
        suggestions: suggestions(),
        not_to_be_used: not_to_be_used(),
        months: months(),
        caveats: vec![
            caveat("First Name and Last Name are mandatory", Confidence::Likely),
            caveat("Lengths of text fields", Confidence::Recalled),
            caveat("A CQC location id is 1- and six to eleven digits", Confidence::Likely),
        ],
    }
}

/// A file checked on its own, of which little is known and in which nothing is wrong.
pub(super) fn clean_file() -> ReportModel {
    let mut report = held();
    report.run = None;
    report.submission.name = None;
    report.submission.council = None;
    report.submission.environment = Environment::Live;
    report.file.name = "upload.csv".into();
    report.submission.release.notice = None;
    report.test_nhs_numbers = TestNhsNumbers::Refused;
    report.verdict = Verdict::Judged { reasons: Vec::new() };
    report.alterations = Alterations::default();
    report.worklist = Worklist::default();
    report.rules.iter_mut().for_each(|rule| rule.count = 0);
    report.fields.retain(|field| field.tally.failed() == 0);
    report.queries.clear();
    report.statistics.clear();
    report.costs.clear();
    report.national = None;
    report.derived_period = None;
    report.comparison = Comparison::NotRun { why: "a file that is checked on its own is compared with nothing".into() };
    report.suggestions.clear();
    report.not_to_be_used.clear();
    report.answers = AnswersTold::default();
    report.not_run.clear();
    report.unmapped.clear();
    report.caveats.clear();
    report
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reasons() -> Vec<HoldReason> {
    let reason = |id: &str, text: &str, approval| HoldReason { id: id.into(), text: text.into(), approval };
    vec![
        reason("F002", "3 rows carry an LA code other than E1F2G", Approval::Impossible),
        reason("row-conservation", "1 row of the query services is unaccounted for", Approval::Impossible),
        reason(
            "failure-rate",
            "Event Outcome fails on 61.4% of the rows where it is mandatory, above 50%",
            Approval::Possible,
        ),
    ]
}

fn queries() -> Vec<QueryCount> {
    let query = |name: &str, rows_in, left_out: &[(&str, u64)], rows_out| QueryCount {
        name: name.into(),
        source: "case-system".into(),
        snapshot: Some(moment("2026-11-23T22:15:04Z")),
        rows_in,
        left_out: left_out.iter().map(|(name, count)| Count::new(*name, *count)).collect(),
        rows_out,
    };
    vec![
        query("requests", 24_390, &[("open request", 812), ("ended outside the period", 3_077)], 20_501),
        query("assessments", 15_866, &[("open assessment", 640), ("ended outside the period", 1_904)], 13_322),
        query("services", 61_204, &[("ended outside the period", 8_115), ("restricted record", 12)], 53_076),
        query("reviews", 11_987, &[("open review", 402), ("starts after the period", 3)], 11_582),
        query("known_by_association", 1_931, &[], 1_931),
    ]
}

fn statistics() -> Vec<Statistics> {
    let table = |title: &str, counts: &[(&str, u64)]| {
        CountTable::new(title, counts.iter().map(|(name, count)| Count::new(*name, *count)).collect())
    };
    let group = |title: &str, note: &str, tables| Statistics { title: title.into(), note: note.into(), tables };
    vec![
        group(
            "People",
            "Each person counts once, by NHS number or else by local id: with the first value in the file that says something. K008, K009, K010 and K013 tell where a person's rows differ.",
            vec![
                table(
                    "By client type",
                    &[("Service User", 11_402), ("Carer", 2_318), ("Carer known by association", 1_931)],
                ),
                table(
                    "By age at the end of the period",
                    &[
                        ("Under 18", 3),
                        ("18 to 24", 702),
                        ("25 to 44", 2_011),
                        ("45 to 64", 3_418),
                        ("65 to 74", 2_407),
                        ("75 to 84", 3_911),
                        ("85 to 94", 2_804),
                        ("95 and over", 391),
                        ("Not known", 4),
                    ],
                ),
                table("By gender", &[("Male", 6_804), ("Female", 8_799), ("Other", 12), ("Unknown", 36)]),
            ],
        ),
        group(
            "Services",
            "Each row whose event is a service counts once.",
            vec![
                table(
                    "By type",
                    &[
                        ("Long Term Support: Nursing Care", 3_204),
                        ("Long Term Support: Residential Care", 6_117),
                        ("Long Term Support: Community", 36_022),
                        ("Short Term Support: ST-Max", 7_733),
                        ("(blank)", 0),
                    ],
                ),
                table("By delivery mechanism", &[("Direct Payment", 8_104), ("CASSR Commissioned Support", 41_009)]),
            ],
        ),
    ]
}

fn costs() -> Vec<CostLine> {
    let line = |frequency: &str, services, lowest_pence, mean_pence, highest_pence| CostLine {
        frequency: frequency.into(),
        services,
        lowest_pence,
        mean_pence,
        highest_pence,
    };
    vec![line("Weekly", 21_300, 1_250, 41_733, 612_000), line("Hourly", 1_310, -500, 2_218, 999_999_999)]
}

fn national() -> National {
    let events = |event_type: &str, rows, unique| UniqueEvents { event_type: event_type.into(), rows, unique };
    let national = National {
        rows: ROWS,
        without_event: 1_931,
        ignored: Ignored {
            no_start: 8,
            starts_after_period: 0,
            ended_outside_period: 0,
            died_before: 12,
            no_identifier: 9,
            duplicate: 408,
        },
        events: vec![
            events("Request", 20_501, 20_412),
            events("Assessment", 13_322, 13_310),
            events("Service", 53_047, 52_740),
            events("Review", 11_582, 11_582),
        ],
        duplicates: Duplicates {
            copies: Alike { groups: 190, extra_rows: 201 },
            references: Alike { groups: 3, extra_rows: 4 },
            events: Alike { groups: 371, extra_rows: 408 },
        },
        rows_split_off: 77,
        people: People { distinct: 15_651, with_nhs_number: 15_204, without_nhs_number: 447, with_conflicts: 35 },
    };
    assert!(national.adds_up());
    national
}

fn derived_period() -> DerivedPeriod {
    let month = |month: &str, rows, event_types, left_out: Option<&str>| DerivedMonth {
        month: month.into(),
        rows,
        share: Rate::new(rows, 41_200),
        event_types,
        left_out: left_out.map(Into::into),
    };
    DerivedPeriod {
        period: Some("2025-10-01_2026-08-31".parse().unwrap()),
        meaning: "The rows cover October 2025 to August 2026, and the file states a period to September 2026.".into(),
        selected: Selected::No,
        months: vec![
            month("September 2025", 14, 1, Some("fewer than 2% of the rows, and one event type")),
            month("October 2025", 3_911, 4, None),
            month("August 2026", 3_704, 4, None),
            month("September 2026", 611, 3, Some("fewer than 2% of the rows")),
        ],
    }
}

fn compared() -> Compared {
    let measure = |name: &str, before, now, judged| Measure { name: name.into(), before, now, judged };
    Compared {
        with: "run 20260820T221503Z, submitted, 1 July 2025 to 30 June 2026".into(),
        measures: vec![
            measure("Rows", 98_204, ROWS, Judged::Within),
            measure("People", 15_402, 15_651, Judged::Within),
            measure("Open services", 21_402, 17_011, Judged::Held),
            measure("Reviews", 12_950, 11_582, Judged::Asked),
            measure("Carers", 0, 2_318, Judged::Within),
        ],
        changes: vec![
            Count::new("people who vanished without an end", 204),
            Count::new("services whose start was set to 1 April", 0),
        ],
    }
}

fn answers() -> AnswersTold {
    let deferral = |field: &str, deferred, found, until: &[u8], state| DeferralTold {
        rule: "M001".into(),
        field: field.into(),
        deferred,
        found,
        until: Date::parse_iso(until).unwrap(),
        state,
    };
    AnswersTold {
        lapsed: vec![Count::new("D005", 1), Count::new("F102", 12)],
        deferrals: vec![
            deferral("Postcode", 400, 391, b"2026-12-31", DeferralStands::Counts),
            deferral("Ethnicity", 1_000, 1_204, b"2026-12-31", DeferralStands::Grown),
            deferral("Service Component", 40, 34, b"2026-09-30", DeferralStands::Expired),
        ],
        conflicts: vec![ConflictTold {
            rule: "D005".into(),
            field: "Date of Birth".into(),
            answers: vec!["20261020T060000Z-0a1b2c3d".into(), "20261021T090000Z-4e5f6a7b".into()],
            counts: "either counts".into(),
        }],
    }
}

fn not_to_be_used() -> Vec<NotToBeUsed> {
    vec![NotToBeUsed {
        field: "Client Funding Status".into(),
        value: "Fully Health Funded".into(),
        why: "made for a reform that was put off".into(),
        change: vec!["values/funding.csv, line 7".into()],
        what_to_do: "Record what holds today in place of 'Fully Health Funded'.".into(),
        count: 48,
    }]
}

fn suggestions() -> Vec<Suggestion> {
    let suggestion = |field: &str, value: &str, meant: &str, differs: &str, change: Option<&str>, count| Suggestion {
        field: field.into(),
        value: value.into(),
        meant: meant.into(),
        differs: differs.into(),
        change: change.map(Into::into),
        what_to_do: format!("Write '{meant}' for '{value}'."),
        count,
    };
    vec![
        suggestion(
            "Event Outcome",
            "NFA - Other",
            "NFA- Other",
            "a space more",
            Some("values/outcome.csv, line 12"),
            201,
        ),
        suggestion("Ethnicity", "White: Irish", "White - Irish", "a wording of Release 2", None, 7),
    ]
}

fn rules() -> Vec<RuleFindings> {
    let rule = |id: &str, title: &str, severity, fields: &[(&str, u64)]| RuleFindings {
        id: id.into(),
        title: title.into(),
        severity,
        scope: match id {
            "K005" | "K007" => Scope::Person,
            "K003" | "K004" => Scope::Event,
            _ => Scope::Record,
        },
        count: fields.iter().map(|(_, count)| count).sum(),
        accepted: if severity == Severity::Query { 3 } else { 0 },
        deferred: if id == "M001" { 391 } else { 0 },
        fields: fields.iter().map(|(name, count)| Count::new(*name, *count)).collect(),
        help: Vec::new(),
    };
    let mut unmapped = rule(
        "L002",
        "Local value without an entry in its value map",
        Severity::Error,
        &[("Gender", 12), ("Ethnicity", 388), ("Service Component", 45)],
    );
    unmapped.help = help();
    vec![
        unmapped,
        rule(
            "M001",
            "Mandatory field blank",
            Severity::Error,
            &[("Ethnicity", 1_204), ("Postcode", 391), ("Event Outcome", 30_141), ("Service Component", 34)],
        ),
        rule("F002", "LA code of another council", Severity::Block, &[("LA Code", 3)]),
        rule("T002", "NHS number fails its check", Severity::Error, &[("NHS Number", 1)]),
        rule("D005", "Aged 115 or more at the end of the period", Severity::Query, &[("Date of Birth", 4)]),
        rule("F102", "Letter written as another", Severity::Query, &[("First Name", 97), ("Last Name", 117)]),
        rule("K003", "Exact copy of another row", Severity::Query, &[("Event Reference", 14)]),
        rule("K004", "One event on several rows", Severity::Query, &[("Event Reference", 408)]),
        rule("K005", "One NHS number under several local ids", Severity::Query, &[("NHS Number", 31)]),
        rule("K007", "Two dates of birth", Severity::Query, &[("Date of Birth", 4)]),
        rule("T003", "Postcode of no known shape", Severity::Error, &[]),
        rule("D001", "Event ends before it starts", Severity::Error, &[]),
    ]
}

fn help() -> Vec<HelpSection> {
    let section = |heading: &str, body: &str| HelpSection { heading: heading.into(), body: body.into() };
    vec![
        section("What it checks", "A value of the case system stands in the `local` column of its value map."),
        section(
            "Why it matters",
            "The centre accepts the national list alone. Whatever else arrives is marked\nFailed: Invalid & counted against the council.",
        ),
        section(
            "How to fix it in the case system",
            "- If the code is right, add a line to the value map.\n- If it was mistyped, correct the record.",
        ),
        section("Example", "    local,national\n    F,Female\n    <unknown>,Unknown"),
        section("Source", "Release 1 specification, lists of values."),
    ]
}

fn unmapped() -> Vec<UnmappedValue> {
    let value = |field: &str, map: &str, value: &str, count| UnmappedValue {
        field: field.into(),
        map: map.into(),
        value: value.into(),
        count,
    };
    vec![
        value("Gender", "values/gender.csv", "X", 12),
        value("Ethnicity", "values/ethnicity.csv", "ZNK <not known>", 388),
        value("Service Component", "values/service_component.csv", "DAYC-OLD", 45),
    ]
}

fn months() -> MonthTable {
    let types = ["Request", "Assessment", "Service", "Review"];
    let mut months = MonthTable::new(types.map(String::from).into(), Some("2025-10-01_2026-09-30".parse().unwrap()));
    for (place, rows) in
        [1_804, 1_690, 1_402, 1_777, 1_688, 1_850, 1_731, 1_699, 1_745, 1_812, 1_650, 1_653].into_iter().enumerate()
    {
        let (year, month) = if place < 3 { (2025, 10 + place) } else { (2026, place - 2) };
        let date = Date::from_ymd(year, month as u32, 14);
        months.add(date, 0, rows);
        months.add(date, 1, if place == 5 { 0 } else { rows * 13 / 20 });
        months.add(date, 2, rows / 2 + 90 * place as u64);
        months.add(date, 3, if place == 11 { 41 } else { rows * 11 / 20 });
    }
    months.add(Date::from_ymd(2019, 4, 1), 2, 37_804);
    months.add(None, 0, 8);
    months
}

fn caveat(text: &str, confidence: Confidence) -> Caveat {
    Caveat { text: text.into(), confidence }
}
