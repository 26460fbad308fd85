//! A demo council, from its database to its package: what was planted is found, what was found was planted, and the same
//! council gives the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use support::{Demo, Line, NOW, Package, agent, assert_same, headers, lines, put, tree};

/// Which row of the upload file a source key became.
struct Places(BTreeMap<(String, String), usize>);

impl Places {
    /// Events carry their key in the file. Carers known by association have none there: they stand in the order of their
    /// query, none of them left out.
    fn of(demo: &Demo, rows: &[Line]) -> Self {
        let mut places = BTreeMap::new();
        let mut carers = query(demo, "carers_known", "carer_key").into_iter();
        for (at, row) in rows.iter().enumerate() {
            let by_event = match row["Event Type"].as_str() {
                "Request" => Some("requests"),
                "Assessment" => Some("assessments"),
                "Service" => Some("services"),
                "Review" => Some("reviews"),
                _ => None,
            };
            let key = match by_event {
                Some(query) => (query.to_owned(), row["Event Reference"].clone()),
                None => ("carers_known".to_owned(), carers.next().unwrap()),
            };
            assert!(places.insert(key, at + 1).is_none(), "row {} has another's key", at + 1);
        }
        assert_eq!(carers.next(), None);
        Self(places)
    }

    fn row(&self, line: &Line) -> Option<usize> {
        self.0.get(&(line["query"].clone(), line["source_key"].clone())).copied()
    }
}

/// One column of what a query of the mapping returns, asked of the database directly.
fn query(demo: &Demo, name: &str, column: &str) -> Vec<String> {
    let sql = fs::read_to_string(demo.path().join(format!("mapping/sql/{name}.sql"))).unwrap();
    let database = demo.database();
    let mut statement = database.prepare(&sql).unwrap();
    for (parameter, day) in [(":period_start", "2025-10-01"), (":period_end", "2026-09-30")] {
        if let Some(index) = statement.parameter_index(parameter).unwrap() {
            statement.raw_bind_parameter(index, day).unwrap();
        }
    }
    let place = statement.column_index(column).unwrap();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        found.push(row.get(place).unwrap());
    }
    found
}

const QUERIES: [(&str, &str); 5] = [
    ("requests", "contact_ref"),
    ("assessments", "assessment_ref"),
    ("services", "line_ref"),
    ("reviews", "review_ref"),
    ("carers_known", "carer_key"),
];

/// Row, header and rule of a finding.
type Found = (String, String, String);

#[test]
fn every_planted_fault_is_found_at_its_row_and_field_and_nothing_else_is() {
    // So many that every kind of fault is there.
    let demo = Demo::new(2_000, 1);
    let package = demo.package();
    let (rows, headers) = (package.rows(), headers());
    let places = Places::of(&demo, &rows);
    let found = package.lines("findings.csv");
    let told: BTreeSet<Found> =
        found.iter().map(|line| (line["row"].clone(), line["field"].clone(), line["rule"].clone())).collect();
    assert_eq!(told.len(), found.len(), "a finding occurs twice");

    let planted = demo.planted();
    let mut expected = BTreeSet::new();
    for line in planted.iter().filter(|line| !line["field"].is_empty()) {
        let row = places.row(line).unwrap_or_else(|| panic!("{line:?} is not in the file"));
        expected.insert((row.to_string(), headers[&line["field"]].clone(), line["expect"].clone()));
    }
    assert!(expected.len() > 1_000);
    let missed: Vec<_> = expected.difference(&told).take(9).collect();
    assert!(missed.is_empty(), "planted, not found: {missed:#?}");

    let strange: Vec<_> = told.difference(&expected).filter(|one| !is_explained(one, &expected)).take(9).collect();
    assert!(strange.is_empty(), "found, not planted: {strange:#?}");
}

/// What else may be found: a cell that is written blank because of its first letter is then a blank one, and the council's
/// period is one for which Release 1 is no longer current.
fn is_explained((row, field, rule): &Found, planted: &BTreeSet<Found>) -> bool {
    match rule.as_str() {
        "M001" => planted.contains(&(row.clone(), field.clone(), "F103".to_owned())),
        "F005" => row.is_empty() && field.is_empty(),
        _ => false,
    }
}

#[test]
fn a_row_planted_to_be_left_out_is_left_out_for_that_reason() {
    let demo = Demo::new(600, 3);
    let package = demo.package();
    let places = Places::of(&demo, &package.rows());
    let left_out: BTreeMap<_, _> = package
        .lines("left-out.csv")
        .into_iter()
        .map(|line| ((line["query"].clone(), line["source_key"].clone()), line["reason"].clone()))
        .collect();
    let mut reasons = BTreeSet::new();
    for line in demo.planted().iter().filter(|line| line["field"].is_empty()) {
        let reason = line["expect"].strip_prefix("left out: ").unwrap();
        let key = (line["query"].clone(), line["source_key"].clone());
        assert_eq!(left_out.get(&key).map(String::as_str), Some(reason), "{line:?}");
        assert_eq!(places.row(line), None, "{line:?}");
        reasons.insert(reason.to_owned());
    }
    assert_eq!(reasons.into_iter().collect::<Vec<_>>(), ["ended outside the period", "open assessment"]);
}

#[test]
fn every_row_that_comes_in_goes_out_or_is_named_as_left_out() {
    let demo = Demo::new(200, 5);
    let package = demo.package();
    let places = Places::of(&demo, &package.rows());
    let left_out = package.lines("left-out.csv");
    let manifest = package.manifest();
    for (account, (name, key)) in manifest["queries"].as_array().unwrap().iter().zip(QUERIES) {
        assert_eq!(account["name"], name);
        let came = query(&demo, name, key);
        let out: BTreeMap<&str, &str> = left_out
            .iter()
            .filter(|line| line["query"] == name)
            .map(|line| (line["source_key"].as_str(), line["reason"].as_str()))
            .collect();
        for key in &came {
            let sent = places.0.contains_key(&(name.to_owned(), key.clone()));
            assert_ne!(sent, out.contains_key(key.as_str()), "{key}");
        }
        let sent = places.0.keys().filter(|(query, _)| query == name).count();
        assert_eq!(came.len(), sent + out.len(), "{name}");
        assert_eq!((&account["rows_in"], &account["rows_out"]), (&came.len().into(), &sent.into()), "{name}");
        let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
        for reason in out.into_values() {
            *by_reason.entry(reason).or_default() += 1;
        }
        assert_eq!(account["left_out"], serde_json::json!(by_reason), "{name}");
    }
}

#[test]
fn the_counts_of_the_manifest_are_those_of_the_findings() {
    let demo = Demo::new(200, 5);
    let package = demo.package();
    let mut by_rule: BTreeMap<String, u64> = BTreeMap::new();
    for line in package.lines("findings.csv") {
        *by_rule.entry(line["rule"].clone()).or_default() += 1;
    }
    assert_eq!(package.manifest()["counts"]["rules"], serde_json::json!(by_rule));
}

#[test]
fn verify_finds_any_changed_missing_or_extra_byte() {
    let demo = Demo::new(10, 1);
    let package = demo.package();
    let verify = |code: i32| {
        let told = agent().arg("verify").arg(package.path()).assert().code(code);
        String::from_utf8(told.get_output().stdout.clone()).unwrap()
    };
    assert!(verify(0).contains("unchanged"));
    for (name, bytes) in tree(package.path()) {
        let path = package.path().join(&name);
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            put(&path, &changed);
            // A manifest that can't be read is told of on standard error.
            assert!(verify(4).contains(&name) || name == "manifest.json", "{name}, byte {at}");
        }
        put(&path, &bytes[..bytes.len() - 1]);
        verify(4);
        fs::remove_file(&path).unwrap();
        verify(4);
        put(&path, &bytes);
        verify(0);
    }
    put(&package.path().join("note.txt"), b"");
    assert!(verify(4).contains("note.txt was not part of the package"));
}

#[test]
fn a_change_of_the_manifest_that_is_still_a_manifest_is_found_by_the_ledger() {
    let demo = Demo::new(10, 1);
    let package = demo.package();
    let manifest = String::from_utf8(package.read("manifest.json")).unwrap();
    let changed = manifest.replace("\"state\": \"released\"", "\"state\": \"held\"");
    assert_ne!(manifest, changed);
    put(&package.path().join("manifest.json"), changed.as_bytes());
    let told = agent().arg("verify").arg(package.path()).assert().code(4);
    let told = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    assert!(told.contains("manifest.json has changed: its SHA-256 is not the one in the ledger"), "{told}");
}

#[test]
fn a_ledger_that_cannot_vouch_for_a_package_is_said_to_be_one() {
    let (demo, other) = (Demo::new(10, 1), tempfile::tempdir().unwrap());
    let package = demo.package();
    let none = other.path().join("ledger.db");
    let verify = |folder: &Path, ledger: &Path| {
        let told = agent().arg("verify").arg(folder).arg("--ledger").arg(ledger).assert().code(33);
        String::from_utf8(told.get_output().stderr.clone()).unwrap()
    };
    let told = verify(package.path(), &none);
    assert!(told.contains("there is no such file") && !none.exists(), "{told}");
    let copied = other.path().join("a-copy");
    fs::rename(package.path(), &copied).unwrap();
    let told = verify(&copied, &demo.path().join("ledger.db"));
    assert!(told.contains("it knows no package of this name"), "{told}");
    // A copy elsewhere is still compared with its own manifest.
    agent().arg("verify").arg(&copied).assert().success();
}

/// The council with which the golden files were made: small, and with faults of many kinds, of rows and between them.
const GOLDEN_SEED: u64 = 32;

/// The package of the demo with which the golden files were made.
fn golden() -> Demo {
    Demo::new(40, GOLDEN_SEED)
}

#[test]
fn a_small_demo_gives_the_bytes_of_the_golden_files() {
    let demo = golden();
    let package = demo.package();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/demo-40");
    let made = [
        ("upload.csv", fs::read(package.upload()).unwrap()),
        ("findings.csv", package.read("findings.csv")),
        ("left-out.csv", package.read("left-out.csv")),
        ("manifest.json", package.read("manifest.json")),
        ("report.html", package.read("report.html")),
        ("planted.csv", fs::read(demo.path().join("planted.csv")).unwrap()),
    ];
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        for (name, bytes) in &made {
            put(&folder.join(name), bytes);
        }
    }
    for (name, bytes) in made {
        let golden = fs::read(folder.join(name)).unwrap();
        let at = golden.iter().zip(&bytes).position(|(a, b)| a != b);
        assert!(
            golden == bytes,
            "{name} differs from byte {at:?} on; where that is meant: UPDATE_GOLDEN=1 cargo test --test demo"
        );
    }
}

#[test]
fn archives_hold_the_files_that_lie_beside_them() {
    let demo = golden();
    let package = demo.package();
    let upload = package.upload();
    let mut unpacked = Vec::new();
    let packed = fs::File::open(upload.with_added_extension("gz")).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == fs::read(&upload).unwrap());

    let mut archive = zip::ZipArchive::new(fs::File::open(package.path().join("evidence.zip")).unwrap()).unwrap();
    let mut inside = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        inside.insert(file.name().unwrap().into_owned(), bytes);
    }
    for name in ["report.html", "report.json", "findings.csv", "findings.xlsx", "left-out.csv"] {
        assert!(inside.remove(name).unwrap() == package.read(name), "{name}");
    }
    let release = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/releases/release-1.toml")).unwrap();
    assert!(inside.remove("release-1.toml").unwrap() == release);
    assert!(String::from_utf8(inside.remove("agent.toml").unwrap()).unwrap().contains("la_code = \"999\""));
    let manifest: serde_json::Value = serde_json::from_slice(&inside.remove("manifest.json").unwrap()).unwrap();
    assert_eq!(manifest["run"], package.manifest()["run"]);
    let mut mapping = tree(&demo.path().join("mapping"));
    mapping.remove("README.md");
    let inside = inside.into_iter().map(|(name, bytes)| (name.strip_prefix("mapping/").unwrap().to_owned(), bytes));
    assert_same(&mapping, &inside.collect());
}

#[test]
fn the_same_council_gives_the_same_bytes_wherever_and_whenever_it_is_made() {
    let first = golden();
    assert_same(&packages(first.path()), &packages(golden().path()));
    for (zone, locale) in [("Pacific/Auckland", "tr_TR.UTF-8"), ("America/New_York", "C"), ("", "de_DE")] {
        let elsewhere = tempfile::tempdir().unwrap();
        let mut command = agent();
        command.current_dir(elsewhere.path()).env("TZ", zone).env("LC_ALL", locale).env("LANG", locale);
        let seed = GOLDEN_SEED.to_string();
        command.args(["demo", "--people", "40", "--seed", &seed, "--as-of", NOW, "--out", "a folder/of anöther name"]);
        command.assert().success();
        let out = elsewhere.path().join("a folder/of anöther name");
        assert_same(&packages(first.path()), &packages(&out));
        assert_eq!(fs::read(first.path().join("council.db")).unwrap(), fs::read(out.join("council.db")).unwrap());
    }
}

/// Everything that is staged, archives included, and the record of what was planted.
fn packages(demo: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(&demo.join("staging"));
    assert!(files.len() >= 7);
    files.insert("planted.csv".to_owned(), fs::read(demo.join("planted.csv")).unwrap());
    files
}

#[test]
fn another_seed_is_another_council() {
    let uploads = [7, 8].map(|seed| fs::read(Demo::new(40, seed).package().upload()).unwrap());
    assert_ne!(uploads[0], uploads[1]);
}

fn broken(people: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = agent();
    command.args(["demo", "--broken", "--people", people, "--as-of", NOW, "--out"]).arg(folder.path());
    // The demo did what it promised, so it ends well.
    let told = command.assert().success();
    let text = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    (folder, text)
}

#[test]
fn a_broken_council_is_held_where_no_uploader_looks_and_the_report_says_why() {
    let (folder, told) = broken("200");
    assert!(told.contains("HELD") && told.contains("Ethnicity"), "{told}");
    assert_eq!(tree(&folder.path().join("staging")).len(), 0);
    let package = Package::only(&folder.path().join("held"));
    assert_eq!(package.manifest()["verdict"]["state"], "held");
    let reasons = package.manifest()["verdict"]["reasons"].to_string();
    assert!(reasons.contains("Ethnicity") && !reasons.contains("Gender"), "{reasons}");
    let report = String::from_utf8(package.read("report.html")).unwrap();
    assert!(report.contains("Held") && report.contains("Ethnicity"));
    agent().arg("verify").arg(package.path()).assert().success();
    // Run again as an ordinary submission, the same council is held as well, and the exit code says so.
    agent().current_dir(folder.path()).args(["run", "--as-of", NOW]).assert().code(3);
}

#[test]
fn a_demo_leaves_a_folder_that_holds_something_alone() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("letters/to the council.txt"), b"Dear Sir or Madam");
    let before = tree(folder.path());
    let demo = |more: &[&str]| {
        let mut command = agent();
        command.args(["demo", "--people", "10", "--as-of", NOW, "--out"]).arg(folder.path()).args(more);
        command
    };
    let told = demo(&[]).assert().code(30);
    let text = String::from_utf8(told.get_output().stderr.clone()).unwrap();
    assert!(text.contains("add --force"), "{text}");
    assert_same(&before, &tree(folder.path()));

    // With --force it replaces what an earlier demo left, and that alone.
    for _ in 0..2 {
        demo(&["--force"]).assert().success();
        assert_eq!(fs::read(folder.path().join("letters/to the council.txt")).unwrap(), b"Dear Sir or Madam");
        Package::only(&folder.path().join("staging"));
    }
}

#[test]
fn a_file_in_place_of_the_demos_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out: PathBuf = folder.path().join("demo");
    put(&out, b"a file");
    for more in [None, Some("--force")] {
        let mut command = agent();
        command.args(["demo", "--people", "10", "--as-of", NOW, "--out"]).arg(&out).args(more);
        command.assert().code(30);
        assert_eq!(fs::read(&out).unwrap(), b"a file");
    }
}

#[test]
fn the_upload_file_is_written_as_the_portal_wants_it() {
    let demo = golden();
    let bytes = fs::read(demo.package().upload()).unwrap();
    assert!(!bytes.starts_with(b"\xef\xbb\xbf"));
    assert!(bytes.ends_with(b"\r\n"));
    assert!(bytes.split_inclusive(|byte| *byte == b'\n').all(|line| line.ends_with(b"\r\n")));
    let header = bytes.split(|b| *b == b'\r').next().unwrap();
    let release: toml::Table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/releases/release-1.toml"))
            .unwrap()
            .parse()
            .unwrap();
    let names: Vec<_> = release["field"].as_array().unwrap().iter().map(|f| f["header"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 50);
    assert_eq!(std::str::from_utf8(header).unwrap(), names.join(","));
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    for cell in lines(text.as_bytes()).iter().flat_map(BTreeMap::values) {
        let formula = cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
        assert!(!formula && !cell.contains(['?', '\u{fffd}']), "a cell that the portal refuses");
    }
}
