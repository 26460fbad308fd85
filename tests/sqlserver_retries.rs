//! A SQL Server that fails for a while: a run is tried again where that may help, from the start, and says how often.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/council.rs"]
mod council;
#[path = "support/sqlserver.rs"]
mod sqlserver;
mod support;
#[path = "support/tds/mod.rs"]
mod tds;

use std::{
    fs,
    time::{Duration, Instant},
};

use cld_agent::{
    exit,
    ledger::{Ledger, RunRow},
    source::Class,
};
use council::{Council, of_the_source};
use support::Package;
use tds::{Fault, ServerError};

const SOON: &str = "retry_for = \"1m\"\nretry_after = \"100ms\"";

/// The only run of the ledger.
fn only_run(council: &Council) -> RunRow {
    let runs = Ledger::open(&council.installation.path().join("ledger.db")).unwrap().runs(9).unwrap();
    let [run] = runs.try_into().unwrap();
    run
}

#[test]
fn a_run_that_meets_what_passes_ends_released_and_tells_how_many_attempts_it_took() {
    let council = Council::new(50);
    let undisturbed = Package::only(&council.run().unwrap().package.path).upload();
    let undisturbed = fs::read(undisturbed).unwrap();
    fs::remove_dir_all(council.installation.path().join("staging")).unwrap();
    fs::remove_file(council.installation.path().join("ledger.db")).unwrap();
    council.server.recorded();
    let deadlock = ServerError::deadlock();
    council.server.fail([
        Fault::MidStream { rows: 30, error: deadlock },
        Fault::Cut(20_000),
        Fault::Refused(ServerError::cannot_open("Council")),
    ]);
    let said = council.command(SOON).success();
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();

    let package = Package::only(&council.installation.path().join("staging"));
    assert!(fs::read(package.upload()).unwrap() == undisturbed, "a run that was disturbed made another file");
    let manifest = package.manifest();
    assert_eq!((&manifest["run"]["attempt"], &manifest["verdict"]["state"]), (&4.into(), &"released".into()));
    let report: serde_json::Value = serde_json::from_slice(&package.read("report.json")).unwrap();
    for told in [&manifest["run"]["failed_attempts"], &report["report"]["failed_attempts"]] {
        let told: Vec<_> = told.as_array().unwrap().iter().map(|one| one["error"].as_str().unwrap()).collect();
        let [first, second, third] = told.as_slice() else { panic!("{told:?}") };
        assert!(first.contains("error 1205") && second.contains("cut") && third.contains("error 4060"), "{told:?}");
    }
    let page = String::from_utf8(package.read("report.html")).unwrap();
    assert!(page.contains("Attempt 3 failed") && said.contains("Attempt 3 failed"), "{said}");
    assert_eq!(only_run(&council).message.as_deref(), Some("released (at attempt 4)"));
    assert_eq!(council.server.recorded().len(), 4);
    assert_eq!(fs::read_dir(council.installation.path().join("work")).unwrap().count(), 0, "left-overs");
}

#[test]
fn a_login_that_is_refused_is_not_tried_again() {
    let council = Council::new(10);
    council.server.fail([Fault::Refused(ServerError::login_failed("cld_reader"))]);
    let failed = council.command(SOON).code(i32::from(exit::LOGIN));
    let said = String::from_utf8(failed.get_output().stderr.clone()).unwrap();
    assert!(said.contains("error 18456") && !said.contains("trying again"), "{said}");
    assert_eq!(council.server.recorded().len(), 1);
    assert!(!only_run(&council).message.unwrap().contains("attempt"));
}

#[test]
fn when_the_time_is_over_the_last_error_is_told() {
    let mut council = Council::new(10);
    let within = Duration::from_secs(2);
    council.installation.retry = cld_agent::run::Retry { within, after: Duration::from_millis(100) };
    council.server.fail(std::iter::repeat_n(Fault::Refused(ServerError::cannot_open("Council")), 99));
    let began = Instant::now();
    let error = council.installation.failing(council.reach.source());
    assert!(began.elapsed() < 4 * within, "{:?}", began.elapsed());
    assert_eq!((error.exit_code(), of_the_source(&error).class()), (exit::LOGIN, Class::Transient));
    // The waits grow: of a great many attempts nobody would be the wiser.
    let attempts = council.server.recorded().len();
    assert!((3..=6).contains(&attempts), "{attempts}");
    let told = only_run(&council).message.unwrap();
    assert_eq!(told, format!("{error} (at attempt {attempts})"));
}
