use std::fs;

use jiff::ToSpan;

use super::*;
use crate::{
    ledger::{FieldRate, HoldRow, IndexRow, NewRun, Outcome, PackageRow, RunEnd, Used},
    model::Field,
    sys::fs::write_whole,
};

fn began() -> Timestamp {
    "2026-10-20T06:00:00Z".parse().unwrap()
}

fn reason() -> Reason {
    "the drop is known and explained".parse().unwrap()
}

/// A data folder in which packages are staged as runs stage them.
struct Office {
    data: tempfile::TempDir,
    places: Places,
    ledger: Ledger,
    /// A second for each run, so that each has an id of its own.
    runs: i64,
}

impl Office {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let places = Places::below(data.path());
        let ledger = Ledger::open(&data.path().join("ledger.db")).unwrap().acting_as("svc-cld");
        Self { data, places, ledger, runs: 0 }
    }

    fn custody<T>(&mut self, act: impl FnOnce(&mut Custody<'_>) -> T) -> T {
        act(&mut Custody::new(&mut self.ledger, &self.places, Readers::default()))
    }

    fn settle(&mut self) -> Result<(), CustodyError> {
        Custody::new(&mut self.ledger, &self.places, Readers::default()).settle()
    }

    /// A run that stages a package; held where there are reasons.
    fn run(&mut self, period: &str, holds: &[HoldRow]) -> String {
        let at = began() + self.runs.seconds();
        self.runs += 1;
        let period: Period = period.parse().unwrap();
        let new = NewRun {
            submission: "adult",
            plan: None,
            period,
            slot: None,
            began: at,
            rehearsal: false,
            tool_version: "0",
        };
        let id = self.ledger.begin_run(new).unwrap();
        let held = !holds.is_empty();
        let place = if held { &self.places.held } else { &self.places.staging };
        let folder = place.join("adult").join(period.to_string()).join(id.as_str());
        fs::create_dir_all(&folder).unwrap();
        write_whole(&folder.join("upload.csv"), id.as_str().as_bytes()).unwrap();
        let manifest = format!(r#"{{"run":"{id}"}}"#);
        write_whole(&folder.join("manifest.json"), manifest.as_bytes()).unwrap();
        let package = PackageRow {
            state: if held { PackageState::Held } else { PackageState::Ready },
            path: &folder,
            manifest_sha256: Sha256::of(manifest.as_bytes()),
            upload_sha256: Sha256::of(id.as_str().as_bytes()),
            rows: 1,
            staged_at: at,
            holds,
            superseded: &self.places.superseded.clone(),
        };
        let hash = Sha256::of(b"");
        let used = Used { configuration: hash, mapping: hash, release: hash };
        let index = IndexRow { sha256: hash, rows: 1, people: 1, open_services: 1 };
        let outcome = if held { Outcome::Held } else { Outcome::Released };
        let end = RunEnd { ended: at, outcome, exit_code: Some(0), may_pass: false, message: "staged" };
        let rates: [(Field, FieldRate); 0] = [];
        self.ledger.finish_staged(&id, end, package, used, index, rates).unwrap();
        id.to_string()
    }

    fn state(&self, run: &str) -> PackageState {
        self.ledger.package(run).unwrap().unwrap().state
    }

    /// In which places the folder of a run is.
    fn lies(&self, run: &str) -> Vec<&'static str> {
        let package = self.ledger.package(run).unwrap().unwrap();
        let Places { staging, held, superseded } = &self.places;
        let places = [("staging", staging), ("held", held), ("superseded", superseded)];
        places.into_iter().filter(|(_, place)| package.folder_in(place).is_dir()).map(|(name, _)| name).collect()
    }

    fn submit(&mut self, run: &str) -> Result<PackageFacts, CustodyError> {
        self.custody(|custody| custody.submit(run, &receipt(), later()))
    }
}

fn later() -> By<'static> {
    (began() + 1.hour(), "ann")
}

fn receipt() -> Submission<'static> {
    Submission { receipt: "DLP-0017", at: later().0, file: None, again: None }
}

const Q2: &str = "2025-10-01_2026-09-30";
const Q3: &str = "2026-01-01_2026-12-31";

fn holds(approvable: bool) -> [HoldRow; 1] {
    [HoldRow { rule: "C001".to_owned(), why: "rows fell by 40 %".to_owned(), approvable }]
}

#[test]
fn of_a_period_only_the_newest_package_is_ready_and_the_older_is_moved_away_unchanged() {
    let mut office = Office::new();
    let (first, other, held) = (office.run(Q2, &[]), office.run(Q3, &[]), office.run(Q2, &holds(true)));
    assert_eq!(office.state(&first), PackageState::Ready, "a held package takes nobody's place");
    let second = office.run(Q2, &[]);
    assert_eq!(office.lies(&first), ["staging"], "the ledger comes first");
    office.settle().unwrap();

    let states = [&first, &other, &held, &second].map(|run| office.state(run));
    let expected = [PackageState::Superseded, PackageState::Ready, PackageState::Held, PackageState::Ready];
    assert_eq!(states, expected);
    let lie = [&first, &other, &held, &second].map(|run| office.lies(run));
    assert_eq!(lie, [["superseded"], ["staging"], ["held"], ["staging"]]);
    let package = office.ledger.package(&first).unwrap().unwrap();
    assert_eq!((&package.moved_from, fs::read(package.path.join("upload.csv")).unwrap()), (&None, first.into_bytes()));
    assert!(office.ledger.audit_account([]).unwrap().faults.is_empty());
}

#[test]
fn whatever_was_done_before_a_process_died_ledger_and_folders_agree_afterwards() {
    let mut office = Office::new();
    let first = office.run(Q2, &[]);
    let second = office.run(Q2, &[]);
    // The folder was moved, and the ledger does not know.
    let package = office.ledger.package(&first).unwrap().unwrap();
    move_folder(&package.folder_in(&office.places.staging), &package.path, Readers::default()).unwrap();
    assert!(package.moved_from.is_some());
    for _ in 0..2 {
        office.settle().unwrap();
        assert_eq!((office.lies(&first), office.lies(&second)), (vec!["superseded"], vec!["staging"]));
        assert_eq!(office.ledger.unmoved_packages().unwrap(), []);
    }
}

#[test]
fn a_folder_that_cannot_be_moved_is_tried_again() {
    let mut office = Office::new();
    let first = office.run(Q2, &[]);
    // Something stands where the folder should go.
    fs::create_dir_all(office.places.superseded.parent().unwrap()).unwrap();
    write_whole(&office.places.superseded, b"in the way").unwrap();
    office.run(Q2, &[]);
    let error = office.settle().unwrap_err();
    assert!(matches!(error, CustodyError::Fs(_)), "{error}");
    assert_eq!((office.state(&first), office.lies(&first)), (PackageState::Superseded, vec!["staging"]));
    fs::remove_file(&office.places.superseded).unwrap();
    office.settle().unwrap();
    assert_eq!(office.lies(&first), ["superseded"]);
}

#[test]
fn a_submission_is_recorded_once_unless_it_is_said_to_be_another() {
    let mut office = Office::new();
    let first = office.run(Q2, &[]);
    let package = office.submit(&first).unwrap();
    assert_eq!((package.state, package.receipt.as_deref()), (PackageState::Submitted, Some("DLP-0017")));
    assert_eq!((package.submitted_at, package.submitted_by.as_deref()), (Some(later().0), Some("ann")));
    let error = office.submit(&first).unwrap_err();
    assert!(matches!(error, CustodyError::Refused { refusal: Refusal::Already, .. }), "{error}");

    let second = office.run(Q2, &[]);
    assert_eq!(office.state(&first), PackageState::Submitted, "what was submitted is not superseded here");
    let error = office.submit(&second).unwrap_err();
    assert!(matches!(&error, CustodyError::Again { earlier, .. } if earlier.as_str() == first), "{error}");
    let again = Submission { again: Some(&reason()), ..receipt() };
    office.custody(|custody| custody.submit(&second, &again, later())).unwrap();
    let other = office.run(Q3, &[]);
    office.submit(&other).unwrap();
    assert_eq!(office.ledger.baseline("adult").unwrap().unwrap().run.as_str(), other);
}

#[test]
fn a_file_that_was_edited_on_the_way_is_refused_and_the_compressed_copy_is_not() {
    let mut office = Office::new();
    let run = office.run(Q2, &[]);
    let (sent, edited, gz) = ["sent.csv", "edited.csv", "sent.csv.gz"].map(|name| office.data.path().join(name)).into();
    write_whole(&sent, run.as_bytes()).unwrap();
    write_whole(&edited, format!("{run}\r\n").as_bytes()).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, run.as_bytes()).unwrap();
    write_whole(&gz, &encoder.finish().unwrap()).unwrap();

    let with = |file| Submission { file: Some(file), ..receipt() };
    let error = office.custody(|custody| custody.submit(&run, &with(&edited), later())).unwrap_err();
    assert!(matches!(error, CustodyError::OtherFile { .. }), "{error}");
    assert_eq!(office.state(&run), PackageState::Ready);
    office.custody(|custody| custody.submit(&run, &with(&gz), later())).unwrap();
    office.custody(|custody| custody.reject(&run, &reason(), later())).unwrap();
    office.custody(|custody| custody.submit(&run, &with(&sent), later())).unwrap();
}

#[test]
fn what_cannot_be_is_not_recorded() {
    let mut office = Office::new();
    let run = office.run(Q2, &[]);
    let mut refused = |submission: Submission<'_>| office.custody(|custody| custody.submit(&run, &submission, later()));
    for receipt in ["", " DLP", "two\nlines", &"9".repeat(101)] {
        let error = refused(Submission { receipt, ..self::receipt() }).unwrap_err();
        assert!(matches!(error, CustodyError::Receipt(_)), "{error}");
    }
    for at in [began() - 1.second(), later().0 + 1.second()] {
        assert!(matches!(refused(Submission { at, ..receipt() }), Err(CustodyError::NotYet(_))));
    }
    let unknown = office.custody(|custody| custody.accept("20200101T000000Z", later()));
    assert!(matches!(unknown, Err(CustodyError::Unknown(_))));
    assert_eq!(office.ledger.audit(None).unwrap().len(), 3, "a refusal is no deed");
}

#[test]
fn a_withdrawn_package_leaves_the_folder_in_which_uploaders_look_and_is_no_baseline() {
    let mut office = Office::new();
    let run = office.run(Q2, &[]);
    let package = office.custody(|custody| custody.withdraw(&run, &reason(), later())).unwrap();
    assert_eq!((package.state, office.lies(&run)), (PackageState::Withdrawn, vec!["superseded"]));
    assert_eq!(office.ledger.baseline("adult").unwrap(), None);
    assert!(office.submit(&run).is_err());
}

#[test]
fn a_submission_that_the_centre_rejected_is_a_baseline_no_longer() {
    let mut office = Office::new();
    let (first, second) = (office.run(Q2, &[]), office.run(Q3, &[]));
    for run in [&first, &second] {
        office.submit(run).unwrap();
    }
    office.custody(|custody| custody.accept(&first, later())).unwrap();
    office.custody(|custody| custody.reject(&second, &reason(), later())).unwrap();
    assert_eq!(office.ledger.baseline("adult").unwrap().unwrap().run.as_str(), first);
    assert_eq!(office.lies(&second), ["staging"]);
}

/// As if the group had one member.
#[expect(clippy::unnecessary_wraps, reason = "in the place of what may fail")]
fn only_ann(account: &str, _group: &str) -> Result<bool, GroupError> {
    Ok(account == "ann")
}

#[test]
fn only_what_may_be_overridden_is_and_only_by_those_who_may() {
    let mut office = Office::new();
    let (run, never, ready) = (office.run(Q2, &holds(true)), office.run(Q2, &holds(false)), office.run(Q3, &[]));
    let approvers = Approvers { group: Some("approvers"), people: 1, is_member: only_ann };
    let nobody = Approvers { group: None, ..approvers };
    let mut approve = |run: &str, approvers, by| {
        office.custody(|custody| custody.approve(run, &reason(), approvers, (later().0, by), None))
    };
    assert!(matches!(approve(&run, nobody, "ann"), Err(CustodyError::NoApprovers(_))));
    assert!(matches!(approve(&run, approvers, "bob"), Err(CustodyError::NotApprover { .. })));
    assert!(matches!(approve(&never, approvers, "ann"), Err(CustodyError::NotApprovable { .. })));
    let error = approve(&ready, approvers, "ann").unwrap_err();
    assert!(matches!(error, CustodyError::Refused { refusal: Refusal::NotHeld, .. }), "{error}");
    // Its manifest is none: nobody approves what is not what was staged.
    assert!(matches!(approve(&run, approvers, "ann"), Err(CustodyError::Changed(_))));
    assert_eq!([&run, &never].map(|run| office.lies(run)), [["held"], ["held"]]);
}
