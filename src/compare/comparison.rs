//! Two indexes, set against each other.

use std::collections::BTreeMap;

use super::{
    Crosswalk, Index, IndexError, Pseudonyms, Tolerances,
    event::{Event, NO_LOCAL_ID},
    figures::{Figure, FigureOf, Months, Tally, judge},
    index::LISTED,
    matching::{CHANGES, Change, Terms, Told, match_person},
    spill::{PARTITIONS, Spill, partition},
};
use crate::{
    check::SERVICE,
    model::{Field, Period},
    sys::fs::{FsError, WorkFolder},
};

/// What a comparison found. Numbers and rows only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// Figures of both, in the order in which a report shows them.
    pub figures: Vec<Figure>,
    /// How often each thing happened, in the order of [`CHANGES`].
    pub changes: [u64; CHANGES.len()],
    /// Where: of each thing the first of [`Comparison::MOST`], in the order of the rows.
    pub listed: Vec<Listed>,
    /// Figures and changes that these periods give no way to compare, and why.
    pub not_run: Vec<(FigureOf, String)>,
}

/// A place where something happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Listed {
    /// What.
    pub change: Change,
    /// Where.
    pub place: Place,
}

/// A row of one of the two files, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// Of the new file.
    Now(u64),
    /// Of the baseline's upload file.
    Before(u64),
}

impl Comparison {
    /// Of each thing that happened, so many places are kept; beyond them it is no longer a list that anybody reads.
    pub const MOST: usize = 5_000;

    /// How often something happened.
    pub fn count(&self, change: Change) -> u64 {
        CHANGES.iter().zip(self.changes).find(|(known, _)| **known == change).map_or(0, |(_, count)| count)
    }
}

/// Periods whose lengths differ by more days than this have unlike totals.
const LIKE: i32 = 31;

/// Sets a file against the one before it. Nothing is kept in memory but one partition of each.
pub fn compare(
    before: &mut Index,
    now: &mut Index,
    crosswalk: &Crosswalk,
    pseudonyms: &Pseudonyms,
    tolerances: Tolerances,
    work: &WorkFolder,
) -> Result<Comparison, IndexError> {
    let periods = (before.facts().period, now.facts().period);
    let event_types = now.labels(0).to_vec();
    let service = event_types.iter().position(|label| label == SERVICE.1).map_or(0, |at| at as u8 + 1);
    let terms = Terms { service, before_ends: periods.0.end(), now_starts: periods.1.start() };
    let months = Months::of_both(periods.0, periods.1);
    let mut tallies = (Tally::new(event_types.len(), &months), Tally::new(event_types.len(), &months));
    let mut changes = Changes::default();
    let mut unmatched = Unmatched { before: Spill::new(work)?, now: Spill::new(work)? };

    let mut renamed = Renamed::new(before, now, crosswalk, pseudonyms, work)?;
    for partition in 0..PARTITIONS {
        let old = renamed.read(partition)?;
        let new = now.read(partition)?;
        for (events, tally) in [(&old, &mut tallies.0), (&new, &mut tallies.1)] {
            for event in events {
                tally.add(event, service, &months);
            }
        }
        for_each_person(
            &old,
            &new,
            |event| event.person,
            |old, new| {
                if old.is_empty() || new.is_empty() {
                    return unmatched.put(old, new, terms, &mut changes);
                }
                if have_other_nhs_number(old, new) {
                    changes.now(Change::NhsNumber, &new[0]);
                }
                match_person(old, new, terms, &mut changes);
                Ok(())
            },
        )?;
    }
    unmatched.match_by_nhs_number(terms, &mut changes)?;

    let (figures, not_run) = figures(before, now, tallies, &months, &event_types, tolerances);
    let (changes, listed) = changes.finish();
    Ok(Comparison { figures, changes, listed, not_run })
}

/// Calls for each person of either side, with their events of both; both sides are sorted by person. Rows of nobody are
/// passed over.
fn for_each_person(
    mut old: &[Event],
    mut new: &[Event],
    person: impl Fn(&Event) -> u64,
    mut each: impl FnMut(&[Event], &[Event]) -> Result<(), FsError>,
) -> Result<(), FsError> {
    loop {
        let Some(next) = old.first().into_iter().chain(new.first()).map(&person).min() else { return Ok(()) };
        let of_next = |events: &[Event]| events.partition_point(|event| person(event) == next);
        let (of_old, of_new);
        (of_old, old) = old.split_at(of_next(old));
        (of_new, new) = new.split_at(of_next(new));
        if next != 0 {
            each(of_old, of_new)?;
        }
    }
}

/// Whether both sides know a person's NHS number, and none of one side is one of the other.
fn have_other_nhs_number(old: &[Event], new: &[Event]) -> bool {
    let known = |events: &[Event]| events.iter().map(|event| event.nhs).filter(|nhs| *nhs != 0).collect::<Vec<_>>();
    let (mut then, now) = (known(old), known(new));
    then.sort_unstable();
    !then.is_empty() && !now.is_empty() && !now.iter().any(|nhs| then.binary_search(nhs).is_ok())
}

/// People of one side only, put down under their NHS number to be looked for once more.
struct Unmatched {
    before: Spill,
    now: Spill,
}

impl Unmatched {
    fn put(&mut self, old: &[Event], new: &[Event], terms: Terms, changes: &mut Changes) -> Result<(), FsError> {
        let nhs = |events: &[Event]| events.iter().map(|event| event.nhs).find(|nhs| *nhs != 0);
        for (events, spill) in [(old, &mut self.before), (new, &mut self.now)] {
            let Some(nhs) = nhs(events) else { continue };
            for event in events {
                spill.push(partition(nhs), &Event { nhs, ..*event }).map_err(|error| spill.failed(error))?;
            }
        }
        if nhs(old).is_none() {
            match_person(old, &[], terms, changes);
        }
        Ok(())
    }

    fn match_by_nhs_number(&mut self, terms: Terms, changes: &mut Changes) -> Result<(), FsError> {
        for partition in 0..PARTITIONS {
            let (mut old, mut new) = (self.before.take(partition)?, self.now.take(partition)?);
            for side in [&mut old, &mut new] {
                side.sort_unstable_by_key(|event| (event.nhs, event.row));
            }
            for_each_person(
                &old,
                &new,
                |event| event.nhs,
                |old, new| {
                    let has_local_id = |events: &[Event]| events.iter().any(|event| !event.is(NO_LOCAL_ID));
                    if has_local_id(old) && has_local_id(new) {
                        changes.now(Change::LocalId, &new[0]);
                    }
                    if !old.is_empty() {
                        match_person(old, new, terms, changes);
                    }
                    Ok(())
                },
            )?;
        }
        Ok(())
    }
}

/// The baseline's events, with the people's new ids and the codes of the new file.
struct Renamed<'i> {
    index: &'i mut Index,
    /// For each of [`LISTED`], the new code of each old one.
    codes: [Vec<u8>; LISTED.len()],
    /// All events, where people have new ids: these lie in other partitions.
    moved: Option<Spill>,
}

impl<'i> Renamed<'i> {
    fn new(
        index: &'i mut Index,
        now: &Index,
        crosswalk: &Crosswalk,
        pseudonyms: &Pseudonyms,
        work: &WorkFolder,
    ) -> Result<Self, IndexError> {
        let codes = std::array::from_fn(|list| codes(index.labels(list), now.labels(list)));
        let mut moved = None;
        if !crosswalk.is_empty() {
            let ids = crosswalk.under(pseudonyms);
            let mut spill = Spill::new(work)?;
            for place in 0..PARTITIONS {
                for mut event in index.read(place)? {
                    if let Ok(at) = ids.binary_search_by_key(&event.person, |(old, _)| *old) {
                        event.person = ids[at].1;
                    }
                    let place = if event.person == 0 { place } else { partition(event.person) };
                    spill.push(place, &event).map_err(|error| spill.failed(error))?;
                }
            }
            moved = Some(spill);
        }
        Ok(Self { index, codes, moved })
    }

    fn read(&mut self, partition: usize) -> Result<Vec<Event>, IndexError> {
        let mut events = match &mut self.moved {
            Some(moved) => moved.take(partition)?,
            None => self.index.read(partition)?,
        };
        if self.moved.is_some() {
            events.sort_unstable_by_key(|event| (event.person, event.row));
        }
        for event in &mut events {
            let [event_types, client_types, service_types] = &self.codes;
            let renamed = |codes: &[u8], code: u8| codes.get(usize::from(code)).copied().unwrap_or(0);
            event.event_type = renamed(event_types, event.event_type);
            event.client_type = renamed(client_types, event.client_type);
            event.service_type = renamed(service_types, event.service_type);
        }
        Ok(events)
    }
}

/// The code that each label of one list has in another; 0 for none, and where it is gone.
fn codes(old: &[String], new: &[String]) -> Vec<u8> {
    let code = |label: &String| new.iter().position(|known| known == label).map_or(0, |at| at as u8 + 1);
    std::iter::once(0).chain(old.iter().map(code)).collect()
}

fn figures(
    before: &Index,
    now: &Index,
    tallies: (Tally, Tally),
    months: &Months,
    event_types: &[String],
    tolerances: Tolerances,
) -> (Vec<Figure>, Vec<(FigureOf, String)>) {
    let mut figures = Vec::new();
    let mut figure = |of, name: &str, before, now| {
        figures.push(Figure { of, name: name.to_owned(), before, now, outcome: judge(before, now, tolerances) });
    };
    let mut not_run = Vec::new();
    let (then, this) = (before.facts(), now.facts());
    let (lasted, lasts) = (days(then.period), days(this.period));
    let alike = (lasted - lasts).abs() <= LIKE;
    // What the baseline would have had after as many days.
    let share = if alike { 1.0 } else { f64::from(lasts) / f64::from(lasted) };
    let total = |before: u64| (before as f64 * share).round() as u64;
    let told = alike || tolerances.pro_rata;
    if told {
        figure(FigureOf::File, "Rows", total(then.rows), this.rows);
        figure(FigureOf::File, "People", then.people, this.people);
    }
    figure(FigureOf::OpenServices, "Open services", then.open_services, this.open_services);
    if told {
        for (code, label) in event_types.iter().enumerate() {
            let before = tallies.0.event_types[code + 1];
            figure(FigureOf::EventType, label, total(before), tallies.1.event_types[code + 1]);
        }
    } else {
        let why =
            format!("the periods are not alike ({lasted} days and {lasts}): rows, people and event types say nothing");
        not_run.push((FigureOf::File, why));
    }
    for ((name, then), this) in months.names().zip(tallies.0.months).zip(tallies.1.months) {
        figure(FigureOf::Month, &name, then, this);
    }
    if months.count() == 0 {
        not_run.push((FigureOf::Month, "the periods have no whole month in common".to_owned()));
    }
    if this.period.start() > then.period.end().tomorrow() {
        let why = "there is a gap between the periods, in which services may have ended".to_owned();
        not_run.push((FigureOf::OpenServices, why));
    }
    (figures, not_run)
}

fn days(period: Period) -> i32 {
    period.end().days() - period.start().days() + 1
}

/// What has been told so far.
#[derive(Default)]
struct Changes {
    counts: BTreeMap<Change, u64>,
    listed: BTreeMap<Change, Vec<Place>>,
}

impl Changes {
    fn add(&mut self, change: Change, place: Place) {
        *self.counts.entry(change).or_default() += 1;
        let listed = self.listed.entry(change).or_default();
        listed.push(place);
        // The partitions come in no order of rows: the first rows are known once all have been seen.
        if listed.len() >= 2 * Comparison::MOST {
            listed.sort_unstable();
            listed.truncate(Comparison::MOST);
        }
    }

    fn finish(self) -> ([u64; CHANGES.len()], Vec<Listed>) {
        let counts = CHANGES.map(|change| self.counts.get(&change).copied().unwrap_or(0));
        let listed = self.listed.into_iter().flat_map(|(change, mut places)| {
            places.sort_unstable();
            places.truncate(Comparison::MOST);
            places.into_iter().map(move |place| Listed { change, place })
        });
        (counts, listed.collect())
    }
}

impl Told for Changes {
    fn now(&mut self, change: Change, event: &Event) {
        self.add(change, Place::Now(u64::from(event.row)));
    }

    fn before(&mut self, change: Change, event: &Event) {
        self.add(change, Place::Before(u64::from(event.row)));
    }
}

impl Change {
    /// The rule that finds it.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::ServiceVanished => "C003",
            Self::PersonVanished => "C004",
            Self::Reference => "C005",
            Self::LocalId | Self::NhsNumber => "C006",
            Self::StartReset => "C007",
        }
    }

    /// The field in which it shows.
    pub const fn field(self) -> Field {
        match self {
            Self::ServiceVanished => Field::EventEndDate,
            Self::PersonVanished | Self::LocalId => Field::LaPersonUniqueIdentifier,
            Self::Reference => Field::EventReference,
            Self::NhsNumber => Field::NhsNumber,
            Self::StartReset => Field::EventStartDate,
        }
    }
}
