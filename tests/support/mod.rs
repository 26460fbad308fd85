//! What the tests of the whole program share: a demo council in a folder of its own, and a second, plain reading of what
//! the program writes.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub(crate) mod installation;
pub(crate) mod scripted;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use tempfile::TempDir;

/// A line of a CSV file, by column name.
pub(crate) type Line = BTreeMap<String, String>;

/// The moment that all tests take as now.
pub(crate) const NOW: &str = "2026-10-20T06:00:00Z";
/// The quarter after it.
pub(crate) const LATER: &str = "2026-11-23T09:00:00Z";

/// The program, with nothing of this machine's environment that could change what it does.
pub(crate) fn agent() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cld-agent"));
    // Help is as wide as the terminal.
    command.env_remove("COLUMNS");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CLD_AGENT") {
            command.env_remove(name);
        }
    }
    command
}

/// The folder of a demo council.
pub(crate) struct Demo(TempDir);

impl Demo {
    /// A small council, and its package.
    pub(crate) fn new(people: u32, seed: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let out = folder.path().to_str().unwrap();
        let (people, seed) = (people.to_string(), seed.to_string());
        agent().args(["demo", "--people", &people, "--seed", &seed, "--as-of", NOW, "--out", out]).assert().success();
        Self(folder)
    }

    /// Another folder with the same council and the same package.
    pub(crate) fn copy(&self) -> Self {
        let folder = TempDir::new().unwrap();
        copy(self.path(), folder.path());
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// `cld-agent run` in this folder, at a later moment.
    pub(crate) fn run(&self) -> Command {
        let mut command = agent();
        command.current_dir(self.path()).args(["run", "--as-of", LATER]);
        command
    }

    /// The only package that is staged.
    pub(crate) fn package(&self) -> Package {
        Package::only(&self.path().join("staging"))
    }

    /// The record of what was planted.
    pub(crate) fn planted(&self) -> Vec<Line> {
        lines(&fs::read(self.path().join("planted.csv")).unwrap())
    }

    /// Replaces a text in one of the files.
    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not hold {from}");
        put(&path, text.replacen(from, to, 1).as_bytes());
    }

    /// Changes the council's database.
    pub(crate) fn execute(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap();
    }

    /// The council's database.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("council.db")).unwrap()
    }

    /// What is left of unfinished work.
    pub(crate) fn left_overs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path().join("work")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

/// A package's folder.
pub(crate) struct Package(PathBuf);

impl Package {
    /// The only package somewhere under a folder.
    pub(crate) fn only(above: &Path) -> Self {
        let found = tree(above).into_keys().filter(|file| file.ends_with("manifest.json"));
        let [manifest] = found.collect::<Vec<_>>().try_into().unwrap();
        Self(above.join(manifest).parent().unwrap().to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    pub(crate) fn lines(&self, name: &str) -> Vec<Line> {
        lines(&self.read(name))
    }

    pub(crate) fn manifest(&self) -> serde_json::Value {
        serde_json::from_slice(&self.read("manifest.json")).unwrap()
    }

    /// Path of the upload file.
    pub(crate) fn upload(&self) -> PathBuf {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let upload = names
            .filter(|name| name.starts_with("ASC-CLD_") && Path::new(name).extension().is_some_and(|end| end == "csv"));
        let [upload] = upload.collect::<Vec<_>>().try_into().unwrap();
        self.0.join(upload)
    }

    /// The rows of the upload file.
    pub(crate) fn rows(&self) -> Vec<Line> {
        rows(&self.upload())
    }
}

/// The rows of an upload file.
pub(crate) fn rows(upload: &Path) -> Vec<Line> {
    let bytes = fs::read(upload).unwrap();
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    lines(text.as_bytes())
}

/// The lines of a CSV file.
pub(crate) fn lines(bytes: &[u8]) -> Vec<Line> {
    csv::Reader::from_reader(bytes).deserialize().map(Result::unwrap).collect()
}

/// Header text by field key, read from the release file.
pub(crate) fn headers() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/releases/release-1.toml");
    let release: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let fields = release["field"].as_array().unwrap();
    let text = |field: &toml::Value, key: &str| field[key].as_str().unwrap().to_owned();
    fields.iter().map(|field| (text(field, "key"), text(field, "header"))).collect()
}

/// Every file below a folder, by its path there, with its bytes. A folder that does not exist holds none.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(tree(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    files
}

/// Two trees, compared by name first: bytes would fill the screen.
#[track_caller]
pub(crate) fn assert_same(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    let names = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after));
    let changed: Vec<_> = before.iter().filter(|(name, bytes)| after[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}

fn copy(from: &Path, to: &Path) {
    for name in tree(from).into_keys() {
        let to = to.join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        // With who may read it: a key that everybody may read is not trusted.
        fs::copy(from.join(&name), to).unwrap();
    }
    fs::create_dir_all(to.join("work")).unwrap();
}

/// Writes a file, and the folders above it.
#[expect(clippy::disallowed_methods, reason = "a test's own files need not survive a crash")]
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// What nobody may see in a message, a log or the ledger: names, NHS numbers, postcodes and dates of birth of everybody in
/// the council's database.
pub(crate) fn personal(demo: &Demo) -> BTreeSet<String> {
    let database = demo.database();
    let mut found = BTreeSet::new();
    for sql in [
        "SELECT surname || ', ' || forename FROM person",
        "SELECT forename || ' ' || surname FROM person",
        "SELECT nhs_no FROM person",
        "SELECT dob FROM person",
        "SELECT postcode FROM address",
        "SELECT case_no FROM person",
    ] {
        let mut statement = database.prepare(sql).unwrap();
        let texts = statement.query_map((), |row| row.get::<_, Option<String>>(0)).unwrap();
        found.extend(texts.filter_map(Result::unwrap).filter(|text| text.len() > 4));
    }
    assert!(found.len() > 100);
    found
}
