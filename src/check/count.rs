//! Counts over a run.

use crate::model::{Field, FieldStatus, Validity};

/// How one field fared: rows by what the field asked and by how the value did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FieldCounts(pub [[u64; 4]; 4]);

impl FieldCounts {
    /// Rows with this status and this validity.
    pub fn get(&self, status: FieldStatus, validity: Validity) -> u64 {
        self.0[status as usize][validity as usize]
    }

    /// Rows with this validity, whatever the field asked.
    pub fn with(&self, validity: Validity) -> u64 {
        self.0.iter().map(|row| row[validity as usize]).sum()
    }

    /// Rows on which the field was mandatory, and how many of them failed.
    pub fn mandatory(&self) -> (u64, u64) {
        let row = self.0[FieldStatus::Mandatory as usize];
        (row.iter().sum(), row[Validity::BlankMandatory as usize] + row[Validity::Invalid as usize])
    }
}

/// Everything that is counted while records go by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Records checked.
    pub records: u64,
    /// By field, in template order.
    pub fields: Vec<FieldCounts>,
    /// Findings by rule, in the order of the registry, and by field.
    pub rules: Vec<[u64; Field::COUNT]>,
    /// Records by month (of the event's end; of its start for a service that goes on) and by code of the event type; the
    /// first month is the period's first, the last entry holds whatever lies outside the period.
    pub months: Vec<[u64; Counts::TYPES]>,
    /// Records by code of the client type.
    pub client_types: [u64; Counts::TYPES],
    /// BLOCK findings by rule, in the order of the registry.
    pub blocks: Vec<u64>,
}

impl Counts {
    /// Event types, and client types, that are counted apart; the first stands for none.
    pub const TYPES: usize = 8;

    /// Nothing counted yet.
    pub fn new(rules: usize, months: usize) -> Self {
        Self {
            records: 0,
            fields: vec![FieldCounts::default(); Field::COUNT],
            rules: vec![[0; Field::COUNT]; rules],
            months: vec![[0; Self::TYPES]; months + 1],
            client_types: [0; Self::TYPES],
            blocks: vec![0; rules],
        }
    }

    /// How one field fared.
    pub fn field(&self, field: Field) -> &FieldCounts {
        &self.fields[field.index()]
    }

    /// Findings of a rule, by its place in the registry.
    pub fn findings(&self, rule: usize) -> u64 {
        self.rules[rule].iter().sum()
    }

    /// Cells of a field that hold something, whether it passed or not.
    pub fn filled(&self, field: Field) -> u64 {
        self.field(field).with(Validity::Valid) + self.field(field).with(Validity::Invalid)
    }
}
