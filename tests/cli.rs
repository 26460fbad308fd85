//! The command line, as a person and as a script use it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{fs, sync::LazyLock};

use assert_cmd::assert::Assert;
use cld_agent::{exit, sys::fs::write_whole};
use support::{Demo, LATER, Package, agent, assert_same, personal, put, rows, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(40, 7));

fn stdout(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

fn stderr(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stderr.clone()).unwrap()
}

fn json(ended: &Assert) -> serde_json::Value {
    serde_json::from_slice(&ended.get_output().stdout).unwrap()
}

#[test]
fn without_an_argument_help_is_printed_and_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let ended = agent().current_dir(folder.path()).assert().success();
    insta::assert_snapshot!(stdout(&ended), @r#"
        Builds, checks and stages the Adult Social Care Client Level Data return of an English council

        Usage: cld-agent [OPTIONS] [COMMAND]

        Commands:
          demo         Make a fictional council, and its package, in one go
          init         Set the agent up: ask, try each answer, write agent.toml and a mapping
          run          Build the package of a submission: extract, check, stage
          check        Check an extract, however it was made
          explain      Say what a rule checks, why it matters and what to do; without a rule, list them all
          rules        List every rule; with a release file, say which cannot run with it, and why
          verify       Compare a package with its manifest
          baseline     Say what the next package is compared with, or choose it
          doctor       Try everything that a run stands on
          mapping      Look after a mapping
          submitted    Record that a package was submitted
          accepted     Record that the centre accepted a package
          rejected     Record that the centre rejected a package
          withdraw     Take a package back, so that nobody submits it
          approve      Let a held package go
          audit        Show who did what, and whether that record is whole
          runs         List the runs of an installation
          answer       Answer findings: accept a QUERY, defer an ERROR, list answers, take one back
          release      Show, compare or import the national specification that is checked against
          daemon       Run the plans on time, and speak when somebody must hear of something
          service      Look after the service of this machine that keeps the plans
          status       Say how things stand: last runs, what is next, packages that wait, alerts
          pause        Let no planned run begin for a while; deadlines are still spoken of
          resume       End a pause before its time
          adopt        Have the agent go on on this machine, where it was another before
          backup       Back the installation up into one encrypted file
          restore      Restore a backup where nothing is, on this machine or another
          alert        Look after alerts: see whether they arrive, list what waits, send it
          purge        Delete what is older than agent.toml has it kept
          retain       Keep a package beyond its age, for an incident or a legal hold
          where-is     List the packages that hold a person, who is named on standard input
          timetable    Print when the return is due: periods, submission windows, planned runs and reminders
          support      Put together what somebody who helps needs to see; nothing of anybody's
          completions  Print what completes commands and options in a shell
          help         Print this message or the help of the given subcommand(s)

        Options:
              --json     Print the result as JSON, for scripts
          -h, --help     Print help
          -V, --version  Print version
    "#);
    assert_eq!(tree(folder.path()).len(), 0);
}

#[test]
fn the_rules_are_listed_with_those_that_cannot_run_with_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let listed = stdout(&agent().arg("rules").assert().success());
    assert!(listed.lines().count() > 60 && !listed.contains("NOT RUN"));
    let release = include_str!("../config/releases/release-1.toml").replace("\"Hourly\"", "\"By the hour\"");
    let file = folder.path().join("release.toml");
    put(&file, release.as_bytes());
    let rules = agent().args(["rules", "--json", "--release"]).arg(&file).assert().success();
    let rules: serde_json::Value = serde_json::from_str(&stdout(&rules)).unwrap();
    let not_run = rules.as_array().unwrap().iter().filter(|rule| rule["not_run"].is_string());
    let not_run: Vec<_> =
        not_run.map(|rule| (rule["id"].as_str().unwrap(), rule["not_run"].as_str().unwrap())).collect();
    let why = "Release 1 has no 'Hourly'";
    assert_eq!(not_run, [("S002", why), ("S004", why)]);
}

#[test]
fn every_command_says_how_it_is_used() {
    for command in [
        "demo",
        "run",
        "check",
        "explain",
        "rules",
        "verify",
        "baseline",
        "runs",
        "release",
        "answer",
        "audit",
        "submitted",
        "accepted",
        "rejected",
        "withdraw",
        "approve",
        "timetable",
        "purge",
        "retain",
        "where-is",
        "adopt",
        "backup",
        "restore",
    ] {
        let ended = agent().args([command, "--help"]).assert().success();
        insta::assert_snapshot!(command, stdout(&ended));
    }
}

#[test]
fn what_is_not_understood_is_an_error_of_usage() {
    for arguments in [
        &["rum"][..],
        &["run", "--perod", "2026/27 Q2"],
        &["run", "--period", "2026"],
        &["run", "--from", "2026-01-01"],
        &["run", "--from", "2026-01-01", "--to", "2025-01-01"],
        &["run", "--as-of", "yesterday"],
        &["run", "--submission", "adult-social-car"],
        &["demo", "--people", "0"],
        &["check", "extract.csv"],
        &["explain", "L01"],
    ] {
        let folder = COUNCIL.copy();
        let before = tree(folder.path());
        let ended = agent().current_dir(folder.path()).args(arguments).assert().code(i32::from(exit::USAGE));
        assert!(stdout(&ended).is_empty() && !stderr(&ended).is_empty(), "{arguments:?}");
        assert_same(&before, &tree(folder.path()));
    }
}

#[test]
fn a_rule_is_explained() {
    insta::assert_snapshot!(stdout(&agent().args(["explain", "L001"]).assert().success()), @r#"
        L001  ERROR  field   Value is not in the national list

        What it checks
        The value is not one of the labels of the field's list, to the letter: capitals, spaces, dashes and colons count.

        Why it matters
        The centre counts it as Failed: Invalid, or maps it by hand some weeks later, or not at all.

        How to fix it in the case system
        Map the local value to the national label, or correct the record where it holds a value of an older version.

        Example
        `NFA - Other` where the list has `NFA- Other`.

        Source
        The code lists of the release, each value with its source. A list with a value that is not confirmed raises a QUERY.
        "#);
    let mistyped = agent().args(["explain", "L01"]).assert().code(2);
    insta::assert_snapshot!(stderr(&mistyped), @r#"cld-agent failed to find a rule 'L01'; did you mean L001?"#);
}

#[test]
fn every_rule_is_listed() {
    let listed = stdout(&agent().arg("explain").assert().success());
    let rules = json(&agent().args(["explain", "--json"]).assert().success());
    let ids: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed.lines().map(|line| line[..4].to_owned()).collect::<Vec<_>>(), ids);
    assert!(ids.len() > 30 && ids.is_sorted());
}

#[test]
fn a_script_reads_json_and_nothing_else() {
    let demo = COUNCIL.copy();
    let ran = demo.run().arg("--json").assert().success();
    assert_eq!(json(&ran)["verdict"], "released");
    assert_eq!(json(&ran)["reasons"], serde_json::json!([]));
    let package = demo.path().join(json(&ran)["package"].as_str().unwrap());
    assert_eq!(json(&ran)["rows"], rows(&package.join(json(&ran)["upload"].as_str().unwrap())).len());
    assert!(stderr(&ran).lines().all(|line| line.starts_with("cld-agent: note:")), "{}", stderr(&ran));

    let verified = agent().args(["verify", "--json"]).arg(&package).assert().success();
    assert_eq!(json(&verified)["unchanged"], true);
    fs::remove_file(package.join("report.html")).unwrap();
    let verified = agent().args(["verify", "--json"]).arg(&package).assert().code(4);
    assert_eq!(json(&verified)["differences"], serde_json::json!(["report.html is missing."]));

    let runs = json(&agent().current_dir(demo.path()).args(["runs", "--json"]).assert().success());
    assert_eq!(runs.as_array().unwrap().len(), 2);

    fs::remove_file(demo.path().join("council.db")).unwrap();
    let failed = demo.run().arg("--json").assert().code(i32::from(exit::SOURCE));
    assert_eq!(json(&failed)["exit_code"], exit::SOURCE);
    assert!(json(&failed)["failed"].as_str().unwrap().contains("council.db"));
    demo.replace("agent.toml", "data_dir", "data_dri");
    let failed = demo.run().arg("--json").assert().code(i32::from(exit::CONFIGURATION));
    assert!(json(&failed)["failed"].as_str().unwrap().contains("did you mean 'data_dir'?"));
}

#[test]
fn runs_are_listed_the_last_one_first() {
    let demo = COUNCIL.copy();
    demo.run().assert().success();
    fs::remove_file(demo.path().join("council.db")).unwrap();
    demo.run().assert().code(i32::from(exit::SOURCE));
    let runs = |more: &[&str]| {
        let ended = agent().current_dir(demo.path()).arg("runs").args(more).assert().success();
        let text = stdout(&ended);
        text.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let all = ["20261123T090000Z-2 failed", "20261123T090000Z ready", "20261020T060000Z superseded"];
    assert_eq!(runs(&[]), all);
    assert_eq!(runs(&["--limit", "1"]), all[..1]);
}

#[test]
fn an_installation_that_never_ran_lists_no_run_and_makes_no_ledger() {
    let demo = COUNCIL.copy();
    fs::remove_file(demo.path().join("ledger.db")).unwrap();
    let ended = agent().current_dir(demo.path()).arg("runs").assert().success();
    assert_eq!(stdout(&ended), "No run yet.\n");
    assert!(!demo.path().join("ledger.db").exists());
}

#[test]
fn a_dry_run_shows_masked_rows_and_leaves_nothing() {
    let demo = COUNCIL.copy();
    let before = tree(demo.path());
    for more in [&[][..], &["--json"]] {
        let ended = demo.run().arg("--dry-run").args(more).assert().success();
        let told = stdout(&ended);
        for secret in personal(&demo) {
            assert!(!told.contains(&secret) && !stderr(&ended).contains(&secret), "somebody's data was shown");
        }
        // What is nobody's in particular is shown, and is what the file would hold.
        let first = rows(&COUNCIL.package().upload()).remove(0);
        for shown in ["Event Type", "Client Type", "Request"] {
            assert!(told.contains(shown), "{shown} is not in {told}");
        }
        assert!(!told.contains(&first["Event Reference"]));
    }
    let mut after = tree(demo.path());
    after.remove(".cld-agent.lock");
    let mut before = before;
    before.remove(".cld-agent.lock");
    assert_same(&before, &after);
}

/// The period that a run with these arguments states in its file.
fn period(arguments: &[&str]) -> (String, String) {
    let demo = COUNCIL.copy();
    fs::remove_dir_all(demo.path().join("staging")).unwrap();
    let code = agent().current_dir(demo.path()).arg("run").args(arguments).assert().get_output().status.code();
    let folder = if code == Some(0) { "staging" } else { "held" };
    let first = rows(&Package::only(&demo.path().join(folder)).upload()).remove(0);
    (first["Reporting Period Start Date"].clone(), first["Reporting Period End Date"].clone())
}

#[test]
fn the_period_is_chosen_in_any_of_the_ways_people_write_it() {
    let year = ("01/10/2025".to_owned(), "30/09/2026".to_owned());
    assert_eq!(period(&["--period", "2026/27 Q2", "--as-of", LATER]), year);
    assert_eq!(period(&["--period", "2025-10-01_2026-09-30", "--as-of", LATER]), year);
    assert_eq!(period(&["--from", "2025-10-01", "--to", "2026-09-30", "--as-of", LATER]), year);
    assert_eq!(period(&["--as-of", "2026-10-20"]), year);
    let earlier = ("01/07/2025".to_owned(), "30/06/2026".to_owned());
    assert_eq!(period(&["--as-of", "2026-09-30T22:59:59Z"]), earlier, "summer time: the last minute of September");
    assert_eq!(period(&["--as-of", "2026-09-30T23:00:00Z"]), year, "the first of October in England");
}

#[test]
fn a_configuration_elsewhere_brings_its_own_folders_along() {
    let demo = COUNCIL.copy();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = demo.path().join("agent.toml");
    let mut command = agent();
    command.current_dir(elsewhere.path()).args(["run", "--as-of", LATER, "--config"]).arg(&config);
    command.assert().success();
    assert_eq!(tree(elsewhere.path()).len(), 0);
    for place in ["staging", "superseded"] {
        let runs = tree(&demo.path().join(place)).into_keys().filter(|name| name.ends_with("manifest.json"));
        assert_eq!(runs.count(), 1, "{place}");
    }
}

#[test]
fn the_timetable_shows_windows_planned_runs_and_reminders() {
    let folder = tempfile::tempdir().unwrap();
    let plan = "\n[[submission.plan]]\nname = \"extract\"\npurpose = \"extract\"\nworking_day = 3\nagain_after = 10\n\
                at = \"06:00\"\n[[submission.plan]]\nname = \"rehearsal\"\npurpose = \"rehearsal\"\n\
                cron = \"30 5 1 * *\"\n";
    let configuration = "version = 1\n[council]\nname = \"Sunderland City Council\"\nla_code = \"110\"\n\
                         [[submission]]\nname = \"quarterly\"\nmapping = \"mapping\"\n\
                         [submission.source.extracts]\ntype = \"csv\"\nfolder = \"extracts\"\n";
    write_whole(&folder.path().join("agent.toml"), format!("{configuration}{plan}").as_bytes()).unwrap();
    let timetable = ["timetable", "--as-of", "2027-03-01"];
    insta::assert_snapshot!(stdout(&agent().args(timetable).assert().success()));
    let planned =
        agent().args(timetable).args(["--config", "agent.toml"]).current_dir(folder.path()).assert().success();
    insta::assert_snapshot!(stdout(&planned));
    let told = json(&agent().args(timetable).args(["--json", "--years", "2"]).assert().success());
    assert_eq!(told["rounds"].as_array().unwrap().len(), 10);
    assert_eq!(told["rounds"][0]["period"], "2026-01-01_2026-12-31");
}

#[test]
fn a_planned_run_looks_first_whether_its_folders_can_be_written_to() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "data_dir = \".\"\n", "data_dir = \".\"\nheld_dir = \"council.db/held\"\n");
    let source = "[submission.source.case-system]";
    let plan =
        "[[submission.plan]]\nname = \"weekly\"\npurpose = \"extract\"\nweekday = \"monday\"\nat = \"06:00\"\n\n";
    demo.replace("agent.toml", source, &format!("{plan}{source}"));
    let turn = ["--plan", "weekly", "--slot", "2026-11-23T06:00", "--period", "2025-10-01_2026-09-30"];
    let ended = demo.run().args(turn).assert().code(i32::from(exit::OUTPUT));
    let told = stderr(&ended);
    assert!(told.contains("failed to begin the run: folder council.db/held: failed to write there"), "{told}");
    assert!(told.contains("give the agent's account the right to make and change files there"), "{told}");
    let doctor = agent().current_dir(demo.path()).args(["doctor", "--no-network"]).assert();
    assert!(stdout(&doctor.code(i32::from(exit::OUTPUT))).contains("FAULT  folder council.db/held"));
}

#[test]
fn shells_and_man_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, known) in
        [("bash", "complete -F"), ("zsh", "#compdef cld-agent"), ("powershell", "Register-ArgumentCompleter")]
    {
        let script = stdout(&agent().args(["completions", shell]).assert().success());
        assert!(script.contains(known) && script.contains("timetable"), "{shell}");
    }
    agent().current_dir(folder.path()).args(["man", "--out", "man"]).assert().success();
    let pages = tree(&folder.path().join("man"));
    let page = |name: &str| String::from_utf8(pages[name].clone()).unwrap();
    assert!(page("cld-agent.1").contains("cld\\-agent\\-timetable(1)"), "{}", page("cld-agent.1"));
    assert!(page("cld-agent-run.1").contains("\\-\\-dry\\-run"));
    assert!(!pages.contains_key("cld-agent-man.1"), "a command for packages is nobody's");
    let again = agent().current_dir(folder.path()).args(["man", "--out", "man"]).assert();
    again.code(i32::from(exit::OUTPUT));
}
