use std::fs;

use jiff::ToSpan;

use super::*;
use crate::{
    custody::Custody,
    document::Document,
    ledger::{HoldRow, IndexRow, NewRun, Outcome, PackageRow, PackageState, RunEnd, Used},
    model::{Field, Reason},
    stage::{FINDINGS, FileEntry, MANIFEST, Manifest, State, sample_manifest},
    sys::{
        fs::{NewFile, Operation, Readers, write_whole},
        hash::Sha256,
    },
};

/// An office with a server, and a share.
struct Office {
    server: tempfile::TempDir,
    share: tempfile::TempDir,
    ledger: Ledger,
    settings: Settings,
    noticed: Noticed,
    runs: i64,
}

const FOUND: &str = "Row,Field,Rule,Severity,Status,Value,Event,Person\n7,Date of Birth,D005,QUERY,,1900-01-01,E1,P1\n";

const PERIOD: &str = "2025-10-01_2026-09-30";

const SETTINGS: &str = "version = 1
[agent]
data_dir = '.'
[council]
name = 'Sunderland City Council'
la_code = '110'
[[submission]]
name = 'adult'
mapping = 'mapping'
[submission.source.case-system]
type = 'csv'
folder = 'extracts'
";

fn began() -> Timestamp {
    "2026-10-05T05:00:00Z".parse().unwrap()
}

impl Office {
    fn new() -> Self {
        let (server, share) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ledger = Ledger::open(&server.path().join("ledger.db")).unwrap();
        fs::create_dir_all(share.path().join("adult/answers")).unwrap();
        let document = Document::new("agent.toml", SETTINGS);
        let mut settings = Settings::from_document(&document, server.path(), &BTreeMap::new()).unwrap();
        settings.submissions[0].approval.group = Some("approvers".to_owned());
        let group = Some("analysts".to_owned());
        let folder = share.path().to_owned();
        settings.submissions[0].desk = Some(Desk { folder, accept_group: group.clone(), submit_group: group });
        Self { server, share, ledger, settings, noticed: Noticed::default(), runs: 0 }
    }

    fn places(&self) -> Places {
        Places::below(self.server.path())
    }

    fn desk(&self) -> PathBuf {
        self.share.path().join("adult")
    }

    fn begin(&mut self, rehearsal: bool) -> (crate::model::RunId, Timestamp) {
        let at = began() + self.runs.minutes();
        self.runs += 1;
        let run = self.ledger.begin_run(NewRun {
            submission: "adult",
            plan: None,
            period: PERIOD.parse().unwrap(),
            slot: None,
            began: at,
            rehearsal,
            tool_version: "0",
        });
        (run.unwrap(), at)
    }

    /// Stages a package with a manifest that tells the truth; its run.
    fn package(&mut self, state: PackageState) -> String {
        let (run, at) = self.begin(false);
        let Places { staging, held, superseded } = self.places();
        let place = if state == PackageState::Held { &held } else { &staging };
        let folder = place.join("adult").join(PERIOD).join(run.as_str());
        fs::create_dir_all(&folder).unwrap();
        let upload = format!("rows of {run}");
        write_whole(&folder.join("upload.csv"), upload.as_bytes()).unwrap();
        write_whole(&folder.join(FINDINGS), FOUND.as_bytes()).unwrap();
        let entry = |name: &str, text: &str, rows| {
            let (sha256, bytes) = (Sha256::of(text.as_bytes()), text.len() as u64);
            FileEntry { name: name.to_owned(), bytes, sha256, rows }
        };
        let files = vec![entry("upload.csv", &upload, Some(1)), entry(FINDINGS, FOUND, None)];
        let manifest = serde_json::to_vec(&Manifest { files, ..sample_manifest(State::Released) }).unwrap();
        write_whole(&folder.join(MANIFEST), &manifest).unwrap();
        let held = [HoldRow { rule: "C001".to_owned(), why: "rows fell by 40 %".to_owned(), approvable: true }];
        let row = PackageRow {
            state,
            path: &folder,
            manifest_sha256: Sha256::of(&manifest),
            upload_sha256: Sha256::of(upload.as_bytes()),
            rows: 1,
            staged_at: at,
            holds: if state == PackageState::Held { &held } else { &[] },
            superseded: &superseded,
        };
        let hash = Sha256::of(b"");
        let used = Used { configuration: hash, mapping: hash, release: hash };
        let index = IndexRow { sha256: hash, rows: 1, people: 1, open_services: 1 };
        let end =
            RunEnd { ended: at, outcome: Outcome::Released, exit_code: Some(0), may_pass: false, message: "staged" };
        let rates: [(Field, crate::ledger::FieldRate); 0] = [];
        self.ledger.finish_staged(&run, end, row, used, index, rates).unwrap();
        run.to_string()
    }

    /// Leaves the reports of a rehearsal, in the place of an earlier one.
    fn rehearsal(&mut self) -> String {
        let (run, _) = self.begin(true);
        let all = DataFolder(self.server.path()).rehearsals("adult");
        let _ = fs::remove_dir_all(&all);
        fs::create_dir_all(all.join(run.as_str())).unwrap();
        write_whole(&all.join(run.as_str()).join("report.html"), b"<p>so far</p>").unwrap();
        run.to_string()
    }

    fn look_with(&mut self, tools: Tools) -> Result<(), DeskError> {
        let now = began() + self.runs.minutes() + 1.hour();
        self.runs += 1;
        let lock = FolderLock::take(&self.server.path().join("desk"), now, "desk")?;
        let submission = &self.settings.submissions[0];
        let desk = submission.desk.as_ref().unwrap();
        let mut clerk = Clerk { settings: &self.settings, submission, ledger: &mut self.ledger, tools, now };
        see_to(&desk.folder.join("adult"), desk, &lock, &mut clerk, &mut self.noticed)
    }

    fn look(&mut self) -> Result<(), DeskError> {
        self.look_with(TOOLS)
    }

    fn custody<T>(&mut self, step: impl FnOnce(&mut Custody<'_>) -> T) -> T {
        let places = self.places();
        step(&mut Custody::new(&mut self.ledger, &places, Readers::default()))
    }

    /// Everything below the folder of the period, sorted.
    fn there(&self) -> Vec<String> {
        let folder = self.desk().join(PERIOD);
        let mut there = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            there.push(path.file_name().unwrap().to_string_lossy().into_owned());
            let name = there.last().unwrap().clone();
            for inner in fs::read_dir(&path).into_iter().flatten() {
                there.push(format!("{name}/{}", inner.unwrap().file_name().display()));
            }
        }
        there.sort();
        there
    }

    fn status(&self) -> String {
        fs::read_to_string(self.desk().join("status.txt")).unwrap()
    }
}

/// As if every file belonged to whom the test says, and each group had the members that it names.
const TOOLS: Tools = Tools { copy: delivery::copy_file, owner: whose, is_member: knows };

thread_local! {
    static WHOSE: std::cell::RefCell<Option<String>> = const { std::cell::RefCell::new(None) };
}

#[expect(clippy::unnecessary_wraps, reason = "in the place of what may fail")]
fn whose(_: &Metadata) -> Result<Option<String>, OwnerError> {
    Ok(WHOSE.with_borrow(Clone::clone))
}

fn knows(account: &str, group: &str) -> Result<bool, GroupError> {
    match group {
        "analysts" => Ok(["ann", "amy"].contains(&account)),
        "approvers" => Ok(account == "amy"),
        _ => Err(GroupError::UnknownGroup(group.to_owned())),
    }
}

const FILES: &[&str] = &["findings.csv", "manifest.json", "upload.csv"];
const REPORTS: &[&str] = &["report.html"];

fn put(path: &Path, text: &str) {
    write_whole(path, text.as_bytes()).unwrap();
}

fn reason() -> Reason {
    "one provider closed in June".parse().unwrap()
}

/// What lies on the desk of a whole copy, with the templates beside it.
fn whole(run: &str, files: &[&str]) -> Vec<String> {
    let mut names = vec![run.to_owned()];
    names.extend(files.iter().map(|file| format!("{run}/{file}")));
    names.extend([format!("{run}.delivered.json"), format!("{run}.answers")]);
    let kinds = ["accept", "accepted", "approve", "rejected", "submitted"];
    let kinds = if files == REPORTS { &kinds[..1] } else { &kinds };
    names.extend(kinds.iter().map(|kind| format!("{run}.answers/{run}.{kind}.toml")));
    names.sort();
    names
}

#[test]
fn a_package_is_brought_whole_and_once() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    office.look().unwrap();
    assert_eq!(office.there(), whole(&run, FILES));
    let copy = office.desk().join(PERIOD).join(&run).join("upload.csv");
    assert_eq!(fs::read_to_string(&copy).unwrap(), format!("rows of {run}"));
    assert!(office.status().contains(&format!("{PERIOD}/{run}  ready")), "{}", office.status());
    office.look_with(Tools { copy: never, ..TOOLS }).unwrap();
    fs::remove_dir_all(copy.parent().unwrap()).unwrap();
    office.look().unwrap();
    assert!(copy.exists(), "whoever deleted it gets it again");
    assert_eq!(fs::read_dir(office.desk().join("arriving")).unwrap().count(), 0);
}

fn never(from: &Path, _: &mut NewFile) -> Result<Sha256, FsError> {
    panic!("{} was copied again", from.display())
}

/// As a share that alters a byte on the way.
#[expect(clippy::unnecessary_wraps, reason = "in the place of what may fail")]
fn garbled(from: &Path, to: &mut NewFile) -> Result<Sha256, FsError> {
    let mut bytes = fs::read(from).unwrap();
    let hash = Sha256::of(&bytes);
    if let Some(last) = bytes.last_mut().filter(|_| from.ends_with("upload.csv") || from.ends_with("report.html")) {
        *last ^= 1;
    }
    std::io::Write::write_all(to, &bytes).unwrap();
    Ok(hash)
}

/// As a share that is full after the first file.
fn full(from: &Path, to: &mut NewFile) -> Result<Sha256, FsError> {
    if from.ends_with("upload.csv") {
        return Err(FsError::while_trying(Operation::Write, from)(std::io::ErrorKind::StorageFull.into()));
    }
    delivery::copy_file(from, to)
}

#[test]
fn what_is_not_the_same_when_it_is_read_back_never_appears() {
    let mut office = Office::new();
    let run = office.package(PackageState::Held);
    let error = office.look_with(Tools { copy: garbled, ..TOOLS }).unwrap_err();
    assert!(matches!(error, DeskError::ReadBack(_)), "{error}");
    assert_eq!(office.there(), [""; 0]);
    office.look().unwrap();
    assert_eq!(office.there(), whole(&run, FILES));

    let rehearsal = office.rehearsal();
    let error = office.look_with(Tools { copy: garbled, ..TOOLS }).unwrap_err();
    assert!(matches!(&error, DeskError::Differs(path) if path.ends_with("report.html")), "{error}");
    assert!(!office.desk().join(PERIOD).join(rehearsal).exists());
}

#[test]
fn a_share_that_is_full_has_nothing_half_there_and_gets_the_rest_once_there_is_room() {
    let mut office = Office::new();
    let (first, second) = (office.package(PackageState::Held), office.rehearsal());
    let error = office.look_with(Tools { copy: full, ..TOOLS }).unwrap_err();
    assert!(matches!(&error, DeskError::Fs(error) if error.is_disk_full()), "{error}");
    assert_eq!(office.there(), whole(&second, REPORTS), "one failure does not keep the rest away");
    assert_eq!(fs::read_dir(office.desk().join("arriving")).unwrap().count(), 0);
    office.look().unwrap();
    assert!(office.desk().join(PERIOD).join(first).is_dir());
}

#[test]
fn a_share_that_is_away_is_not_made_on_the_disk_below_and_is_tried_again() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    let (mounted, elsewhere) = (office.desk(), office.share.path().join("elsewhere"));
    fs::rename(&mounted, &elsewhere).unwrap();
    let error = office.look().unwrap_err();
    assert!(matches!(error, DeskError::NotThere(_)), "{error}");
    assert!(!mounted.exists());
    fs::rename(&elsewhere, &mounted).unwrap();
    office.look().unwrap();
    assert_eq!(office.there(), whole(&run, FILES));
}

#[test]
fn a_copy_goes_when_its_package_is_superseded_withdrawn_or_purged() {
    let mut office = Office::new();
    let first = office.package(PackageState::Ready);
    office.look().unwrap();
    let second = office.package(PackageState::Ready);
    office.look().unwrap();
    assert_eq!(office.there(), whole(&second, FILES), "not {first}");
    office.custody(|custody| custody.withdraw(&second, &reason(), (began() + 1.hour(), "ann"))).unwrap();
    office.look().unwrap();
    assert_eq!(office.there(), [""; 0]);

    let third = office.package(PackageState::Ready);
    office.look().unwrap();
    fs::rename(office.places().staging, office.server.path().join("volume")).unwrap();
    office.look().unwrap();
    assert_eq!(office.there(), whole(&third, FILES), "a volume that is away is no purge");
    fs::rename(office.server.path().join("volume"), office.places().staging).unwrap();
    fs::remove_dir_all(office.places().staging.join("adult").join(PERIOD).join(&third)).unwrap();
    office.look().unwrap();
    assert_eq!(office.there(), [""; 0]);
}

#[test]
fn only_the_last_rehearsal_lies_on_the_desk() {
    let mut office = Office::new();
    let (first, package) = (office.rehearsal(), office.package(PackageState::Ready));
    office.look().unwrap();
    let second = office.rehearsal();
    office.look().unwrap();
    let mut expected = whole(&second, REPORTS);
    expected.extend(whole(&package, FILES));
    expected.sort();
    assert_eq!(office.there(), expected, "not {first}");
}

#[test]
fn what_somebody_else_put_there_stays_and_is_said() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    office.look().unwrap();
    let period = office.desk().join(PERIOD);
    put(&period.join(&run).join("notes.txt"), "ask the team");
    put(&period.join(&run).join("upload.csv"), "edited");
    put(&period.join("mine.xlsx"), "mine");
    office.custody(|custody| custody.withdraw(&run, &reason(), (began() + 1.hour(), "ann"))).unwrap();
    office.look().unwrap();
    let left = |name: &str| format!("{run}.left{name}");
    assert_eq!(office.there(), [left(""), left("/notes.txt"), left("/upload.csv"), "mine.xlsx".to_owned()]);
    let status = office.status();
    assert!(status.contains("mine.xlsx: cld-agent did not put it here"), "{status}");
}

#[test]
fn a_folder_of_somebody_elses_in_the_place_of_a_copy_is_left_alone() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    let folder = office.desk().join(PERIOD).join(&run);
    fs::create_dir_all(&folder).unwrap();
    put(&folder.join("mine"), "mine");
    assert!(matches!(office.look().unwrap_err(), DeskError::InTheWay(path) if path == folder));
    assert_eq!(office.there(), [run.clone(), format!("{run}/mine")]);
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_on_the_way_to_a_copy() {
    use std::os::unix::fs::symlink;
    let mut office = Office::new();
    office.package(PackageState::Ready);
    let elsewhere = office.server.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for name in [PERIOD, "arriving"] {
        let link = office.desk().join(name);
        symlink(&elsewhere, &link).unwrap();
        assert!(matches!(office.look().unwrap_err(), DeskError::InTheWay(path) if path == link), "{name}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        fs::remove_file(link).unwrap();
    }
    fs::rename(office.desk(), office.share.path().join("real")).unwrap();
    symlink(office.share.path().join("real"), office.desk()).unwrap();
    assert!(matches!(office.look().unwrap_err(), DeskError::NotThere(_)));
}

#[test]
fn a_marker_that_somebody_forged_reaches_no_file_elsewhere() {
    let mut office = Office::new();
    let precious = office.share.path().join("precious");
    put(&precious, "precious");
    let period = office.desk().join(PERIOD);
    fs::create_dir_all(period.join("20200101T000000Z")).unwrap();
    let file = format!(r#"{{"name":"../../../precious","sha256":"{}"}}"#, Sha256::of(b"precious"));
    let marker = format!(r#"{{"format":1,"manifest":null,"files":[{file}],"templates":[]}}"#);
    put(&period.join("20200101T000000Z.delivered.json"), &marker);
    office.look().unwrap();
    assert!(precious.exists() && period.join("20200101T000000Z").is_dir());
}

#[cfg(unix)]
mod answers;

#[cfg(unix)]
#[test]
fn whoever_may_read_the_desk_may_read_what_is_brought_there() {
    use std::os::unix::fs::MetadataExt;
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    // Only an administrator can give the folder to a group that is not their own.
    let _ = std::os::unix::fs::chown(office.desk(), None, Some(4711));
    let group = fs::metadata(office.desk()).unwrap().gid();
    office.look().unwrap();
    let period = office.desk().join(PERIOD);
    let (copy, templates) = (period.join(&run), period.join(format!("{run}.answers")));
    for (path, mode) in [
        (&period, 0o750),
        (&copy, 0o750),
        (&copy.join("upload.csv"), 0o640),
        (&templates, 0o750),
        (&templates.join(format!("{run}.submitted.toml")), 0o640),
        (&office.desk().join("status.txt"), 0o640),
    ] {
        let found = fs::metadata(path).unwrap();
        assert_eq!((found.gid(), found.mode() & 0o777), (group, mode), "{}", path.display());
    }
}

#[test]
fn a_copy_goes_when_its_package_is_purged_though_the_manifest_stays() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    office.look().unwrap();
    let package = office.ledger.package(&run).unwrap().unwrap();
    let sha256 = Some(package.manifest_sha256);
    let order = crate::ledger::PurgeOrder {
        what: "findings",
        subject: &run,
        rule: "findings_for",
        files: 1,
        bytes: FOUND.len() as u64,
        sha256,
    };
    office.ledger.order_purge(order, began()).unwrap();
    fs::remove_file(package.path.join(FINDINGS)).unwrap();
    office.look().unwrap();
    assert_eq!(office.there(), [""; 0]);
}
