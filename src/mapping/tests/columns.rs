//! What queries return, against what a mapping asks for.

use super::*;

/// The faults of the second query's columns, for a mapping in which it feeds fields by name.
fn by_name_faults(text: &str, columns: &[&str]) -> Vec<String> {
    let (fixture, release) = (Fixture::new(text), release());
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    let columns: Vec<_> = columns.iter().copied().map(Returned::named).collect();
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
    returned.retain(|column| !["nhs_no", "contact_ref", "status"].contains(&column.name.as_str()));
    returned.extend(["Status", "dob", "nhs_nr"].map(Returned::named));
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

/// What is told of a mapping whose one column, of this type, feeds a field so.
fn type_faults(field: &str, treatment: &str, holds: Holds) -> (Vec<String>, usize) {
    let text = format!(
        "version = 1\nname = \"One\"\nrelease = \"release-1\"\n[maps]\nsex = {{ file = \"values/gender.csv\" }}\n[fields]\n\
         {field} = {{ column = \"it\"{treatment} }}\n[query.first]\nfile = \"first.csv\"\nsource = \"files\"\nkey = \"ref\"\n"
    );
    let (fixture, release) = (Fixture::new(&text), release());
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    draft.check_columns(0, &[Returned::named("ref"), Returned { name: "it".to_owned(), holds }]);
    let doubts = draft.doubts().iter().count();
    let faults = draft.finish().err().map(|faults| fixture.told(&faults)).unwrap_or_default();
    (faults.into_iter().filter(|fault| !fault.contains("mapped nowhere")).collect(), doubts)
}

#[test]
fn a_type_that_has_no_value_for_a_field_is_told_where_it_is_mapped() {
    use Holds::{Bit, Day, Guid, Moment, Money, Number, Time, Whole, WholeOrNull};
    let map = ", map = \"sex\"";
    let slashes = ", date = \"dd/mm/yyyy\"";
    let digits = ", date = \"yyyymmdd\"";
    for (field, treatment, fit, unfit) in [
        ("date_of_birth", "", &[Day, Moment][..], &[Whole, Money, Bit, Time, Guid, Number][..]),
        ("date_of_birth", digits, &[Whole, WholeOrNull], &[Day, Money]),
        ("date_of_birth", slashes, &[], &[Day, Moment, Whole]),
        ("date_of_birth", ", date = \"yyyy-mm-dd\"", &[Day, Moment], &[Whole]),
        ("gender", map, &[Whole, Bit, Guid], &[Day, Moment, Time]),
        ("gender", "", &[], &[Whole, Bit, Day]),
        ("unit_cost", "", &[Whole, WholeOrNull, Number, Money], &[Day, Bit, Guid]),
        ("nhs_number", "", &[Whole, WholeOrNull, Number], &[Money, Day, Guid]),
        ("postcode", "", &[], &[Whole, Day, Money]),
        ("first_name", "", &[Whole, Day, Guid], &[]),
    ] {
        for holds in fit {
            assert_eq!(type_faults(field, treatment, *holds), (vec![], 0), "{field} {treatment} {holds:?}");
        }
        for holds in unfit {
            let (faults, doubts) = type_faults(field, treatment, *holds);
            assert!(doubts == 0 && faults.len() == 1, "{field} {treatment} {holds:?}: {faults:?}");
            assert!(faults[0].starts_with("mapping.toml:7:"), "{faults:?}");
        }
    }
    let (faults, doubts) = type_faults("date_of_birth", "", WholeOrNull);
    assert_eq!((faults, doubts), (vec![], 1), "a bare NULL is declared as int, and blank on every row");
    let (faults, _) = type_faults("date_of_birth", slashes, Day);
    assert_eq!(
        faults,
        [
            "mapping.toml:7:28: 'date_of_birth' is fed by 'it' of the query 'first', which holds days, as 2026-01-31, and the \
             field wants dates in another format (take 'date' away, or write the format that it has)"
        ]
    );
}
