//! Rows that collide: few people, few references, few days, ids and numbers that are mixed up, copies and near copies.

use std::collections::BTreeMap;

use crate::{
    plain::{Release, Row},
    words,
};

/// What chooses the cells of a row: a number for each field, and four for what becomes of the row.
pub(crate) type Picks = [u16; 54];

/// What holds for a whole file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    pub(crate) people: usize,
    /// Of 16 open services, so many start on 1 April.
    pub(crate) april: u16,
}

/// Rows made one after another; some are copies of an earlier one, with a cell changed or none.
pub(crate) fn rows(release: &Release, mood: Mood, picks: &[Picks]) -> Vec<Row> {
    let pools = pools();
    let mut rows = Vec::<Row>::new();
    for picks in picks {
        let mut row = row(release, &pools, mood, picks);
        let [.., which, how, place] = picks.map(usize::from);
        if how % 4 == 0 && !rows.is_empty() {
            let earlier = &rows[which % rows.len()];
            let changed = &release.fields[place % release.fields.len()].key;
            let kept = earlier.iter().filter(|(key, _)| how % 8 == 0 || *key != changed);
            row.extend(kept.map(|(key, text)| (key.clone(), text.clone())));
        }
        rows.push(row);
    }
    rows
}

/// A number of the range for tests with a right check digit.
pub(crate) fn nhs_number(person: usize) -> String {
    let numbers = (9_990_000_000_u64..).map(|number| number.to_string());
    let mut right = numbers.filter(|number| {
        let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
        digits.zip((1..=10).rev()).map(|(digit, weight)| digit * weight).sum::<u32>().is_multiple_of(11)
    });
    right.nth(person).unwrap()
}

fn row(release: &Release, pools: &BTreeMap<&str, Vec<String>>, mood: Mood, picks: &Picks) -> Row {
    let person = usize::from(picks[50]) % mood.people;
    let next = (person + 1) % mood.people;
    let cells = release.fields.iter().zip(picks).map(|(field, pick)| {
        let pick = usize::from(*pick);
        let text = match (field.key.as_str(), pick % 16) {
            ("nhs_number", 0..11) => nhs_number(person),
            ("nhs_number", 11) => nhs_number(next),
            ("nhs_number", 12) => "9990000000".to_owned(),
            ("nhs_number", 13) => "NULL".to_owned(),
            ("la_person_unique_identifier", 0..11) => format!("P{person}"),
            ("la_person_unique_identifier", 11) => format!("P{next}"),
            ("la_person_unique_identifier", 12) => format!("p{person}"),
            ("la_person_unique_identifier", 13) => format!("P{person} "),
            ("date_of_birth", 0..13) => format!("{:02}/02/1950", person % 28 + 1),
            ("date_of_birth", 13) => format!("{:02}/02/1950", next % 28 + 1),
            ("date_of_birth", 14) => "31/02/1950".to_owned(),
            ("adult_1_linked_person_id" | "adult_2_linked_person_id" | "adult_3_linked_person_id", place) => {
                match place {
                    0..4 => format!("P{}", pick / 16 % mood.people),
                    4 => format!("P{person}"),
                    5 => format!("P{next}"),
                    6 => "Q1".to_owned(),
                    _ => String::new(),
                }
            }
            ("event_start_date", place) if place < usize::from(mood.april) => "01/04/2025".to_owned(),
            (key, _) => pools.get(key).map_or_else(String::new, |pool| pool[pick / 16 % pool.len()].clone()),
        };
        (field.key.clone(), text)
    });
    cells.collect()
}

/// Texts of the fields that are not a matter of the person; those of an outcome's rank, of an amount's half penny and of
/// a day's window lie on both sides of their bound.
fn pools() -> BTreeMap<&'static str, Vec<String>> {
    let list = |texts: &str| texts.split(';').map(str::to_owned).collect::<Vec<_>>();
    BTreeMap::from([
        ("la_code", words("503*60 504 NULL")),
        ("reporting_period_start_date", words("01/10/2024")),
        ("reporting_period_end_date", words("30/09/2025")),
        ("date_of_death", words(" *24 03/03/2025 08/12/2024 09/12/2024 01/11/2024 01/09/2024 40/01/2025")),
        ("gender", words("Male*9 Female Unknown male NULL")),
        ("ethnicity", list("White - Irish;White - Irish;White - Irish;No data - Refused;;White - Roma;Arab")),
        ("accommodation_status", list("Registered nursing home;Registered care home;Unknown;;Tenant")),
        (
            "primary_support_reason",
            list("Learning Disability Support;Mental Health Support;Social Support: Support to Carer;Unknown;"),
        ),
        ("client_type", words("Service|User*8 Carer*3 Carer|known|by|association service|user")),
        ("event_type", words("Request*3 Assessment*2 Service*8 Review Servic ")),
        (
            "event_start_date",
            words(
                "01/11/2024*8 02/11/2024*2 03/11/2024 29/11/2024 30/11/2024 01/12/2024*2 08/12/2024 09/12/2024 \
                 01/04/2024 01/09/2024 28/02/2025 30/07/2025 31/07/2025 01/10/2025 30/02/2025 ",
            ),
        ),
        (
            "event_end_date",
            words(
                " *9 01/11/2024*4 02/11/2024*2 01/12/2024*6 02/07/2025*2 03/07/2025*2 23/09/2025*2 24/09/2025*2 \
                 30/09/2025 30/09/2024 01/10/2025 31/02/2025 NULL",
            ),
        ),
        ("event_reference", words("R1 R2 R3 R4 R5 R6 r1 R1| *4")),
        ("event_description", words(" *6 a|Conversation|held CONVERSATIONS*2 call\tconversation a\u{2}conversation")),
        (
            "event_outcome",
            list(
                "Progress to Assessment;Progress to Assessment;Progress to Assessment;Progress to Reablement/ST-Max;\
                 Progress to Re-assessment / Unplanned Review;Progress to Support Planning / Services;\
                 Progress to End of Life Care;Progress to financial assessment;No change in package;\
                 Provision of service;NFA - Other;NFA - Support declined;Service ended as planned;progress to assessment;",
            ),
        ),
        ("route_of_access", list("Discharge from Hospital;Discharge from Hospital;Prison;prison;")),
        ("assessment_type", list("Long Term Assessment;Financial Assessment;")),
        (
            "service_type",
            list(
                "Short Term Support: ST-Max;Short Term Support: ST-Max;Long Term Support: Nursing Care;\
                 Long Term Support: Residential Care;Long Term Support: Community;Long Term Support: Community;\
                 Long Term Support: Prison;Long term support: Prison;",
            ),
        ),
        ("service_component", list("Reablement;Reablement;Reablement;Home Support")),
        ("delivery_mechanism", list(";;;;;Direct Payment")),
        ("unit_cost", words("21.5*4 21.50*4 21.504 21.505 21.51 0021.5 -0.005 -0.01 -0.004 0 .0 abc ABC NULL")),
        ("cost_frequency", words("Hourly*6 Weekly hourly")),
        ("planned_units_per_week", words("7*4 7.00 7.004 7.005 ")),
    ])
}
