//! By what a row tells whose it is.

use super::{
    facts::{LOCAL_ID, NHS_NUMBER},
    hash::of_text,
    hashed,
};
use crate::model::{Field, Reading, Record};

/// The identifiers of a row.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::check) struct Ids {
    /// The NHS number, where it is valid.
    pub(super) nhs_number: Option<Id>,
    /// The local id.
    pub(super) local_id: Option<Id>,
}

/// An identifier.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id {
    pub(super) hash: u64,
    /// The place of what is known under it, where that was looked up and found.
    pub(super) place: Option<u32>,
}

impl Id {
    /// An identifier by its hash, not yet looked up.
    pub(super) const fn new(hash: u64) -> Self {
        Self { hash, place: None }
    }
}

impl Ids {
    /// The identifiers of a record, not yet looked up.
    pub(super) fn of(record: &Record<'_>) -> Self {
        let is_valid = record.cell(Field::NhsNumber).reading() == Reading::Valid;
        let nhs_number = is_valid.then(|| of_text(NHS_NUMBER, record.text(Field::NhsNumber)));
        let local_id = hashed(record, Field::LaPersonUniqueIdentifier, LOCAL_ID);
        Self { nhs_number: nhs_number.map(Id::new), local_id: local_id.map(Id::new) }
    }
}
