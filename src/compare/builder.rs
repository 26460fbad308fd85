//! The index of a file that is being made.

use std::io;

use super::{
    event::{Event, NO_END, NO_LOCAL_ID},
    index::{Head, IndexFile, LISTED},
    pseudonym::{Lately, Of, Pseudonyms},
    spill::{PARTITIONS, Spill, partition},
};
use crate::{
    check::SERVICE,
    model::{Batch, Date, Field, Period, Reading, Record, Vocabulary},
    spec::Release,
    sys::fs::{FsError, WorkFolder},
};

/// What tells events of one type from one another besides their days, as DHSC's unique-event key does.
const TELLING: [Field; 6] = [
    Field::EventType,
    Field::ClientType,
    Field::RouteOfAccess,
    Field::AssessmentType,
    Field::ServiceType,
    Field::ServiceComponent,
];

/// Takes batches of records, and leaves an index of them.
pub struct Indexer {
    pseudonyms: Pseudonyms,
    period: Period,
    labels: [Vec<String>; 3],
    /// For each of [`TELLING`], a number for each code from 1; a label has the same one in every release.
    numbers: [Vec<u64>; TELLING.len()],
    service: u8,
    local: Lately,
    nhs: Lately,
    spill: Spill,
}

impl Indexer {
    /// Begins the index of a file for a period.
    pub fn new(release: &Release, period: Period, pseudonyms: &Pseudonyms, work: &WorkFolder) -> Result<Self, FsError> {
        let labels = |field: Field| {
            let values = release.list(field).map_or(&[][..], |list| &list.values);
            values.iter().map(|value| value.text.clone()).collect::<Vec<_>>()
        };
        Ok(Self {
            pseudonyms: pseudonyms.clone(),
            period,
            numbers: TELLING.map(|field| labels(field).iter().map(|label| number(label.as_bytes())).collect()),
            labels: LISTED.map(labels),
            service: u8::try_from(release.code(SERVICE.0, SERVICE.1)).unwrap_or(0),
            local: Lately::new(Of::Local),
            nhs: Lately::new(Of::Nhs),
            spill: Spill::new(work)?,
        })
    }

    /// Takes the records of a batch.
    pub fn add(&mut self, batch: &Batch, vocabulary: &Vocabulary) -> io::Result<()> {
        for at in 0..batch.records() {
            let event = self.event(&batch.record(at, vocabulary), batch.first_row + at as u64);
            self.put(&event).map_err(|error| io::Error::other(self.spill.failed(error)))?;
        }
        Ok(())
    }

    /// Rows of nobody are matched with nothing: they are spread so that no partition grows with them.
    pub(super) fn put(&mut self, event: &Event) -> io::Result<()> {
        let place = if event.person == 0 { event.row as usize % PARTITIONS } else { partition(event.person) };
        self.spill.push(place, event)
    }

    fn event(&mut self, record: &Record<'_>, row: u64) -> Event {
        let local = self.local.pseudonym(record.text(Field::LaPersonUniqueIdentifier), &self.pseudonyms);
        let nhs = self.nhs_number(record);
        let reference = record.text(Field::EventReference);
        let reference = if reference.is_empty() { 0 } else { self.pseudonyms.of(Of::Event, reference) };
        let (start, end) = (record.date(Field::EventStartDate), record.date(Field::EventEndDate));
        let no_end = record.cell(Field::EventEndDate).reading() == Reading::Blank;
        let code = |field| record.code(field).and_then(|code| u8::try_from(code).ok()).unwrap_or(0);
        let event_type = code(Field::EventType);
        let flags = if local == 0 { NO_LOCAL_ID } else { 0 } | if no_end { NO_END } else { 0 };
        Event {
            person: if local == 0 { nhs } else { local },
            nhs,
            reference,
            facts: self.facts(record, start, end.filter(|_| event_type != self.service)),
            start: start.into(),
            end: end.into(),
            row: row as u32,
            event_type,
            client_type: code(Field::ClientType),
            service_type: code(Field::ServiceType),
            flags,
        }
    }

    /// The pseudonym of the ten digits, however they are spaced.
    fn nhs_number(&mut self, record: &Record<'_>) -> u64 {
        if record.cell(Field::NhsNumber).reading() != Reading::Valid {
            return 0;
        }
        let text = record.text(Field::NhsNumber);
        if text.len() == 10 {
            return self.nhs.pseudonym(text, &self.pseudonyms);
        }
        let mut digits = [0; 10];
        let found = text.iter().filter(|byte| byte.is_ascii_digit());
        digits.iter_mut().zip(found).for_each(|(digit, found)| *digit = *found);
        self.nhs.pseudonym(&digits, &self.pseudonyms)
    }

    fn facts(&self, record: &Record<'_>, start: Option<Date>, end: Option<Date>) -> u64 {
        let day = |day: Option<Date>| day.map_or(0, |day| day.days() as u32 as u64 + 1);
        let days = mixed(mixed(0, day(start)), day(end));
        TELLING.iter().zip(&self.numbers).fold(days, |facts, (field, numbers)| {
            let label = match record.code(*field) {
                Some(code) => numbers.get(usize::from(code) - 1).copied().unwrap_or_default(),
                None if record.is_blank(*field) => 0,
                None => number(record.text(*field)),
            };
            mixed(facts, label)
        })
    }

    /// Puts the index into a file of the work folder.
    pub fn finish(mut self, work: &WorkFolder, name: &str) -> Result<(), FsError> {
        let head = Head {
            version: Head::VERSION,
            mark: self.pseudonyms.mark(),
            period: self.period,
            labels: self.labels,
            partitions: (0..PARTITIONS).map(|partition| self.spill.events(partition)).collect(),
        };
        let mut file = IndexFile::begin(work.create(name)?, &head)?;
        let (mut people, mut open_services) = (0, 0);
        let mut bytes = Vec::new();
        for partition in 0..PARTITIONS {
            let mut events = self.spill.take(partition)?;
            events.sort_unstable_by_key(|event| (event.person, event.row));
            bytes.clear();
            let mut before = 0;
            for event in &events {
                people += u64::from(event.person != before);
                before = event.person;
                let open = event.event_type == self.service && event.goes_on(self.period.end());
                open_services += u64::from(open);
                bytes.extend_from_slice(&event.to_bytes());
            }
            file.write(&bytes)?;
        }
        file.finish(people, open_services)
    }
}

/// A number for a text, the same in every run.
fn number(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One number made of two, in which every bit of both counts (the finisher of `SplitMix64`).
fn mixed(a: u64, b: u64) -> u64 {
    let z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
