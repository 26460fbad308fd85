//! What goes wrong ends with one clear message that names the file and says what to do, has an exit code of its own, stages
//! nothing, leaves nothing half-done, keeps the package before it untouched, and shows nobody's data.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::LazyLock,
};

use cld_agent::exit;
use support::{Demo, LATER, agent, assert_same, personal, put, tree};

/// A council with a package, which every test copies.
static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(40, 7));

/// Runs the council, which must end with this code and change nothing; what it said on standard error.
#[track_caller]
fn fails(demo: &Demo, code: u8) -> String {
    fails_with(demo, code, &[])
}

#[track_caller]
fn fails_with(demo: &Demo, code: u8, more: &[&str]) -> String {
    let before = packages(demo);
    let ended = demo.run().args(more).assert().code(i32::from(code));
    assert_same(&before, &packages(demo));
    assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new());
    let output = ended.get_output();
    assert_eq!(output.stdout, b"", "a result of a run that failed");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_silent_about_people(demo, &said);
    message(demo, &said)
}

/// Everything that an uploader might take.
fn packages(demo: &Demo) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut packages = tree(&demo.path().join("staging"));
    assert!(packages.len() >= 7, "there is a package to keep untouched");
    packages.extend(tree(&demo.path().join("held")));
    packages
}

/// Neither message nor ledger holds a name, number, date of birth or postcode.
#[track_caller]
fn assert_silent_about_people(demo: &Demo, said: &str) {
    let ledger: Vec<String> = match rusqlite::Connection::open(demo.path().join("ledger.db")) {
        Ok(ledger) => {
            let mut runs = ledger.prepare("SELECT coalesce(message, '') FROM runs").unwrap();
            runs.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        }
        Err(_) => Vec::new(),
    };
    let heard = format!("{said}\n{}", ledger.join("\n"));
    // The council before the test changed it: some tests damage the database.
    for secret in personal(&COUNCIL) {
        assert!(!heard.contains(&secret), "somebody's data was said");
    }
}

/// What was said, without the steps on the way and this machine's paths.
fn message(demo: &Demo, said: &str) -> String {
    let steps = ["cld-agent: note: 999", "Reading ", "Opening ", "Completing "];
    let lines = said.lines().filter(|line| !steps.iter().any(|step| line.starts_with(step)));
    let text = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
    let text = text.replace(demo.path().to_str().unwrap(), "[demo]");
    let mut parts = text.split("/work-");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + "/work-[random]" + part.trim_start_matches(char::is_alphanumeric))
}

/// The last line of the ledger.
fn last_run(demo: &Demo) -> serde_json::Value {
    let ended = agent().current_dir(demo.path()).args(["runs", "--json"]).assert().success();
    let runs: serde_json::Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
    runs[0].clone()
}

#[track_caller]
fn works(demo: &Demo) {
    let before = packages(demo);
    demo.run().assert().success();
    assert_same(&before, &tree(&demo.path().join("superseded")));
    assert_eq!(packages(demo).len(), before.len());
    assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new());
}

// The database.

#[test]
fn a_database_that_is_not_there() {
    let demo = COUNCIL.copy();
    fs::remove_file(demo.path().join("council.db")).unwrap();
    insta::assert_snapshot!(fails(&demo, exit::SOURCE), @r#"cld-agent failed to open the database council.db; check that the path is right and that the agent's account may read it: No such file or directory (os error 2)"#);
    assert!(!demo.path().join("council.db").exists(), "no empty database takes its place");
    assert_eq!(last_run(&demo)["state"], "failed");
}

#[test]
fn a_folder_in_place_of_the_database() {
    let demo = COUNCIL.copy();
    fs::remove_file(demo.path().join("council.db")).unwrap();
    fs::create_dir(demo.path().join("council.db")).unwrap();
    insta::assert_snapshot!(fails(&demo, exit::SOURCE), @r#"cld-agent failed to open the database council.db; check that the path is right and that the agent's account may read it: Is a directory (os error 21)"#);
}

#[test]
fn a_file_that_is_no_database() {
    for bytes in [&b""[..], b"case_no,forename\r\nC1,Ada\r\n"] {
        let demo = COUNCIL.copy();
        put(&demo.path().join("council.db"), bytes);
        insta::allow_duplicates! {
            insta::assert_snapshot!(fails(&demo, exit::SOURCE), @r#"cld-agent failed to read council.db as an SQLite database: it is none, or it is encrypted; check the path"#);
        }
    }
}

#[test]
fn a_database_that_was_cut_off() {
    let demo = COUNCIL.copy();
    let path = demo.path().join("council.db");
    let whole = fs::read(&path).unwrap();
    put(&path, &whole[..whole.len() / 2]);
    insta::assert_snapshot!(fails(&demo, exit::SOURCE), @r#"cld-agent failed to read council.db: the database is damaged; restore it, or make the copy again: Error code 11: database disk image is malformed"#);
}

#[test]
fn a_database_in_which_nobody_is_left() {
    let demo = COUNCIL.copy();
    demo.execute("DELETE FROM contact");
    insta::assert_snapshot!(fails(&demo, exit::NO_ROWS), @r#"cld-agent failed to use query 'requests' (sql/requests.sql): it returned no rows; check its dates and what the account may read, or say `may_be_empty = true` in the mapping where that is right"#);
    assert_eq!(last_run(&demo)["exit_code"], i64::from(exit::NO_ROWS));

    demo.replace("mapping/mapping.toml", "key = \"contact_ref\"", "key = \"contact_ref\"\nmay_be_empty = true");
    // A package is made of the rest, and held: the one before it had requests.
    demo.run().assert().code(i32::from(exit::HELD));
    assert_eq!(last_run(&demo)["state"], "held");
    assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new());
}

// The queries.

#[test]
fn a_query_that_sql_does_not_understand() {
    let demo = COUNCIL.copy();
    demo.replace("mapping/sql/services.sql", "FROM package_line", "FORM package_line");
    insta::assert_snapshot!(fails(&demo, exit::QUERY), @r#"cld-agent failed to understand the query sql/services.sql, line 19, column 6: near "package_line": syntax error"#);
}

#[test]
fn a_query_that_fails_at_some_row() {
    let demo = COUNCIL.copy();
    // The text of a server's error would hold the value.
    demo.replace("mapping/sql/reviews.sql", "p.surname", "json_extract(p.surname, '$') AS surname");
    insta::assert_snapshot!(fails(&demo, exit::QUERY), @r#"cld-agent failed to read row 1 of sql/reviews.sql: SQLite could not compute it; check the functions in the query: Error code 1: SQL logic error"#);
}

#[test]
fn a_query_that_would_change_the_case_system() {
    let demo = COUNCIL.copy();
    let before = fs::read(demo.path().join("council.db")).unwrap();
    put(&demo.path().join("mapping/sql/services.sql"), b"DELETE FROM person");
    insta::assert_snapshot!(fails(&demo, exit::QUERY), @r#"cld-agent failed to use the query sql/services.sql: it must be one SELECT (it may begin with WITH), which changes nothing"#);
    put(&demo.path().join("mapping/sql/services.sql"), b"DELETE FROM person RETURNING *");
    fails(&demo, exit::QUERY);
    assert_eq!(before, fs::read(demo.path().join("council.db")).unwrap());
}

#[test]
fn a_query_that_is_not_there() {
    let demo = COUNCIL.copy();
    fs::remove_file(demo.path().join("mapping/sql/reviews.sql")).unwrap();
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"
         × the mapping folder has no file 'sql/reviews.sql'
            ╭─[mapping/mapping.toml:170:8]
        170 │ "sql/reviews.sql"
            · ─────────────────
            ╰────
        "#);
}

#[test]
fn a_column_that_vanished_from_the_case_system() {
    let demo = COUNCIL.copy();
    demo.execute("ALTER TABLE person RENAME COLUMN dod TO date_of_death");
    insta::assert_snapshot!(fails(&demo, exit::QUERY), @r#"cld-agent failed to understand the query sql/requests.sql, line 9, column 85: no such column: p.dod"#);
}

#[test]
fn a_column_that_vanished_from_the_query() {
    let demo = COUNCIL.copy();
    demo.replace("mapping/sql/requests.sql", "p.forename", "p.forename AS first_name");
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"
         × the query 'requests' returns no column 'forename'
           ╭─[mapping/mapping.toml:78:25]
        78 │ "forename"
           · ──────────
           ╰────
        "#);
}

// The files that people write.

#[test]
fn a_value_map_that_names_a_code_twice() {
    let demo = COUNCIL.copy();
    let path = demo.path().join("mapping/values/gender.csv");
    let mut map = fs::read_to_string(&path).unwrap();
    let again = format!("{}\n", map.lines().nth(1).unwrap());
    map.push_str(&again);
    put(&path, map.as_bytes());
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"
         × the local value 'M' stands twice; first in line 2
          ╭─[mapping/values/gender.csv:6:1]
        6 │ M
          · ─
          ╰────
         help: keep one of the two lines
        "#);
}

#[test]
fn a_mapping_with_several_faults_is_told_of_all_of_them() {
    let demo = COUNCIL.copy();
    demo.replace("mapping/mapping.toml", "nhs_number = ", "nhs_nmber = ");
    demo.replace("mapping/mapping.toml", "unmapped = \"error\"", "unmaped = \"error\"");
    demo.replace("mapping/mapping.toml", "map = \"ethnicity\"", "map = \"ethnicty\"");
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"
         × 'unmaped' is not a key that is known here
          ╭─[mapping/mapping.toml:6:1]
        6 │ unmaped
          · ───────
          ╰────
         help: did you mean 'unmapped'?
         × 'nhs_number' is mandatory on every row and mapped nowhere
           ╭─[mapping/mapping.toml:75:1]
        75 │ [fields]
           · ────────
           ╰────
         help: map it in [fields], or in the queries whose rows must have it
         × there is no field 'nhs_nmber'
           ╭─[mapping/mapping.toml:76:1]
        76 │ nhs_nmber
           · ─────────
           ╰────
         help: did you mean 'nhs_number'?
         × [maps] has no value map 'ethnicty'
           ╭─[mapping/mapping.toml:83:43]
        83 │ "ethnicty"
           · ──────────
           ╰────
         help: did you mean 'ethnicity'?
        "#);
}

#[test]
fn a_mapping_for_another_source() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "source.case-system", "source.case-systems");
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"cld-agent failed to run query 'requests': the submission has no source 'case-system'; did you mean 'case-systems'?"#);
}

#[test]
fn a_mapping_that_is_not_there() {
    let demo = COUNCIL.copy();
    fs::remove_dir_all(demo.path().join("mapping")).unwrap();
    insta::assert_snapshot!(fails(&demo, exit::MAPPING), @r#"cld-agent: mapping/mapping.toml: cannot be read: No such file or directory (os error 2) (name the folder that holds mapping.toml, and let this account read it)"#);
}

#[test]
fn a_configuration_with_an_unknown_key() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "data_dir", "data_dri");
    insta::assert_snapshot!(fails(&demo, exit::CONFIGURATION), @r#"
         × 'data_dri' is not a key that is known here
          ╭─[agent.toml:5:1]
        5 │ data_dri
          · ────────
          ╰────
         help: did you mean 'data_dir'?
        "#);
}

#[test]
fn a_configuration_that_is_no_toml() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "[agent]", "[agent");
    insta::assert_snapshot!(fails(&demo, exit::CONFIGURATION), @r#"
        × unclosed table, expected `]`
         ╭─[agent.toml:4:7]
         ╰────
        "#);
}

#[test]
fn a_configuration_that_is_not_there() {
    let demo = COUNCIL.copy();
    insta::assert_snapshot!(fails_with(&demo, exit::CONFIGURATION, &["--config", "agnet.toml"]), @r#"cld-agent: agnet.toml: cannot be read: No such file or directory (os error 2) (check the path and that this account may read it)"#);
}

#[test]
fn a_test_setting_in_a_live_submission() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "environment = \"test\"", "environment = \"live\"");
    insta::assert_snapshot!(fails(&demo, exit::CONFIGURATION), @r#"
         × 'allow_test_nhs_numbers' cannot be true with environment = "live"
           ╭─[agent.toml:16:26]
        16 │ true
           · ────
           ╰────
         help: a test number in a live file would be refused; set one of the two back
        "#);
}

#[test]
fn a_release_file_with_a_fault() {
    let demo = COUNCIL.copy();
    let release = fs::read_to_string("config/releases/release-1.toml").unwrap();
    put(
        &demo.path().join("release.toml"),
        release.replacen("type = \"nhs-number\"", "type = \"nhs-nmber\"", 1).as_bytes(),
    );
    demo.replace("agent.toml", "environment = ", "release = \"release.toml\"\nenvironment = ");
    insta::assert_snapshot!(fails(&demo, exit::RELEASE), @r#"
         × 'type' cannot be 'nhs-nmber'; it is one of: text, list, date, integer, decimal, nhs-number, postcode, la-code, gp-practice, cqc-location
           ╭─[release.toml:90:8]
        90 │ "nhs-nmber"
           · ───────────
           ╰────
         help: did you mean 'nhs-number'?
        "#);
}

#[test]
fn a_ledger_that_is_damaged() {
    let demo = COUNCIL.copy();
    put(&demo.path().join("ledger.db"), b"not a ledger, whatever it is");
    let before = packages(&demo);
    let ended = demo.run().assert().code(i32::from(exit::LEDGER));
    assert_same(&before, &packages(&demo));
    let said = String::from_utf8(ended.get_output().stderr.clone()).unwrap();
    insta::assert_snapshot!(message(&demo, &said), @r#"cld-agent failed to read the ledger ./ledger.db: it is damaged; put a copy from a backup in its place, or move it away to begin a new one"#);
}

// The disk.

#[test]
fn something_else_where_the_package_should_go() {
    let demo = COUNCIL.copy();
    demo.replace("agent.toml", "data_dir = \".\"", "data_dir = \".\"\nstaging_dir = \"planted.csv\"");
    insta::assert_snapshot!(fails(&demo, exit::OUTPUT), @r#"
        cld-agent failed to create planted.csv/adult-social-care: Not a directory (os error 20)
          help: Check the folder and the rights of the account.
        "#);
}

/// A shell in which file systems can be mounted for this one command, or nothing where the system allows none.
fn with_mounts(script: &str) -> Option<Command> {
    let possible = Command::new("unshare").args(["--mount", "--map-root-user", "true"]).output();
    if !possible.is_ok_and(|ended| ended.status.success()) {
        eprintln!("SKIPPED: this system does not let a test mount a file system");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-euc", script, env!("CARGO_BIN_EXE_cld-agent")]);
    Some(command)
}

#[test]
fn a_staging_folder_that_is_read_only() {
    let demo = COUNCIL.copy();
    let script = format!(
        "mount --bind staging staging; mount -o remount,bind,ro staging; exec \"$0\" run --as-of {LATER} --period 2026-01-01_2026-06-30"
    );
    let Some(mut run) = with_mounts(&script) else { return };
    let before = packages(&demo);
    let ended = run.current_dir(demo.path()).output().unwrap();
    assert_same(&before, &packages(&demo));
    assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new());
    assert_eq!(ended.status.code(), Some(i32::from(exit::OUTPUT)));
    insta::assert_snapshot!(message(&demo, &String::from_utf8(ended.stderr).unwrap()), @r#"
        cld-agent failed to create ./staging/adult-social-care/2026-01-01_2026-06-30: Read-only file system (os error 30)
          help: Check the folder and the rights of the account.
        "#);
}

#[test]
fn a_disk_that_is_full_at_any_point_of_the_run() {
    let mut codes = Vec::new();
    for kilobytes in [32, 64, 96, 160, 200, 240, 280, 320, 360, 400, 480, 20_000] {
        let demo = COUNCIL.copy();
        demo.replace("agent.toml", "data_dir = \".\"", "data_dir = \"data\"");
        fs::create_dir(demo.path().join("data")).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k none data; \"$0\" run --as-of {LATER} || code=$?; \
             find data -type f ! -path 'data/logs/*' ! -name 'ledger.db*' ! -name '.cld-agent.lock' ! -name index.key ! -name audit.head >&2; exit ${{code:-0}}"
        );
        let Some(mut run) = with_mounts(&script) else { return };
        let ended = run.current_dir(demo.path()).output().unwrap();
        let said = message(&demo, &String::from_utf8(ended.stderr).unwrap());
        codes.push(ended.status.code().unwrap());
        if codes.last() != Some(&0) {
            assert!(!said.lines().any(|line| line.starts_with("data/")), "left behind: {said}");
            assert!(said.starts_with("cld-agent failed to ") && said.contains("data/"), "{said}");
            assert!(said.ends_with("help: Make room and run again."), "{said}");
        }
    }
    let full = i32::from(exit::DISK_FULL);
    assert!(codes.starts_with(&[full; 6]) && codes.ends_with(&[0]), "{codes:?}");
    assert!(codes.iter().all(|code| [0, full].contains(code)), "{codes:?}");
}

// Signals.

/// A run that is in the middle: two queries are read, and the third takes its time.
struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
}

/// Some minutes of SQLite's time; the tests take seconds of it at most.
const SLOW: (&str, &str) = (
    "FROM package_line pl",
    "FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
           SELECT count(*) FROM n) CROSS JOIN package_line pl",
);

impl Running {
    fn start(demo: &Demo) -> Self {
        demo.replace("mapping/sql/services.sql", SLOW.0, SLOW.1);
        let mut command = Command::new(env!("CARGO_BIN_EXE_cld-agent"));
        command.current_dir(demo.path()).args(["run", "--as-of", LATER]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("Reading services") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the run ended early");
        }
        Self { child, said }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for the end: its code, and what was said on the way there.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

/// A test that fails leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_leaves_nothing_half_done_and_says_so() {
    for signal in ["-INT", "-TERM"] {
        let demo = COUNCIL.copy();
        let before = packages(&demo);
        let running = Running::start(&demo);
        assert!(!demo.left_overs().is_empty(), "something was under way");
        running.signal(signal);
        let (code, said) = running.end();
        assert_eq!(code, Some(i32::from(exit::STOPPED)));
        assert_same(&before, &packages(&demo));
        assert_eq!(demo.left_overs(), Vec::<std::path::PathBuf>::new());
        assert_eq!(
            (last_run(&demo)["state"].as_str(), last_run(&demo)["exit_code"].as_i64()),
            (Some("stopped"), Some(40))
        );
        assert_silent_about_people(&demo, &said);
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(&demo, &said), @r#"cld-agent failed to finish: the run was stopped, and nothing was staged"#);
        }
        demo.replace("mapping/sql/services.sql", SLOW.1, SLOW.0);
        works(&demo);
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_is_cleaned_up_by_the_next_one() {
    let demo = COUNCIL.copy();
    let before = packages(&demo);
    let running = Running::start(&demo);
    running.signal("-KILL");
    assert_eq!(running.end().0, None);
    assert_same(&before, &packages(&demo));
    assert!(!demo.left_overs().is_empty(), "nobody could clean up");

    demo.replace("mapping/sql/services.sql", SLOW.1, SLOW.0);
    works(&demo);
    let ended = agent().current_dir(demo.path()).args(["runs", "--json"]).assert().success();
    let runs: serde_json::Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
    let states: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["released", "stopped", "released"]);
}

#[cfg(unix)]
#[test]
fn a_second_run_at_the_same_time_is_told_who_is_at_work() {
    let demo = COUNCIL.copy();
    let running = Running::start(&demo);
    let pid = running.child.id().to_string();
    let all_but_logs = || {
        let mut tree = tree(demo.path());
        tree.retain(|name, _| !name.starts_with("logs/"));
        tree
    };
    let before = all_but_logs();
    let second = demo.run().assert().code(i32::from(exit::BUSY));
    let rehearsal = demo.run().arg("--dry-run").assert().code(i32::from(exit::BUSY));
    assert_same(&before, &all_but_logs());
    for ended in [second, rehearsal] {
        let said =
            message(&demo, &String::from_utf8(ended.get_output().stderr.clone()).unwrap()).replace(&pid, "[pid]");
        insta::allow_duplicates! {
            insta::assert_snapshot!(said, @r#"cld-agent failed to lock .: process [pid] (cld-agent run, since 2026-11-23T09:00:00Z) is at work there; wait until it ends"#);
        }
    }
    running.signal("-TERM");
    assert_eq!(running.end().0, Some(i32::from(exit::STOPPED)), "the first one went on");
}

#[test]
fn a_lock_file_that_nobody_holds_keeps_nobody_out() {
    let demo = COUNCIL.copy();
    put(&demo.path().join(".cld-agent.lock"), b"");
    works(&demo);
    assert!(!Path::new(&demo.path().join(".cld-agent.lock-holder")).exists());
}
