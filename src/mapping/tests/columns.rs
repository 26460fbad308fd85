//! What queries return, against what a mapping asks for.

use super::*;

/// The faults of the second query's columns, for a mapping in which it feeds fields by name.
fn by_name_faults(text: &str, columns: &[&str]) -> Vec<String> {
    let (fixture, release) = (Fixture::new(text), release());
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    let columns: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
    draft.check_columns(1, &columns);
    draft.finish().err().map(|faults| fixture.told(&faults)).unwrap_or_default()
}

#[test]
fn columns_that_carry_a_header_feed_their_field_by_name() {
    let view = r#"version = 1
name = "A view"
release = "release-1"
[query.first]
file = "first.csv"
source = "files"
key = "ref"
[query.view]
file = "view.csv"
source = "files"
key = "ref"
by_name = true
"#;
    let release = release();
    let headers: Vec<_> = release.fields().iter().map(|spec| spec.header.as_str()).collect();
    let all = || headers.iter().copied().chain(["ref"]);
    assert_eq!(by_name_faults(view, &all().collect::<Vec<_>>()), [""; 0]);
    let near: Vec<_> = all().map(|header| if header == "NHS Number" { "nhs_number" } else { header }).collect();
    assert_eq!(
        by_name_faults(view, &near),
        [
            "mapping.toml:8:8: the query 'view' returns 'nhs_number', which feeds no field by name (write 'NHS Number', to \
          the letter, or map it, or leave it out of the query)"
        ]
    );
    let without: Vec<_> = all().filter(|header| *header != "Gender").collect();
    let told = by_name_faults(view, &without);
    assert!(told.len() == 1 && told[0].contains("'gender' is mandatory on every row and mapped nowhere"), "{told:?}");
    let twice: Vec<_> = all().chain(["Gender"]).collect();
    assert_eq!(by_name_faults(view, &twice), ["mapping.toml:8:8: the query 'view' returns 'Gender' more than once"]);
    let unseen = Fixture::new(view);
    assert_eq!(unseen.faults(), [""; 0], "nothing is said of columns that nobody has seen");
}

#[test]
fn a_column_that_vanished_is_told_where_it_is_named() {
    let (fixture, release) = (Fixture::new(&sound()), release());
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    let mut returned = columns(&draft.queries()[0]);
    returned.retain(|column| !["nhs_no", "contact_ref", "status"].contains(&column.as_str()));
    returned.extend(["Status", "dob", "nhs_nr"].map(str::to_owned));
    draft.check_columns(0, &returned);
    draft.check_columns(99, &[]);
    assert_eq!(
        fixture.told(&draft.finish().unwrap_err()),
        [
            "mapping.toml:15:7: the query 'requests' returns no column 'contact_ref'",
            "mapping.toml:16:24: the query 'requests' returns no column 'status' (did you mean 'Status'?)",
            "mapping.toml:27:28: the query 'requests' returns 'dob' more than once",
            "mapping.toml:28:28: the query 'requests' returns no column 'nhs_no' (did you mean 'nhs_nr'?)",
        ]
    );
}
