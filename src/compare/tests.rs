use std::{collections::BTreeSet, fs, path::PathBuf};

use proptest::prelude::*;

use super::{
    event::{Day, Event, NO_END},
    *,
};
use crate::{
    document::Document,
    model::{Date, Period},
    spec::Release,
    sys::fs::{WorkFolder, write_whole},
};

const BEFORE: &str = "2025-07-01_2026-06-30";
const NOW: &str = "2025-10-01_2026-09-30";
const SERVICE: u8 = 3;

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::of_bytes(&[9; 32])
}

struct Desk {
    _folder: tempfile::TempDir,
    work: WorkFolder,
    release: Release,
    made: u32,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::new(folder.path()).unwrap();
        Self { _folder: folder, work, release: Release::embedded().unwrap(), made: 0 }
    }

    fn written(&mut self, events: &[Event], period: &str) -> PathBuf {
        let period: Period = period.parse().unwrap();
        let mut indexer = Indexer::new(&self.release, period, &pseudonyms(), &self.work).unwrap();
        for event in events {
            indexer.put(event).unwrap();
        }
        self.made += 1;
        let name = format!("index-{}", self.made);
        indexer.finish(&self.work, &name).unwrap();
        self.work.file(&name)
    }

    fn compared(&mut self, before: (&[Event], &str), now: (&[Event], &str), crosswalk: &Crosswalk) -> Comparison {
        let [mut before, mut now] = [before, now].map(|(events, period)| {
            let path = self.written(events, period);
            Index::open(&path, &pseudonyms()).unwrap()
        });
        compare(&mut before, &mut now, crosswalk, &pseudonyms(), Tolerances::default(), &self.work).unwrap()
    }
}

fn day(text: &str) -> Day {
    Day::from(Date::parse_iso(text.as_bytes()))
}

/// The pseudonym of a person's id, or of their NHS number.
fn of(kind: pseudonym::Of, number: u64) -> u64 {
    pseudonyms().of(kind, number.to_string().as_bytes())
}

/// An open service of a person that began on a day of 2024.
fn service(person: u64, began: u32, row: u32) -> Event {
    let start = Date::from_ymd(2024, 1, 1).unwrap().days() + began as i32;
    Event {
        person: of(pseudonym::Of::Local, person),
        nhs: of(pseudonym::Of::Nhs, person),
        reference: u64::from(row) << 32 | u64::from(began) | 1 << 63,
        facts: u64::from(began),
        start: Day::from(Some(Date::from_days(start))),
        end: Day::NONE,
        row,
        event_type: SERVICE,
        client_type: 1,
        service_type: 1 + (began % 3) as u8,
        flags: NO_END,
    }
}

fn request(person: u64, row: u32) -> Event {
    let (start, end) = (day("2026-02-01"), day("2026-02-10"));
    Event { start, end, event_type: 1, service_type: 0, flags: 0, ..service(person, 500 + row, row) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_extract_differs_from_itself_in_nothing_and_what_is_dropped_is_found(
        rows in prop::collection::vec((1_u64..40, 0_u32..3000, any::<bool>()), 1..200),
        dropped in prop::collection::btree_set(0_usize..200, 0..20),
    ) {
        let mut desk = Desk::new();
        let all: Vec<Event> = rows.iter().zip(1..).map(|((person, began, service_or_not), row)| {
            if *service_or_not { service(*person, *began, row) } else { request(*person, row) }
        }).collect();
        let same = desk.compared((&all, BEFORE), (&all, NOW), &Crosswalk::default());
        prop_assert_eq!(same.changes, [0; CHANGES.len()]);
        prop_assert!(same.figures.iter().all(|figure| figure.before == figure.now && figure.outcome <= Tolerated::Within));
        prop_assert_eq!(same.not_run, []);

        let dropped: Vec<Event> =
            all.iter().enumerate().filter(|(at, event)| dropped.contains(at) && event.event_type == SERVICE).map(|(_, event)| *event).collect();
        let kept: Vec<Event> = all.iter().copied().filter(|event| !dropped.contains(event)).collect();
        let people = |events: &[Event]| events.iter().map(|event| event.person).collect::<BTreeSet<_>>();
        let fewer = desk.compared((&all, BEFORE), (&kept, NOW), &Crosswalk::default());
        prop_assert_eq!(fewer.count(Change::ServiceVanished), dropped.len() as u64);
        prop_assert_eq!(fewer.count(Change::PersonVanished), people(&all).difference(&people(&kept)).count() as u64);
        let places = fewer.listed.iter().filter(|listed| listed.change == Change::ServiceVanished);
        let rows: Vec<_> = dropped.iter().map(|event| Place::Before(u64::from(event.row))).collect();
        prop_assert_eq!(places.map(|listed| listed.place).collect::<Vec<_>>(), rows);
    }
}

#[test]
fn a_person_is_found_again_by_their_nhs_number_or_through_the_crosswalk() {
    let mut desk = Desk::new();
    let old: Vec<Event> = (1..=30).map(|person| service(person, 10, person as u32)).collect();
    // The new system has numbers of its own, and nobody's NHS number but that of the first ten.
    let new: Vec<Event> = old
        .iter()
        .zip(1..)
        .map(|(event, person)| Event {
            person: of(pseudonym::Of::Local, person + 1000),
            nhs: if person <= 10 { event.nhs } else { 0 },
            ..*event
        })
        .collect();
    let without = desk.compared((&old, BEFORE), (&new, NOW), &Crosswalk::default());
    let counts = [Change::LocalId, Change::PersonVanished, Change::ServiceVanished].map(|change| without.count(change));
    assert_eq!(counts, [10, 20, 20]);

    let pairs: Vec<_> = (1..=30).map(|person| format!("{person},{}", person + 1000)).collect();
    let text = format!("old_id,new_id\n{}\n", pairs.join("\n"));
    let crosswalk = Crosswalk::from_document(&Document::new("crosswalk.csv", text)).unwrap();
    assert_eq!(desk.compared((&old, BEFORE), (&new, NOW), &crosswalk).changes, [0; CHANGES.len()]);
}

#[test]
fn an_nhs_number_that_became_another_is_found_and_one_that_was_traced_is_not() {
    let mut desk = Desk::new();
    let old: Vec<Event> = (1..=3).map(|person| service(person, 10, person as u32)).collect();
    let mut new = old.clone();
    new[0].nhs = of(pseudonym::Of::Nhs, 77);
    let mut traced = old.clone();
    traced[1].nhs = 0;
    let found = desk.compared((&old, BEFORE), (&new, NOW), &Crosswalk::default());
    assert_eq!(found.listed, [Listed { change: Change::NhsNumber, place: Place::Now(1) }]);
    assert_eq!(desk.compared((&traced, BEFORE), (&old, NOW), &Crosswalk::default()).changes, [0; CHANGES.len()]);
}

#[test]
fn what_the_periods_give_no_way_to_compare_is_not_run() {
    let mut desk = Desk::new();
    let all: Vec<Event> = (1..=30).map(|person| service(person, 10, person as u32)).collect();
    let quarter = desk.compared((&all, "2025-07-01_2025-09-30"), (&all, NOW), &Crosswalk::default());
    let not_run: Vec<_> = quarter.not_run.iter().map(|(of, _)| *of).collect();
    assert_eq!(not_run, [FigureOf::File, FigureOf::Month]);
    assert!(quarter.figures.iter().all(|figure| figure.of == FigureOf::OpenServices));

    let gap = desk.compared((&all, "2024-07-01_2025-06-30"), (&[], NOW), &Crosswalk::default());
    assert_eq!(gap.changes, [0; CHANGES.len()]);
    assert!(gap.not_run.iter().any(|(of, why)| *of == FigureOf::OpenServices && why.contains("gap")));
}

#[test]
fn a_list_has_the_first_rows_and_the_count_all() {
    let mut desk = Desk::new();
    let most = Comparison::MOST as u64;
    let old: Vec<Event> = (1..=2 * most + 50).map(|person| service(person, 10, person as u32)).collect();
    let found = desk.compared((&old, BEFORE), (&[], NOW), &Crosswalk::default());
    assert_eq!(found.count(Change::ServiceVanished), 2 * most + 50);
    let rows = found.listed.iter().filter(|listed| listed.change == Change::ServiceVanished).map(|listed| listed.place);
    assert!(rows.eq((1..=most).map(Place::Before)));
}

#[test]
fn an_index_that_is_lost_damaged_or_of_another_key_is_never_an_empty_one() {
    let mut desk = Desk::new();
    let path = desk.written(&[service(1, 10, 1), request(2, 2)], BEFORE);
    let facts = Index::open(&path, &pseudonyms()).unwrap().facts().clone();
    assert_eq!((facts.rows, facts.people, facts.open_services), (2, 2, 1));
    assert_eq!(facts.period.to_string(), BEFORE);

    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        write_whole(&path, &bytes).unwrap();
        assert!(matches!(Index::open(&path, &pseudonyms()), Err(IndexError::Damaged(_))), "byte {at}");
    }
    for length in [0, 1, 31, 32, 100, whole.len() - 1] {
        write_whole(&path, &whole[..length]).unwrap();
        assert!(matches!(Index::open(&path, &pseudonyms()), Err(IndexError::Damaged(_))), "{length} bytes");
    }
    write_whole(&path, &whole).unwrap();
    let other = Pseudonyms::of_bytes(&[8; 32]);
    assert!(matches!(Index::open(&path, &other), Err(IndexError::OtherKey(_))));
    let another = desk.written(&[], BEFORE);
    assert!(matches!(Index::open_known(&another, facts.sha256, &pseudonyms()), Err(IndexError::Other(_))));
    assert!(Index::open_known(&path, facts.sha256, &pseudonyms()).is_ok());
    fs::remove_file(&path).unwrap();
    assert!(matches!(Index::open(&path, &pseudonyms()), Err(IndexError::Missing(_))));
}

#[test]
fn an_index_of_a_newer_format_is_told_from_a_damaged_one() {
    let mut desk = Desk::new();
    let path = desk.written(&[], BEFORE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    let end = bytes.len() - 32;
    let seal = *crate::sys::hash::Sha256::of(&bytes[..end]).bytes();
    bytes[end..].copy_from_slice(&seal);
    write_whole(&path, &bytes).unwrap();
    assert!(matches!(Index::open(&path, &pseudonyms()), Err(IndexError::Newer { found: 2, .. })));
}
