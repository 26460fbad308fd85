use std::{collections::BTreeMap, io::Read};

use super::{
    age::{Sealer, open},
    archive::Packer,
    *,
};
use crate::{
    config::Settings,
    document::Document,
    ledger::Ledger,
    sys::{fs::write_whole, hash::Sha256, machine::Machine, shutdown::Shutdown},
};
use jiff::Timestamp;
use secrecy::SecretString;

const CONFIGURATION: &str = "\
version = 1
[council]
name = 'Demo Council (fictional)'
la_code = '999'
[[submission]]
name = 'adult'
mapping = 'mapping'
allow_test_nhs_numbers = true
[submission.source.case-system]
type = 'sqlite'
path = 'case.db'
";

fn passphrase() -> SecretString {
    "correct horse battery".into()
}

fn now() -> Timestamp {
    "2026-11-25T06:00:00Z".parse().unwrap()
}

/// An installation with a ledger, a key and a mapping, and a backup of it beside it.
fn backed_up() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("old");
    for folder in ["mapping/sql", "data/index"] {
        std::fs::create_dir_all(root.path().join("old").join(folder)).unwrap();
    }
    write_whole(&folder.join("mapping/mapping.toml"), b"name = 'demo'").unwrap();
    write_whole(&folder.join("data/index/20261020T060000Z.cldx"), b"index").unwrap();
    let mut ledger = Ledger::open(&folder.join("data/ledger.db")).unwrap().on_machine(Machine::called("old"));
    ledger.settle_in(now()).unwrap();
    ledger.pause(now() + jiff::SignedDuration::from_hours(1), &"a test".parse().unwrap(), (now(), "ann")).unwrap();
    let document = Document::new("agent.toml", CONFIGURATION);
    let settings = Settings::from_document(&document, &folder, &BTreeMap::new()).unwrap();
    let file = root.path().join("council.backup");
    let order = Order {
        configuration: &document,
        folder: &folder,
        settings: &settings,
        packages: Packages::Without,
        passphrase: &passphrase(),
        now: now(),
    };
    make(&order, &file, &Shutdown::default()).unwrap();
    (root, file)
}

/// The files of a backup, without its encryption.
fn files(backup: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut plain = Vec::new();
    open(backup, &passphrase(), &mut plain).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(plain)).unwrap();
    let mut files = BTreeMap::new();
    for nth in 0..zip.len() {
        let mut file = zip.by_index(nth).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

/// A backup of these files, encrypted as it should be: somebody has the passphrase.
fn sealed(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let sealer = Sealer::new(Vec::new(), &passphrase()).unwrap();
    let mut zip = zip::ZipWriter::new_stream(sealer);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap().into_inner().finish().unwrap()
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Manifest {
    serde_json::from_slice(&files[MANIFEST]).unwrap()
}

fn set_manifest(files: &mut BTreeMap<String, Vec<u8>>, manifest: &Manifest) {
    files.insert(MANIFEST.to_owned(), serde_json::to_vec(manifest).unwrap());
}

/// Puts another file in the place of one, and the manifest says so.
fn replace(files: &mut BTreeMap<String, Vec<u8>>, name: &str, bytes: Vec<u8>) {
    let mut manifest = manifest(files);
    let entry = manifest.files.iter_mut().find(|entry| entry.name == name).unwrap();
    (entry.bytes, entry.sha256) = (bytes.len() as u64, Sha256::of(&bytes));
    files.insert(name.to_owned(), bytes);
    set_manifest(files, &manifest);
}

/// Restores a changed backup, which must fail and leave nothing.
#[track_caller]
fn refused(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> BackupError {
    let (root, file) = backed_up();
    let mut files = files(&std::fs::read(&file).unwrap());
    change(&mut files);
    write_whole(&file, &sealed(&files)).unwrap();
    let folder = root.path().join("new/place");
    let target = Target { folder: &folder, data: None };
    let error = restore((&file, &passphrase()), target, (now(), "ann")).unwrap_err();
    assert!(!root.path().join("new").exists(), "{error}");
    assert!(look(&file, &passphrase()).is_err() || matches!(error, BackupError::Configuration(_)), "{error}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 2, "the old installation and the backup");
    error
}

#[test]
fn a_backup_holds_what_it_says_and_is_restored_to_a_place_that_did_not_exist() {
    let (root, file) = backed_up();
    let packed = files(&std::fs::read(&file).unwrap());
    let names: Vec<_> = packed.keys().map(String::as_str).collect();
    let expected =
        ["agent.toml", "audit.head", "config/mapping/mapping.toml", "index.key", "index/20261020T060000Z.cldx"];
    assert_eq!(names, [&expected[..], &["ledger.db", MANIFEST]].concat());
    let folder = root.path().join("new/place");
    let restored = restore((&file, &passphrase()), Target { folder: &folder, data: None }, (now(), "ann")).unwrap();
    assert_eq!(restored.rewritten, []);
    assert_eq!(restored.outside.len(), 1, "{:?}", restored.outside);
    assert_eq!(std::fs::read(folder.join("mapping/mapping.toml")).unwrap(), b"name = 'demo'");
    assert_eq!(std::fs::read_to_string(folder.join("agent.toml")).unwrap(), CONFIGURATION);
    let (old, new) = (root.path().join("old/data/index.key"), folder.join("data/index.key"));
    assert_eq!(std::fs::read(old).unwrap(), std::fs::read(new).unwrap());
    let ledger = Ledger::open(&folder.join("data/ledger.db")).unwrap().on_machine(Machine::called("old"));
    assert!(!ledger.is_at_home().unwrap(), "not even on the machine that it came from");
    assert_eq!(ledger.audit_account([]).unwrap().faults, []);
    let kinds: Vec<_> = ledger.audit(None).unwrap().into_iter().map(|line| line.kind).collect();
    assert_eq!(kinds, ["paused", "restored"]);
    let again = restore((&file, &passphrase()), Target { folder: &folder, data: None }, (now(), "ann"));
    assert!(matches!(again, Err(BackupError::InTheWay(path)) if path == folder.join("agent.toml")));
}

#[test]
fn what_somebody_with_the_passphrase_has_changed_is_refused() {
    let damaged = refused(|files| files.get_mut("index.key").unwrap()[0] ^= 1);
    assert!(damaged.to_string().ends_with("its file 'index.key' is not what its manifest says"), "{damaged}");
    for name in ["index.key", "ledger.db", "agent.toml", MANIFEST] {
        let error = refused(|files| drop(files.remove(name)));
        assert!(matches!(error, BackupError::Archive { .. }), "{name}: {error}");
    }
    let more = refused(|files| drop(files.insert("more".to_owned(), Vec::new())));
    assert!(more.to_string().contains("not those that its manifest lists"), "{more}");
    let unlisted = refused(|files| {
        let mut manifest = manifest(files);
        manifest.files.retain(|entry| entry.name != "ledger.db");
        set_manifest(files, &manifest);
        files.remove("ledger.db");
    });
    assert!(unlisted.to_string().contains("it has no file 'ledger.db'"), "{unlisted}");
    for name in ["../evil", "config/../../evil", "/evil", "c:evil", "a\\b"] {
        let outside = refused(|files| {
            let mut manifest = manifest(files);
            manifest.files.push(manifest::Entry { name: name.to_owned(), bytes: 0, sha256: Sha256::of(b"") });
            set_manifest(files, &manifest);
            files.insert(name.to_owned(), Vec::new());
        });
        assert!(matches!(outside, BackupError::Archive { .. }), "{name}: {outside}");
    }
    let key = refused(|files| replace(files, "index.key", b"no key".to_vec()));
    assert!(matches!(key, BackupError::Key(_)), "{key}");
}

#[test]
fn a_trail_that_is_not_the_one_that_was_backed_up_is_refused() {
    let (root, file) = backed_up();
    let whole = files(&std::fs::read(file).unwrap());
    let changed = |sql: &str| {
        let path = root.path().join("changed.db");
        write_whole(&path, &whole["ledger.db"]).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        bytes
    };
    for sql in [
        "PRAGMA journal_mode = DELETE; UPDATE audit SET account = 'bob'",
        "PRAGMA journal_mode = DELETE; DELETE FROM audit",
    ] {
        let error = refused(|files| replace(files, "ledger.db", changed(sql)));
        assert!(matches!(error, BackupError::Trail(_)), "{sql}: {error}");
    }
    let error = refused(|files| replace(files, "ledger.db", b"no database at all".repeat(100)));
    assert!(matches!(error, BackupError::Ledger(_)), "{error}");
}

#[test]
fn a_newer_format_and_a_configuration_with_faults_are_said_to_be_that() {
    let newer = refused(|files| {
        // Whatever else it says is not understood.
        files.insert(MANIFEST.to_owned(), br#"{"cld_agent_backup": 2, "made": {"in": "another way"}}"#.to_vec());
    });
    assert!(matches!(newer, BackupError::Newer { found: 2, .. }), "{newer}");
    assert_eq!(newer.exit_code(), exit::CHANGED);
    let faulty = refused(|files| replace(files, "agent.toml", b"version = 1\n".to_vec()));
    assert!(matches!(faulty, BackupError::Configuration(_)), "{faulty}");
}

/// Takes so many bytes, and no more.
struct SmallDisk(usize);

impl std::io::Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_fills_is_a_full_disk_wherever_it_happens() {
    let path = PathBuf::from("council.backup");
    let (_root, file) = backed_up();
    let sample = manifest(&files(&std::fs::read(file).unwrap()));
    // Not to be compressed, and longer than a few chunks.
    let noise: Vec<u8> =
        (0..20_000_u32).flat_map(|nth| Sha256::of(&nth.to_le_bytes()).bytes()[..16].to_vec()).collect();
    let pack = |room| {
        let mut packer = Packer::new(&path, SmallDisk(room), &passphrase())?;
        packer.bytes("noise", &noise)?;
        packer.finish(sample.clone()).map(|_| ())
    };
    pack(1_000_000).unwrap();
    for room in [0, 100, 180, 70_000, 200_000, 320_000] {
        let error = pack(room).unwrap_err();
        assert_eq!(error.exit_code(), exit::DISK_FULL, "{room}: {error}");
    }
}
