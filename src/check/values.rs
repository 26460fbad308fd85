//! What stood in the fields that tell nobody's identity, value by value.
//!
//! The national dashboard lists, for each such field, its values with their counts. Labels are counted by their code. Texts
//! that are no valid value are told apart up to a bound, so that a wrong column fed into a field cannot fill the memory.

use super::FieldCounts;
use crate::{
    model::{Cells, Field, FieldStatus, Lookup, Record, Validity},
    spec::Release,
};

/// Counts by field and value. Of personal fields there are none.
#[derive(Clone, Debug, Default)]
pub struct Values {
    lists: Vec<List>,
    /// The fields that tell somebody's identity.
    personal: Vec<Field>,
    /// For each list, by code, by what the field asked. At code 0 stand the rows without a label.
    labels: Vec<[u64; 4]>,
    /// By field; of personal fields nothing is kept.
    odd: Vec<Option<Odd>>,
}

#[derive(Clone, Copy, Debug)]
struct List {
    field: Field,
    start: usize,
    labels: usize,
}

/// Texts of a field that are no valid value.
#[derive(Clone, Debug, Default)]
struct Odd {
    texts: Lookup<FieldCounts>,
    beyond: FieldCounts,
    /// Whether one of them stood in a personal field of its record as well.
    of_a_person: bool,
}

impl Values {
    /// How many odd texts are told apart in one field.
    pub const MOST: usize = 100;
    /// A text longer than this, in bytes, is no attempt at a value: it is counted among the others.
    pub const LONGEST: usize = 200;

    pub(super) fn new(release: &Release) -> Self {
        let mut values = Self::default();
        for spec in release.fields() {
            values.personal.extend(Some(spec.field).filter(|_| spec.personal));
            values.odd.push((!spec.personal).then(Odd::default));
            if let Some(list) = release.list(spec.field).filter(|_| !spec.personal) {
                let (start, labels) = (values.labels.len(), list.values.len());
                values.lists.push(List { field: spec.field, start, labels });
                values.labels.resize(start + labels + 1, [0; 4]);
            }
        }
        values
    }

    /// Counts a record's labels, by what each field asks.
    #[inline]
    pub(super) fn count_labels(&mut self, cells: &Cells, status: impl Fn(Field) -> FieldStatus) {
        for list in &self.lists {
            // A cell without a label is worth 0.
            let code = (cells[list.field.index()].value() as usize).min(list.labels);
            self.labels[list.start + code][status(list.field) as usize] += 1;
        }
    }

    /// Counts the text of a record's field that is no valid value.
    pub(super) fn count_odd(&mut self, field: Field, record: &Record<'_>, status: FieldStatus, validity: Validity) {
        let Some(odd) = &mut self.odd[field.index()] else { return };
        let text = record.text(field);
        odd.of_a_person |= self.personal.iter().any(|personal| record.text(*personal).eq_ignore_ascii_case(text));
        if odd.texts.len() < Self::MOST && text.len() <= Self::LONGEST {
            odd.texts.add(text, FieldCounts::default());
        }
        let counts = odd.texts.get_mut(text).unwrap_or(&mut odd.beyond);
        counts.0[status as usize][validity as usize] += 1;
    }

    /// A number for an odd text, the same whenever it comes again; all beyond the bound share one.
    pub(super) fn place_of_odd(&self, field: Field, text: &[u8]) -> usize {
        let place = self.odd[field.index()].as_ref().and_then(|odd| odd.texts.place(text));
        place.unwrap_or(Self::MOST)
    }

    /// Rows with a label, by its code from 1, by what the field asked of them; each of them passed.
    pub fn label(&self, field: Field, code: usize) -> [u64; 4] {
        let list = self.lists.iter().find(|list| list.field == field && (1..=list.labels).contains(&code));
        list.map_or([0; 4], |list| self.labels[list.start + code])
    }

    /// The texts that are no valid value, in Windows-1252, in the order in which they were first seen.
    pub fn odd(&self, field: Field) -> impl Iterator<Item = (&[u8], &FieldCounts)> {
        self.odd.get(field.index()).and_then(Option::as_ref).into_iter().flat_map(|odd| odd.texts.iter())
    }

    /// Whether an odd text stood in a personal field of its record as well: a column of names, ids or dates feeds this field.
    pub fn is_fed_by_a_personal_column(&self, field: Field) -> bool {
        self.odd.get(field.index()).and_then(Option::as_ref).is_some_and(|odd| odd.of_a_person)
    }

    /// The cells whose odd text was not told apart.
    pub fn beyond(&self, field: Field) -> FieldCounts {
        self.odd.get(field.index()).and_then(Option::as_ref).map_or_else(FieldCounts::default, |odd| odd.beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{of_record, release},
        *,
    };

    #[test]
    fn labels_are_counted_by_what_the_field_asked() {
        let release = release();
        let mut values = Values::new(&release);
        let female = usize::from(release.code(Field::Gender, "Female"));
        for (gender, asked) in [
            ("Female", FieldStatus::Mandatory),
            ("Female", FieldStatus::Applicable),
            ("Femal", FieldStatus::Mandatory),
            ("", FieldStatus::Mandatory),
            ("Female", FieldStatus::Mandatory),
        ] {
            of_record(&release, &[(Field::Gender, gender)], |record| values.count_labels(record.cells(), |_| asked));
        }
        assert_eq!(values.label(Field::Gender, female), [2, 1, 0, 0]);
        assert_eq!(values.label(Field::Gender, female + 1), [0; 4]);
        assert_eq!((values.label(Field::Gender, 0), values.label(Field::Gender, 99)), ([0; 4], [0; 4]));
        assert_eq!(values.label(Field::DateOfBirth, 1), [0; 4]);
    }

    #[test]
    fn odd_texts_are_bounded_and_those_of_personal_fields_are_not_kept() {
        let release = release();
        let mut values = Values::new(&release);
        let mut count = |field, text: &str| {
            of_record(&release, &[(field, text)], |record| {
                values.count_odd(field, record, FieldStatus::Mandatory, Validity::Invalid);
            });
        };
        for n in 0..Values::MOST + 7 {
            count(Field::Gender, &format!("odd {n}"));
            count(Field::Gender, "odd 3");
            count(Field::NhsNumber, &format!("999 {n}"));
        }
        count(Field::Gender, &"x".repeat(Values::LONGEST + 1));
        let failed = |counts: &FieldCounts| counts.get(FieldStatus::Mandatory, Validity::Invalid);
        let told: Vec<_> = values.odd(Field::Gender).map(|(text, counts)| (text, failed(counts))).collect();
        assert_eq!((told.len(), told[1], told[4]), (Values::MOST, (&b"odd 3"[..], 108), (&b"odd 4"[..], 1)));
        assert_eq!(failed(&values.beyond(Field::Gender)), 8);
        assert_eq!((values.odd(Field::NhsNumber).count(), failed(&values.beyond(Field::NhsNumber))), (0, 0));
        assert_eq!(values.place_of_odd(Field::Gender, b"odd 4"), 4);
        assert_eq!(values.place_of_odd(Field::Gender, b"odd 104"), Values::MOST);
    }

    #[test]
    fn a_field_that_is_fed_by_a_personal_column_is_found_by_one_row() {
        let release = release();
        for (last_name, gender, is_fed) in
            [("Fixture", "FIXTURE", true), ("Fixture", "Fixtur", false), ("Fixture", "X9", false), ("", "X9", false)]
        {
            let mut values = Values::new(&release);
            let texts = [(Field::LastName, last_name), (Field::Gender, gender)];
            of_record(&release, &texts, |record| {
                values.count_odd(Field::Gender, record, FieldStatus::Mandatory, Validity::Invalid);
            });
            assert_eq!(values.is_fed_by_a_personal_column(Field::Gender), is_fed, "{gender}");
            assert!(!values.is_fed_by_a_personal_column(Field::LastName));
        }
    }
}
