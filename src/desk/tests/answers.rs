//! Analysts who answer, and others.

use std::os::unix::fs::symlink;

use super::*;

fn files_belong_to(account: &str) {
    WHOSE.set(Some(account.to_owned()));
}

impl Office {
    fn answers(&self) -> PathBuf {
        self.desk().join("answers")
    }

    fn drop(&self, name: &str, text: &str) {
        put(&self.answers().join(name), text);
    }

    /// Two looks: at the first a file may still be written.
    fn look_twice(&mut self) {
        self.look().unwrap();
        self.look().unwrap();
    }

    fn state(&self, run: &str) -> PackageState {
        self.ledger.package(run).unwrap().unwrap().state
    }

    /// What is left among the answers, without those that were dealt with.
    fn waiting(&self) -> Vec<String> {
        let names = place::names(&self.answers()).unwrap().into_iter();
        names.filter(|name| name != "done").collect()
    }

    /// What came of the answers that were dealt with, in order.
    fn results(&self) -> Vec<String> {
        let done = self.answers().join("done");
        let names = if done.is_dir() { place::names(&done).unwrap() } else { Vec::new() };
        let results = names.iter().filter(|name| name.ends_with(".result.txt"));
        results.map(|name| fs::read_to_string(done.join(name)).unwrap()).collect()
    }

    /// Who did what by the audit trail, without runs.
    fn deeds(&self) -> Vec<(String, String)> {
        let lines = self.ledger.audit(None).unwrap().into_iter();
        let deeds = lines.map(|line| (line.kind, line.account));
        deeds.filter(|(kind, _)| !kind.starts_with("run-") && kind != "configuration-changed").collect()
    }
}

fn submitted(run: &str) -> String {
    format!("run = '{run}'\nreceipt = 'DLP-0017'\n")
}

fn deed(kind: &str, account: &str) -> (String, String) {
    (kind.to_owned(), account.to_owned())
}

#[test]
fn an_analyst_records_a_submission_and_what_the_centre_said_without_logging_on() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.look().unwrap();
    let template = office.desk().join(PERIOD).join(format!("{run}.answers/{run}.submitted.toml"));
    let filled = fs::read_to_string(template).unwrap().replace("receipt = \"\"", "receipt = \"DLP-0017\"");
    office.drop("mine.submitted.toml", &filled);
    office.look().unwrap();
    assert_eq!(office.state(&run), PackageState::Ready, "it may still be written");
    assert!(office.status().contains("answers/mine.submitted.toml: it is read once it no longer changes"));
    office.look().unwrap();
    let package = office.ledger.package(&run).unwrap().unwrap();
    assert_eq!((package.state, package.receipt.as_deref()), (PackageState::Submitted, Some("DLP-0017")));
    assert_eq!(package.submitted_by.as_deref(), Some("ann"));
    assert_eq!(office.waiting(), [""; 0]);
    assert!(
        office.results()[0].starts_with(&format!("Run {run} is submitted.\nFrom: ann\n")),
        "{:?}",
        office.results()
    );
    assert!(office.status().contains(&format!("{run}  submitted")));

    office.drop("a.rejected.toml", &format!("run = '{run}'\nreason = 'the portal found blank genders'\n"));
    office.look_twice();
    assert_eq!(office.state(&run), PackageState::Rejected);
    office.drop("a.accepted.toml", &format!("run = '{run}'\n"));
    office.look_twice();
    assert_eq!(office.state(&run), PackageState::Accepted);
    assert_eq!(office.deeds(), [deed("submitted", "ann"), deed("rejected", "ann"), deed("accepted", "ann")]);
}

#[test]
fn only_an_approver_lets_a_held_package_go() {
    let mut office = Office::new();
    let run = office.package(PackageState::Held);
    let answer = format!("run = '{run}'\nreason = 'one provider closed in June'\n");
    files_belong_to("ann");
    office.drop("a.approve.toml", &answer);
    office.look_twice();
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Held, vec!["a.approve.toml".to_owned()]));
    assert!(office.status().contains("a.approve.toml: the account that it belongs to is no member of the group"));
    files_belong_to("amy");
    office.look().unwrap();
    assert_eq!(office.state(&run), PackageState::Ready);
    assert_eq!(office.deeds(), [deed("approved", "amy")]);
    let told = office.ledger.alerts_waiting().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn a_finding_is_accepted_by_the_servers_own_list_of_findings() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.look().unwrap();
    // Whatever somebody writes into the copy.
    put(&office.desk().join(PERIOD).join(&run).join(FINDINGS), &FOUND.replace("7,", "8,"));
    let accept = |row: u32| format!("run = '{run}'\nrule = 'D005'\nrows = [{row}]\nreason = 'seen with the team'\n");
    office.drop("a.accept.toml", &accept(8));
    office.drop("b.accept.toml", &accept(7));
    office.look_twice();
    let results = office.results();
    assert!(results[0].starts_with("Refused: failed to find a finding of D005 in row 8 of "), "{results:?}");
    assert!(results[1].starts_with("D005 is accepted, until the value changes, by "), "{results:?}");
    assert_eq!(place::names(&office.server.path().join("mapping/answers")).unwrap().len(), 1);
    assert_eq!(office.deeds(), [deed("answer-accepted", "ann")]);
}

#[test]
fn whoever_may_not_answer_is_passed_over_and_said_and_nothing_is_deleted() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    office.drop("a.submitted.toml", &submitted(&run));
    let agent = account();
    for (account, why) in [
        (Some("bob"), "the account that it belongs to is no member of the group that may answer so"),
        (Some(agent.as_str()), "it belongs to the agent's own account: the share does not tell who wrote it"),
        (None, "the server does not know the account that it belongs to"),
    ] {
        WHOSE.set(account.map(str::to_owned));
        office.look_twice();
        let status = office.status();
        assert!(status.contains(&format!("answers/a.submitted.toml: {why}\n")), "{status}");
    }
    for (group, why) in [
        (None, "the configuration names no group whose members may answer so"),
        (Some("analists"), "find the group 'analists': this machine has none of that name"),
    ] {
        office.settings.submissions[0].desk.as_mut().unwrap().submit_group = group.map(str::to_owned);
        files_belong_to("ann");
        office.look_twice();
        assert!(office.status().contains(why), "{}", office.status());
    }
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Ready, vec!["a.submitted.toml".to_owned()]));
    assert!(office.results().is_empty() && office.deeds().is_empty());
}

#[test]
fn links_and_whatever_is_no_small_plain_file_are_passed_over_and_stay() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    let real = office.share.path().join("real.submitted.toml");
    put(&real, &submitted(&run));
    symlink("/etc/passwd", office.answers().join("a.submitted.toml")).unwrap();
    symlink(&real, office.answers().join("b.submitted.toml")).unwrap();
    fs::hard_link(&real, office.answers().join("c.submitted.toml")).unwrap();
    fs::create_dir(office.answers().join("d.submitted.toml")).unwrap();
    office.drop("e.submitted.toml", &format!("{}# {}", submitted(&run), "x".repeat(inbox::LARGEST as usize)));
    office.drop("f.docx", "Mrs Example");
    nix::unistd::mkfifo(&office.answers().join("g.submitted.toml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let there = office.waiting();
    office.look_twice();
    office.look_twice();
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Ready, there));
    let status = office.status();
    let told: Vec<_> = status.lines().filter_map(|line| line.trim().strip_prefix("answers/")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_answer_that_is_still_being_written_is_not_read() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    let text = submitted(&run);
    for end in [3, 20, text.len() - 1] {
        office.drop("a.submitted.toml", &text[..end]);
        office.look().unwrap();
        assert_eq!(office.waiting(), ["a.submitted.toml"], "no fault is told of half an answer");
    }
    office.drop("a.submitted.toml", &text);
    office.look_twice();
    assert_eq!(office.state(&run), PackageState::Submitted);
}

#[test]
fn faults_are_told_beside_the_answer_until_it_is_corrected() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.drop("a.submitted.toml", &format!("run = '{run}'\nreciept = 'DLP-0017'\n"));
    office.look_twice();
    let fault = office.answers().join("a.submitted.toml.fault.txt");
    let told = fs::read_to_string(&fault).unwrap();
    assert!(told.contains("a.submitted.toml:2:1: 'reciept' is not a key that is known here (did you mean 'receipt'?)"));
    let written = fs::metadata(&fault).unwrap().modified().unwrap();
    office.look_twice();
    assert_eq!(fs::metadata(&fault).unwrap().modified().unwrap(), written, "it is told once");
    office.drop("a.submitted.toml", &submitted(&run));
    office.look_twice();
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Submitted, vec![]));

    office.drop("b.submitted.toml", "nothing");
    office.look_twice();
    assert_eq!(office.waiting(), ["b.submitted.toml", "b.submitted.toml.fault.txt"]);
    fs::remove_file(office.answers().join("b.submitted.toml")).unwrap();
    office.look().unwrap();
    assert_eq!(office.waiting(), [""; 0], "whoever takes the answer away need not tidy up");
}

#[test]
fn the_same_answer_twice_is_followed_once() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    let rejected = format!("run = '{run}'\nreason = 'blank genders'\n");
    for (name, text) in [("a.submitted.toml", submitted(&run)), ("a.rejected.toml", rejected.clone())] {
        office.drop(name, &text);
        office.look_twice();
    }
    office.drop("b.accepted.toml", &format!("run = '{run}'\n"));
    office.look_twice();
    // Somebody moves the rejection back.
    office.drop("a.rejected.toml", &rejected);
    office.look_twice();
    assert_eq!(office.state(&run), PackageState::Accepted);
    assert!(office.results().last().unwrap().starts_with("Nothing was done: this very answer was dealt with at "));
}

#[test]
fn what_cannot_be_is_refused_with_the_reason_and_tried_no_more() {
    let mut office = Office::new();
    let run = office.package(PackageState::Held);
    files_belong_to("amy");
    office.drop("a.submitted.toml", &submitted(&run));
    office.drop("b.submitted.toml", &submitted("20200101T000000Z"));
    office.look_twice();
    let results = office.results();
    assert!(results[0].starts_with("Refused: failed to record the submission of run "), "{results:?}");
    assert!(results[1].starts_with("Refused: failed to find run 20200101T000000Z"), "{results:?}");
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Held, vec![]));
    assert!(office.deeds().is_empty());
}

#[test]
fn while_a_run_is_at_work_answers_wait_for_it() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.drop("a.submitted.toml", &submitted(&run));
    let lock = FolderLock::take(office.server.path(), began(), "run").unwrap();
    office.look_twice();
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Ready, vec!["a.submitted.toml".to_owned()]));
    drop(lock);
    office.look().unwrap();
    assert_eq!(office.state(&run), PackageState::Submitted);
}

#[test]
fn an_account_of_one_submission_cannot_answer_for_another() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.settings.submissions[0].name = "children".to_owned();
    office.drop("a.submitted.toml", &submitted(&run));
    office.look_twice();
    assert!(office.results()[0].starts_with("Refused: failed to find run"), "{:?}", office.results());
    assert_eq!(office.state(&run), PackageState::Ready);
}

#[test]
fn somebody_hears_once_of_a_share_that_stays_away_and_again_of_the_next_time() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    let (mounted, elsewhere) = (office.desk(), office.share.path().join("elsewhere"));
    let mut desks = Desks::default();
    let mut told = Vec::new();
    for minute in 0..300 {
        match minute {
            20 | 180 => fs::rename(&mounted, &elsewhere).unwrap(),
            25 | 240 => fs::rename(&elsewhere, &mounted).unwrap(),
            _ => {}
        }
        desks.round(&office.settings, &mut office.ledger, began() + minute.minutes());
        desks.wait();
        let alerts = office.ledger.alerts_waiting().unwrap().len();
        if told.last().is_none_or(|(_, before)| *before != alerts) {
            told.push((minute, alerts));
        }
    }
    assert_eq!(told, [(0, 0), (195, 1)], "five minutes are no news, an hour is");
    assert!(mounted.join(PERIOD).join(run).is_dir());
}

#[test]
fn a_name_as_long_as_names_can_be_is_dealt_with_and_what_cannot_be_moved_keeps_no_other_from_it() {
    let mut office = Office::new();
    let run = office.package(PackageState::Ready);
    files_belong_to("ann");
    office.look().unwrap();
    let done = office.desk().join("answers/done");
    fs::remove_dir_all(&done).ok();
    office.drop("done", "in the way");
    office.drop("a.submitted.toml", &format!("run = '{run}'\nreceipt = 'DLP-1'\n"));
    office.look_twice();
    assert!(
        office.status().contains("answers/a.submitted.toml: its files cannot be written or moved"),
        "{}",
        office.status()
    );
    fs::remove_file(&done).unwrap();
    let long = format!("{}.accepted.toml", "x".repeat(240));
    office.drop(&long, &format!("run = '{run}'\n"));
    office.look_twice();
    assert_eq!((office.state(&run), office.waiting()), (PackageState::Accepted, Vec::<String>::new()));
}
