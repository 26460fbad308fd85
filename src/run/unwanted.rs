//! Values that the list has and the guidance says not to use, and the lines of value maps that make them.

use crate::{
    check::Values,
    mapping::{Mapping, Treatment},
    model::Field,
    report::NotToBeUsed,
    spec::Release,
};

/// Those that stand in the file, in the order of fields and lists.
pub(super) fn not_to_be_used(release: &Release, mapping: Option<&Mapping>, values: &Values) -> Vec<NotToBeUsed> {
    let mut found = Vec::new();
    for field in Field::ALL {
        for (value, code) in release.list(field).map_or(&[][..], |list| &list.values).iter().zip(1..) {
            let count = values.label(field, code).iter().sum();
            let Some(why) = value.not_to_be_used.as_ref().filter(|_| count > 0) else { continue };
            let change = mapping.map(|mapping| lines_that_make(mapping, field, &value.text)).unwrap_or_default();
            found.push(NotToBeUsed {
                field: release.field(field).header.clone(),
                value: value.text.clone(),
                why: why.clone(),
                what_to_do: what_to_do(&value.text, &change),
                change,
                count,
            });
        }
    }
    found
}

/// The lines of value maps by which a field comes to hold a label.
fn lines_that_make(mapping: &Mapping, field: Field, label: &str) -> Vec<String> {
    let fed = mapping.queries.iter().flat_map(|query| &query.fields).filter(|(fed, _)| *fed == field);
    let maps = fed.filter_map(|(_, expression)| match expression.treatment {
        Treatment::Map(place) => Some(place),
        _ => None,
    });
    let mut maps: Vec<usize> = maps.collect();
    maps.sort_unstable();
    maps.dedup();
    let maps = maps.into_iter().map(|place| &mapping.maps[place]);
    let lines = maps.flat_map(|map| {
        let makes = map.entries.iter().filter(|entry| entry.national == label);
        makes.map(|entry| format!("{}, line {}", map.file, entry.line))
    });
    lines.collect()
}

fn what_to_do(label: &str, change: &[String]) -> String {
    match change {
        [] => format!("Record what holds today in place of '{label}'."),
        lines => {
            format!("Record what holds today in place of '{label}', or change what makes it: {}.", lines.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{ByName, Empty, Expression, From, MapEntry, Query, Unmapped, ValueMap};

    fn map(file: &str, entries: &[(&str, usize)]) -> ValueMap {
        let entries = entries.iter().map(|(national, line)| MapEntry {
            local: format!("code {line}"),
            national: (*national).to_owned(),
            line: *line,
        });
        ValueMap { name: file.to_owned(), file: file.to_owned(), unmapped: Unmapped::Error, entries: entries.collect() }
    }

    fn query(field: Field, treatment: Treatment) -> Query {
        let expression = Expression { from: From::Column("code".to_owned()), treatment };
        Query {
            name: "q".to_owned(),
            file: "q.sql".into(),
            sql: String::new(),
            source: "s".to_owned(),
            outside: Vec::new(),
            key: "k".to_owned(),
            leave_out: None,
            worklist: None,
            fields: vec![(field, expression)],
            by_name: ByName::No,
            empty: Empty::Allowed,
        }
    }

    #[test]
    fn the_lines_are_those_of_the_maps_that_feed_the_field() {
        let mapping = Mapping {
            name: "m".to_owned(),
            queries: vec![
                query(Field::ClientFundingStatus, Treatment::Map(0)),
                query(Field::ClientFundingStatus, Treatment::Map(0)),
                query(Field::ClientFundingStatus, Treatment::AsItIs),
                query(Field::DeliveryMechanism, Treatment::Map(1)),
            ],
            maps: vec![map("a.csv", &[("X", 2), ("Y", 3), ("X", 7)]), map("b.csv", &[("X", 4)])],
            files: Vec::new(),
            folder: "mapping".into(),
        };
        let lines = lines_that_make(&mapping, Field::ClientFundingStatus, "X");
        assert_eq!(lines, ["a.csv, line 2", "a.csv, line 7"]);
        assert_eq!(
            what_to_do("X", &lines),
            "Record what holds today in place of 'X', or change what makes it: a.csv, line 2; a.csv, line 7."
        );
        assert_eq!(what_to_do("X", &[]), "Record what holds today in place of 'X'.");
    }
}
