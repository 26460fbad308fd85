//! Rows of a council's system, and the records that they become.

use super::{Constants, LocalValue, Plan, Shaper, decode};
use crate::{
    mapping::{ByName, DateFormat, Empty, Expression, From, MapEntry, Mapping, Query, Treatment, Unmapped, ValueMap},
    model::{Batch, Field, NoteKind, Reading, Vocabulary},
    source::RawBatch,
    spec::Release,
};

const KEY: &str = "ref";

fn release() -> Release {
    Release::embedded().unwrap_or_else(|faults| panic!("{faults}"))
}

fn map(unmapped: Unmapped, entries: &[(&str, &str)]) -> ValueMap {
    let entry = |((local, national), line): (&(&str, &str), usize)| MapEntry {
        local: (*local).to_owned(),
        national: (*national).to_owned(),
        line,
    };
    let entries = entries.iter().zip(2..).map(entry).collect();
    ValueMap { name: "map".to_owned(), file: "values/map.csv".to_owned(), unmapped, entries }
}

fn mapping(maps: Vec<ValueMap>, fields: Vec<(Field, From, Treatment)>, leave_out: Option<Expression>) -> Mapping {
    let fields = fields.into_iter().map(|(field, from, treatment)| (field, Expression { from, treatment })).collect();
    let query = Query {
        name: "rows".to_owned(),
        file: "rows.sql".into(),
        sql: String::new(),
        outside: Vec::new(),
        source: "source".to_owned(),
        key: KEY.to_owned(),
        leave_out,
        worklist: None,
        fields,
        by_name: ByName::No,
        empty: Empty::Refused,
    };
    Mapping { name: "test".to_owned(), folder: ".".into(), maps, queries: vec![query], files: Vec::new() }
}

/// Rows shaped by a mapping.
struct Shaped {
    batch: Batch,
    vocabulary: std::sync::Arc<Vocabulary>,
    values: Vec<LocalValue>,
    reasons: Vec<Option<String>>,
}

impl Shaped {
    fn new(mapping: &Mapping, columns: &[&str], rows: &[&[&str]]) -> Self {
        let columns: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
        let constants = Constants { la_code: "503".to_owned(), period: "2024-10-01_2025-09-30".parse().unwrap() };
        let plan = Plan::compile(mapping, &[columns], &release(), &constants);
        Self::by(&plan, rows)
    }

    fn as_submitted(header: &str, cells: &[&str]) -> Self {
        let plan = Plan::as_submitted(&[header.to_owned()], &release());
        let rows: Vec<_> = cells.iter().map(std::slice::from_ref).collect();
        Self::by(&plan, &rows)
    }

    fn by(plan: &Plan<'_>, rows: &[&[&str]]) -> Self {
        let mut raw = RawBatch::default();
        raw.reset(0, 0, rows[0].len());
        rows.iter().flat_map(|row| row.iter()).for_each(|cell| raw.push_cell(cell.as_bytes()));
        let (mut shaper, mut batch) = (Shaper::new(plan), Batch::default());
        shaper.begin(&mut raw, &mut batch, 1);
        let reasons = (0..rows.len()).map(|row| shaper.shape(&raw, row, &mut batch)).collect();
        Self { batch, vocabulary: plan.vocabulary(), values: shaper.local_values().to_vec(), reasons }
    }

    /// The texts of a field, row by row, and how each read.
    fn column(&self, field: Field) -> Vec<(String, Reading)> {
        let cell = |row| {
            let record = self.batch.record(row, &self.vocabulary);
            let mut text = Vec::new();
            decode(record.text(field), &mut text);
            (String::from_utf8(text).unwrap(), record.cell(field).reading())
        };
        (0..self.batch.records()).map(cell).collect()
    }

    fn assert_column(&self, field: Field, expected: &[(&str, Reading)]) {
        let expected: Vec<_> = expected.iter().map(|(text, reading)| ((*text).to_owned(), *reading)).collect();
        assert_eq!(self.column(field), expected);
    }

    /// What was noticed: record, kind, and the source's own text.
    fn notes(&self) -> Vec<(u32, NoteKind, &str)> {
        let text = |span| std::str::from_utf8(self.batch.slice(span)).unwrap();
        self.batch.notes.iter().map(|note| (note.record, note.kind, text(&note.original))).collect()
    }
}

/// One field fed by one column.
fn one(field: Field, treatment: Treatment, maps: Vec<ValueMap>, cells: &[&str]) -> Shaped {
    let mapping = mapping(maps, vec![(field, From::Column("cell".to_owned()), treatment)], None);
    let rows: Vec<_> = cells.iter().map(std::slice::from_ref).collect();
    Shaped::new(&mapping, &["cell"], &rows)
}

#[test]
fn spaces_at_the_ends_go_and_those_inside_stay() {
    let shaped = one(Field::LastName, Treatment::AsItIs, Vec::new(), &["  van  Dyk ", "   ", ""]);
    let blank = ("", Reading::Blank);
    shaped.assert_column(Field::LastName, &[("van  Dyk", Reading::Valid), blank, blank]);
}

#[test]
fn a_row_carries_whose_worklist_it_belongs_to() {
    let mut mapping = mapping(Vec::new(), Vec::new(), None);
    let bare = Shaped::new(&mapping, &["team"], &[&["North"]]);
    assert_eq!(bare.batch.worklist(0), b"");
    let from = From::FirstOf(vec!["worker".to_owned(), "team".to_owned()]);
    mapping.queries[0].worklist = Some(Expression { from, treatment: Treatment::AsItIs });
    let mut shaped = Shaped::new(&mapping, &["worker", "team"], &[&[" ", " North "], &["J Doe", "South"], &["", ""]]);
    assert_eq!([0, 1, 2].map(|row| shaped.batch.worklist(row).to_vec()), [&b"North"[..], b"J Doe", b""]);
    shaped.batch.leave_out(0);
    assert_eq!(shaped.batch.worklist(2), b"", "what is left out leaves nothing behind");
    shaped.batch.leave_out(0);
    assert_eq!((shaped.batch.records(), shaped.batch.worklist(0)), (1, &b"North"[..]));
}

#[test]
fn the_first_column_that_is_not_blank_is_taken_and_a_join_passes_over_blanks() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let fields = vec![
        (Field::Postcode, From::FirstOf(names(&["home", "other"])), Treatment::AsItIs),
        (Field::EventDescription, From::Join(names(&["a", "b", "c"]), " - ".to_owned()), Treatment::AsItIs),
    ];
    let shaped = Shaped::new(
        &mapping(Vec::new(), fields, None),
        &["home", "other", "a", "b", "c"],
        &[&["  ", "BD1 1AA", "x", " ", "z "], &["M1 1AE", "BD1 1AA", "", "y", ""], &["", "", "", "", ""]],
    );
    let (valid, blank) = (Reading::Valid, ("", Reading::Blank));
    shaped.assert_column(Field::Postcode, &[("BD1 1AA", valid), ("M1 1AE", valid), blank]);
    shaped.assert_column(Field::EventDescription, &[("x - z", valid), ("y", valid), blank]);
}

#[test]
fn a_join_that_begins_as_a_formula_is_written_blank_and_told_whole() {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let fields = vec![(Field::EventDescription, From::Join(names, ", ".to_owned()), Treatment::AsItIs)];
    let shaped = Shaped::new(&mapping(Vec::new(), fields, None), &["a", "b"], &[&["=x", "y"]]);
    shaped.assert_column(Field::EventDescription, &[("", Reading::Blank)]);
    assert_eq!(shaped.notes(), [(0, NoteKind::Formula, "=x, y")]);
}

#[test]
fn dates_take_the_portals_form_and_what_is_none_stays_as_it_is() {
    let (valid, not) = (Reading::Valid, Reading::NotDate);
    let format = Treatment::Date(DateFormat::compile("dd-mon-yyyy").unwrap());
    let shaped = one(Field::DateOfBirth, format, Vec::new(), &["03-FEB-1950", "03/02/1950", "31-FEB-1950"]);
    shaped.assert_column(Field::DateOfBirth, &[("03/02/1950", valid), ("03/02/1950", not), ("31-FEB-1950", not)]);

    let cells = ["1950-02-03", "1950-02-03 00:00:00", "1950-02-03T13:45:00", "03/02/1950", "1950-02-03 or so", "46054"];
    let shaped = one(Field::DateOfBirth, Treatment::AsItIs, Vec::new(), &cells);
    let day = ("03/02/1950", valid);
    shaped.assert_column(
        Field::DateOfBirth,
        &[day, day, day, day, ("1950-02-03 or so", not), ("46054", Reading::DayNumber)],
    );
}

#[test]
fn a_file_that_is_sent_as_it_stands_gets_no_help_with_dates_spaces_or_amounts() {
    let cases: [(Field, &str, &str, Reading); 6] = [
        (Field::DateOfBirth, "Date of Birth", "1950-02-03", Reading::NotDate),
        (Field::NhsNumber, "NHS Number", "943 476 5919", Reading::NotNhsNumber),
        (Field::UnitCost, "Unit Cost", "21.5", Reading::Valid),
        (Field::UnitCost, "Unit Cost", " 21.5", Reading::NotDecimal),
        (Field::Gender, "Gender", "Female ", Reading::Unlisted),
        (Field::LastName, "Last Name", "=Bell", Reading::Valid),
    ];
    for (field, header, cell, reading) in cases {
        Shaped::as_submitted(header, &[cell]).assert_column(field, &[(cell, reading)]);
    }
}

#[test]
fn amounts_are_filled_up_to_two_places_and_never_cut() {
    let cells = ["21", "21.5", "21.", ".5", "-3", "21.505", "£21"];
    let shaped = one(Field::UnitCost, Treatment::AsItIs, Vec::new(), &cells);
    let written = ["21.00", "21.50", "21.00", ".50", "-3.00", "21.505"].map(|text| (text, Reading::Valid));
    shaped.assert_column(Field::UnitCost, &[&written[..], &[("£21", Reading::NotDecimal)]].concat());
}

#[test]
fn spaces_in_a_good_nhs_number_go_and_a_bad_one_stays_as_it_is() {
    let shaped = one(Field::NhsNumber, Treatment::AsItIs, Vec::new(), &["943 476 5919", "9434765919", "943 476 5918"]);
    let good = ("9434765919", Reading::Valid);
    shaped.assert_column(Field::NhsNumber, &[good, good, ("943 476 5918", Reading::NotNhsNumber)]);
}

#[test]
fn keys_that_a_spreadsheet_damaged_are_restored_and_told() {
    let maps = vec![map(Unmapped::Error, &[("7", "Female"), ("1.00E+05", "Male")])];
    let shaped = one(Field::Gender, Treatment::Map(0), maps, &["007", "100000", "7", "007"]);
    let (female, male) = (("Female", Reading::Valid), ("Male", Reading::Valid));
    shaped.assert_column(Field::Gender, &[female, male, female, female]);
    let restored = NoteKind::RestoredKey;
    assert_eq!(shaped.notes(), [(0, restored, "007"), (1, restored, "100000"), (3, restored, "007")]);
    let told: Vec<_> = shaped.values.iter().map(|v| (v.value.as_deref(), v.restored_line, v.count)).collect();
    assert_eq!(told, [(Some("007"), Some(2), 2), (Some("100000"), Some(3), 1)]);
}

#[test]
fn a_value_that_no_map_knows_follows_the_maps_policy() {
    for (policy, cell, notes) in [
        (Unmapped::Error, ("X9", Reading::Unmapped), &[][..]),
        (Unmapped::Block, ("X9", Reading::Unmapped), &[(0, NoteKind::UnmappedBlock, "X9")]),
        (Unmapped::Blank, ("", Reading::Blank), &[(0, NoteKind::UnmappedBlank, "X9")]),
    ] {
        let shaped = one(Field::Gender, Treatment::Map(0), vec![map(policy, &[("F", "Female")])], &["X9"]);
        shaped.assert_column(Field::Gender, &[cell]);
        assert_eq!(shaped.notes(), notes, "{policy:?}");
        assert_eq!((shaped.values.len(), shaped.values[0].count), (1, 1));
    }
}

#[test]
fn a_map_comes_first_then_the_national_label_and_without_a_map_the_list_alone() {
    let entries = [("F", "Female"), ("Male", "Female"), ("none", "")];
    let cells = ["F", "Male", "Unknown", "none", "NULL"];
    let shaped = one(Field::Gender, Treatment::Map(0), vec![map(Unmapped::Error, &entries)], &cells);
    let (female, blank) = (("Female", Reading::Valid), ("", Reading::Blank));
    let null = ("NULL", Reading::Blank);
    shaped.assert_column(Field::Gender, &[female, female, ("Unknown", Reading::Valid), blank, null]);
    assert_eq!(shaped.notes(), [(4, NoteKind::NullText, "NULL")]);
    let shaped = one(Field::Gender, Treatment::AsItIs, Vec::new(), &["F", "Female"]);
    shaped.assert_column(Field::Gender, &[("F", Reading::Unlisted), female]);
}

#[test]
fn what_the_portal_refuses_is_written_blank_whatever_field_it_stands_in() {
    for (field, cell, kind) in [
        (Field::LastName, "-Smith", NoteKind::Formula),
        (Field::LastName, "李", NoteKind::Unencodable),
        (Field::LastName, "nul\0", NoteKind::Control),
        (Field::Gender, "@female", NoteKind::Formula),
        (Field::UnitCost, "=5", NoteKind::Formula),
        (Field::DateOfBirth, "+1950", NoteKind::Formula),
        (Field::NhsNumber, "-x", NoteKind::Formula),
        (Field::Postcode, "→", NoteKind::Unencodable),
    ] {
        let shaped = one(field, Treatment::AsItIs, Vec::new(), &[cell]);
        shaped.assert_column(field, &[("", Reading::Blank)]);
        assert_eq!(shaped.notes(), [(0, kind, cell)], "{field}");
    }
    // A minus before a number is no formula, whatever the field makes of it.
    let shaped = one(Field::NhsNumber, Treatment::AsItIs, Vec::new(), &["-943"]);
    shaped.assert_column(Field::NhsNumber, &[("-943", Reading::NotNhsNumber)]);
}

#[test]
fn a_reason_to_leave_a_row_out_comes_from_its_map_or_stands_for_itself() {
    let cells: &[&[&str]] = &[&["X"], &["  "], &["open"]];
    let from = From::Column("status".to_owned());
    let by = |treatment, maps| {
        let leave_out = Some(Expression { from: from.clone(), treatment });
        Shaped::new(&mapping(maps, Vec::new(), leave_out), &["status"], cells).reasons
    };
    let cancelled = map(Unmapped::Blank, &[("X", "cancelled")]);
    assert_eq!(by(Treatment::Map(0), vec![cancelled]), [Some("cancelled".to_owned()), None, None]);
    assert_eq!(by(Treatment::AsItIs, Vec::new()), [Some("X".to_owned()), None, Some("open".to_owned())]);
}

#[test]
fn a_wrong_column_fills_no_memory_with_local_values() {
    let cells: Vec<_> = (0..LocalValue::MOST + 3).map(|nth| format!("value {nth}")).collect();
    let cells: Vec<_> = cells.iter().map(String::as_str).collect();
    let shaped = one(Field::Gender, Treatment::AsItIs, Vec::new(), &cells);
    assert_eq!(shaped.values.len(), LocalValue::MOST + 1);
    let rest = shaped.values.last().map(|rest| (rest.value.as_deref(), rest.count));
    assert_eq!(rest, Some((None, 3)), "all the others together");
}

#[test]
fn the_agent_fills_its_own_fields_on_every_row() {
    let shaped = one(Field::LastName, Treatment::AsItIs, Vec::new(), &["a", "b"]);
    for (field, text) in [
        (Field::LaCode, "503"),
        (Field::ReportingPeriodStartDate, "01/10/2024"),
        (Field::ReportingPeriodEndDate, "30/09/2025"),
    ] {
        shaped.assert_column(field, &[(text, Reading::Valid); 2]);
    }
}
