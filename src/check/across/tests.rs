//! Which row is kept, what the order of rows changes, and how much is kept of them.

use std::mem::size_of;

use proptest::prelude::*;

use super::{people::Person, *};
use crate::{
    check::{
        RULES,
        testing::{of_record, release, settings},
    },
    model::RuleId,
};

/// Field and text, for what a record holds.
type Texts = Vec<(Field, String)>;

fn texts<const N: usize>(texts: [(Field, &str); N]) -> Texts {
    texts.map(|(field, text)| (field, text.to_owned())).to_vec()
}

fn judged(release: &Release, rows: &[Texts]) -> Judged {
    let mut across = Across::new(release, settings().period);
    for row in rows {
        let row: Vec<_> = row.iter().map(|(field, text)| (*field, text.as_str())).collect();
        of_record(release, &row, |record| across.see(record, Ids::of(record), &|_| Validity::Valid));
    }
    let rules = RULES.iter().enumerate().filter(|(_, rule)| rule.kind.looks_across_rows());
    across.judge(&rules.map(|(at, rule)| (RuleId(at as u16), *rule)).collect())
}

/// Row, rule and other row of each finding.
fn told(judged: &Judged) -> Vec<(u32, &'static str, u32)> {
    let id = |rule: RuleId| RULES[usize::from(rule.0)].id;
    judged.findings.iter().map(|finding| (finding.row, id(finding.rule), finding.other)).collect()
}

/// A service of one person, with its end, outcome and description.
fn service(end: &str, outcome: &str, description: &str) -> Texts {
    texts([
        (Field::LaPersonUniqueIdentifier, "P1"),
        (Field::ClientType, "Service User"),
        (Field::EventType, "Service"),
        (Field::EventStartDate, "01/11/2024"),
        (Field::EventEndDate, end),
        (Field::EventOutcome, outcome),
        (Field::EventDescription, description),
    ])
}

#[test]
fn of_rows_of_one_event_the_first_difference_in_the_national_order_decides() {
    let release = release();
    let (low, high) = ("Progress to Reablement/ST-Max", "NFA- Other");
    for (one, other, kept) in [
        // An open end before everything, then the latest.
        (("", high, ""), ("30/09/2025", low, "conversation"), 1),
        (("02/12/2024", low, "conversation"), ("03/12/2024", high, ""), 2),
        // The outcome of the lowest rank; one outside the list, or none, comes last.
        (("02/12/2024", low, ""), ("02/12/2024", high, "conversation"), 1),
        (("02/12/2024", high, ""), ("02/12/2024", "", "conversation"), 1),
        (("02/12/2024", "Progress", "a"), ("02/12/2024", "", "b"), 2),
        // A conversation, in whatever capitals; then the last of the file.
        (("02/12/2024", high, "Three CONVERSATIONS"), ("02/12/2024", high, "conversatio"), 1),
        (("02/12/2024", high, "one"), ("02/12/2024", high, "two"), 2),
    ] {
        let rows = [one, other].map(|(end, outcome, description)| service(end, outcome, description));
        let found = judged(&release, &rows);
        assert_eq!(told(&found), [(3 - kept, "K004", kept)], "{one:?} and {other:?}");
        let national = found.national;
        assert_eq!((national.ignored.duplicate, national.events[2].rows, national.events[2].unique), (1, 2, 1));
        assert!(national.adds_up());
    }
}

/// What a row may hold, few values each so that rows meet; `of` keeps the people of one group apart from another's.
fn row(of: &'static str) -> impl Strategy<Value = Texts> {
    let chosen = |field: Field, values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(move |text| (field, text.to_owned()))
    };
    let own = move |field: Field, values: &'static [&'static str]| {
        let named = move |text: &str| if text.is_empty() { String::new() } else { format!("{of}{text}") };
        prop::sample::select(values).prop_map(move |text| (field, named(text)))
    };
    let people = (
        own(Field::NhsNumber, &["", "1", "2"]),
        own(Field::LaPersonUniqueIdentifier, &["", "P1", "P2", "P3"]),
        own(Field::Adult1LinkedPersonId, &["", "P1", "P3", "P4"]),
        own(Field::EventReference, &["", "R1", "R2"]),
        chosen(Field::Gender, &["Female", "Male", "Unknown"]),
        chosen(Field::DateOfBirth, &["01/02/1950", "02/01/1950", ""]),
        chosen(Field::DateOfDeath, &["", "", "", "01/07/2025", "02/07/2025"]),
        chosen(Field::ClientType, &["Service User", "Service User", "Carer"]),
        chosen(Field::AccommodationStatus, &["Tenant", "Refuge", "Unknown"]),
    );
    let event = (
        chosen(Field::EventType, &["Request", "Assessment", "Service", "Service", ""]),
        chosen(Field::EventStartDate, &["01/11/2024", "02/11/2024", "01/04/2025", "03/07/2025", ""]),
        chosen(Field::EventEndDate, &["", "02/12/2024", "05/04/2025", "01/01/2024"]),
        chosen(Field::EventOutcome, &["", "Progress to Assessment", "NFA- Other"]),
        chosen(
            Field::ServiceType,
            &["Short Term Support: ST-Max", "Long Term Support: Nursing Care", "Long Term Support: Community"],
        ),
    );
    (people, event)
        .prop_map(|((a, b, c, d, e, f, g, h, i), (j, k, l, m, n))| vec![a, b, c, d, e, f, g, h, i, j, k, l, m, n])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_others_between_change_nothing_but_row_numbers(
        ours in prop::collection::vec(row("A"), 1..24),
        theirs in prop::collection::vec(row("B"), 0..24),
        turns in prop::collection::vec(any::<bool>(), 48),
    ) {
        let release = release();
        let (mut mixed, mut numbers) = (Vec::new(), Vec::new());
        let (mut next, mut others) = (ours.iter(), theirs.iter());
        for turn in turns.into_iter().chain([true, false].repeat(24)) {
            let row = if turn { next.next() } else { others.next() };
            if let Some(row) = row {
                mixed.push(row.clone());
                if turn {
                    numbers.push(mixed.len() as u32);
                }
            }
        }
        let alone = judged(&release, &ours);
        let among = judged(&release, &mixed);
        let number = |row: u32| if row == 0 { 0 } else { numbers[row as usize - 1] };
        let expected: Vec<_> = told(&alone).iter().map(|(row, rule, other)| (number(*row), *rule, number(*other))).collect();
        let found: Vec<_> = told(&among).into_iter().filter(|(row, ..)| numbers.contains(row)).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(alone.national.adds_up() && among.national.adds_up());
    }
}

#[test]
fn no_more_than_55_bytes_are_kept_of_a_row() {
    assert_eq!(size_of::<Facts>(), 20);
    let release = release();
    let mut across = Across::new(&release, settings().period);
    // The shape of the large job: eight rows a person or so, each with both ids.
    let (rows, people) = (139_264_u32, 16_384);
    for row in 0..rows {
        let (person, reference) = ((row % people).to_string(), row.to_string());
        let texts = [
            (Field::NhsNumber, person.as_str()),
            (Field::LaPersonUniqueIdentifier, person.as_str()),
            (Field::EventReference, reference.as_str()),
            (Field::ClientType, if row % 10 == 0 { "Carer" } else { "Service User" }),
            (Field::Adult1LinkedPersonId, "P1"),
        ];
        of_record(&release, &texts, |record| across.see(record, Ids::of(record), &|_| Validity::Valid));
    }
    assert_eq!(across.people.persons.len(), people);
    let of_rows = across.facts.bytes() + across.persons.bytes() + across.events.bytes() + across.references.bytes();
    let of_people = across.people.persons.bytes() + across.people.locals.bytes();
    let per_row = (of_rows + of_people + across.links.bytes()) as f64 / f64::from(rows);
    println!("{per_row:.1} bytes a row, {} of a person", size_of::<Person>());
    assert!(per_row <= 55.0, "{per_row} bytes a row");
}
