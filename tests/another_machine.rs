//! A copy of the agent on another machine: a virtual machine that was cloned, a disk that was put into another server.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::sync::LazyLock;

use cld_agent::{exit, ledger::Ledger, sys::machine};
use support::{Demo, agent, put, tree};

const FIRST: &str = "0123456789abcdef0123456789abcdef";
const CLONE: &str = "fedcba9876543210fedcba9876543210";
/// A plan is due on this day.
const DUE: &str = "2026-10-05T05:00:30Z";

const PLAN: &str = "
[[submission.plan]]
name = 'extract'
purpose = 'extract'
working_day = 3
at = '06:00'

[submission.source";

/// A council that has kept its plan on the first machine since 1 October.
static COUNCIL: LazyLock<Demo> = LazyLock::new(|| {
    let demo = Demo::new(40, 7);
    // That the demo was made on the test's own machine is not what is tested.
    demo_ledger(&demo, "DELETE FROM homes");
    demo.replace("agent.toml", "[submission.source", PLAN.trim_start());
    on(&demo, FIRST, &["daemon", "--once", "--as-of", "2026-10-01T12:00:00Z"]).assert().success();
    demo
});

fn demo_ledger(demo: &Demo, sql: &str) {
    rusqlite::Connection::open(demo.path().join("ledger.db")).unwrap().execute_batch(sql).unwrap();
}

fn on(demo: &Demo, machine: &str, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = agent();
    command.current_dir(demo.path()).args(arguments).env(machine::VARIABLE, machine);
    command
}

#[track_caller]
fn refused(demo: &Demo, arguments: &[&str]) {
    let ended = on(demo, CLONE, arguments).assert().code(i32::from(exit::ELSEWHERE));
    let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
    assert!(said.contains("cld-agent adopt --reason"), "{arguments:?}: {said}");
}

fn status(demo: &Demo, machine: &str) -> serde_json::Value {
    let ended = on(demo, machine, &["--json", "status", "--as-of", DUE]).output().unwrap();
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[test]
fn a_clone_makes_nothing_until_it_is_adopted_and_then_the_first_machine_does_not() {
    let demo = COUNCIL.copy();
    let before = tree(&demo.path().join("staging"));
    let due = ["daemon", "--once", "--as-of", DUE];
    let by_hand = ["run", "--as-of", support::LATER];
    for _ in 0..2 {
        refused(&demo, &due);
        refused(&demo, &by_hand);
    }
    refused(&demo, &["withdraw", "20261020T060000Z", "--reason", "made in vain", "--as-of", DUE]);
    assert!(tree(&demo.path().join("staging")) == before);
    assert_eq!(demo.left_overs(), [] as [std::path::PathBuf; 0]);
    let told = status(&demo, CLONE);
    assert_eq!(told["at_home"], false);
    assert!(told["attention"].to_string().contains("cld-agent adopt"), "{told}");
    assert_eq!(status(&demo, FIRST)["at_home"], true);
    let doctor = |machine| on(&demo, machine, &["doctor", "--no-network"]).assert().success();
    let said = |machine| String::from_utf8(doctor(machine).get_output().stdout.clone()).unwrap();
    assert!(said(CLONE).contains("doubt  machine: the agent is at home on another one"), "{}", said(CLONE));
    assert!(!said(FIRST).contains("machine:"), "{}", said(FIRST));
    // What stages nothing goes on.
    on(&demo, CLONE, &["run", "--dry-run", "--as-of", support::LATER]).assert().success();

    let reason = ["adopt", "--reason", "the old server was switched off", "--as-of", DUE];
    on(&demo, CLONE, &reason).assert().success();
    on(&demo, CLONE, &reason).assert().success();
    on(&demo, CLONE, &due).assert().success();
    assert!(tree(&demo.path().join("staging")) != before, "the plan was kept");
    on(&demo, FIRST, &due).assert().code(i32::from(exit::ELSEWHERE));
    // One that does not say which one it is is none of the two.
    on(&demo, "", &due).assert().code(i32::from(exit::ELSEWHERE));
    let ledger = Ledger::open(&demo.path().join("ledger.db")).unwrap();
    let adopted: Vec<_> = ledger.audit(None).unwrap().into_iter().filter(|line| line.kind == "adopted").collect();
    let [line] = adopted.try_into().unwrap();
    assert!(line.details.contains("the old server was switched off") && !line.details.contains(CLONE), "{line:?}");
    assert_eq!(ledger.audit_account([]).unwrap().faults, []);
}

#[test]
fn of_a_clone_nothing_is_heard_but_that_it_is_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = runtime.block_on(wiremock::MockServer::start());
    let taken = wiremock::ResponseTemplate::new(202);
    runtime.block_on(wiremock::Mock::given(wiremock::matchers::any()).respond_with(taken).mount(&service));
    let demo = COUNCIL.copy();
    let text = std::fs::read_to_string(demo.path().join("agent.toml")).unwrap();
    let notify = "[[notify.channel]]\nname = 'hook'\ntype = 'webhook'\nurl = { env = 'HOOK' }\nformat = 'json'\n\
                  [notify.heartbeat]\nurl = { env = 'BEAT' }\n";
    put(&demo.path().join("agent.toml"), format!("{text}\n{notify}").as_bytes());
    // What the first machine has raised waits, in the clone's ledger as well.
    demo_ledger(&demo, "UPDATE alerts SET state = 'waiting', settled = NULL; DELETE FROM alert_answers");
    let heard = || {
        let requests = runtime.block_on(service.received_requests()).unwrap();
        let kinds = requests.iter().map(|request| {
            let alert: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
            alert.map_or_else(|| "beat".to_owned(), |alert| alert["kind"].as_str().unwrap().to_owned())
        });
        kinds.collect::<Vec<_>>()
    };
    let round = |machine| {
        let mut command = on(&demo, machine, &["daemon", "--once", "--as-of", DUE]);
        command.env("HOOK", format!("{}/hook", service.uri())).env("BEAT", format!("{}/beat", service.uri()));
        command
    };
    for _ in 0..3 {
        round(CLONE).assert().code(i32::from(exit::ELSEWHERE));
    }
    assert_eq!(heard(), ["elsewhere"]);
    round(FIRST).assert().success();
    assert!(heard().contains(&"beat".to_owned()) && heard().contains(&"ready".to_owned()), "{:?}", heard());
}
