//! A second, plain reading of what rows say about one another, as slow as it likes to be.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::{Finding, Row};
use crate::model::{NhsNumber, Period};

/// What is found about rows that stand in the file in this order.
pub(super) fn findings(rows: &[Row], period: Period) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut find = |row: &Row, field: &str, rule: &str| {
        found.push((row.query.clone(), row.key.clone(), field.to_owned(), rule.to_owned()));
    };
    let copies = grouped(rows, |row| Some(format!("{:?}", row.values)));
    for (_, earlier) in copies.iter().filter_map(|copies| copies.split_last()) {
        for row in earlier {
            find(row, "event_reference", "K002");
        }
    }
    for rows in grouped(rows, |row| filled(row, "event_reference")) {
        let event = |row: &Row| (person(row), row.value("event_type").to_owned(), row.date("event_start_date"));
        for row in rows.iter().filter(|row| event(row) != event(rows[0])) {
            find(row, "event_reference", "K003");
        }
    }
    for rows in grouped(rows, |row| event_key(row, period)) {
        let (kept, dropped) = rows.split_last().unwrap();
        for row in dropped {
            // Which of them is kept rests on nothing but their order, so long as none says more than another.
            for field in ["event_end_date", "event_outcome", "event_description"] {
                assert_eq!(row.value(field), kept.value(field), "{}: the demo plants no such thing", row.key);
            }
            find(row, "event_reference", "K004");
        }
    }
    let mut one_value = |of: fn(&Row) -> Option<String>, field: &str, rule: &str| {
        for rows in grouped(rows, of) {
            let mut seen = BTreeSet::new();
            for row in rows.iter().filter(|row| is_value(row, field)) {
                let further = !seen.is_empty();
                if seen.insert(row.value(field)) && further {
                    find(row, field, rule);
                }
            }
        }
    };
    one_value(nhs_number, "la_person_unique_identifier", "K005");
    one_value(|row| filled(row, "la_person_unique_identifier"), "nhs_number", "K006");
    one_value(person, "date_of_birth", "K008");
    one_value(person, "date_of_death", "K011");

    for rows in grouped(rows, person) {
        let Some(died) = rows.iter().filter_map(|row| row.date("date_of_death")).max() else { continue };
        for row in rows.iter().filter(|row| row.date("date_of_death").is_none()) {
            let started_before = row.date("event_start_date").is_none_or(|start| start <= died);
            if row.query == "services" && row.value("event_end_date").is_empty() && started_before {
                find(row, "event_end_date", "D101");
            }
            if !started_before {
                find(row, "event_start_date", "D102");
            }
        }
    }

    let ids = |which: fn(&Row) -> bool| -> BTreeSet<&str> {
        rows.iter().filter(|row| which(row)).map(|row| row.value("la_person_unique_identifier")).collect()
    };
    let (all, clients) = (ids(|_| true), ids(|row| row.value("client_type") == "Service User"));
    for row in rows {
        let links = ["adult_1_linked_person_id", "adult_2_linked_person_id", "adult_3_linked_person_id"];
        for (place, field) in links.into_iter().enumerate().filter(|(_, field)| !row.value(field).is_empty()) {
            let to = row.value(field);
            if to == row.value("la_person_unique_identifier") {
                find(row, field, "X103");
            } else if links[..place].iter().any(|earlier| row.value(earlier) == to) {
                find(row, field, "X104");
            } else if !all.contains(to) {
                find(row, field, "X101");
            } else if !clients.contains(to) {
                find(row, field, "X102");
            }
        }
    }
    found
}

/// Rows with an equal key, in the order of the file.
fn grouped(rows: &[Row], key: impl Fn(&Row) -> Option<String>) -> Vec<Vec<&Row>> {
    let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Some(key) = key(row) {
            groups.entry(key).or_default().push(row);
        }
    }
    groups.into_values().collect()
}

fn filled(row: &Row, field: &str) -> Option<String> {
    Some(row.value(field).to_owned()).filter(|value| !value.is_empty())
}

fn is_value(row: &Row, field: &str) -> bool {
    match field {
        "nhs_number" => nhs_number(row).is_some(),
        "la_person_unique_identifier" => !row.value(field).is_empty(),
        _ => row.date(field).is_some(),
    }
}

fn nhs_number(row: &Row) -> Option<String> {
    filled(row, "nhs_number").filter(|number| NhsNumber::parse(number.as_bytes()).is_ok())
}

fn person(row: &Row) -> Option<String> {
    let local = || filled(row, "la_person_unique_identifier").map(|id| format!("local {id}"));
    nhs_number(row).or_else(local)
}

/// What makes a row one event at the centre; `None` where it does not count.
fn event_key(row: &Row, period: Period) -> Option<String> {
    let (person, event) = (person(row)?, filled(row, "event_type")?);
    let start = row.date("event_start_date").filter(|start| *start <= period.end())?;
    let died = row.date("date_of_death");
    if died.is_some_and(|died| died < period.start() || died < start) {
        return None;
    }
    let end = match (died, row.date("event_end_date")) {
        (Some(died), end) if end.is_none_or(|end| died <= end) => Some(died),
        (_, end) => end,
    };
    let service = event == "Service";
    let counts = match end {
        None => service,
        Some(end) => end >= period.start() && (service || end <= period.end()),
    };
    let own: &[&str] = match event.as_str() {
        "Request" => &["route_of_access"],
        "Assessment" => &["assessment_type"],
        "Service" => &[
            "service_type",
            "service_component",
            "delivery_mechanism",
            "cost_frequency",
            "unit_cost",
            "planned_units_per_week",
        ],
        _ => &[],
    };
    let own: Vec<&str> = own.iter().map(|field| row.value(field)).collect();
    let end = end.filter(|_| !service);
    counts.then(|| format!("{person} {event} {} {start} {end:?} {own:?}", row.value("client_type")))
}
