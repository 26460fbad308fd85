use std::path::Path;

use proptest::prelude::*;

use super::{decode::Decoder, *};
use crate::source::{
    RawBatch,
    testing::{Table, message, parameters, put, query, read, read_from},
};
use crate::sys::shutdown::Shutdown;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The file's rows with the header first, or the message.
fn rows_of(bytes: &[u8], format: CsvFormat) -> Result<Vec<Vec<String>>, String> {
    let folder = folder();
    put(folder.path(), "requests.csv", bytes);
    read(&mut CsvFolder::new(folder.path(), format), &query(""))
        .map_err(|error| message(&error).replace(&folder.path().display().to_string(), "DIR"))
}

fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
    rows_of(bytes, CsvFormat::default())
}

#[track_caller]
fn assert_refused(bytes: &[u8], expected: &str) {
    let error = rows(bytes).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_table_is_read_back_cell_by_cell(
        columns in 1_usize..6,
        cells in proptest::collection::vec("([a,\"\r\n é’ŵ\0]|\\PC){0,12}", 0..60),
        ending in prop_oneof![Just(::csv::Terminator::CRLF), Just(::csv::Terminator::Any(b'\n'))],
    ) {
        let mut table: Vec<Vec<String>> = vec![(0..columns).map(|at| format!("é{at}")).collect()];
        table.extend(cells.chunks_exact(columns).map(<[_]>::to_vec));
        let mut writer = ::csv::WriterBuilder::new().terminator(ending).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        prop_assert_eq!(rows(&writer.into_inner().unwrap()).unwrap(), table);
    }

    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in proptest::collection::vec(prop_oneof![
        Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>(),
    ], 0..80)) {
        let _ = rows(&bytes);
    }
}

#[test]
fn every_encoding_that_excel_writes_is_read() {
    let expected = vec![vec!["name"], vec!["Zoë’s"]];
    let said = |encoding| CsvFormat { encoding: Some(encoding), ..CsvFormat::default() };
    assert_eq!(rows("name\nZoë’s\n".as_bytes()).unwrap(), expected);
    assert_eq!(rows("\u{FEFF}name\r\nZoë’s".as_bytes()).unwrap(), expected);
    assert_eq!(rows(b"name\nZo\xEB\x92s\n").unwrap(), expected);
    assert_eq!(rows_of(b"name\nZo\xEB\x92s\n", said(TextEncoding::Windows1252)).unwrap(), expected);
    let units: Vec<u16> = "name\r\nZoë’s\r\n".encode_utf16().collect();
    let low_first: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let high_first: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    assert_eq!(rows(&[b"\xFF\xFE", &*low_first].concat()).unwrap(), expected);
    assert_eq!(rows(&[b"\xFE\xFF", &*high_first].concat()).unwrap(), expected);
    let error = rows_of(b"name\nZo\xEB\n", said(TextEncoding::Utf8)).unwrap_err();
    assert!(error.contains("row 1 of DIR/requests.csv (from line 2) as utf-8"), "{error}");
}

#[test]
fn utf_16_without_a_mark_is_known_by_its_plain_letters() {
    let text: Vec<u8> = "a header that is long enough\n1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows(&text).unwrap()[1], ["1"]);
}

#[test]
fn half_of_a_pair_in_utf_16_is_refused_at_its_row_and_a_pair_across_two_chunks_is_not() {
    let wide = |text: &str| [b"\xFF\xFE".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    for shift in 0..4 {
        let text = format!("name\n{}😀\n", "x".repeat(Decoder::CHUNK / 2 - 10 + shift));
        assert_eq!(rows(&wide(&text)).unwrap()[1][0].chars().last(), Some('😀'));
    }
    let half = [wide("name\n1\n"), b"\x3D\xD8a\0\n\0".to_vec()].concat();
    assert_refused(&half, "row 2 of DIR/requests.csv (from line 3) as utf-16le");
    assert_refused(&[wide("name\n1"), b"\x3D".to_vec()].concat(), "as utf-16le");
}

#[test]
fn capitals_before_an_apostrophe_are_not_mistaken_for_utf_8() {
    assert_eq!(rows(b"name\nZo\xEB\nCAF\xC9\x92S\n").unwrap()[2], ["CAFÉ’S"]);
}

#[test]
fn a_file_of_two_encodings_is_refused_at_its_row() {
    let far = "x\n".repeat(Decoder::CHUNK);
    let mixed = |first: &[u8], then: &[u8]| [b"name\n", first, far.as_bytes(), then].concat();
    let row = 2 + Decoder::CHUNK;
    for (bytes, encoding) in [
        (mixed("Zoë\n".as_bytes(), b"Zo\xEB\n"), "utf-8"),
        (mixed(b"Zo\xEB\n", "Zoë\n".as_bytes()), "windows-1252"),
        (mixed(b"Zo\xEB\n", b"\x81\n"), "windows-1252"),
    ] {
        assert_refused(&bytes, &format!("row {row} of DIR/requests.csv (from line {}) as {encoding}", row + 1));
    }
    assert_refused(b"name\nZo\xC3\xAB\nZo\xEB\n", "row 2 of DIR/requests.csv (from line 3) as utf-8");
}

#[test]
fn a_character_across_two_chunks_stays_whole() {
    for shift in 0..4 {
        let padding = "x".repeat(Decoder::CHUNK - 10 + shift);
        let text = format!("name\n{padding}ŵ’😀\n");
        assert_eq!(rows(text.as_bytes()).unwrap()[1][0], format!("{padding}ŵ’😀"));
    }
}

#[test]
fn a_ragged_row_is_named_by_its_line() {
    assert_refused(
        b"a,b\r\n\r\n1,\"2\r\n\r\n\"\r\n3\r\n",
        "read line 6 of DIR/requests.csv: 1 cells with ',' between them, and the header has 2",
    );
    assert_refused(b"a,b\n1,2,3\n", "read line 2 of DIR/requests.csv: 3 cells");
    assert_refused(&[b"a,b\n".as_slice(), &[b','; 9000]].concat(), "line 2 of DIR/requests.csv: more than 4096 cells");
}

#[test]
fn a_last_line_without_a_break_is_a_row() {
    assert_eq!(rows(b"a,b\n1,").unwrap(), [["a", "b"], ["1", ""]]);
    assert_eq!(rows(b"a,b\n1,\"2\"").unwrap(), [["a", "b"], ["1", "2"]]);
    assert_eq!(rows(b"a,b").unwrap(), [["a", "b"]]);
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_line() {
    assert_refused(
        b"a,b\n1,\"2\n3,4\n",
        "the row that begins on line 2 of DIR/requests.csv: its quote is never closed",
    );
    let endless = [b"a\n\n\"".as_slice(), &vec![b'x'; RawBatch::LONGEST_ROW + 1]].concat();
    assert_refused(&endless, "the row that begins on line 3 of DIR/requests.csv: it is longer than 16 MB");
}

#[test]
fn a_header_that_cannot_be_mapped_is_refused_without_its_text() {
    for nothing in [b"".as_slice(), b"\xEF\xBB\xBF", b"\r\n\n", b",,,\n1,2,3,4\n"] {
        assert_refused(nothing, "DIR/requests.csv: it has no header");
    }
    assert_refused(b"Smith,x,Smith\n", "columns 1 and 3 have the same name");
    assert!(!rows(b"Smith,x,Smith\n").unwrap_err().contains("Smith"));
    assert_eq!(rows(b"a,,\n1,2,3\n").unwrap()[0], ["a", "", ""]);
}

#[test]
fn another_separator_can_be_set() {
    let format = CsvFormat { separator: b';', ..CsvFormat::default() };
    assert_eq!(rows_of(b"a;b\n1,5;2\n", format).unwrap(), [["a", "b"], ["1,5", "2"]]);
}

#[test]
fn a_query_finds_its_file_by_its_name_or_by_the_mapping() {
    let folder = folder();
    put(folder.path(), "Requests.CSV", b"a\n1\n");
    put(folder.path(), "spring.csv", b"a\n2\n");
    let mut source = CsvFolder::new(folder.path(), CsvFormat::default());
    assert_eq!(read(&mut source, &query("")).unwrap()[1], ["1"]);
    let named = QueryText { file: Path::new("exports/spring.csv"), ..query("") };
    assert_eq!(read(&mut source, &named).unwrap()[1], ["2"]);
    let missing = QueryText { name: "reviews", ..query("") };
    assert!(message(&read(&mut source, &missing).unwrap_err()).contains("find reviews.csv in"));
    let nowhere = read(&mut CsvFolder::new(folder.path().join("no"), CsvFormat::default()), &missing).unwrap_err();
    assert!(message(&nowhere).starts_with("look into the folder"));
}

#[test]
fn a_file_that_changes_during_the_run_is_not_used() {
    let folder = folder();
    put(folder.path(), "requests.csv", b"a\n1\n");
    let mut source = CsvFolder::new(folder.path(), CsvFormat::default());
    let mut snapshot = source.open(&Shutdown::default()).unwrap();
    let before = snapshot.facts().fingerprint;
    put(folder.path(), "requests.csv", b"a\n1\n2\n");
    let error = read_from(&mut *snapshot, &query("")).unwrap_err();
    assert!(error.is_transient() && message(&error).contains("has changed since"));
    drop(snapshot);
    assert_ne!(source.open(&Shutdown::default()).unwrap().facts().fingerprint, before);
}

#[test]
fn a_read_can_be_stopped_by_either_side() {
    let folder = folder();
    put(folder.path(), "requests.csv", &b"a\n".repeat(5000));
    let mut source = CsvFolder::new(folder.path(), CsvFormat::default());
    let stop = Shutdown::default();
    let mut snapshot = source.open(&stop).unwrap();
    let mut table = Table { enough: Some(2), ..Table::default() };
    let error = snapshot.read(&query(""), parameters(), &mut table).unwrap_err();
    assert!(matches!(error, SourceError::Stopped { .. }) && table.batches == 2);
    stop.request();
    let error = snapshot.read(&query(""), parameters(), &mut Table::default()).unwrap_err();
    assert!(matches!(error, SourceError::Stopped { .. }));
}
