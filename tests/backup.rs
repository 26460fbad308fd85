//! Year two with the real program: a council's installation in one file, and on another machine.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cld_agent::{exit, ledger::Ledger, sys::machine};
use support::{Demo, agent, put, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(40, 7));

const PASSPHRASE: &str = "correct horse battery";

/// The program in a folder, with the passphrase on standard input.
fn with(folder: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = agent();
    command.current_dir(folder).args(arguments).write_stdin(format!("{PASSPHRASE}\n"));
    command
}

/// Another machine.
fn there(folder: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = with(folder, arguments);
    command.env(machine::VARIABLE, "another");
    command
}

fn text(ended: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

/// A folder with a backup in it, made with these options too.
fn backup(demo: &Demo, also: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("council.backup");
    with(demo.path(), &[&["backup", file.to_str().unwrap()], also].concat()).assert().success();
    (folder, file)
}

fn findings(root: &Path) -> Vec<Vec<u8>> {
    let staged = tree(&root.join("staging")).into_iter().chain(tree(&root.join("held")));
    let of_later = staged.filter(|(name, _)| name.contains("20261123T090000Z"));
    of_later
        .filter(|(name, _)| name.ends_with("findings.csv") || name.contains("/ASC-CLD_"))
        .map(|(_, file)| file)
        .collect()
}

#[test]
fn a_council_goes_on_elsewhere_as_if_nothing_had_been() {
    let demo = COUNCIL.copy();
    // What a run needs besides: people who are left out, new ids, and an answer that hides nothing.
    put(&demo.path().join("lists/exclusions.csv"), b"person_id,reason,expires\nP0001,court order,2030-01-01\n");
    put(&demo.path().join("lists/crosswalk.csv"), b"old_id,new_id\nOLD1,NEW1\n");
    let lists = "mapping = \"mapping\"\nexclusions = \"lists/exclusions.csv\"\ncrosswalk = \"lists/crosswalk.csv\"";
    demo.replace("agent.toml", "mapping = \"mapping\"", lists);
    put(&demo.path().join("mapping/answers/README"), b"kept as it is");
    let ledger = rusqlite::Connection::open(demo.path().join("ledger.db")).unwrap();
    let moved = (COUNCIL.path().to_str().unwrap(), demo.path().to_str().unwrap());
    ledger.execute("UPDATE packages SET path = replace(path, ?1, ?2)", moved).unwrap();
    let (home, file) = backup(&demo, &["--packages"]);
    let new = home.path().join("new");
    let told = text(&there(home.path(), &["restore", "council.backup", "--into", "new"]).assert().success());
    assert!(told.contains("path: new/council.db") && !told.contains("Written otherwise"), "{told}");
    for file in ["lists/exclusions.csv", "lists/crosswalk.csv", "mapping/answers/README", "agent.toml", "index.key"] {
        assert_eq!(fs::read(new.join(file)).unwrap(), fs::read(demo.path().join(file)).unwrap(), "{file}");
    }
    assert!(tree(&new.join("staging")) == tree(&demo.path().join("staging")));
    assert!(tree(&new.join("index")) == tree(&demo.path().join("index")));
    there(&new, &["audit", "verify"]).assert().success();
    let package = tree(&new.join("staging")).into_keys().find(|name| name.ends_with("manifest.json")).unwrap();
    let package = new.join("staging").join(package).parent().unwrap().to_owned();
    there(&new, &["verify", package.to_str().unwrap()]).assert().success();
    let known = Ledger::open(&new.join("ledger.db")).unwrap().runs(1).unwrap().remove(0).package.unwrap();
    assert!(Path::new(&known).starts_with(&new), "{known}");

    // The same rows, compared with the same package.
    fs::copy(demo.path().join("council.db"), new.join("council.db")).unwrap();
    let run = ["run", "--as-of", support::LATER];
    there(&new, &run).assert().code(i32::from(exit::ELSEWHERE));
    there(&new, &["adopt", "--reason", "the old server was switched off"]).assert().success();
    let here = with(demo.path(), &run).output().unwrap();
    let elsewhere = there(&new, &run).output().unwrap();
    assert_eq!(here.status.code(), elsewhere.status.code());
    let (here, elsewhere) = (findings(demo.path()), findings(&new));
    assert!(here.len() >= 2 && here == elsewhere, "{} and {} files", here.len(), elsewhere.len());
    let baseline = |folder: &Path| text(&with(folder, &["baseline", "show", "--json"]).assert().success());
    assert_eq!(baseline(demo.path()), baseline(&new));
    assert!(file.exists());
}

#[test]
fn without_its_packages_it_says_which_are_left_behind_and_is_compared_all_the_same() {
    let (home, _) = backup(&COUNCIL, &[]);
    let new = home.path().join("new");
    let told = text(&there(home.path(), &["restore", "council.backup", "--into", "new"]).assert().success());
    assert!(told.contains("Ready to be submitted, and not part of the backup:"), "{told}");
    assert!(!new.join("staging").exists());
    fs::copy(COUNCIL.path().join("council.db"), new.join("council.db")).unwrap();
    there(&new, &["adopt", "--reason", "a new server"]).assert().success();
    there(&new, &["run", "--as-of", support::LATER]).assert().success();
    let reports = tree(&new.join("staging")).into_iter().find(|(name, _)| name.ends_with("report.json")).unwrap().1;
    let report: serde_json::Value = serde_json::from_slice(&reports).unwrap();
    assert!(report["comparison"].is_object() || report.to_string().contains("20261020T060000Z"), "{report}");
}

#[test]
fn absolute_paths_and_a_data_folder_elsewhere_are_written_anew_and_told() {
    let demo = COUNCIL.copy();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(demo.path().join("mapping"), elsewhere.path().join("mapping")).unwrap();
    let absolute = format!("mapping = '{}'", elsewhere.path().join("mapping").display());
    demo.replace("agent.toml", "mapping = \"mapping\"", &absolute);
    demo.replace("agent.toml", "data_dir = \".\"", "# where everything is\n  data_dir = '''.'''   # see?");
    demo.replace("agent.toml", "[submission.source", "evidence = 1\n[submission.source");
    let (home, secret) = (tempfile::tempdir().unwrap(), "package.evidence_password = { env = \"CLD_NOT_SET_HERE\" }");
    demo.replace("agent.toml", "evidence = 1", secret);
    let file = home.path().join("council.backup");
    with(demo.path(), &["backup", file.to_str().unwrap()]).assert().success();
    drop(elsewhere);
    let data = home.path().join("var/lib/cld agent");
    let arguments = ["restore", "council.backup", "--into", "etc", "--data-dir", data.to_str().unwrap(), "--json"];
    let told: serde_json::Value =
        serde_json::from_str(&text(&there(home.path(), &arguments).assert().success())).unwrap();
    let rewritten: Vec<_> =
        told["rewritten"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(rewritten, ["data_dir", "mapping"], "{told}");
    let secrets = told["secrets_missing"].to_string();
    assert!(secrets.contains("CLD_NOT_SET_HERE") && secrets.contains("evidence_password"), "{secrets}");
    let text = fs::read_to_string(home.path().join("etc/agent.toml")).unwrap();
    assert!(text.contains("# where everything is\n") && text.contains("   # see?"), "{text}");
    assert!(data.join("ledger.db").exists() && data.join("index.key").exists() && !data.join("agent.toml").exists());
    assert!(home.path().join("etc/elsewhere/0/mapping/mapping.toml").exists());
    let config = home.path().join("etc/agent.toml");
    let doctor = ["mapping", "check", "--no-network", "--config", config.to_str().unwrap()];
    there(home.path(), &doctor).assert().success();
}

#[test]
fn nothing_is_written_over_and_nothing_is_left_of_what_failed() {
    let (home, file) = backup(&COUNCIL, &[]);
    with(COUNCIL.path(), &["backup", file.to_str().unwrap()]).assert().code(i32::from(exit::OUTPUT));
    for there_already in ["agent.toml", "mapping", "ledger.db", "index/20261020T060000Z.cldx"] {
        let new = home.path().join("new");
        put(&new.join(there_already), b"somebody's");
        let before = tree(&new);
        let said = there(home.path(), &["restore", "council.backup", "--into", "new"]).assert();
        let said = said.code(i32::from(exit::REFUSED));
        let said = String::from_utf8(said.get_output().stderr.clone()).unwrap();
        assert!(said.contains("nothing is written over"), "{there_already}: {said}");
        assert!(tree(&new) == before, "{there_already}");
        fs::remove_dir_all(new).unwrap();
    }
    let whole = fs::read(&file).unwrap();
    let mut wrong = there(home.path(), &["restore", "council.backup", "--into", "new"]);
    wrong.write_stdin("correct horse stable\n").assert().code(i32::from(exit::CHANGED));
    for end in [10, 200, whole.len() / 2, whole.len() - 1] {
        put(&file, &whole[..end]);
        for also in [&["--into", "new"][..], &["--check"]] {
            let arguments = [&["restore", "council.backup"], also].concat();
            there(home.path(), &arguments).assert().code(i32::from(exit::CHANGED));
        }
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "the backup alone");
}

#[test]
fn a_passphrase_is_no_argument_and_a_short_one_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("council.backup");
    let make = |also: &[&str], input: &str| {
        let mut command = agent();
        let arguments = [&["backup", file.to_str().unwrap()], also].concat();
        command.current_dir(COUNCIL.path()).args(arguments).write_stdin(input).env("CLD_TEST_PASSPHRASE", PASSPHRASE);
        command
    };
    make(&[], "too short\n").assert().code(i32::from(exit::USAGE));
    make(&[], "").assert().code(i32::from(exit::USAGE));
    make(&["--passphrase-env", "CLD_NOT_SET_HERE"], "").assert().code(i32::from(exit::CONFIGURATION));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    make(&["--passphrase-env", "CLD_TEST_PASSPHRASE"], "").assert().success();
    let told = text(&there(home.path(), &["restore", "council.backup", "--check"]).assert().success());
    assert!(told.starts_with("council.backup is whole."), "{told}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    let bytes = fs::read(&file).unwrap();
    let key = fs::read(COUNCIL.path().join("index.key")).unwrap();
    for secret in [PASSPHRASE.as_bytes(), &key[..32], b"CASSR"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[cfg(unix)]
#[test]
fn the_daemon_goes_on_while_its_ledger_is_copied() {
    let demo = COUNCIL.copy();
    let mut daemon = std::process::Command::new(env!("CARGO_BIN_EXE_cld-agent"))
        .current_dir(demo.path())
        .arg("daemon")
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut ledger = Ledger::open(&demo.path().join("ledger.db")).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let reason = "a test".parse().unwrap();
            let mut lines = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let now = cld_agent::sys::clock::Clock::Machine.now();
                ledger.pause(now + jiff::SignedDuration::from_hours(1), &reason, (now, "ann")).unwrap();
                lines += 1;
            }
            assert!(lines > 1);
        });
        for nth in 0..3 {
            let name = format!("{nth}.backup");
            with(demo.path(), &["backup", &name]).assert().success();
            let told = text(&there(demo.path(), &["restore", &name, "--check"]).assert().success());
            assert!(told.contains("trail     whole"), "{told}");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(daemon.try_wait().unwrap().is_none(), "the daemon is at work");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}
