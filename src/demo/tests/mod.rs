//! The demo database against its own mapping: the queries run, and a second, plain reading of the rules finds what was
//! planted and nothing else.

mod across;
mod reading;

use std::{collections::BTreeMap, path::PathBuf};

use rusqlite::Connection;

use super::{Condition, DemoCouncil, DemoError, DemoMade, Planted, build, write_planted};
use crate::model::Period;
use reading::{Finding, Row};

const QUERIES: [&str; 5] = ["requests", "assessments", "services", "reviews", "carers_known"];

/// A council in a folder of its own.
struct Case {
    folder: tempfile::TempDir,
    council: DemoCouncil,
    made: DemoMade,
}

impl Case {
    fn new(people: u32, seed: u64, period: &str, condition: Condition) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let council = DemoCouncil { people, seed, period: period.parse().unwrap(), condition };
        let made = build(&council, &folder.path().join("council.db")).unwrap();
        Self { folder, council, made }
    }

    fn sound(people: u32) -> Self {
        Self::new(people, 1, "2026/27 Q2", Condition::Sound)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("council.db")
    }

    fn period(&self) -> Period {
        self.council.period
    }

    /// All rows of all queries, as the mapping reads them.
    fn rows(&self) -> Vec<Row> {
        reading::rows(&Connection::open(self.path()).unwrap(), self.period())
    }
}

fn finding(planted: &Planted) -> Finding {
    let field = planted.field.map_or("", crate::model::Field::key);
    (planted.query.to_owned(), planted.source_key.clone(), field.to_owned(), planted.rule.to_owned())
}

fn assert_clean_but_for_the_planted(council: &Case) {
    let mut rows = council.rows();
    rows.retain(|row| row.left_out(council.period()).is_none());
    let mut found: Vec<Finding> = rows.iter().flat_map(|row| row.findings(council.period())).collect();
    found.extend(across::findings(&rows, council.period()));
    let mut planted: Vec<Finding> = council.made.planted.iter().filter(|p| p.field.is_some()).map(finding).collect();
    found.sort();
    planted.sort();
    let missed: Vec<_> = planted.iter().filter(|p| found.binary_search(p).is_err()).take(9).collect();
    let unplanted: Vec<_> = found.iter().filter(|f| planted.binary_search(f).is_err()).take(9).collect();
    assert!(missed.is_empty() && unplanted.is_empty(), "missed: {missed:#?}\nnot planted: {unplanted:#?}");
    assert_eq!(found, planted, "a finding occurs twice");
}

#[test]
fn the_rules_find_what_was_planted_and_nothing_else() {
    assert_clean_but_for_the_planted(&Case::sound(3_000));
}

#[test]
fn small_councils_and_other_periods_are_as_clean() {
    for seed in 0..6 {
        for period in ["2026/27 Q2", "2024/25 Q4", "2024-02-29_2024-05-31", "2025-01-01_2025-12-31"] {
            assert_clean_but_for_the_planted(&Case::new(50, seed, period, Condition::Sound));
        }
    }
}

#[test]
fn every_kind_of_fault_is_planted() {
    let council = Case::sound(2_000);
    let mut planted: Vec<&str> = council.made.planted.iter().map(|p| p.fault).collect();
    planted.sort_unstable();
    planted.dedup();
    let mut known: Vec<&str> = super::faults::all().map(|(name, _, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(planted, known);
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let council = Case::sound(1_500);
    let mut left_out = BTreeMap::new();
    let mut sent = BTreeMap::new();
    let mut reasons = BTreeMap::new();
    for row in council.rows() {
        match row.left_out(council.period()) {
            Some(reason) => {
                *left_out.entry((row.query.clone(), reason.clone())).or_insert(0_u64) += 1;
                reasons.insert(row.key.clone(), reason);
            }
            None => *sent.entry(row.query.clone()).or_insert(0_u64) += 1,
        }
    }
    let told: BTreeMap<_, _> = council
        .made
        .left_out
        .iter()
        .map(|((query, reason), n)| (((*query).to_owned(), (*reason).to_owned()), *n))
        .collect();
    assert_eq!(left_out, told);
    let told: BTreeMap<_, _> = council.made.sent.iter().map(|(query, n)| ((*query).to_owned(), *n)).collect();
    assert_eq!(sent, told);
    let planted: Vec<&Planted> = council.made.planted.iter().filter(|p| p.field.is_none()).collect();
    assert!(!planted.is_empty());
    for one in planted {
        assert_eq!(reasons.get(&one.source_key), one.reason.as_ref(), "{}", one.source_key);
    }
    for reason in [
        "open request",
        "open assessment",
        "open review",
        "ended outside the period",
        "starts after the period",
        "cancelled",
        "recorded in error",
        "out of scope: safeguarding",
    ] {
        assert!(told_reasons(&council).contains(&reason), "{reason}");
    }
}

fn told_reasons(council: &Case) -> Vec<&'static str> {
    council.made.left_out.keys().map(|(_, reason)| *reason).collect()
}

#[test]
fn a_mid_sized_council_has_the_promised_proportions() {
    let council = Case::sound(DemoCouncil::PEOPLE);
    let sent = &council.made.sent;
    let total: u64 = sent.values().sum();
    assert!((95_000..105_000).contains(&total), "{sent:?}");
    assert!(QUERIES[1..].iter().all(|query| sent["requests"] > sent[query]), "{sent:?}");
    assert!((200..600).contains(&sent["carers_known"]), "{sent:?}");
    assert!(sent["reviews"] > 5_000 && sent["assessments"] > 10_000 && sent["services"] > 20_000, "{sent:?}");

    let db = Connection::open(council.path()).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM person WHERE person_id <= 900000"), council.made.people);
    // People registered twice, and adults of whom nothing but a carer's link is known.
    assert!((20..60).contains(&count("SELECT COUNT(*) FROM person WHERE person_id > 900000")));
    let carers = count("SELECT COUNT(*) FROM carer_profile") * 100 / council.made.people;
    assert!((8..16).contains(&carers), "{carers} % carers");
    assert!(count("SELECT COUNT(*) FROM person WHERE dod IS NOT NULL") > 300);
    assert!(count("SELECT COUNT(*) FROM package_line WHERE end_dt IS NULL") > 3_000);
    assert_eq!(count("SELECT COUNT(*) FROM pragma_foreign_key_check"), 0);
}

#[test]
fn every_month_counts_in_the_national_check_of_the_period() {
    let council = Case::sound(1_500);
    let mut months: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for row in council.rows().iter().filter(|row| row.left_out(council.period()).is_none()) {
        if let Some(end) = row.date("event_end_date").filter(|end| council.period().contains(*end)) {
            *months.entry(end.iso()[..7].to_owned()).or_default().entry(row.query.clone()).or_default() += 1;
        }
    }
    let all: u64 = months.values().flat_map(BTreeMap::values).sum();
    assert_eq!(months.len(), 12);
    for (month, types) in months {
        assert_eq!(types.len(), 4, "{month}: {types:?}");
        assert!(types.values().sum::<u64>() * 100 / all >= 5, "{month}: {types:?}");
    }
}

#[test]
fn the_same_council_has_the_same_rows() {
    let rows = |seed| Case::new(300, seed, "2026/27 Q2", Condition::Sound).rows();
    assert_eq!(rows(7), rows(7));
    assert_ne!(rows(7), rows(8));
}

#[test]
fn rows_come_in_one_order_and_each_has_a_key_of_its_own() {
    let council = Case::sound(300);
    let mut keys: Vec<_> = council.rows().into_iter().map(|row| (row.query, row.key)).collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all);
    for query in QUERIES {
        let (sql, key) = reading::query(query);
        let order = sql.rsplit("ORDER BY").next().unwrap().trim();
        assert!(order.ends_with(&key), "{query} is ordered by {order}");
    }
}

#[test]
fn linked_adults_are_clients_with_rows_of_their_own_unless_a_link_was_planted() {
    let council = Case::sound(1_500);
    let astray: Vec<_> = council.made.planted.iter().filter(|p| ["X101", "X103"].contains(&p.rule)).collect();
    assert!(astray.len() >= 2);
    let mut rows = council.rows();
    rows.retain(|row| row.left_out(council.period()).is_none());
    rows.retain(|row| !astray.iter().any(|p| (p.query, &p.source_key) == (row.query.as_str(), &row.key)));
    let clients: Vec<&str> = rows
        .iter()
        .filter(|r| r.value("client_type") == "Service User")
        .map(|r| r.value("la_person_unique_identifier"))
        .collect();
    let linked: Vec<&str> = rows
        .iter()
        .flat_map(|r| [r.value("adult_1_linked_person_id"), r.value("adult_2_linked_person_id")])
        .filter(|id| !id.is_empty())
        .collect();
    assert!(linked.len() > 50);
    let clients: std::collections::BTreeSet<&str> = clients.into_iter().collect();
    assert!(linked.iter().all(|id| clients.contains(id)));
}

#[test]
fn an_upgrade_breaks_the_ethnicity_of_most_rows_and_nothing_else() {
    let council = Case::new(1_000, 1, "2026/27 Q2", Condition::Broken);
    assert_clean_but_for_the_planted(&council);
    let rows: u64 = council.made.sent.values().sum();
    let broken = council.made.planted.iter().filter(|p| p.fault == "ethnicity code of the upgrade").count() as u64;
    assert!(broken * 100 / rows > 60, "{broken} of {rows}");
}

#[test]
fn in_a_sound_council_few_cells_of_any_field_fail() {
    let council = Case::sound(4_000);
    let rows: u64 = council.made.sent.values().sum();
    let mut by_field: BTreeMap<_, u64> = BTreeMap::new();
    for one in council.made.planted.iter().filter(|one| one.field.is_some()) {
        *by_field.entry(one.field).or_default() += 1;
    }
    for (field, failed) in by_field {
        assert!(failed * 100 / rows < 3, "{field:?}: {failed} of {rows}");
    }
}

#[test]
fn the_record_is_a_csv_of_what_to_expect() {
    let planted = [
        Planted {
            fault: "gender, unknown",
            query: "requests",
            source_key: "REQ-0000001".to_owned(),
            field: Some(crate::model::Field::Gender),
            rule: "L002",
            reason: None,
        },
        Planted {
            fault: "never closed",
            query: "requests",
            source_key: "REQ-0000002".to_owned(),
            field: None,
            rule: Planted::LEFT_OUT,
            reason: Some("open request".to_owned()),
        },
    ];
    let mut csv = Vec::new();
    write_planted(&planted, &mut csv).unwrap();
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "fault,query,source_key,field,expect\n\"gender, unknown\",requests,REQ-0000001,gender,L002\n\
         never closed,requests,REQ-0000002,,left out: open request\n"
    );
}

#[test]
fn a_council_that_cannot_be_made_says_why() {
    let made = Case::sound(1);
    assert!(matches!(build(&made.council, &made.path()), Err(DemoError::Create { .. })), "a database is there already");
    assert!(matches!(build(&made.council, &made.path().join("no/such/folder")), Err(DemoError::Create { .. })));
    let council = DemoCouncil { people: DemoCouncil::MOST_PEOPLE + 1, ..made.council };
    assert!(matches!(build(&council, &made.folder.path().join("b.db")), Err(DemoError::TooManyPeople { .. })));
}
