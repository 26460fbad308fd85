//! How the values of each field fared, in the words of the national dashboard.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeStruct},
};

use super::number::Rate;
use crate::model::{Confidence, FieldStatus, Validity};

/// How the values of one field fared.
#[derive(Clone, Debug)]
pub struct FieldResult {
    /// The field's header text.
    pub header: String,
    /// The part of the template in which it stands.
    pub group: String,
    /// How well that is known by which its values are judged.
    pub confidence: Confidence,
    /// The values by what the field asked of the row and by how they fared.
    pub tally: FieldTally,
    /// The values themselves, the most frequent first: labels of the list, and values with a fault. Values of personal
    /// fields must not be among them.
    pub values: Vec<FieldValue>,
    /// Cells with a fault whose values are not told: there are so many different ones that the field may be fed by the
    /// wrong column.
    pub values_not_told: u64,
}

impl Serialize for FieldResult {
    /// With the shares that the national dashboard shows, which follow from the tally.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let share = |validity: &Validity| (*validity, self.tally.share(*validity).map(|share| share.to_string()));
        let shares: Vec<_> = Validity::ALL.iter().map(share).collect();
        let mut field = serializer.serialize_struct("FieldResult", 7)?;
        field.serialize_field("header", &self.header)?;
        field.serialize_field("group", &self.group)?;
        field.serialize_field("confidence", &self.confidence)?;
        field.serialize_field("tally", &self.tally)?;
        field.serialize_field("shares", &Pairs(&shares))?;
        field.serialize_field("values", &self.values)?;
        field.serialize_field("values_not_told", &self.values_not_told)?;
        field.end()
    }
}

/// Keys and values, in their order.
struct Pairs<'p, K, V>(&'p [(K, V)]);

impl<K: Serialize, V: Serialize> Serialize for Pairs<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A value of a field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldValue {
    /// The value; blank for cells without one.
    pub value: String,
    /// What the field asked of the rows that hold it.
    pub status: FieldStatus,
    /// How it fared.
    pub validity: Validity,
    /// Rows that hold it.
    pub count: u64,
}

/// Counts of the values of one field by [`FieldStatus`] and [`Validity`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FieldTally([[u64; 4]; 4]);

impl From<[[u64; 4]; 4]> for FieldTally {
    /// Counts indexed by `FieldStatus as usize`, then by `Validity as usize`.
    fn from(counts: [[u64; 4]; 4]) -> Self {
        Self(counts)
    }
}

impl FieldTally {
    /// Counts values.
    pub fn add(&mut self, status: FieldStatus, validity: Validity, values: u64) {
        self.0[status as usize][validity as usize] += values;
    }

    /// Rows of which the field asked this.
    pub fn rows(&self, status: FieldStatus) -> u64 {
        self.0[status as usize].iter().sum()
    }

    /// Values that fared so, among the rows to which the field applies or may apply.
    pub fn values(&self, validity: Validity) -> u64 {
        let applies = |status: &&FieldStatus| **status != FieldStatus::NotApplicable;
        FieldStatus::ALL.iter().filter(applies).map(|status| self.0[*status as usize][validity as usize]).sum()
    }

    /// Values that failed.
    pub fn failed(&self) -> u64 {
        Validity::ALL.iter().filter(|v| v.is_failed()).map(|v| self.values(*v)).sum()
    }

    /// Values that passed.
    pub fn passed(&self) -> u64 {
        Validity::ALL.iter().filter(|v| !v.is_failed()).map(|v| self.values(*v)).sum()
    }

    /// The share of values that fared so, as the national dashboard shows it; none where the field applies to no row.
    pub fn share(&self, validity: Validity) -> Option<Rate> {
        Rate::new(self.values(validity), self.passed() + self.failed())
    }

    /// The share of values that passed; none where the field applies to no row.
    pub fn pass_rate(&self) -> Option<Rate> {
        Rate::new(self.passed(), self.passed() + self.failed())
    }
}

impl Serialize for FieldTally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Words<'a>(&'a [u64; 4]);
        impl Serialize for Words<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(Validity::ALL.iter().zip(self.0))
            }
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (status, counts) in FieldStatus::ALL.iter().zip(&self.0) {
            map.serialize_entry(status, &Words(counts))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_to_which_a_field_does_not_apply_leave_its_pass_rate_alone() {
        let mut tally = FieldTally::default();
        tally.add(FieldStatus::Mandatory, Validity::Valid, 2);
        tally.add(FieldStatus::Undetermined, Validity::Invalid, 1);
        tally.add(FieldStatus::NotApplicable, Validity::Blank, 1_000);
        assert_eq!((tally.passed(), tally.failed()), (2, 1));
        assert_eq!(tally.pass_rate().unwrap().to_string(), "66.7%");
        assert_eq!(tally.share(Validity::Invalid).unwrap().to_string(), "33.3%");
        assert_eq!(tally.share(Validity::BlankMandatory).unwrap().to_string(), "0.0%");
        assert_eq!(tally.rows(FieldStatus::NotApplicable), 1_000);

        let nowhere = FieldTally::from([[0; 4], [0; 4], [0, 9, 0, 0], [0; 4]]);
        assert_eq!(nowhere.pass_rate(), None);
    }
}
