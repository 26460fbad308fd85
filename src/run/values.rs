//! What the report tells of values: which stood in each field.
//!
//! A wrong column in a mapping must not print names. Values of personal fields are never told. Of faulty values those are told
//! that nearly are a label, and those that enough rows share; none of these where a field holds more different ones than a list
//! could give rise to.

use crate::{
    check::{FieldCounts, Values},
    model::{Field, FieldStatus, Validity},
    report::FieldValue,
    shape::decode,
    spec::{NearMiss, Release},
};

/// A field with more different unknown values than this is fed by the wrong column: its values are not printed.
pub(super) const MOST_VALUES: usize = 40;

/// A faulty value on fewer rows than this may be somebody's name: it is not printed.
pub(super) const FEWEST_ROWS: u64 = 5;

/// The values of a field, the most frequent first, and in how many cells stand faulty ones that are not told.
pub(super) fn of_field(release: &Release, field: Field, values: &Values) -> (Vec<FieldValue>, u64) {
    let list = release.list(field);
    let mut told = Vec::new();
    for (label, code) in list.map_or(&[][..], |list| &list.values).iter().zip(1..) {
        for (status, count) in FieldStatus::ALL.iter().zip(values.label(field, code)) {
            told.push(FieldValue { value: label.text.clone(), status: *status, validity: Validity::Valid, count });
        }
    }
    let mut not_told = values.beyond(field).total();
    let wrong_column = may_be_of_a_wrong_column(field, values);
    for (text, counts) in values.odd(field) {
        let text = utf_8(text);
        if (wrong_column || counts.total() < FEWEST_ROWS) && !is_nearly_a_label(release, field, &text) {
            not_told += counts.total();
        } else {
            told.extend(lines(&text, counts));
        }
    }
    told.retain(|line| line.count > 0);
    // The sort is stable: labels stay in the order of the list, and before values with a fault.
    told.sort_by_key(|line| std::cmp::Reverse(line.count));
    (told, not_told)
}

/// Whether a field is fed by a personal column, or holds more different faulty values than a list could give rise to.
pub(super) fn may_be_of_a_wrong_column(field: Field, values: &Values) -> bool {
    values.is_fed_by_a_personal_column(field)
        || values.beyond(field).total() > 0
        || values.odd(field).count() > MOST_VALUES
}

/// Whether a text of the upload file, in Windows-1252, may be somebody's name that a wrong column brought into the field.
pub(super) fn may_be_a_name(release: &Release, field: Field, text: &[u8], values: &Values) -> bool {
    let rows = values.odd(field).find(|(odd, _)| *odd == text).map(|(_, counts)| counts.total());
    let is_odd = rows.is_some() || (release.list(field).is_some() && release.code(field, &utf_8(text)) == 0);
    let is_shared = rows.is_some_and(|rows| rows >= FEWEST_ROWS) && !may_be_of_a_wrong_column(field, values);
    is_odd && !is_shared && !is_nearly_a_label(release, field, &utf_8(text))
}

fn is_nearly_a_label(release: &Release, field: Field, text: &str) -> bool {
    let near = release.list(field).and_then(|list| list.near_miss(text));
    matches!(near, Some(NearMiss::Spelling(_)))
}

fn lines(value: &str, counts: &FieldCounts) -> Vec<FieldValue> {
    let line = |status, validity| {
        let count = counts.get(status, validity);
        FieldValue { value: value.to_owned(), status, validity, count }
    };
    FieldStatus::ALL.iter().flat_map(|status| Validity::ALL.iter().map(|validity| line(*status, *validity))).collect()
}

/// A text of the upload file.
pub(super) fn utf_8(windows_1252: &[u8]) -> String {
    let mut decoded = Vec::new();
    decode(windows_1252, &mut decoded);
    String::from_utf8_lossy(&decoded).into_owned()
}
