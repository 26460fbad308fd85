//! Whole mapping folders, sound and otherwise.

mod columns;
mod faults;

use std::{fmt::Write, path::Path};

use super::*;
use crate::{
    document::Faults,
    spec::{Condition, Release},
};

/// A sound `mapping.toml`; cases put something wrong in place of a part of it. Every further field that is mandatory
/// somewhere comes from the column of its name.
fn sound() -> String {
    let mut text = r#"version = 1
name = "Demo council"
release = "release-1"

[maps.gender]
file = "values/gender.csv"

[maps.left_out]
file = "values/left_out.csv"
unmapped = "blank"

[query.requests]
file = "sql/requests.sql"
source = "case-system"
key = "contact_ref"
leave_out = { column = "status", map = "left_out" }
[query.requests.fields]
has_unpaid_carer = { constant = "Unknown" }

[query.assessments]
file = "assessments.csv"
source = "files"
key = "ref"

[fields]
gender = { column = "gender_cd", map = "gender" }
date_of_birth = { column = "dob", date = "yyyy-mm-dd" }
nhs_number = { first_of = ["nhs_no", "nhs_no_old"] }
gp_practice_name = { join = ["gp_1", "gp_2"], with = " - " }
planned_units_per_week = { column = "units" }
"#
    .to_owned();
    for spec in release().fields() {
        let named = text.contains(&format!("\n{} =", spec.field)) || FILLED_BY_AGENT.contains(&spec.field);
        if spec.mandatory.when != Condition::Never && !named {
            writeln!(text, "{0} = {{ column = \"{0}\" }}", spec.field).unwrap();
        }
    }
    text
}

struct Fixture(tempfile::TempDir);

impl Fixture {
    fn new(mapping: &str) -> Self {
        let fixture = Self(tempfile::tempdir().unwrap());
        fixture.put("mapping.toml", mapping);
        fixture.put("sql/requests.sql", "\u{feff}SELECT 1\n");
        fixture.put("values/gender.csv", "local,national\nM,Male\nF,Female\n,Unknown\n");
        fixture.put("values/left_out.csv", "local,national\nX,cancelled\n");
        fixture
    }

    #[expect(clippy::disallowed_methods, reason = "a fixture need not appear whole")]
    fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Faults as an analyst reads them, without the place of the fixture.
    fn told(&self, faults: &Faults) -> Vec<String> {
        let folder = format!("{}/", self.path().display());
        faults.iter().map(|fault| fault.to_string().replace('\\', "/").replace(&folder, "")).collect()
    }

    fn faults(&self) -> Vec<String> {
        Mapping::load(self.path(), &release()).err().map(|faults| self.told(&faults)).unwrap_or_default()
    }
}

fn release() -> Release {
    Release::embedded().unwrap_or_else(|faults| panic!("{faults}"))
}

fn columns(of: &Query) -> Vec<Returned> {
    let mut columns = vec![of.key.clone()];
    for expression in of.fields.iter().map(|(_, expression)| expression).chain(&of.leave_out) {
        match &expression.from {
            From::Column(column) => columns.push(column.clone()),
            From::FirstOf(more) | From::Join(more, _) => columns.extend(more.iter().cloned()),
            From::Constant(_) => {}
        }
    }
    columns.into_iter().map(Returned::named).collect()
}

#[test]
fn a_sound_folder_is_read_as_it_stands() {
    let (fixture, release) = (Fixture::new(&sound()), release());
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    for place in 0..draft.queries().len() {
        let columns = columns(&draft.queries()[place]);
        draft.check_columns(place, &columns);
    }
    let mapping = draft.finish().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(mapping.name, "Demo council");
    let [requests, assessments] = &mapping.queries[..] else { panic!("{:?}", mapping.queries) };
    assert_eq!((requests.sql.as_str(), assessments.sql.as_str()), ("SELECT 1\n", ""));
    assert_eq!(assessments.file, Path::new("assessments.csv"));
    assert!(requests.fields.is_sorted_by_key(|(field, _)| *field), "in template order");
    let expression = |query: &Query, wanted| {
        query.fields.iter().find(|(field, _)| *field == wanted).map(|(_, expression)| expression.clone())
    };
    for (field, from, treatment) in [
        (Field::Gender, From::Column("gender_cd".to_owned()), Treatment::Map(0)),
        (
            Field::DateOfBirth,
            From::Column("dob".to_owned()),
            Treatment::Date(DateFormat::compile("yyyy-mm-dd").unwrap()),
        ),
        (Field::NhsNumber, From::FirstOf(vec!["nhs_no".to_owned(), "nhs_no_old".to_owned()]), Treatment::AsItIs),
        (
            Field::GpPracticeName,
            From::Join(vec!["gp_1".to_owned(), "gp_2".to_owned()], " - ".to_owned()),
            Treatment::AsItIs,
        ),
        (Field::HasUnpaidCarer, From::Constant("Unknown".to_owned()), Treatment::AsItIs),
    ] {
        assert_eq!(expression(requests, field), Some(Expression { from, treatment }));
    }
    assert_eq!(expression(assessments, Field::HasUnpaidCarer), None, "a query's own field is its own");
    assert_eq!(requests.leave_out.as_ref().map(|reason| reason.treatment.clone()), Some(Treatment::Map(1)));
    assert_eq!(mapping.maps[0].unmapped, Unmapped::Error, "by default");
    assert_eq!(mapping.maps[1].unmapped, Unmapped::Blank, "its own");
    assert_eq!(mapping.maps[0].entries.len(), 3);
}

#[test]
fn queries_keep_the_order_of_the_document() {
    let query = |name| format!("[query.{name}]\nfile = \"{name}.csv\"\nsource = \"files\"\nkey = \"ref\"\n");
    let fixture = Fixture::new(&(sound() + &query("zebra") + &query("aardvark") + &query("mole")));
    let mapping = Mapping::load(fixture.path(), &release()).unwrap_or_else(|faults| panic!("{faults}"));
    let names: Vec<_> = mapping.queries.iter().map(|query| query.name.as_str()).collect();
    assert_eq!(names, ["requests", "assessments", "zebra", "aardvark", "mole"]);
}

#[test]
fn every_file_is_kept_as_it_was_read() {
    let fixture = Fixture::new(&sound().replace("sql/requests.sql", r"sql\\requests.sql"));
    fixture.put("values/left_out.csv", b"local;national\r\n\xfc;x\r\n");
    let mapping = Mapping::load(fixture.path(), &release()).unwrap_or_else(|faults| panic!("{faults}"));
    let paths: Vec<_> = mapping.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["mapping.toml", "sql/requests.sql", "values/gender.csv", "values/left_out.csv"]);
    for file in &mapping.files {
        assert_eq!(file.bytes, std::fs::read(fixture.path().join(&file.path)).unwrap(), "{}", file.path);
    }
}

#[test]
fn a_folder_without_a_mapping_says_which_file_it_wants() {
    let fixture = Fixture::new(&sound());
    let faults = Mapping::load(&fixture.path().join("absent"), &release()).unwrap_err();
    let told = fixture.told(&faults);
    assert!(told[0].starts_with("absent/mapping.toml: cannot be read: "), "{told:?}");
}

#[test]
fn what_is_wrong_in_files_and_columns_is_told_at_once() {
    let text = sound()
        .replace("release-1", "release-0")
        .replace("[maps.gender]", "colour = true\n[maps.gender]")
        .replace("values/left_out.csv", "values/leftout.csv")
        .replace("unit_cost =", "unit_csot =")
        .replace("date = \"yyyy-mm-dd\"", "date = \"%Y-%m-%d\"")
        .replace("constant = \"Unknown\"", "constant = \"Dunno\"")
        .replace("key = \"ref\"", "key = \"ref\"\nby_nmae = true");
    let (fixture, release) = (Fixture::new(&text), release());
    fixture.put("values/gender.csv", "local,national\nM,Mael\nF,Female\nF,Unknown\n");
    let mut draft = Mapping::draft(fixture.path(), &release).unwrap();
    for place in 0..draft.queries().len() {
        let columns = columns(&draft.queries()[place]).into_iter();
        let columns: Vec<_> =
            columns.map(|column| Returned::named(column.name.replace("nhs_no_old", "nhs_old"))).collect();
        draft.check_columns(place, &columns);
    }
    insta::assert_snapshot!(fixture.told(&draft.finish().unwrap_err()).join("\n"));
}
