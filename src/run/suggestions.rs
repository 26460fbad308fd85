//! What a value outside its list was meant to be, and where to change it.
//!
//! Worked out once per different value when all rows have gone by. Only values that nearly are a label are told: whoever's
//! name a wrong column may have brought, nobody is called *Tenant - private landlord*.

use super::values::{FEWEST_ROWS, MOST_VALUES, may_be_of_a_wrong_column};
use crate::{
    check::Values,
    mapping::{Mapping, ValueMap},
    model::{Field, push_cell},
    report::Suggestion,
    shape::LocalValue,
    spec::{Because, Meant, Release},
};

/// Suggestions for the values that no map and no list knows, the most frequent first.
pub(super) fn suggestions(
    release: &Release,
    mapping: Option<&Mapping>,
    values: &[LocalValue],
    counted: &Values,
) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for field in Field::ALL.into_iter().filter(|field| !release.field(*field).personal) {
        let Some(list) = release.list(field) else { continue };
        let of_field: Vec<_> = values.iter().filter(|value| value.field == field).collect();
        let wrong_column = of_field.len() > MOST_VALUES || may_be_of_a_wrong_column(field, counted);
        let is_told = |because: Because<'_>, value: &LocalValue| {
            because.is_certain() || (!wrong_column && value.count >= FEWEST_ROWS)
        };
        for value in &of_field {
            let Some(text) = &value.value else { continue };
            let map = value.map.as_ref().and_then(|file| mapping?.maps.iter().find(|map| map.file == *file));
            let suggested = if let Some(line) = value.restored_line {
                map.and_then(|map| restored(text, map, line))
            } else {
                let meant = list.meant(text).filter(|meant| is_told(meant.because, value));
                meant.map(|meant| near(text, &meant, map, mapping))
            };
            let header = || release.field(field).header.clone();
            found.extend(suggested.map(|told| Suggestion { field: header(), count: value.count, ..told }));
        }
    }
    // The sort is stable: fields stay in template order among values that are as frequent.
    found.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.count));
    found
}

/// A value that nearly is a label.
fn near(text: &str, meant: &Meant<'_>, map: Option<&ValueMap>, mapping: Option<&Mapping>) -> Suggestion {
    let labels = meant.labels.join("' or '");
    let what_to_do = match (map, meant.labels.as_slice()) {
        (Some(map), [label]) => format!("Add the line {} to {}.", line_of_map(text, label), map.file),
        (Some(map), _) => format!("Add a line for '{text}' to {}: it means '{labels}'.", map.file),
        (None, _) if mapping.is_some() => format!("Write '{labels}' for '{text}', or give the field a value map."),
        (None, _) => format!("Write '{labels}' for '{text}'."),
    };
    Suggestion {
        field: String::new(),
        value: text.to_owned(),
        meant: meant.labels.join(" or "),
        differs: meant.because.to_string(),
        change: map.map(|map| map.file.clone()),
        what_to_do,
        count: 0,
    }
}

/// A value that the map knows once its leading zeros, or its digits, are restored.
fn restored(text: &str, map: &ValueMap, line: usize) -> Option<Suggestion> {
    let entry = map.entries.iter().find(|entry| entry.line == line)?;
    Some(Suggestion {
        field: String::new(),
        value: text.to_owned(),
        meant: entry.national.clone(),
        differs: "a spreadsheet changed the value map".to_owned(),
        change: Some(format!("{}, line {line}", map.file)),
        what_to_do: format!("Write '{text}' for '{}' in line {line} of {}.", entry.local, map.file),
        count: 0,
    })
}

/// The line as it should stand in a value map.
fn line_of_map(local: &str, national: &str) -> String {
    let mut line = Vec::new();
    push_cell(local.as_bytes(), &mut line);
    line.push(b',');
    push_cell(national.as_bytes(), &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{MapEntry, Unmapped};

    fn value(field: Field, text: &str, map: Option<&str>, count: u64) -> LocalValue {
        let map = map.map(str::to_owned);
        LocalValue { field, map, value: Some(text.to_owned()), restored_line: None, count }
    }

    fn mapping() -> Mapping {
        let entry = |local: &str, national: &str, line| MapEntry {
            local: local.to_owned(),
            national: national.to_owned(),
            line,
        };
        let map = ValueMap {
            name: "ethnicity".to_owned(),
            file: "values/ethnicity.csv".to_owned(),
            unmapped: Unmapped::Error,
            entries: vec![entry("WB", "White - Irish", 2), entry("7", "White - Roma", 3)],
        };
        Mapping {
            name: "m".to_owned(),
            queries: Vec::new(),
            maps: vec![map],
            files: Vec::new(),
            folder: "mapping".into(),
        }
    }

    /// Field, value, meant, place and what to do.
    fn told(mapping: Option<&Mapping>, values: &[LocalValue]) -> Vec<String> {
        let release = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
        let line = |told: Suggestion| {
            let place = told.change.unwrap_or_default();
            format!(
                "{}|{}|{}|{}|{}|{place}|{}",
                told.field, told.value, told.count, told.meant, told.differs, told.what_to_do
            )
        };
        suggestions(&release, mapping, values, &Values::default()).into_iter().map(line).collect()
    }

    #[test]
    fn a_value_of_a_map_is_told_with_the_line_to_add_or_to_change() {
        let map = Some("values/ethnicity.csv");
        let zeros = LocalValue { restored_line: Some(3), ..value(Field::Ethnicity, "007", map, 5) };
        let values = [
            value(Field::Ethnicity, "White: Irish", map, 3),
            zeros,
            value(Field::Ethnicity, "Asian or Asian British, Indian", map, 9),
            value(Field::Ethnicity, "ZZ", map, 50),
        ];
        assert_eq!(
            told(Some(&mapping()), &values),
            [
                "Ethnicity|Asian or Asian British, Indian|9|Asian or Asian British - Indian|other dashes, colons or \
                 slashes|values/ethnicity.csv|Add the line \"Asian or Asian British, Indian\",Asian or Asian British - \
                 Indian to values/ethnicity.csv.",
                "Ethnicity|007|5|White - Roma|a spreadsheet changed the value map|values/ethnicity.csv, line 3|Write \
                 '007' for '7' in line 3 of values/ethnicity.csv.",
                "Ethnicity|White: Irish|3|White - Irish|a wording of Release 2|values/ethnicity.csv|Add the line White: \
                 Irish,White - Irish to values/ethnicity.csv.",
            ]
        );
    }

    #[test]
    fn a_value_that_no_map_made_is_to_be_written_otherwise() {
        let values = [value(Field::EventOutcome, "Continuation of support or services", None, 1)];
        let meant = "Event Outcome|Continuation of support or services|1|No change in package or Provision of service|a \
                     wording of Release 2||Write 'No change in package' or 'Provision of service' for 'Continuation of \
                     support or services'";
        assert_eq!(told(None, &values), [format!("{meant}.")]);
        assert_eq!(told(Some(&mapping()), &values), [format!("{meant}, or give the field a value map.")]);
    }

    #[test]
    fn what_may_be_a_name_is_told_only_where_values_are_few() {
        let close = value(Field::Gender, "Femail", None, FEWEST_ROWS);
        assert_eq!(told(None, &[value(Field::Gender, "Femail", None, FEWEST_ROWS - 1)]), [""; 0]);
        assert_eq!(told(None, std::slice::from_ref(&close)).len(), 1);
        let names = (0..MOST_VALUES).map(|n| value(Field::Gender, &format!("Surname{n}"), None, FEWEST_ROWS));
        let many: Vec<_> = names.chain([close, value(Field::Gender, "FEMALE", None, 1)]).collect();
        let told = told(None, &many);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("FEMALE"));
    }
}
