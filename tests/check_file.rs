//! `check`: a file is judged by what it says, however it was made.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use cld_agent::exit;
use support::{Demo, Line, NOW, agent, lines, personal, put, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(200, 5));

/// An upload file that is checked in a folder of its own.
struct Case {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Case {
    fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("extract.csv");
        put(&file, bytes);
        Self { folder, file }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn check(&self, more: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = agent();
        command.current_dir(self.folder.path()).args(["check", "extract.csv", "--out", "out"]);
        if !more.contains(&"--as-of") {
            command.args(["--as-of", NOW]);
        }
        command.arg("--allow-test-nhs-numbers").args(more).assert()
    }

    /// The findings of a check that ends with this code.
    #[track_caller]
    fn findings(&self, code: u8, more: &[&str]) -> Vec<Line> {
        let before = fs::read(&self.file).unwrap();
        self.check(more).code(i32::from(code));
        assert_eq!(before, fs::read(&self.file).unwrap(), "the file is another's");
        let found: Vec<_> = tree(&self.out()).into_keys().collect();
        assert_eq!(found, ["findings.csv", "findings.xlsx", "report.html", "report.json"]);
        let findings = fs::read(self.out().join("findings.csv")).unwrap();
        assert!(findings.starts_with(b"row,field,rule,severity,status,"));
        lines(&findings)
    }

    /// What is said of a file that cannot be checked; nothing is left in the folder for reports.
    #[track_caller]
    fn refused(&self, code: u8) -> String {
        let ended = self.check(&[]).code(i32::from(code));
        assert_eq!(tree(&self.out()).len(), 0);
        assert!(!self.out().exists() || fs::read_dir(self.out()).unwrap().count() == 0, "left-overs");
        let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
        assert!(personal(&COUNCIL).iter().all(|secret| !said.contains(secret.as_str())), "somebody's data was said");
        said.lines().filter(|line| !line.starts_with("Reading")).collect::<Vec<_>>().join("\n")
    }
}

fn upload() -> Vec<u8> {
    fs::read(COUNCIL.package().upload()).unwrap()
}

/// The lines of the council's upload file. Its cells hold no line breaks.
fn upload_lines() -> Vec<Vec<u8>> {
    upload().split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn blocks(findings: &[Line]) -> Vec<&str> {
    let blocks: BTreeSet<_> =
        findings.iter().filter(|line| line["severity"] == "BLOCK").map(|line| &*line["rule"]).collect();
    blocks.into_iter().collect()
}

fn places(findings: &[Line], rule: fn(&str) -> Option<&str>) -> BTreeSet<(String, String, String)> {
    let place = |line: &Line| Some((line["row"].clone(), line["field"].clone(), rule(&line["rule"])?.to_owned()));
    findings.iter().filter_map(place).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "others are left out of the comparison")]
fn as_it_is(rule: &str) -> Option<&str> {
    Some(rule)
}

#[test]
fn a_file_of_the_agents_own_is_judged_as_its_run_judged_it() {
    let in_the_run = places(&COUNCIL.package().lines("findings.csv"), |rule| match rule {
        // A file tells nothing of the value maps behind it.
        "L002" => Some("L001"),
        // What the run left blank or wrote in other letters, nobody sees any more.
        "F101" | "F102" | "F103" | "F104" => None,
        other => Some(other),
    });
    let found = Case::of(&upload()).findings(exit::SUCCESS, &[]);
    assert!(found.len() > 50);
    assert_eq!(places(&found, as_it_is), in_the_run);
}

#[test]
fn another_encoding_is_a_block_and_the_rows_are_judged_all_the_same() {
    let bytes = upload();
    let expected = places(&Case::of(&bytes).findings(exit::SUCCESS, &[]), as_it_is);
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let with_mark = format!("\u{feff}{text}");
    for other in [text.as_bytes(), with_mark.as_bytes()] {
        let found = Case::of(other).findings(exit::HELD, &[]);
        assert_eq!(blocks(&found), ["F004"]);
        assert_eq!(places(&found, |rule| (rule != "F004").then_some(rule)), expected);
    }
}

#[test]
fn another_line_ending_says_the_same() {
    let bytes = upload();
    let expected = places(&Case::of(&bytes).findings(exit::SUCCESS, &[]), as_it_is);
    let other: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'\r').collect();
    assert_eq!(places(&Case::of(&other).findings(exit::SUCCESS, &[]), as_it_is), expected);
}

/// The file with its columns in another order, or fewer of them.
fn with_columns(chosen: impl Fn(usize) -> Vec<usize>) -> Vec<u8> {
    let bytes = upload();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in reader.byte_records().map(Result::unwrap) {
        writer.write_record(chosen(record.len()).into_iter().map(|column| &record[column])).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn a_header_in_another_order_is_a_block() {
    let reversed = with_columns(|columns| (0..columns).rev().collect());
    let found = Case::of(&reversed).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["F001"]);
    // The cells are judged under their own headers all the same.
    let expected = places(&Case::of(&upload()).findings(exit::SUCCESS, &[]), as_it_is);
    assert_eq!(places(&found, |rule| (rule != "F001").then_some(rule)), expected);
}

#[test]
fn a_header_without_a_column_is_a_block_that_names_it() {
    let postcode = upload_lines()[0].split(|byte| *byte == b',').position(|name| name == b"Postcode").unwrap();
    let without_postcode = with_columns(|columns| (0..columns).filter(|column| *column != postcode).collect());
    let case = Case::of(&without_postcode);
    let found = case.findings(exit::HELD, &[]);
    let whole = found.iter().find(|line| line["rule"] == "F001").unwrap();
    assert_eq!(whole["value"], "not in the header: 'Postcode'");
}

/// The upload file with a text replaced on one of its lines.
fn on_line(line: usize, from: &str, to: &str) -> Vec<u8> {
    let mut lines = upload_lines();
    let text: String = lines[line].iter().map(|byte| char::from(*byte)).collect();
    assert!(text.contains(from), "line {line} has another content");
    lines[line] = text.replacen(from, to, 1).chars().map(|letter| letter as u8).collect();
    lines.concat()
}

#[test]
fn rows_of_another_council_are_a_block() {
    let found = Case::of(&on_line(9, "999,", "110,")).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["F002"]);
    assert_eq!(found.iter().find(|line| line["rule"] == "F002").unwrap()["row"], "9");
    // Whose file it should be can be said.
    let found = Case::of(&upload()).findings(exit::HELD, &["--la-code", "110"]);
    assert_eq!(blocks(&found), ["F002"]);
}

#[test]
fn a_file_that_does_not_cover_the_year_it_states_would_not_be_selected() {
    let all = upload_lines();
    let ends_in_autumn = |line: &&Vec<u8>| {
        let line = String::from_utf8_lossy(line);
        let dates: Vec<_> = line.split(',').filter(|cell| cell.len() == 10 && cell.as_bytes()[2] == b'/').collect();
        dates.iter().skip(2).any(|date| ["/10/2025", "/11/2025", "/12/2025"].iter().any(|month| date.ends_with(month)))
    };
    let (autumn, rest): (Vec<_>, Vec<_>) = all[1..].iter().partition(ends_in_autumn);
    let truncated = [&all[..1], &rest.into_iter().cloned().collect::<Vec<_>>()].concat().concat();
    assert!(autumn.len() > 50);
    let found = Case::of(&truncated).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["P004"]);
    // Before the period is over, nothing can be said.
    let found = Case::of(&truncated).findings(exit::SUCCESS, &["--as-of", "2026-09-30"]);
    assert_eq!(blocks(&found), [""; 0]);
}

#[test]
fn rows_of_another_period_are_a_block() {
    let found = Case::of(&on_line(4, "30/09/2026", "31/12/2026")).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["F003"]);
    assert_eq!(found.iter().find(|line| line["rule"] == "F003").unwrap()["row"], "4");
    let found = Case::of(&upload()).findings(exit::HELD, &["--period", "2025/26 Q4"]);
    assert_eq!(blocks(&found), ["F003", "P004"]);
}

#[test]
fn a_live_file_with_test_numbers_is_a_block() {
    let case = Case::of(&upload());
    let mut command = agent();
    command.current_dir(case.folder.path());
    command.args(["check", "extract.csv", "--out", "out", "--as-of", NOW, "--environment", "live"]);
    command.assert().code(i32::from(exit::HELD));
    assert_eq!(blocks(&lines(&fs::read(case.out().join("findings.csv")).unwrap())), ["T010"]);
}

#[test]
fn a_header_without_rows_is_a_block() {
    let found = Case::of(&upload_lines()[0]).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["F006"]);
}

#[test]
fn a_file_that_would_be_a_formula_to_a_spreadsheet_is_a_block() {
    let found = Case::of(&on_line(7, "999,", "=9,")).findings(exit::HELD, &[]);
    assert_eq!(blocks(&found), ["F002", "F103"]);
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(Case::of(b"").refused(exit::SOURCE), @r#"cld-agent failed to read extract.csv: it is empty; export it again"#);
}

#[test]
fn a_file_that_is_not_there() {
    let case = Case::of(b"");
    fs::remove_file(&case.file).unwrap();
    insta::assert_snapshot!(case.refused(exit::SOURCE), @r#"cld-agent failed to read extract.csv; check that the agent's account may read it and that nobody holds it open: No such file or directory (os error 2)"#);
}

#[test]
fn a_folder_in_place_of_the_file() {
    let case = Case::of(b"");
    fs::remove_file(&case.file).unwrap();
    fs::create_dir(&case.file).unwrap();
    insta::assert_snapshot!(case.refused(exit::SOURCE), @r#"cld-agent failed to read extract.csv; check that the agent's account may read it and that nobody holds it open: Is a directory (os error 21)"#);
}

#[test]
fn a_line_with_a_cell_too_many() {
    insta::assert_snapshot!(Case::of(&on_line(12, "999,", "999,999,")).refused(exit::SOURCE), @r#"cld-agent failed to read line 13 of extract.csv: 51 cells with ',' between them, and the header has 50; look for a stray quote or separator there, or for another separator"#);
}

#[test]
fn a_file_that_was_cut_off_in_a_line() {
    let lines = upload_lines();
    let cut = [lines[..20].concat(), lines[20][..100].to_vec()].concat();
    insta::assert_snapshot!(Case::of(&cut).refused(exit::SOURCE), @r#"cld-agent failed to read the row that begins on line 21 of extract.csv: its quote is never closed; the file may be cut off"#);
}

#[test]
fn a_quote_that_is_never_closed() {
    insta::assert_snapshot!(Case::of(&on_line(12, "999,", "\"999,")).refused(exit::SOURCE), @r#"cld-agent failed to read line 13 of extract.csv: 43 cells with ',' between them, and the header has 50; look for a stray quote or separator there, or for another separator"#);
}

#[test]
fn zero_bytes_in_a_cell_are_a_finding() {
    let found = Case::of(&on_line(7, "999,", "99\09,")).findings(exit::HELD, &[]);
    assert!(found.iter().any(|line| line["row"] == "7" && line["rule"] == "F104"), "{found:#?}");
}
