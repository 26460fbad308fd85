//! What becomes of packages: submitted, approved, superseded, and killed at every point in between.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{fs, path::Path, sync::LazyLock};

use cld_agent::{
    custody::{Approved, Approvers, Custody, CustodyError},
    exit,
    ledger::{Ledger, PackageState},
    stage::{Places, verify},
    sys::{failpoint, fs::Readers},
};
use support::{Demo, LATER, Package, agent, put, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(60, 7));

/// The period of the demo.
const PERIOD: &str = "2025-10-01_2026-09-30";

/// A command in the council's folder: its exit code, and what was printed.
fn tell(demo: &Demo, arguments: &[&str]) -> (i32, serde_json::Value) {
    let output = agent().current_dir(demo.path()).args(arguments).args(["--json", "--as-of", LATER]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")))
}

fn first_run(demo: &Demo) -> String {
    demo.package().manifest()["run"]["id"].as_str().unwrap().to_owned()
}

/// Every run with the state of its package, the latest first.
fn states(demo: &Demo) -> Vec<(String, String)> {
    let output = agent().current_dir(demo.path()).args(["--json", "runs"]).output().unwrap();
    let runs: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let told = runs.into_iter().map(|run| {
        let state = run["package_state"].as_str().unwrap_or("none").to_owned();
        (run["run"].as_str().unwrap().to_owned(), state)
    });
    told.collect()
}

/// The folders of packages below a place.
fn packages(demo: &Demo, place: &str) -> Vec<String> {
    let folder = demo.path().join(place).join("adult-social-care").join(PERIOD);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn from_one_submission_to_the_next() {
    let demo = COUNCIL.copy();
    let first = first_run(&demo);
    let upload = demo.package().upload();
    let edited = demo.path().join("edited.csv");
    put(&edited, &[fs::read(&upload).unwrap(), b"\r\n".to_vec()].concat());

    let record =
        |file: &Path| tell(&demo, &["submitted", &first, "--receipt", "DLP-17", "--file", file.to_str().unwrap()]);
    let (code, said) = record(&edited);
    assert_eq!(code, i32::from(exit::CHANGED), "{said}");
    let (code, said) = record(&upload);
    assert_eq!((code, &said["state"], &said["receipt"]), (0, &"submitted".into(), &"DLP-17".into()), "{said}");

    let (code, said) = tell(&demo, &["run", "--period", PERIOD]);
    assert_eq!(code, i32::from(exit::SUBMITTED), "{said}");
    assert!(said["failed"].as_str().unwrap().contains("--resubmit --reason"), "{said}");
    let again = ["run", "--period", PERIOD, "--resubmit", "--reason", "the centre asked for it"];
    let (code, said) = tell(&demo, &again);
    assert_eq!(code, 0, "{said}");
    let second = said["run"].as_str().unwrap().to_owned();
    let manifest = Package::only(&demo.path().join(said["package"].as_str().unwrap())).manifest();
    assert_eq!(manifest["resubmission"], "the centre asked for it");

    let (code, _) = tell(&demo, &["submitted", &second, "--receipt", "DLP-18"]);
    assert_eq!(code, i32::from(exit::SUBMITTED));
    let (code, _) =
        tell(&demo, &["submitted", &second, "--receipt", "DLP-18", "--again", "--reason", "it was asked for"]);
    assert_eq!(code, 0);
    assert_eq!(tell(&demo, &["rejected", &second, "--reason", "a header was wrong"]).0, 0);
    assert_eq!(tell(&demo, &["accepted", &first]).0, 0);
    let expected = [(second.clone(), "rejected".to_owned()), (first.clone(), "accepted".to_owned())];
    assert_eq!(states(&demo), expected);

    let trail = agent().current_dir(demo.path()).args(["--json", "audit", "list"]).output().unwrap();
    let trail: Vec<serde_json::Value> = serde_json::from_slice(&trail.stdout).unwrap();
    let kinds: Vec<_> = trail.iter().skip(3).map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["submitted", "run-begun", "resubmits", "run-ended", "submitted", "rejected", "accepted"]);
    agent().current_dir(demo.path()).args(["audit", "verify"]).assert().success();
}

#[test]
fn a_reason_that_may_name_somebody_is_not_kept() {
    let demo = COUNCIL.copy();
    let run = first_run(&demo);
    for (reason, personal) in [("asked by 9990000000", "9990000000"), ("moved to B33 8TH", "B33 8TH")] {
        let withdraw = agent().current_dir(demo.path()).args(["withdraw", &run, "--reason", reason]).assert();
        let output = withdraw.code(i32::from(exit::USAGE));
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        let told = said.split_once("keep the reason: it ").map(|(_, why)| why);
        assert!(told.is_some_and(|why| !why.contains(personal)), "{said}");
    }
    assert_eq!(states(&demo)[0].1, "ready");
}

#[test]
fn killed_at_every_point_of_a_run_ledger_and_folders_agree_after_the_next() {
    let points: Vec<_> = failpoint::RUNS.into_iter().filter(|point| point.starts_with("run-")).collect();
    let mut died = 0;
    for point in points.iter().copied().chain([failpoint::PACKAGE_MOVED]) {
        let demo = COUNCIL.copy();
        let killed = demo.run().args(["--period", PERIOD]).env(failpoint::VARIABLE, point).output().unwrap();
        died += usize::from(killed.status.code().is_none());
        let next = demo.run().args(["--period", PERIOD]).output().unwrap();
        assert!(next.status.success(), "{point}: {}", String::from_utf8_lossy(&next.stderr));
        agree(&demo, point);
    }
    assert_eq!(died, points.len() + 1);
}

#[test]
fn killed_while_a_package_is_withdrawn_it_is_away_after_the_next_command() {
    for point in failpoint::PACKAGES {
        let demo = COUNCIL.copy();
        let run = first_run(&demo);
        let withdraw = ["withdraw", &run, "--reason", "the wrong council"];
        let mut command = agent();
        let killed = command.current_dir(demo.path()).args(withdraw).env(failpoint::VARIABLE, point).output().unwrap();
        assert_eq!(killed.status.code(), None, "{point}");
        let (code, said) = tell(&demo, &["accepted", &run]);
        assert_eq!(code, i32::from(exit::REFUSED), "{said}");
        assert_eq!((packages(&demo, "staging"), packages(&demo, "superseded")), (Vec::new(), vec![run]), "{point}");
        agree(&demo, point);
    }
}

/// Every package lies where its state has it, and nothing else does; of the period one is ready at the most.
fn agree(demo: &Demo, point: &str) {
    let mut expected = [("staging", Vec::new()), ("held", Vec::new()), ("superseded", Vec::new())];
    for (run, state) in states(demo) {
        match state.as_str() {
            "ready" => expected[0].1.push(run),
            "held" => expected[1].1.push(run),
            "superseded" | "withdrawn" => expected[2].1.push(run),
            _ => {}
        }
    }
    for (place, mut runs) in expected {
        runs.sort();
        assert_eq!(packages(demo, place), runs, "{point}: {place}");
        assert!(place != "staging" || runs.len() <= 1, "{point}: {runs:?}");
    }
    assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new(), "{point}");
    let verify = agent().current_dir(demo.path()).args(["audit", "verify"]).output().unwrap();
    assert!(verify.status.success(), "{point}: {}", String::from_utf8_lossy(&verify.stdout));
}

/// A council of which the package is held, for a reason that may be overridden.
fn held() -> Demo {
    let demo = COUNCIL.copy();
    let out = demo.path().to_str().unwrap().to_owned();
    let broken = ["demo", "--people", "60", "--broken", "--force", "--as-of", support::NOW, "--out", &out];
    agent().args(broken).assert().success();
    demo
}

/// As if everybody but this one belonged to every group.
#[expect(clippy::unnecessary_wraps, reason = "in the place of what may fail")]
fn all_but_bob(account: &str, _group: &str) -> Result<bool, cld_agent::sys::account::GroupError> {
    Ok(account != "bob")
}

#[test]
fn two_people_let_a_held_package_go_as_it_is() {
    let demo = held();
    let package = Package::only(&demo.path().join("held"));
    let run = package.manifest()["run"]["id"].as_str().unwrap().to_owned();
    let before = tree(package.path());
    let mut ledger = Ledger::open(&demo.path().join("ledger.db")).unwrap();
    let places = Places::below(demo.path());
    let mut custody = Custody::new(&mut ledger, &places, Readers::default());
    let approvers = Approvers { group: Some("approvers"), people: 2, is_member: all_but_bob };
    let reason = "the upgrade is known, and the centre was told".parse().unwrap();
    let mut approve = |by| custody.approve(&run, &reason, approvers, (LATER.parse().unwrap(), by), None);
    let file = |place: &str| {
        let path = demo.path().join(place).join("adult-social-care").join(PERIOD).join(format!("{run}.approval.json"));
        fs::read(path).ok().map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).unwrap())
    };

    assert!(matches!(approve("bob"), Err(CustodyError::NotApprover { .. })));
    let waits = approve("ann").unwrap();
    assert!(matches!(&waits, Approved::Waits(package) if package.state == PackageState::Held), "{waits:?}");
    assert_eq!(file("held").unwrap()["released"], false);
    assert!(matches!(approve("ann"), Err(CustodyError::SamePerson(_))));
    let Approved::Released(released) = approve("eve").unwrap() else { panic!("a second person approved it") };

    assert_eq!(released.state, PackageState::Ready);
    assert_eq!(tree(&released.path), before, "the package is as it was");
    verify(&released.path, Some(released.manifest_sha256)).unwrap();
    assert_eq!((packages(&demo, "held"), packages(&demo, "staging")), (Vec::new(), vec![run.clone()]));
    let beside = file("staging").unwrap();
    assert_eq!((&beside["released"], &beside["approvals"][1]["account"]), (&true.into(), &"eve".into()));
    assert_eq!(beside["overridden"][0]["rule"], "policy");
    assert_eq!(file("held"), None);
}

#[cfg(unix)]
#[test]
fn a_member_of_the_group_approves_and_somebody_hears_of_it() {
    let demo = held();
    let run = states(&demo)[0].0.clone();
    let approve = ["approve", &run, "--reason", "the upgrade is known"];
    assert_eq!(tell(&demo, &approve).0, i32::from(exit::CONFIGURATION), "no group is named");

    let me = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap();
    let group = nix::unistd::Group::from_gid(me.gid).unwrap().unwrap().name;
    let setting = format!("allow_test_nhs_numbers = true\n\n[submission.approval]\ngroup = \"{group}\"\n");
    demo.replace("agent.toml", "allow_test_nhs_numbers = true\n", &setting);
    let (code, said) = tell(&demo, &approve);
    assert_eq!((code, &said["state"]), (0, &"ready".into()), "{said}");
    let alerts = Ledger::open(&demo.path().join("ledger.db")).unwrap().alerts_waiting().unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.kind.as_str()).collect::<Vec<_>>(), ["approved"]);
}
