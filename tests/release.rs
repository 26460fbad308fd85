//! `release`: the official specification is read from what people have, and what it says is taken to the letter.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use assert_cmd::assert::Assert;
use cld_agent::{
    exit,
    model::{Confidence, Field},
    spec::{Change, ChangeKind, Condition, Release, difference},
};
use rust_xlsxwriter::Workbook;
use support::{Demo, NOW, agent, lines, put};

const SOURCE: &str = "CLD specification, Release 1, as published";

fn embedded() -> Release {
    Release::embedded().unwrap()
}

/// Rows of a table.
type Rows = Vec<Vec<String>>;

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The official field list that would confirm the embedded release.
fn fields() -> Rows {
    let mut rows = vec![row(&["No", "Field Name", "M / O", "Format of value"])];
    for (at, spec) in embedded().fields().iter().enumerate() {
        let mandatory = match spec.mandatory.when {
            Condition::Always => "Mandatory",
            Condition::Never => "Optional",
            _ => "Mandatory for some events",
        };
        let format = spec.format.as_ref().map_or("", |(text, _)| text);
        rows.push(row(&[&(at + 1).to_string(), &spec.header, mandatory, format]));
    }
    rows
}

/// The official lists that would, a list's name beside its first label only, as merged cells give it.
fn lists() -> Rows {
    let mut rows = vec![row(&["Code List", "Permitted Value"])];
    for list in embedded().lists() {
        for (at, value) in list.values.iter().enumerate() {
            rows.push(row(&[if at == 0 { &list.name } else { "" }, &value.text]));
        }
    }
    rows
}

fn template() -> Rows {
    vec![embedded().fields().iter().map(|spec| spec.header.clone()).collect()]
}

struct Case(tempfile::TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn csv(&self, name: &str, rows: &Rows) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_path(self.path(name)).unwrap();
        for row in rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
    }

    /// A workbook with a title above each table, and a sheet that is about something else.
    fn workbook(&self, name: &str, sheets: &[(&str, &Rows)]) {
        let mut book = Workbook::new();
        book.add_worksheet().set_name("Read me").unwrap().write(0, 0, "Version 1.0").unwrap();
        for (sheet, rows) in sheets {
            let sheet = book.add_worksheet().set_name(*sheet).unwrap();
            sheet.write(0, 1, "Adult Social Care Client Level Data").unwrap();
            for (at, row) in rows.iter().enumerate() {
                for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    match cell.parse::<f64>() {
                        Ok(number) => sheet.write(at as u32 + 3, column as u16 + 1, number).unwrap(),
                        Err(_) => sheet.write(at as u32 + 3, column as u16 + 1, cell.as_str()).unwrap(),
                    };
                }
            }
        }
        book.save(self.path(name)).unwrap();
    }

    fn import(&self, more: &[&str]) -> Assert {
        let mut command = agent();
        command.current_dir(self.0.path()).args(["release", "import", "--source", SOURCE]);
        command.args(more).assert()
    }

    fn release(&self, name: &str) -> Release {
        Release::open(&self.path(name)).unwrap_or_else(|faults| panic!("{faults}"))
    }

    /// The lists imported from CSV over the embedded release: what is printed, and the release.
    fn lists(&self, rows: &Rows) -> (String, Release) {
        self.csv("lists.csv", rows);
        let columns = ["--column", "list=Code List", "--column", "value=Permitted Value"];
        let ended = self.import(&[&["--lists", "lists.csv", "--out", "new.toml", "--force"], &columns[..]].concat());
        (stdout(&ended.success()), self.release("new.toml"))
    }
}

fn stdout(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

fn stderr(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stderr.clone()).unwrap()
}

const COLUMNS: [&str; 12] = [
    "--column",
    "name=Field Name",
    "--column",
    "number=No",
    "--column",
    "mandatory=M / O",
    "--column",
    "format=Format of value",
    "--column",
    "list=Code List",
    "--column",
    "value=Permitted Value",
];

/// Nothing but how well things are known has changed, and all that is stated is confirmed by the user's source.
#[track_caller]
fn assert_confirmed(new: &Release) {
    let changes: Vec<Change> = difference(&embedded(), new);
    let others: Vec<_> = changes.iter().filter(|change| !matches!(change.kind, ChangeKind::Known { .. })).collect();
    assert!(others.is_empty(), "{others:#?}");
    for value in new.lists().iter().flat_map(|list| &list.values) {
        assert_eq!(value.fact.confidence, Confidence::Confirmed, "{}", value.text);
        assert!(value.fact.sources.iter().any(|key| key == "official"), "{}", value.text);
    }
    for spec in new.fields() {
        assert_eq!(spec.fact.confidence, Confidence::Confirmed, "{}", spec.header);
        assert_eq!(new.type_confidence(spec.field), Confidence::Confirmed, "{}", spec.header);
        if matches!(spec.mandatory.when, Condition::Always | Condition::Never) {
            assert_eq!(spec.mandatory.fact.confidence, Confidence::Confirmed, "{}", spec.header);
        }
    }
    assert_eq!(new.sources().iter().find(|(key, _)| key == "official").unwrap().1, SOURCE);
}

#[test]
fn a_workbook_of_the_whole_release_changes_nothing_and_confirms_all() {
    let case = Case::new();
    case.workbook("spec.xlsx", &[("Fields", &fields()), ("Lists", &lists())]);
    let files = ["--fields", "spec.xlsx", "--fields-sheet", "Fields", "--lists", "spec.xlsx", "--lists-sheet", "Lists"];
    let ended = case.import(&[&files[..], &COLUMNS, &["--out", "ours.toml"]].concat()).success();
    assert_confirmed(&case.release("ours.toml"));
    assert!(stdout(&ended).contains("a list cannot say when"), "{}", stdout(&ended));

    // What the new file says of itself, it says again when it is imported once more.
    let text = fs::read(case.path("ours.toml")).unwrap();
    case.import(&[&files[..], &COLUMNS, &["--base", "ours.toml", "--out", "again.toml"]].concat()).success();
    assert_eq!(String::from_utf8(text).unwrap(), fs::read_to_string(case.path("again.toml")).unwrap());
}

/// The words of the first command of the documentation, as a shell takes them.
fn documented() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/official-release.md")).unwrap();
    let command = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().replace("\\\n", " ");
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in command.chars() {
        match letter {
            '\'' => quoted = !quoted,
            _ if letter.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).skip(1).collect()
}

#[test]
fn the_command_of_the_documentation_does_what_it_says() {
    let case = Case::new();
    case.workbook("spec.xlsx", &[("Fields", &fields()), ("Lists", &lists())]);
    agent().current_dir(case.0.path()).args(documented()).assert().success();
    let new = case.release("our-release.toml");
    assert!(new.lists().iter().all(|list| list.confidence() == Confidence::Confirmed));
    assert!(new.sources().iter().any(|(_, text)| text == "CLD specification, Release 1, March 2023"));
}

#[test]
fn csv_files_of_the_whole_release_do_so_too() {
    let case = Case::new();
    case.csv("fields.csv", &fields());
    case.csv("lists.csv", &lists());
    let files = ["--fields", "fields.csv", "--lists", "lists.csv", "--out", "ours.toml"];
    case.import(&[&files[..], &COLUMNS].concat()).success();
    assert_confirmed(&case.release("ours.toml"));
}

#[test]
fn lists_that_lie_side_by_side_are_read() {
    let case = Case::new();
    let release = embedded();
    let longest = release.lists().iter().map(|list| list.values.len()).max().unwrap();
    let mut rows: Rows = vec![release.lists().iter().map(|list| list.name.clone()).collect()];
    for at in 0..longest {
        let label = |list: &cld_agent::spec::CodeList| list.values.get(at).map_or("", |value| &value.text).to_owned();
        rows.push(release.lists().iter().map(label).collect());
    }
    case.csv("wide.csv", &rows);
    case.import(&["--lists", "wide.csv", "--lists-layout", "wide", "--out", "ours.toml"]).success();
    let new = case.release("ours.toml");
    assert!(new.lists().iter().all(|list| list.confidence() == Confidence::Confirmed));
    assert!(difference(&release, &new).iter().all(|change| matches!(change.kind, ChangeKind::Known { .. })));
}

#[test]
fn what_is_not_stated_stays_to_the_letter() {
    let case = Case::new();
    let mut rows = lists();
    rows.truncate(1);
    rows.extend(["Daily", "Weekly"].map(|label| row(&["Made up list", label])));
    let release = embedded();
    let list = release.lists().iter().find(|list| list.name == "Gender").unwrap();
    rows.extend(list.values.iter().map(|value| row(&["Gender", &value.text])));
    let (said, new) = case.lists(&rows);
    assert!(said.contains("Made up list: the release has no list of this name"), "{said}");
    assert!(said.contains("Ethnicity: the lists do not state it; it stays as it was"), "{said}");

    let (old, new) = (release.text.to_string(), new.text.to_string());
    let kept: Vec<_> = old.lines().filter(|line| !new.lines().any(|other| other == *line)).collect();
    assert_eq!(kept, Vec::<&str>::new(), "every line of the old file, comments too, but for confidence and sources");
    let added: Vec<_> = new.lines().filter(|line| !old.lines().any(|other| other == *line)).collect();
    let (source, cited) = (format!("official = \"{SOURCE}\""), "source = [\"nhse-salt\", \"official\"]");
    assert_eq!(added, [&source, cited, cited, cited, cited], "the source, and one line for each of the four labels");
}

#[test]
fn each_kind_of_difference_is_told_and_taken() {
    let case = Case::new();
    let mut rows = lists();
    let at = |rows: &Rows, label: &str| rows.iter().position(|row| row[1] == label).unwrap();
    let change = |rows: &mut Rows, from: &str, to: &str| {
        let at = at(rows, from);
        rows[at][1] = to.to_owned();
    };
    // A label in other letters that conditions and pairings name, one that is new, one that goes, two that change places.
    change(&mut rows, "Long Term Support: Community", "Long Term Support \u{2013} Community");
    change(&mut rows, "White - Irish", "White - Irisch");
    let gone = at(&rows, "Refuge");
    rows.remove(gone);
    let (one, two) = (at(&rows, "Male"), at(&rows, "Female"));
    (rows[one][1], rows[two][1]) = (rows[two][1].clone(), rows[one][1].clone());
    let (said, new) = case.lists(&rows);
    for line in [
        "removed: Accommodation Status: Refuge",
        "removed: Ethnicity: White - Irish",
        "added: Ethnicity: White - Irisch (near 'White - Irish', which is removed)",
        "spelled otherwise: Service Type: Long Term Support - Community: 'Long Term Support - Community', not 'Long Term Support: Community'",
        "typographic marks: Service Type: 'Long Term Support \u{2013} Community' is taken as 'Long Term Support - Community'",
    ] {
        assert!(said.lines().any(|told| told.trim() == line), "{line}\n{said}");
    }
    assert!(!said.contains("pairing"), "pairings follow the new spelling: {said}");
    let moved = said.lines().filter(|line| line.starts_with("order: Gender: ")).count();
    assert_eq!(moved, 1, "{said}");
    let list = |name: &str| new.lists().iter().find(|list| list.name == name).unwrap();
    assert_eq!(list("Gender").values[0].text, "Female");
    let renamed =
        list("Service Type").values.iter().find(|value| value.text == "Long Term Support - Community").unwrap();
    assert!(renamed.variants.iter().any(|variant| variant == "Long Term Support: Community"), "{renamed:?}");
    assert_eq!(new.pairings().len(), embedded().pairings().len(), "pairings follow the new spelling");
    assert!(new.text.contains("\"Long Term Support - Community\""));
}

#[test]
fn a_label_that_conditions_name_is_not_dropped_behind_their_back() {
    let case = Case::new();
    let rows: Rows = lists().into_iter().filter(|row| row[1] != "Financial Assessment").collect();
    let (said, new) = case.lists(&rows);
    let line = said
        .lines()
        .find(|line| line.contains("Assessment Type: Financial Assessment"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("conditions name it") && line.contains("stays as it was"), "{line}");
    assert!(new.lists().iter().any(|list| list.values.iter().any(|value| value.text == "Financial Assessment")));
}

#[test]
fn what_a_field_list_says_of_fields_is_taken_as_far_as_a_list_can_say_it() {
    let case = Case::new();
    let mut rows = fields();
    rows[16][1] = "Post-code".to_owned();
    rows[8][2] = "Mandatory".to_owned();
    rows[15][2] = "No".to_owned();
    rows[25][2] = "Mandatory".to_owned();
    rows[1][3] = "five characters".to_owned();
    rows[50][1] = "Planned units".to_owned();
    rows.push(row(&["51", "Shoe Size", "Optional", ""]));
    case.csv("fields.csv", &rows);
    let said =
        stdout(&case.import(&[&["--fields", "fields.csv", "--out", "new.toml"], &COLUMNS[..8]].concat()).success());
    for line in [
        "spelled otherwise: postcode: 'Post-code', not 'Postcode'",
        "mandatory: Primary Support Reason: never, not ",
        "GP Practice Name: it is stated as mandatory; the release says never",
        "LA Code: its format is stated as 'five characters'",
        "Shoe Size: this version of the program knows no such field",
        "Planned units: this version of the program knows no such field",
        "Planned units per week: the field list does not have it; it stays as it was",
        "conditions: a list cannot say when: the conditions of ",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let new = case.release("new.toml");
    assert_eq!(new.fields()[24].mandatory.text, embedded().fields()[24].mandatory.text, "yes does not say when");
    assert_eq!(new.fields()[15].header, "Post-code");
}

#[test]
fn the_templates_header_row_is_compared_and_adopted() {
    let case = Case::new();
    let mut rows = template();
    case.csv("template.csv", &rows);
    let said = stdout(&case.import(&["--template", "template.csv", "--out", "same.toml"]).success());
    assert!(said.starts_with("No difference."), "{said}");

    rows[0][1] = "Reporting Period Start date".to_owned();
    rows[0].swap(9, 10);
    case.workbook("template.xlsx", &[]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, header) in rows[0].iter().enumerate() {
        sheet.write(0, at as u16, header).unwrap();
    }
    book.save(case.path("template.xlsx")).unwrap();
    let said = stdout(&case.import(&["--template", "template.xlsx", "--out", "new.toml"]).success());
    assert!(said.contains("'Reporting Period Start date', not 'Reporting Period Start Date'"), "{said}");
    assert!(said.contains("order: Ethnicity: at place 10, not 11"), "{said}");
    let new = case.release("new.toml");
    assert!(new.template().map(|spec| &spec.header).eq(&rows[0]));
    assert_eq!((new.place(Field::Gender), new.field(Field::Gender).header.as_str()), (10, "Gender"));
}

#[test]
fn an_adopted_order_is_that_of_the_file_that_is_written_read_back_and_checked() {
    let demo = Demo::new(40, 32);
    let mut headers = template().remove(0);
    headers[..12].reverse();
    headers.swap(20, 44);
    let case = Case::new();
    case.csv("template.csv", &vec![headers.clone()]);
    let new = demo.path().join("new.toml");
    case.import(&["--template", "template.csv", "--out", new.to_str().unwrap()]).success();

    let before = demo.package().rows();
    demo.replace("agent.toml", "mapping = ", "release = \"new.toml\"\nmapping = ");
    fs::remove_dir_all(demo.path().join("staging")).unwrap();
    demo.run().assert().success();
    let package = demo.package();
    let upload = package.upload();
    assert!(fs::read(&upload).unwrap().starts_with(format!("{}\r\n", headers.join(",")).as_bytes()));
    assert!(package.rows() == before, "by their names, the cells are the same");

    for (release, code, differs) in [(Some(&new), 0, false), (None, 3, true)] {
        let out = case.path("out");
        let mut command = agent();
        command.arg("check").arg(&upload).args(["--allow-test-nhs-numbers", "--as-of", NOW, "--out"]).arg(&out);
        command.args(release.iter().flat_map(|file| [OsStr::new("--release"), file.as_os_str()])).assert().code(code);
        let findings = lines(&fs::read(out.join("findings.csv")).unwrap());
        assert_eq!(findings.iter().any(|line| line["rule"] == "F001"), differs);
        fs::remove_dir_all(out).unwrap();
    }
}

#[test]
fn nothing_is_overwritten_without_being_told_to() {
    let case = Case::new();
    case.csv("template.csv", &template());
    put(&case.path("there.toml"), b"mine");
    let ended = case.import(&["--template", "template.csv", "--out", "there.toml"]).code(i32::from(exit::USAGE));
    assert!(stderr(&ended).contains("it is there already"), "{}", stderr(&ended));
    assert_eq!(fs::read(case.path("there.toml")).unwrap(), b"mine");
    case.import(&["--template", "template.csv", "--out", "there.toml", "--force"]).success();
    case.release("there.toml");
}

#[test]
fn a_column_or_sheet_that_is_not_there_is_named_with_the_nearest() {
    let case = Case::new();
    case.workbook("spec.xlsx", &[("Fields", &fields())]);
    for (arguments, code, words) in [
        (&["--fields", "spec.xlsx"][..], exit::USAGE, "choose a sheet of spec.xlsx: name one of 'Read me', 'Fields'"),
        (&["--fields", "spec.xlsx", "--fields-sheet", "Felds"], exit::USAGE, "it has 'Read me', 'Fields'"),
        (
            &["--fields", "spec.xlsx", "--fields-sheet", "Fields", "--column", "name=Feld Name"],
            exit::RELEASE,
            "there is no column 'Feld Name' (name) (did you mean --column name='Field Name'?)",
        ),
        (&["--fields", "spec.xlsx", "--fields-sheet", "Fields"], exit::RELEASE, "there is no column 'name'"),
        (&["--fields", "nowhere.csv"], exit::SOURCE, "nowhere.csv"),
        (&["--fields", "spec.xlsx", "--column", "nam=Field"], exit::USAGE, "'nam' is none of name, number"),
    ] {
        let ended = case.import(arguments).code(i32::from(code));
        assert!(stderr(&ended).contains(words), "{arguments:?}: {}", stderr(&ended));
    }
}

#[test]
fn a_table_with_faults_has_all_of_them_told() {
    let case = Case::new();
    case.csv(
        "lists.csv",
        &[
            &["list", "value"][..],
            &["", "orphan"],
            &["Gender", "Male"],
            &["Gender", "Male"],
            &["Gender", "F\u{e9}male"],
        ]
        .map(row)
        .to_vec(),
    );
    let ended = case.import(&["--lists", "lists.csv", "--out", "new.toml"]).code(i32::from(exit::RELEASE));
    let said = stderr(&ended);
    for words in
        ["row 2: 'orphan' belongs to no list", "row 4: 'Male' stands twice", "row 5: 'F\u{e9}male' holds '\u{e9}'"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!case.path("new.toml").exists());
}

/// An archive with one file of so many zeros.
fn bomb(path: &Path, size: usize) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..size >> 20).for_each(|_| zip.write_all(&zeros).unwrap());
    put(path, zip.finish().unwrap().get_ref());
}

#[test]
fn hostile_workbooks_end_with_a_message() {
    let case = Case::new();
    bomb(&case.path("bomb.xlsx"), 200 << 20);
    put(&case.path("empty.xlsx"), b"");
    put(&case.path("ole.xlsx"), &[&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1][..], &[0; 600]].concat());
    case.workbook("whole.xlsx", &[("Fields", &fields())]);
    let whole = fs::read(case.path("whole.xlsx")).unwrap();
    put(&case.path("cut.xlsx"), &whole[..whole.len() / 2]);
    let mut far = Workbook::new();
    far.add_worksheet().write(0, 0, "name").unwrap().write(1_048_575, 16_383, "far away").unwrap();
    far.save(case.path("far.xlsx")).unwrap();
    put(&case.path("nul.csv"), b"name\0\r\n\0\0,\"");
    for (file, words) in [
        ("bomb.xlsx", "larger than a specification can be (128 MB unpacked)"),
        ("empty.xlsx", "there is no column 'name'"),
        ("ole.xlsx", "without a password"),
        ("cut.xlsx", "it is not a whole .xlsx file"),
        ("far.xlsx", "larger than a specification can be (too many cells, or 1,000 columns)"),
        ("nul.csv", "there is no field under the header"),
    ] {
        let ended = case.import(&["--fields", file]);
        let said = format!("{}{}", stderr(&ended), stdout(&ended));
        assert!(said.contains(words), "{file}: {said}");
        assert!(!said.contains("panicked"), "{file}: {said}");
    }
    // Whatever byte is damaged, the program says something and ends by itself.
    for at in (0..whole.len()).step_by(whole.len() / 24) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5A;
        put(&case.path("damaged.xlsx"), &damaged);
        let ended =
            case.import(&["--fields", "damaged.xlsx", "--fields-sheet", "Fields", "--column", "name=Field Name"]);
        let code = ended.get_output().status.code().unwrap();
        assert!(
            [0, exit::USAGE, exit::RELEASE, exit::SOURCE].map(i32::from).contains(&code),
            "{at}: {}",
            stderr(&ended)
        );
    }
}

#[test]
fn a_release_is_shown_and_two_are_compared() {
    let case = Case::new();
    let shown = agent().args(["release", "show"]).assert().success();
    insta::assert_snapshot!("release_show", stdout(&shown));
    let json: serde_json::Value =
        serde_json::from_slice(&agent().args(["--json", "release", "show"]).assert().success().get_output().stdout)
            .unwrap();
    assert_eq!((json["fields"].as_array().unwrap().len(), &json["id"]), (50, &"release-1".into()));

    let mut rows = lists();
    rows.retain(|row| row[1] != "Refuge");
    case.lists(&rows);
    let compared =
        agent().current_dir(case.0.path()).args(["release", "diff", "release-1", "new.toml"]).assert().success();
    insta::assert_snapshot!("release_diff", stdout(&compared));
    let same = agent().args(["release", "diff", "release-1", "release-1"]).assert().success();
    assert_eq!(stdout(&same), "No difference.\n");
    agent().args(["release", "diff", "release-1", "nowhere.toml"]).assert().code(i32::from(exit::RELEASE));
}

#[test]
fn the_imported_release_is_the_one_a_check_uses() {
    let case = Case::new();
    let release = embedded();
    let (_, new) = case.lists(&lists());
    let list = |release: &Release| release.type_confidence(Field::Dementia);
    assert_eq!((list(&release), list(&new)), (Confidence::Recalled, Confidence::Confirmed));
    let headers = template().concat().join(",");
    put(&case.path("extract.csv"), format!("{headers}\r\n").as_bytes());
    let ended = agent()
        .current_dir(case.0.path())
        .args(["check", "extract.csv", "--out", "out", "--release", "new.toml", "--as-of", "2026-10-20"])
        .assert();
    assert!(stderr(&ended).lines().all(|line| !line.contains("failed")), "{}", stderr(&ended));
}
