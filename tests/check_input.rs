//! `check` takes a file as it comes: whatever its container, encoding, separator or header, it is judged, or the reason why
//! not is said; never a panic, never a memory that grows with the file.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{collections::BTreeSet, fs, io::Write, path::PathBuf, sync::LazyLock};

use cld_agent::exit;
use support::{Demo, Line, NOW, agent, lines, put, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(200, 5));

/// The upload file of a fictional council, which could be released.
fn clean() -> Vec<u8> {
    fs::read(COUNCIL.package().upload()).unwrap()
}

fn text() -> String {
    encoding_rs::WINDOWS_1252.decode(&clean()).0.into_owned()
}

/// The same without a letter beyond ASCII.
fn ascii() -> String {
    text().chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect()
}

/// What is found about the rows of the clean file, whatever form it has.
static ROWS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let case = Case::new("extract.csv", &clean());
    case.check(&[]).code(i32::from(exit::SUCCESS));
    case.about_rows()
});

/// A folder with one file, to be checked.
struct Case {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Case {
    fn new(name: &'static str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        put(&folder.path().join(name), bytes);
        Self { folder, name }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    fn check(&self, more: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = agent();
        command.current_dir(self.folder.path()).args(["check", self.name, "--out", "out", "--as-of", NOW]);
        command.arg("--allow-test-nhs-numbers").args(more).assert()
    }

    /// Rule and text of what is found about the whole file, where the check ends with this code.
    #[track_caller]
    fn about_the_file(&self, code: u8, more: &[&str]) -> Vec<(String, String)> {
        self.check(more).code(i32::from(code));
        let found = self.findings().into_iter().filter(|line| line["row"].is_empty() && line["rule"] != "F005");
        found.map(|line| (line["rule"].clone(), line["value"].clone())).collect()
    }

    fn findings(&self) -> Vec<Line> {
        lines(&fs::read(self.folder.path().join("out/findings.csv")).unwrap())
    }

    /// What is found about rows.
    fn about_rows(&self) -> Vec<String> {
        let found = self.findings().into_iter().filter(|line| !line["row"].is_empty());
        found.map(|line| format!("{} {} {}", line["row"], line["field"], line["rule"])).collect()
    }

    /// What is said where the file cannot be judged; no report is left behind.
    #[track_caller]
    fn refused(&self) -> String {
        let ended = self.check(&[]).code(i32::from(exit::SOURCE));
        assert_eq!(tree(&self.folder.path().join("out")).len(), 0, "left-overs");
        let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
        assert!(!said.contains("panicked"), "{said}");
        said.lines().filter(|line| !line.starts_with("Reading")).collect::<Vec<_>>().join("\n")
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn rules(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(rule, _)| rule.as_str()).collect()
}

// What the portal takes.

#[test]
fn a_clean_file_could_be_released_plain_and_compressed() {
    for (name, bytes) in [("extract.csv", clean()), ("extract.csv.gz", packed(&clean())), ("no name", clean())] {
        let case = Case::new(name, &bytes);
        assert_eq!(case.about_the_file(exit::SUCCESS, &[]), [], "{name}");
        assert_eq!(case.about_rows(), *ROWS, "{name}");
        assert!(ROWS.len() > 50);
    }
}

// What it does not take, and is judged all the same.

#[test]
fn every_encoding_is_told_apart_and_its_rows_are_judged() {
    let wide = |bytes: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{}", text()).encode_utf16().flat_map(bytes).collect()
    };
    for (bytes, said) in [
        (text().into_bytes(), "the file is UTF-8, not Windows-1252"),
        (format!("\u{feff}{}", text()).into_bytes(), "the file is UTF-8 with a byte order mark"),
        (wide(u16::to_le_bytes, "\u{feff}"), "the file is UTF-16 with a byte order mark"),
        (wide(u16::to_be_bytes, "\u{feff}"), "the file is UTF-16 with a byte order mark"),
        (wide(u16::to_le_bytes, ""), "the file is UTF-16, not Windows-1252"),
        (wide(u16::to_be_bytes, ""), "the file is UTF-16, not Windows-1252"),
    ] {
        let case = Case::new("extract.csv", &bytes);
        let found = case.about_the_file(exit::HELD, &[]);
        assert_eq!(rules(&found), ["F004"], "{said}");
        assert!(found[0].1.starts_with(said), "{} / {said}", found[0].1);
        assert_eq!(case.about_rows(), *ROWS, "{said}");
    }
}

#[test]
fn every_usual_separator_is_found_out() {
    for (separator, said) in [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")] {
        let mut out = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        for record in csv::ReaderBuilder::new().has_headers(false).from_reader(&*clean()).byte_records() {
            out.write_byte_record(&record.unwrap()).unwrap();
        }
        let case = Case::new("extract.csv", &out.into_inner().unwrap());
        let found = case.about_the_file(exit::HELD, &[]);
        assert_eq!(found, [("F007".to_owned(), format!("{said} stand between the cells of the first row"))]);
        assert_eq!(case.about_rows(), *ROWS);
    }
}

#[test]
fn a_header_with_underscores_is_named_and_judged_as_what_it_means() {
    let (header, rows) = ascii().split_once("\r\n").map(|(a, b)| (a.replace(' ', "_"), b.to_owned())).unwrap();
    let case = Case::new("extract.csv", format!("{header}\r\n{rows}").as_bytes());
    let found = case.about_the_file(exit::HELD, &[]);
    assert_eq!(rules(&found), ["F001"]);
    assert!(found[0].1.starts_with("not spelt as the template has it: 'LA_Code' for 'LA Code'"), "{}", found[0].1);
    assert_eq!(case.about_rows(), *ROWS);
}

#[test]
fn a_header_that_names_a_column_twice_is_a_block() {
    let twice = ascii().replacen(",First Name,", ",Last Name,", 1);
    let found = Case::new("extract.csv", twice.as_bytes()).about_the_file(exit::HELD, &[]);
    let said = "not in the header: 'First Name'; there twice: 'Last Name'";
    assert_eq!(found, [("F001".to_owned(), said.to_owned())]);
}

#[test]
fn a_compressed_file_that_is_cut_off_is_judged_up_to_there() {
    let all = u64::try_from(clean().split(|byte| *byte == b'\n').count()).unwrap() - 2;
    let whole = packed(&clean());
    let case = Case::new("extract.csv.gz", &whole[..whole.len() / 2]);
    let found = case.about_the_file(exit::HELD, &[]);
    assert_eq!(rules(&found), ["F010"]);
    let ended = case.check(&["--json"]);
    let said: serde_json::Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
    let rows = said["rows"].as_u64().unwrap();
    assert!(rows > all / 5 && rows < all * 4 / 5, "{rows} of {all}");
}

#[test]
fn dates_that_a_spreadsheet_turned_into_numbers_are_named_as_such() {
    let numbers = ascii();
    let (at, row) = numbers.lines().enumerate().find(|(at, row)| *at > 0 && !row.contains('"')).unwrap();
    let born = row.split(',').nth(11).unwrap();
    assert_eq!(born.len(), 10, "a date stands there");
    let case = Case::new("extract.csv", numbers.replacen(row, &row.replacen(born, "16803", 1), 1).as_bytes());
    case.check(&[]).code(i32::from(exit::SUCCESS));
    assert!(case.about_rows().contains(&format!("{at} Date of Birth T011")));
}

// Workbooks.

/// A sheet of a workbook that holds an extract. Those fields of dates whose header is given are numbers with a format.
fn fill(sheet: &mut rust_xlsxwriter::Worksheet, extract: &str, dates: &[&str]) {
    let format = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(extract.as_bytes());
    let mut header = csv::StringRecord::new();
    for (row, record) in (0..).zip(reader.records().map(Result::unwrap)) {
        if row == 0 {
            header = record.clone();
        }
        for (column, cell) in (0..).zip(&record) {
            let parts: Vec<u32> = cell.split('/').filter_map(|part| part.parse().ok()).collect();
            if let (true, [day, month, year]) = (dates.contains(&&header[usize::from(column)]), &*parts) {
                let date = rust_xlsxwriter::ExcelDateTime::from_ymd(*year as u16, *month as u8, *day as u8);
                if let Ok(date) = date {
                    sheet.write_datetime_with_format(row, column, &date, &format).unwrap();
                    continue;
                }
            }
            if cell.len() == 10 && cell.bytes().all(|byte| byte.is_ascii_digit()) {
                sheet.write_number(row, column, cell.parse::<f64>().unwrap()).unwrap();
            } else if !cell.is_empty() {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
}

fn workbook(sheets: &[(&str, &str)], dates: &[&str]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, extract) in sheets {
        fill(book.add_worksheet().set_name(*name).unwrap(), extract, dates);
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_judged_as_its_rows_would_be() {
    let case = Case::new("extract.xlsx", &workbook(&[("Rows", &text())], &[]));
    let found = case.about_the_file(exit::HELD, &[]);
    let said = "the rows stand on the sheet 'Rows' of a workbook; the portal takes CSV";
    assert_eq!(found, [("F008".to_owned(), said.to_owned())]);
    assert_eq!(case.about_rows(), *ROWS);
}

#[test]
fn dates_of_a_workbook_are_numbers_and_are_told_by_column() {
    let dates = ["Date of Birth", "Event Start Date"];
    let case = Case::new("extract.xlsx", &workbook(&[("Rows", &text())], &dates));
    let found = case.about_the_file(exit::HELD, &[]);
    assert_eq!(rules(&found), ["F008", "F011"]);
    let columns = found[1].1.strip_prefix("numbers that are shown as dates stand in Date of Birth (").unwrap();
    assert!(columns.contains("), Event Start Date ("), "{columns}");
    assert_eq!(case.about_rows(), *ROWS);
}

#[test]
fn the_sheet_with_the_header_is_found_and_another_can_be_named() {
    let text = text();
    let few: String = text.split_inclusive('\n').take(3).collect();
    let sheets = [("Notes", "Made by,Team A\r\n"), ("Extract", &*text), ("Old", &*few)];
    let case = Case::new("extract.xlsx", &workbook(&sheets, &[]));
    assert!(case.about_the_file(exit::HELD, &[])[0].1.contains("the sheet 'Extract'"));
    assert!(case.about_the_file(exit::HELD, &["--sheet", "old"])[0].1.contains("the sheet 'Old'"));
    let ended = case.check(&["--sheet", "New"]).code(i32::from(exit::SOURCE));
    let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
    assert!(said.contains("find the sheet 'New' in extract.xlsx: its sheets are Notes, Extract, Old"), "{said}");

    let none = Case::new("extract.xlsx", &workbook(&[sheets[0], ("More", "a,b\r\n")], &[]));
    assert_eq!(
        none.refused(),
        "cld-agent failed to choose a sheet of extract.xlsx: none of its 2 sheets begins with the header of an extract; name \
         one with --sheet"
    );
    let empty = Case::new("extract.xlsx", &workbook(&[("Sheet1", "")], &[]));
    assert!(empty.refused().contains("its sheet 'Sheet1' is empty"));
}

#[test]
fn a_value_beyond_the_header_of_a_sheet_is_named_by_its_place() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    fill(sheet, &text().split_inclusive('\n').take(3).collect::<String>(), &[]);
    sheet.write_string(2, 60, "a note").unwrap();
    assert_eq!(
        Case::new("extract.xlsx", &book.save_to_buffer().unwrap()).refused(),
        "cld-agent failed to read row 3 of extract.xlsx: something stands in column 61, beyond the 50 of the header; delete \
         it, or name the column"
    );
}

/// A zip archive of these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_small_workbook_that_unpacks_without_end_is_refused_before_it_fills_the_memory() {
    let texts = [&b"<sst>"[..], &b"<si><t>x</t></si>".repeat(5_000_000), b"</sst>"].concat();
    let one = [&b"<sst><si><t>"[..], &vec![b'x'; 50_000_000], b"</t></si></sst>"].concat();
    for (part, said) in [
        (texts, "the shared texts of the workbook is larger than 64 MB; save the sheet as CSV and check that"),
        (
            one,
            "the workbook is damaged (a tag or a text in it is longer than any spreadsheet makes one); open it and save the sheet as CSV",
        ),
        (
            b"<sst uniqueCount=\"9999999999\"><si/></sst>".to_vec(),
            "the workbook is damaged (it counts more texts than it has room for); open it and save the sheet as CSV",
        ),
    ] {
        let bomb = zipped(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", &part)]);
        let case = Case::new("extract.xlsx", &bomb);
        let ended = in_little_memory(&case);
        assert_eq!(ended.status.code(), Some(i32::from(exit::SOURCE)));
        let found = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(found.trim_end(), format!("cld-agent failed to read extract.xlsx: {said}"));
    }
}

#[test]
fn archives_and_workbooks_that_are_none_are_called_what_they_are() {
    let whole = workbook(&[("Rows", &text())], &[]);
    for (bytes, said) in [
        (zipped(&[("word/document.xml", b"<w/>")]), "it is a Word document, not a CSV file"),
        (zipped(&[("extract.csv", &clean())]), "it is a zip archive, not a CSV file"),
        (zipped(&[("xl/workbook.bin", b"")]), "it is a binary workbook (.xlsb), not a CSV file"),
        (zipped(&[("mimetype", b""), ("content.xml", b"<o/>")]), "it is an OpenDocument file, not a CSV file"),
        (whole[..whole.len() / 2].to_vec(), "the workbook is damaged (its directory cannot be read)"),
        (zipped(&[("xl/workbook.xml", b"<workbook>")]), "the workbook is damaged (a part of it cannot be read)"),
    ] {
        let found = Case::new("extract.xlsx", &bytes).refused();
        assert!(found.starts_with(&format!("cld-agent failed to read extract.xlsx: {said}")), "{found}");
    }
}

// What is large.

/// A check in 80 MB of addresses, most of which the program itself and the stacks of its threads take.
fn in_little_memory(case: &Case) -> std::process::Output {
    let mut command = std::process::Command::new("sh");
    // What the program itself is long, which for tests is most of it, is not counted: that limit is on what it may write to.
    command.args(["-c", "ulimit -d 48000; exec \"$0\" check \"$1\" --out out --as-of 2026-10-20"]);
    command.args([env!("CARGO_BIN_EXE_cld-agent"), case.name]).current_dir(case.folder.path());
    command.env("MALLOC_ARENA_MAX", "2").output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_line_of_200_mb_is_told_by_its_place() {
    let header = text().lines().next().unwrap().to_owned() + "\r\n";
    let case = Case::new("extract.csv", header.as_bytes());
    // The rest is a hole of zeros, which takes no place on the disk.
    fs::OpenOptions::new().write(true).open(case.path()).unwrap().set_len(200_000_000).unwrap();
    let ended = in_little_memory(&case);
    assert_eq!(ended.status.code(), Some(i32::from(exit::SOURCE)));
    assert!(
        String::from_utf8(ended.stderr).unwrap().contains(
            "failed to read the row that begins on line 2 of extract.csv: it is longer than 16 MB; look for a quote that is \
             never closed"
        )
    );
}

#[cfg(unix)]
#[test]
fn a_compressed_file_that_unpacks_to_a_hundred_megabytes_needs_no_more_memory_than_another() {
    let text = ascii();
    let (header, rows) = text.split_once("\r\n").unwrap();
    let long = [header, "\r\n", &rows.repeat(100_000_000 / rows.len())].concat();
    let case = Case::new("extract.csv.gz", &packed(long.as_bytes()));
    let ended = in_little_memory(&case);
    assert_eq!(ended.status.code(), Some(i32::from(exit::SUCCESS)), "{}", String::from_utf8_lossy(&ended.stderr));
}

// What cannot be judged.

#[test]
fn files_of_other_kinds_are_called_what_they_are() {
    let wide = |name: &str| -> Vec<u8> {
        let name = name.encode_utf16().flat_map(u16::to_le_bytes);
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".iter().copied().chain([0; 600]).chain(name).chain([0; 600]).collect()
    };
    let expected = |what: &str| format!("it is {what}, not a CSV file or an XLSX workbook; export the rows as CSV");
    for (bytes, said) in [
        (b"\x89PNG\r\n\x1a\nIHDR".to_vec(), expected("a picture (PNG)")),
        (b"%PDF-1.7\n".to_vec(), expected("a PDF document")),
        (b"\n<html><table>".to_vec(), expected("a web page (HTML)")),
        (packed(b"%PDF-1.7\n"), expected("a compressed file that holds no text")),
        (wide("WordDocument"), expected("a document of Word, or of another program")),
        (wide("Workbook"), "it is a workbook of Excel 97 to 2003 (.xls); save the sheet as CSV".to_owned()),
        (
            wide("EncryptedPackage"),
            "a password protects it; open it, take the password away (File, Info, Protect Workbook), or save the sheet as \
             CSV"
            .to_owned(),
        ),
        (Vec::new(), "it is empty; export it again".to_owned()),
        (packed(b""), "it is empty; export it again".to_owned()),
    ] {
        assert_eq!(Case::new("extract.csv", &bytes).refused(), format!("cld-agent failed to read extract.csv: {said}"));
    }
}

#[test]
fn a_file_of_another_collection_or_without_a_header_is_no_extract_and_none_of_it_is_shown() {
    let rows = text().split_once("\r\n").unwrap().1.to_owned();
    let other = "NHS Number,Gender,Ethnicity,Postcode,DoLS Application Date\r\n9434765919,Male,,BD1 1AA,01/02/2025\r\n";
    for (bytes, known) in [(rows.as_str(), 2), (other, 4)] {
        let said = Case::new("extract.csv", bytes.as_bytes()).refused();
        assert_eq!(
            said,
            format!(
                "cld-agent failed to read extract.csv as Release 1: {known} of the names in its first row are columns of \
                 it; is it the file of another collection, or has it no header?"
            )
        );
    }
}

#[test]
fn a_compressed_file_that_is_damaged_in_its_header() {
    let whole = packed(&clean());
    assert_eq!(
        Case::new("extract.csv.gz", &whole[..40]).refused(),
        "cld-agent failed to unpack extract.csv.gz: it is cut off or damaged; make it, or copy it, again"
    );
}

#[test]
fn zero_bytes_from_the_start() {
    let said = Case::new("extract.csv", &[0; 5000]).refused();
    assert!(said.starts_with("cld-agent failed to read extract.csv: its first line holds zero bytes"), "{said}");
}

#[test]
fn two_encodings_in_one_file_are_told_by_row_and_line() {
    let header = text().lines().next().unwrap().to_owned();
    let row = |name: &[u8]| [b",,,,,", name, ",".repeat(44).as_bytes(), b"\r\n"].concat();
    let mixed = [header.as_bytes(), b"\r\n", &row("Zoë".as_bytes()), &row(b"Zo\xEB")].concat();
    assert_eq!(
        Case::new("extract.csv", &mixed).refused(),
        "cld-agent failed to read row 2 of extract.csv (from line 3) as utf-8, which the file was until there; export it in \
         one encoding, or, where a configuration names the file, set the `encoding` of its source"
    );
}

// Several files.

#[test]
fn several_files_are_judged_each_by_itself_and_the_highest_code_wins() {
    let case = Case::new("good.csv", &clean());
    put(&case.folder.path().join("utf8.csv"), text().as_bytes());
    fs::create_dir(case.folder.path().join("more")).unwrap();
    put(&case.folder.path().join("more/good.csv"), &clean());
    let check = |files: &[&str], more: &[&str]| {
        let mut command = agent();
        command.current_dir(case.folder.path()).arg("check").args(files).args(["--out", "out", "--as-of", NOW]);
        command.arg("--allow-test-nhs-numbers").args(more).assert()
    };
    let files = ["good.csv", "missing.csv", "utf8.csv", "more/good.csv"];
    let ended = check(&files, &[]).code(i32::from(exit::SOURCE));
    let said = String::from_utf8(ended.get_output().stdout.clone()).unwrap();
    let rows = format!("{} rows", text().lines().count() - 1);
    assert_eq!(
        said,
        format!(
            "good.csv: could be released, {rows}; report: out/good.csv\n\
         missing.csv: could not be checked\n\
         utf8.csv: would be held (F004), {rows}; report: out/utf8.csv\n\
         more/good.csv: could be released, {rows}; report: out/good.csv-2\n"
        )
    );
    let folders: BTreeSet<_> = tree(&case.folder.path().join("out"))
        .into_keys()
        .map(|file| file.split('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(folders.into_iter().collect::<Vec<_>>(), ["good.csv", "good.csv-2", "utf8.csv"]);

    check(&["good.csv", "utf8.csv"], &[]).code(i32::from(exit::HELD));
    check(&["good.csv", "more/good.csv"], &[]).code(i32::from(exit::SUCCESS));
    let ended = check(&files, &["--json"]).code(i32::from(exit::SOURCE));
    let said: serde_json::Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
    let codes: Vec<_> =
        said["files"].as_array().unwrap().iter().map(|file| file["exit_code"].as_u64().unwrap()).collect();
    assert_eq!((codes, said["exit_code"].as_u64()), (vec![0, 20, 3, 0], Some(20)));
}

#[test]
fn no_file_at_all_is_a_fault_of_the_command_line() {
    let case = Case::new("extract.csv", b"");
    agent()
        .current_dir(case.path().parent().unwrap())
        .args(["check", "--out", "out"])
        .assert()
        .code(i32::from(exit::USAGE));
}
