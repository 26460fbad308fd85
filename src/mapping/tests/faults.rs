//! Each thing that can be wrong in a mapping folder, on its own.

use super::*;

/// Puts each case's second text in place of its first and looks for the fault that is its third.
fn each_is_told(cases: &[(&str, &str, &str)]) {
    let mut untold = Vec::new();
    for (written, instead, fault) in cases {
        let told = Fixture::new(&sound().replacen(written, instead, 1)).faults();
        // Where something is wrong with a field, the field may also be missed elsewhere.
        if !told.iter().any(|one| one == fault) {
            untold.push((fault, told));
        }
    }
    assert!(untold.is_empty(), "{untold:#?}");
}

#[test]
fn faults_of_the_mapping_and_its_files_are_told_where_they_stand() {
    each_is_told(&[
        ("version = 1", "version = 2", "mapping.toml:1:11: version 2 of mapping files is not known: write 1"),
        ("version = 1\n", "\n", "mapping.toml:1:1: 'version' is missing here (begin with: version = 1)"),
        ("name =", "nmae =", "mapping.toml:2:1: 'nmae' is not a key that is known here (did you mean 'name'?)"),
        (
            "release-1",
            "release-2",
            "mapping.toml:3:11: the mapping is for the release 'release-2' (the release in use is 'release-1')",
        ),
        (
            "unmapped = \"blank\"",
            "unmapped = \"blnak\"",
            "mapping.toml:10:12: 'unmapped' cannot be 'blnak'; it is one of: block, error, blank (did you mean \
             'blank'?)",
        ),
        (
            "values/gender.csv",
            "values/gendre.csv",
            "mapping.toml:6:8: the mapping folder has no file 'values/gendre.csv' (did you mean 'values/gender.csv'?)",
        ),
        (
            "values/gender.csv",
            "../gender.csv",
            "mapping.toml:6:8: '../gender.csv' is not a file inside the folder (write its path from the folder on, \
             such as sql/requests.sql)",
        ),
        (
            "assessments.csv",
            "/srv/assessments.csv",
            "mapping.toml:21:8: '/srv/assessments.csv' is not a file inside the folder (write its path from the folder \
             on, such as sql/requests.sql)",
        ),
        (
            "requests.sql",
            "requests.sq",
            "mapping.toml:13:8: 'sql/requests.sq' is no query (name an .sql file, or a .csv file where the source is a \
             folder of files)",
        ),
    ]);
}

#[test]
fn a_worklist_is_named_by_columns_that_the_query_returns() {
    let key = "key = \"contact_ref\"\n";
    each_is_told(&[
        (
            key,
            "key = \"contact_ref\"\nworklist = { constant = \"North\" }\n",
            "mapping.toml:16:25: a constant would put every row on one worklist: name a column",
        ),
        (
            key,
            "key = \"contact_ref\"\nworklist = { column = \"team\", map = \"gender\" }\n",
            "mapping.toml:16:37: a worklist is named as the query names it (have the query return the name of the team \
             or the worker)",
        ),
    ]);
}

#[test]
fn the_worklist_of_the_head_is_that_of_every_query_without_its_own() {
    let text = sound().replacen("\n[maps.gender]", "worklist = { column = \"team\" }\n\n[maps.gender]", 1);
    let own = "key = \"ref\"\nworklist = { first_of = [\"worker\", \"team\"] }\n";
    let mapping = {
        let fixture = Fixture::new(&text.replacen("key = \"ref\"\n", own, 1));
        Mapping::load(fixture.path(), &release()).unwrap()
    };
    let from = |query: usize| mapping.queries[query].worklist.as_ref().map(|expression| expression.from.clone());
    assert_eq!(from(0), Some(From::Column("team".to_owned())));
    assert_eq!(from(1), Some(From::FirstOf(vec!["worker".to_owned(), "team".to_owned()])));
}

#[test]
fn faults_of_a_field_are_told_where_they_stand() {
    let gender = "gender = { column = \"gender_cd\", map = \"gender\" }";
    let units = "planned_units_per_week = { column = \"units\" }";
    let carer = "has_unpaid_carer = { constant = \"Unknown\" }";
    each_is_told(&[
        (
            "map = \"gender\"",
            "map = \"gendre\"",
            "mapping.toml:26:40: [maps] has no value map 'gendre' (did you mean 'gender'?)",
        ),
        (
            units,
            "planned_unit_per_week = { column = \"units\" }",
            "mapping.toml:30:1: there is no field 'planned_unit_per_week' (did you mean 'planned_units_per_week'?)",
        ),
        (
            units,
            "la_code = { constant = \"999\" }",
            "mapping.toml:30:1: the agent fills 'la_code' itself (take this line away)",
        ),
        (
            carer,
            gender,
            "mapping.toml:18:1: 'gender' is mapped twice; line 26 maps it for all queries (keep one of them)",
        ),
        (units, gender, "mapping.toml:30:1: 'gender' is given twice; it stands first in line 26 (keep one of them)"),
        (
            units,
            "planned_units_per_week = { column = \"units\", map = \"gender\" }",
            "mapping.toml:30:52: 'planned_units_per_week' has no code list, so a value map cannot feed it",
        ),
        (
            units,
            "planned_units_per_week = { column = \"units\", date = \"yyyy-mm-dd\" }",
            "mapping.toml:30:53: 'planned_units_per_week' is not a date, so no date format belongs to it",
        ),
        (
            "yyyy-mm-dd",
            "yyyy-MM-dd",
            "mapping.toml:27:42: 'M' has no meaning in a date format: use yyyy mm mon dd hh mi ss and separators",
        ),
        (
            units,
            "planned_units_per_week = { column = \"units\", constant = \"1\" }",
            "mapping.toml:30:26: the value cannot come from column and constant at once (give one of: column, \
             constant, first_of, join)",
        ),
        (
            units,
            "planned_units_per_week = { colunm = \"units\" }",
            "mapping.toml:30:28: 'colunm' is not a key that is known here (did you mean 'column'?)",
        ),
        (units, "planned_units_per_week = { first_of = [] }", "mapping.toml:30:26: 'first_of' names no column"),
        (units, "planned_units_per_week = { join = [\"a\"] }", "mapping.toml:30:26: 'with' is missing here"),
        (
            units,
            "planned_units_per_week = {}",
            "mapping.toml:30:26: this does not say where the value comes from (give one of: column, constant, first_of, \
             join)",
        ),
        (
            "date = \"yyyy-mm-dd\"",
            "map = \"gender\", date = \"yyyy-mm-dd\"",
            "mapping.toml:27:58: a value is looked up in a map or read as a date, not both",
        ),
        ("map = \"left_out\"", "date = \"yyyy-mm-dd\"", "mapping.toml:16:41: a reason is not a date"),
        ("[query.requests]", "[query.requests", "mapping.toml:12:16: unclosed table, expected `]`"),
        (
            carer,
            "has_unpaid_carer = { constant = \"Unknwon\" }",
            "mapping.toml:18:33: the list 'Has Unpaid Carer' has no 'Unknwon' (did you mean 'Unknown'?)",
        ),
        (
            carer,
            "has_unpaid_carer = { constant = \"\" }",
            "mapping.toml:18:33: a constant is not blank: a field that is not mapped is blank by itself",
        ),
        (
            carer,
            "has_unpaid_carer = { constant = \"Unknown\", map = \"gender\" }",
            "mapping.toml:18:50: 'constant' makes the value itself: it takes no map and no date",
        ),
        (
            "{ column = \"status\", map = \"left_out\" }",
            "{ constant = \"cancelled\" }",
            "mapping.toml:16:26: a constant would leave every row out: name a column",
        ),
        (
            "event_outcome = { column = \"event_outcome\" }\n",
            "\n",
            "mapping.toml:25:1: 'event_outcome' is mandatory on some rows and mapped nowhere (map it in [fields], or in the \
             queries whose rows must have it)",
        ),
        ("key = \"ref\"", "", "mapping.toml:20:1: 'key' is missing here"),
        ("source = \"files\"", "source = 1", "mapping.toml:22:10: 'source' must be text in quotes, not 1"),
    ]);
}

#[test]
fn files_of_the_folder_are_told_by_their_own_lines() {
    for (path, text, fault) in [
        (
            "values/gender.csv",
            &b"local,national\nM,Male\nF,Femal\n"[..],
            "values/gender.csv:3:3: the list 'Gender' has no 'Femal' (did you mean 'Female'?)",
        ),
        (
            "values/gender.csv",
            b"local,national\nM,Male\nF,female\n",
            "values/gender.csv:3:3: the list 'Gender' has no 'female' (the national spelling is 'Female')",
        ),
        (
            "values/gender.csv",
            b"local,national\nM,Male\nM,Female\n",
            "values/gender.csv:3:1: the local value 'M' stands twice; first in line 2 (keep one of the two lines)",
        ),
        ("sql/requests.sql", b" \n", "sql/requests.sql: holds no query"),
        ("sql/requests.sql", b"SELECT 1\n-- \xe9", "sql/requests.sql: is not UTF-8 text (line 2) (save it as UTF-8)"),
    ] {
        let fixture = Fixture::new(&sound());
        fixture.put(path, text);
        assert_eq!(fixture.faults(), [fault]);
    }
}
