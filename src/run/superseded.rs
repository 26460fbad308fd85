//! A release that is no longer the current one.

use crate::{
    check::Values,
    model::Field,
    spec::{CodeList, Release},
};

/// The one line that says so.
pub(super) fn notice(release: &Release) -> String {
    let last = release.valid_to.map(|date| date.to_string()).unwrap_or_default();
    format!("{} is no longer the current release: the centre expects it for periods that end by {last}", release.name)
}

/// The same, with the fields that hold labels for which a later release has other words.
pub(super) fn told(release: &Release, values: &Values) -> String {
    let rows = |field: Field, list: &CodeList| -> u64 {
        let labels = list.values.iter().zip(1..).filter(|(value, _)| is_reworded(list, &value.text, release));
        labels.map(|(_, code)| values.label(field, code).iter().sum::<u64>()).sum()
    };
    let fields = Field::ALL.into_iter().filter_map(|field| Some((field, rows(field, release.list(field)?))));
    let fields = fields.filter(|(_, rows)| *rows > 0);
    let fields: Vec<_> = fields.map(|(field, rows)| format!("{} ({rows} rows)", release.field(field).header)).collect();
    let notice = notice(release);
    if fields.is_empty() {
        notice
    } else {
        format!("{notice}; a later one has other words for labels of {}", fields.join(", "))
    }
}

fn is_reworded(list: &CodeList, label: &str, release: &Release) -> bool {
    let mut wordings = list.wordings.iter().filter(|wording| is_later(&wording.release, &release.name));
    wordings.any(|wording| wording.means.iter().any(|means| means == label))
}

/// Whether a release, by its name, comes after another. What is no release by name, such as Version 5, came before.
fn is_later(release: &str, than: &str) -> bool {
    let number = |name: &str| name.strip_prefix("Release ")?.parse::<u32>().ok();
    number(release).zip(number(than)).is_some_and(|(release, than)| release > than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_reworded_where_a_later_release_has_another_word_for_it() {
        let release = Release::embedded().unwrap();
        let is_reworded = |field, label: &str| is_reworded(release.list(field).unwrap(), label, &release);
        assert!(is_reworded(Field::Ethnicity, "White - Irish"));
        assert!(is_reworded(Field::AccommodationStatus, "Tenant"));
        assert!(!is_reworded(Field::Gender, "Female"));
        // Version 5 had another word for it, and that release is past.
        assert!(!is_reworded(Field::PrimarySupportReason, "Unknown"));
        assert!(is_later("Release 2", "Release 1") && !is_later("Version 5", "Release 1"));
    }
}
