//! People under their old ids and their new ones.

use std::path::Path;

use super::pseudonym::{Of, Pseudonym, Pseudonyms};
use crate::{
    document::{Document, Fault, Faults},
    shape::encoded,
};

/// Which id of the new case system stands for which of the old one. Empty where the system has not changed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Crosswalk {
    /// Old and new, as the upload file holds them, sorted by the old.
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl std::fmt::Debug for Crosswalk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crosswalk({} pairs)", self.pairs.len())
    }
}

const COLUMNS: [&str; 2] = ["old_id", "new_id"];

impl Crosswalk {
    /// Reads a CSV file with the columns `old_id,new_id`. Several old ids may have become one; one old id stands for one
    /// new id. Faults name lines, never people.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        Self::from_document(&Document::open(path)?)
    }

    /// Reads a document already in memory.
    pub fn from_document(document: &Document) -> Result<Self, Faults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(document.text().as_bytes());
        if reader.headers().cloned().unwrap_or_default() != COLUMNS[..] {
            let fault = document.fault(0..0, "the first line is not the two names of the columns");
            return Err(Faults::one(fault.with_help(format!("write {}", COLUMNS.join(",")))));
        }
        let mut faults = Faults::default();
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for record in reader.records() {
            let position = match &record {
                Ok(record) => record.position(),
                Err(error) => error.position(),
            };
            // A fault without a place to show: whoever renders it must not show whom the line names.
            let line = position.map_or(0, csv::Position::line);
            let mut fault = |message: &str| {
                faults.push(Fault::of_file(document.name(), format!("line {line}: {message}")));
            };
            let Ok(record) = &record else {
                fault("there are not two columns");
                continue;
            };
            match (encoded(&record[0]), encoded(&record[1])) {
                (Some(old), Some(new)) if !old.is_empty() && !new.is_empty() => pairs.push((old, new)),
                (Some(_), Some(_)) => fault("an id is blank"),
                _ => fault("an id holds a character that cannot stand in an upload file"),
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let twice = pairs.windows(2).filter(|two| two[0].0 == two[1].0).count();
        if twice > 0 {
            let fault = Fault::of_file(document.name(), format!("{twice} old ids have more than one new id"));
            faults.push(fault.with_help("keep one line for each old id"));
        }
        faults.or(Some(Self { pairs }))
    }

    /// How many ids have changed.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The same under a key, sorted by the old.
    pub(super) fn under(&self, pseudonyms: &Pseudonyms) -> Vec<(Pseudonym, Pseudonym)> {
        let of = |id: &[u8]| pseudonyms.of(Of::Local, id);
        let mut pairs: Vec<_> = self.pairs.iter().map(|(old, new)| (of(old), of(new))).collect();
        pairs.sort_unstable();
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Crosswalk, Faults> {
        Crosswalk::from_document(&Document::new("crosswalk.csv", text))
    }

    #[test]
    fn old_ids_become_new_ones() {
        let crosswalk = read("old_id,new_id\nP1, N1\nP2,N1\n\nP1,N1\n").unwrap();
        assert_eq!(crosswalk.len(), 2);
        assert_eq!(format!("{crosswalk:?}"), "Crosswalk(2 pairs)");
        let pseudonyms = Pseudonyms::of_bytes(&[3; 32]);
        let of = |id: &[u8]| pseudonyms.of(Of::Local, id);
        let under = crosswalk.under(&pseudonyms);
        assert!(under.contains(&(of(b"P1"), of(b"N1"))) && under.contains(&(of(b"P2"), of(b"N1"))));
    }

    #[test]
    fn every_fault_is_told_by_its_line_and_names_nobody() {
        let faults = read("old_id,new_id\nP1,\nP2,N2,x\nP3,N\u{4e2d}\nP4,N4\nP4,N5\n").unwrap_err().to_string();
        for part in ["line 2: an id is blank", "line 3: there are not two", "line 4: an id holds", "1 old ids have"] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
        assert!(!["P1", "P2", "P3", "P4", "N4"].iter().any(|id| faults.contains(id)), "{faults}");
        assert!(read("from,to\n").unwrap_err().to_string().contains("old_id,new_id"));
    }
}
