//! The list of restricted records: people whose rows are left out, why, and until when.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use crate::{
    document::{Document, Fault, Faults},
    model::{Date, Reason},
};

const COLUMNS: [&str; 3] = ["person_id", "reason", "expires"];

/// People whose rows are left out, by their id in the council's systems.
#[derive(Clone, Default)]
pub struct Exclusions(BTreeMap<String, Exclusion>);

/// Why a person's rows are left out, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exclusion {
    /// Why, in a few words that name nobody.
    pub reason: Reason,
    /// The last day on which it holds.
    pub expires: Date,
}

impl fmt::Debug for Exclusions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exclusions({} people)", self.0.len())
    }
}

impl Exclusions {
    /// Reads a CSV file with the columns `person_id,reason,expires`. Every entry must have all three; faults name
    /// lines, never people.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        Self::from_document(&Document::open(path)?)
    }

    /// Reads a document already in memory.
    pub fn from_document(document: &Document) -> Result<Self, Faults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(document.text().as_bytes());
        let headers = reader.headers().cloned().unwrap_or_default();
        if headers != COLUMNS[..] {
            let fault = document.fault(0..0, "the first line is not the three names of the columns");
            return Err(Faults::one(fault.with_help(format!("write {}", COLUMNS.join(",")))));
        }
        let mut faults = Faults::default();
        let mut list = BTreeMap::new();
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = line_of(document, record.position());
                    let fault = |message: &str| fault_of_line(document, line, message);
                    let Some((person, exclusion)) = faults.keep(entry(&record, fault)) else { continue };
                    if list.insert(person, exclusion).is_some() {
                        faults
                            .push(fault("the same person stands on an earlier line").with_help("keep one of the two"));
                    }
                }
                Err(e) => {
                    let line = line_of(document, e.position());
                    faults.push(fault_of_line(document, line, "there are not three columns"));
                }
            }
        }
        faults.or(Some(Self(list)))
    }

    /// The entry for a person, if it holds on that day.
    pub fn holding(&self, person: &str, on: Date) -> Option<&Exclusion> {
        self.0.get(person).filter(|entry| on <= entry.expires)
    }

    /// The ids of everybody whose entry holds on that day.
    pub fn on(&self, day: Date) -> BTreeSet<String> {
        let holding = self.0.iter().filter(|(_, entry)| day <= entry.expires);
        holding.map(|(person, _)| person.clone()).collect()
    }

    /// How many entries no longer hold on that day, and had better be renewed or removed.
    pub fn expired(&self, on: Date) -> usize {
        self.0.values().filter(|entry| entry.expires < on).count()
    }

    /// How many people are on the list.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a record begins; the reader counts the blank lines before it as part of it.
fn line_of(document: &Document, position: Option<&csv::Position>) -> usize {
    let start = position.map_or(0, |position| position.byte() as usize);
    let behind = document.text().get(start..).unwrap_or_default();
    document.position(start + behind.len() - behind.trim_start().len()).0
}

/// A fault without a place to show: whoever renders it must not show whom the line names.
fn fault_of_line(document: &Document, line: usize, message: &str) -> Fault {
    Fault::of_file(document.name(), format!("line {line}: {message}"))
}

fn entry(record: &csv::StringRecord, fault: impl Fn(&str) -> Fault) -> Result<(String, Exclusion), Faults> {
    let mut faults = Faults::default();
    let cell = |place| record.get(place).unwrap_or_default();
    let (person, reason, expires) = (cell(0), cell(1), Date::parse_iso(cell(2).as_bytes()));
    if person.is_empty() {
        faults.push(fault("'person_id' is blank"));
    }
    let reason = reason.parse::<Reason>().map_err(|error| {
        let (what, to_do) = error.told();
        faults.push(fault(&format!("'reason' {what}")).with_help(to_do));
    });
    if expires.is_none() {
        faults.push(fault("'expires' is not a date").with_help("every entry ends: write yyyy-mm-dd"));
    }
    faults.or(expires.zip(reason.ok()).map(|(expires, reason)| (person.to_owned(), Exclusion { reason, expires })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Exclusions, String> {
        Exclusions::from_document(&Document::new("exclusions.csv", text)).map_err(|faults| faults.to_string())
    }

    #[test]
    fn an_entry_holds_until_the_end_of_its_last_day() {
        let list = list("person_id,reason,expires\nP1,adoption order,2026-03-31\nP2, safety ,2027-01-01\n").unwrap();
        let day = |d| Date::from_ymd(2026, 3, d).unwrap();
        assert_eq!(list.holding("P1", day(31)).map(|entry| entry.reason.as_str()), Some("adoption order"));
        assert_eq!(list.holding("P1", day(31).tomorrow()), None);
        assert_eq!(list.holding("P2", day(31)).map(|entry| entry.reason.as_str()), Some("safety"));
        assert_eq!(list.holding("P3", day(31)), None);
        assert_eq!((list.len(), list.expired(day(31)), list.expired(day(31).tomorrow())), (2, 0, 1));
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_without_the_person() {
        let told = list(
            "person_id,reason,expires\nSECRET1,,2026-03-31\nSECRET2,safety,31/03/2026\n\n,safety,2026-03-31\n\
             SECRET3,safety,2026-03-31\nSECRET3,safety,2026-03-31\nSECRET4,safety\n\
             SECRET5,moved to M1 1AE,2026-03-31\nSECRET6,see 943 476 5919,2026-03-31\n",
        )
        .unwrap_err();
        assert!(!told.contains("SECRET") && !told.contains("M1") && !told.contains("943"), "{told}");
        insta::assert_snapshot!(told, @r"
    exclusions.csv: line 2: 'reason' is empty (say why in a few words)
    exclusions.csv: line 3: 'expires' is not a date (every entry ends: write yyyy-mm-dd)
    exclusions.csv: line 5: 'person_id' is blank
    exclusions.csv: line 7: the same person stands on an earlier line (keep one of the two)
    exclusions.csv: line 8: there are not three columns
    exclusions.csv: line 9: 'reason' holds what may be a postcode (say it without naming a person)
    exclusions.csv: line 10: 'reason' holds what may be an NHS number (say it without naming a person)
    ");
    }

    #[test]
    fn a_list_with_other_columns_is_refused() {
        insta::assert_snapshot!(list("id,why\nP1,safety\n").unwrap_err(), @"exclusions.csv:1:1: the first line is not the three names of the columns (write person_id,reason,expires)");
        insta::assert_snapshot!(list("").unwrap_err(), @"exclusions.csv: the first line is not the three names of the columns (write person_id,reason,expires)");
    }

    #[test]
    fn nobody_on_the_list_is_printed() {
        let list = list("person_id,reason,expires\nP1,safety,2026-03-31\n").unwrap();
        assert_eq!(format!("{list:?}"), "Exclusions(1 people)");
    }
}
