//! Configurations as people write them, sound and broken.

use super::*;

mod notify;
mod sql_server;

const LEAST: &str = r#"version = 1
[council]
name = "Sunderland City Council"
la_code = "110"
[[submission]]
name = "quarterly"
mapping = "mappings/ours"
[submission.source.case-system]
type = "sqlite"
path = "case-system.db"
"#;

fn settings(text: &str) -> Result<Settings, Faults> {
    settings_with(text, &[])
}

fn settings_with(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Faults> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::from_document(&Document::new("agent.toml", text), Path::new("etc"), &environment)
}

fn faults(text: &str) -> String {
    settings(text).expect_err("a broken configuration was accepted").to_string()
}

/// The least configuration with one text in place of another.
fn with(old: &str, new: &str) -> String {
    assert!(LEAST.contains(old), "{old}");
    LEAST.replacen(old, new, 1)
}

/// The shipped file with every example taken out of its comment.
fn shipped_with_examples() -> String {
    let example = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    DEFAULTS.lines().map(example).collect()
}

/// A policy whose rates are these, and whose other settings are those of the shipped file.
fn policy(failure_rate_points_worse: f64, failure_rate_ceiling: f64) -> Policy {
    Policy {
        require_rehearsal: false,
        failure_rate_points_worse,
        failure_rate_ceiling,
        failure_rate_fewest_rows: 20,
        volume_fall_holds: 20.0,
        volume_change_asks: 10.0,
        volume_fewest: 20,
    }
}

#[test]
fn the_least_configuration_gets_every_default() {
    let settings = settings(LEAST).unwrap();
    let submission = &settings.submissions[0];
    assert_eq!(settings.agent.data_dir, Path::new("etc/data"));
    assert_eq!(settings.agent.staging_dir, Path::new("etc/data/staging"));
    assert_eq!(settings.agent.held_dir, Path::new("etc/data/held"));
    assert_eq!(settings.agent.index_key, SecretRef::File("etc/data/index.key".into()));
    assert_eq!(settings.agent.readers_group, None);
    assert_eq!(submission.release, ReleaseFile::Release1);
    assert_eq!(submission.environment, Environment::Test);
    assert!(!submission.allow_test_nhs_numbers);
    assert_eq!(submission.policy, policy(5.0, 50.0));
    assert_eq!(submission.package, Package { evidence_password: None, worklist_rows: 200_000 });
    assert_eq!(settings.remarks, Vec::<String>::new());
}

#[test]
fn the_shipped_file_is_sound_and_shows_the_defaults_that_apply() {
    let shown = settings(&shipped_with_examples()).unwrap();
    let applied = settings(LEAST).unwrap();
    assert_eq!(Agent { readers_group: None, ..shown.agent }, applied.agent);
    let (shown, applied) = (&shown.submissions[0], &applied.submissions[0]);
    assert_eq!(shown.policy, applied.policy);
    assert_eq!(shown.release, applied.release);
    assert_eq!(shown.sources["case-system"].kind, applied.sources["case-system"].kind);
    let plain = with("type = \"sqlite\"\npath = \"case-system.db\"", "type = \"csv\"\nfolder = \"extracts\"");
    assert_eq!(shown.sources["extracts"], settings(&plain).unwrap().submissions[0].sources["case-system"]);
}

#[test]
fn the_shipped_file_as_it_is_asks_for_what_the_council_must_give() {
    insta::assert_snapshot!(faults(DEFAULTS), @r"
    agent.toml:1:1: 'version' is missing (write version = 1)
    agent.toml:1:1: 'council' is missing here
    agent.toml:84:1: 'name' is missing here
    agent.toml:84:1: 'mapping' is missing here
    agent.toml:84:1: this submission has no source (add [submission.source.NAME] with its type)
    ");
    insta::assert_snapshot!(faults(""), @r"
    agent.toml: 'version' is missing (write version = 1)
    agent.toml: 'council' is missing here
    agent.toml: there is no [[submission]] (add one with a name, a mapping and a source)
    ");
}

#[test]
fn every_submission_gets_the_shipped_defaults_and_keeps_its_own() {
    let second = LEAST[LEAST.find("[[submission]]").unwrap()..].replace("\"quarterly\"", "\"yearly\"");
    let ceiling = "[submission.policy]\nfailure_rate_ceiling = 20\n";
    let settings = settings(&format!("{LEAST}{ceiling}{second}")).unwrap();
    let policies: Vec<_> = settings.submissions.iter().map(|submission| submission.policy).collect();
    assert_eq!(policies[0], policy(5.0, 20.0));
    assert_eq!(policies[1], policy(5.0, 50.0));
    assert_eq!(settings.submission("yearly"), Some(&settings.submissions[1]));
}

#[test]
fn one_year_may_span_two_systems() {
    let text = LEAST.to_owned()
        + "valid_to = 2026-03-31\n[submission.source.new-system]\ntype = 'csv'\nfolder = '/srv/new'\n\
           encoding = 'windows-1252'\nseparator = ';'\nvalid_from = '2026-04-01'\n";
    let settings = settings(&text).unwrap();
    let sources = &settings.submissions[0].sources;
    assert_eq!(sources["case-system"].valid_to, Date::from_ymd(2026, 3, 31));
    assert_eq!(
        sources["new-system"],
        SourceSettings {
            kind: SourceKind::Csv { folder: "/srv/new".into(), encoding: Encoding::Windows1252, separator: b';' },
            valid_from: Date::from_ymd(2026, 4, 1),
            valid_to: None,
        }
    );
}

#[test]
fn relative_paths_begin_at_the_file_and_absolute_ones_stay() {
    let text = with("[council]", "[agent]\ndata_dir = '/var/lib/cld'\nstaging_dir = 'out'\n[council]");
    let text = text.replace("mapping =", "exclusions = 'x.csv'\nrelease = 'releases/r1.toml'\nmapping =");
    let settings = settings(&text).unwrap();
    assert_eq!(settings.agent.staging_dir, Path::new("etc/out"));
    assert_eq!(settings.agent.held_dir, Path::new("/var/lib/cld/held"));
    let submission = &settings.submissions[0];
    assert_eq!(submission.mapping, Path::new("etc/mappings/ours"));
    assert_eq!(submission.exclusions.as_deref(), Some(Path::new("etc/x.csv")));
    assert_eq!(submission.release, ReleaseFile::File("etc/releases/r1.toml".into()));
    assert_eq!(submission.sources["case-system"].kind, SourceKind::Sqlite { path: "etc/case-system.db".into() });
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let text = with("[council]", "[agent]\ndata_dir = 'of-the-file'\n[council]");
    let variables = [
        ("CLD_AGENT__AGENT__DATA_DIR", "of-the-variable"),
        ("CLD_AGENT__COUNCIL__LA_CODE", "211"),
        ("CLD_AGENT_LOG", "not ours"),
        ("PATH", "/bin"),
    ];
    assert_eq!(settings(&text).unwrap().agent.data_dir, Path::new("etc/of-the-file"));
    let settings = settings_with(&text, &variables).unwrap();
    assert_eq!(settings.agent.data_dir, Path::new("etc/of-the-variable"));
    assert_eq!(settings.council.la_code, "211");
    assert!(settings.redacted().contains("of-the-variable"), "{}", settings.redacted());
}

#[test]
fn a_fault_in_a_variable_names_the_variable_and_one_in_the_file_its_line() {
    let variables =
        [("CLD_AGENT__AGENT__DATADIR", "x"), ("CLD_AGENT__COUNCIL__LA_CODE", "21"), ("CLD_AGENT__COUNCIL__NAME", " ")];
    let told = settings_with(&with("type = \"sqlite\"", "type = \"sqlight\""), &variables).unwrap_err();
    insta::assert_snapshot!(told, @r"
    agent.toml:9:8: 'type' cannot be 'sqlight'; it is one of: sqlite, csv, sqlserver
    environment variable CLD_AGENT__AGENT__DATADIR: 'datadir' is not a key that is known here (did you mean 'data_dir'?)
    environment variable CLD_AGENT__COUNCIL__LA_CODE: 'la_code' cannot be '21' (a CASSR code is three digits, or five characters such as A1B2C)
    environment variable CLD_AGENT__COUNCIL__NAME: 'name' is blank
    ");
}

#[test]
fn a_variable_that_can_set_nothing_is_refused() {
    let variables =
        [("CLD_AGENT__SUBMISSION__NAME", "x"), ("CLD_AGENT__COUNCILS__NAME", "x"), ("CLD_AGENT__AGENT", "x")];
    insta::assert_snapshot!(settings_with(LEAST, &variables).unwrap_err(), @r"
    environment variable CLD_AGENT__AGENT: sets nothing that the environment can set (write CLD_AGENT__AGENT__ and a key of that table, or remove it)
    environment variable CLD_AGENT__COUNCILS__NAME: sets nothing that the environment can set (write CLD_AGENT__COUNCIL__ and a key of that table, or remove it)
    environment variable CLD_AGENT__SUBMISSION__NAME: sets nothing that the environment can set (write CLD_AGENT__AGENT__ and a key of that table, or remove it)
    ");
}

#[test]
fn a_code_that_is_not_known_is_asked_about_and_not_refused() {
    let settings = settings(&with("110", "A1B2C")).unwrap();
    insta::assert_snapshot!(settings.remarks.join("\n"), @"A1B2C is not among the CASSR codes that this program knows; is it the code of Sunderland City Council?");
}

#[test]
fn broken_configurations_are_told_with_their_place_and_what_to_do() {
    let source = "[submission.source.case-system]";
    let cases: Vec<(&str, String)> = vec![
        ("not TOML", with("version = 1", "version = = 1")),
        ("another version", with("version = 1", "version = 2")),
        ("unknown key", with("mapping =", "maping =")),
        ("unknown table", with("[council]", "[councils]")),
        ("unknown key of a table that has defaults", format!("{LEAST}[submission.policy]\nfailure_rate_cieling = 5\n")),
        ("text where a table is due", with("[council]", "agent = 'x'\n[council]")),
        ("wrong type", with("mapping = \"mappings/ours\"", "mapping = 3\ngzip = true")),
        ("number for a code", with("\"110\"", "110")),
        ("bad code", with("110", "11")),
        ("missing keys", with("name = \"Sunderland City Council\"\nla_code = \"110\"\n", "")),
        ("blank", with("mappings/ours", "")),
        ("two submissions of one name", format!("{LEAST}{}", &LEAST[LEAST.find("[[").unwrap()..])),
        ("name that is no folder", with("\"quarterly\"", "\"Quarter 1/2\"")),
        ("name of a device", with("\"quarterly\"", "\"nul\"")),
        ("submission that is no list", with("[[submission]]", "[submission]")),
        ("no source", with(&LEAST[LEAST.find(source).unwrap()..], "")),
        ("unknown source type", with("\"sqlite\"", "\"oracle\"")),
        ("key of another source type", with("path =", "folder =")),
        ("bad separator", with("type = \"sqlite\"\npath", "type = \"csv\"\nseparator = \"--\"\nfolder")),
        ("bad dates", format!("{LEAST}valid_from = '1 April'\nvalid_to = '2026-02-30'\n")),
        ("dates the wrong way round", format!("{LEAST}valid_from = 2026-04-01\nvalid_to = 2026-03-31\n")),
        ("unknown release", with("mapping =", "release = 'release-9'\nmapping =")),
        ("unknown environment", with("mapping =", "environment = 'life'\nmapping =")),
        ("test numbers in live", with("mapping =", "environment = 'live'\nallow_test_nhs_numbers = true\nmapping =")),
        ("threshold out of range", format!("{LEAST}[submission.policy]\nfailure_rate_ceiling = 150\n")),
        ("secret in both", format!("{LEAST}[submission.package]\nevidence_password = {{ env = 'A', file = 'b' }}\n")),
        ("secret in neither", format!("{LEAST}[submission.package]\nevidence_password = {{ fil = 'b' }}\n")),
        ("held inside staging", with("[council]", "[agent]\nheld_dir = 'data/staging/held'\n[council]")),
    ];
    let told: Vec<_> = cases.iter().map(|(what, text)| format!("{what}\n{}", faults(text))).collect();
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    not TOML
    agent.toml:1:11: extra `=`, expected nothing
    agent.toml:1:13: unexpected key or value, expected newline, `#`

    another version
    agent.toml:1:11: this program reads version 1 of the configuration

    unknown key
    agent.toml:5:1: 'mapping' is missing here
    agent.toml:7:1: 'maping' is not a key that is known here (did you mean 'mapping'?)

    unknown table
    agent.toml:1:1: 'council' is missing here
    agent.toml:2:2: 'councils' is not a key that is known here (did you mean 'council'?)

    unknown key of a table that has defaults
    agent.toml:12:1: 'failure_rate_cieling' is not a key that is known here (did you mean 'failure_rate_ceiling'?)

    text where a table is due
    agent.toml:2:9: 'agent' must be a table, not string

    wrong type
    agent.toml:7:11: 'mapping' must be text in quotes, not 3
    agent.toml:8:1: 'gzip' is not a key that is known here (known here: name, mapping, release, environment, allow_test_nhs_numbers, timetable, plan, remind, anchor_month, unattended, mesh, exclusions, crosswalk, policy, approval, desk, package, retry_for, retry_after, source)

    number for a code
    agent.toml:4:11: 'la_code' must be text in quotes, not 110

    bad code
    agent.toml:4:11: 'la_code' cannot be '11' (a CASSR code is three digits, or five characters such as A1B2C)

    missing keys
    agent.toml:2:1: 'name' is missing here
    agent.toml:2:1: 'la_code' is missing here

    blank
    agent.toml:7:11: 'mapping' is blank

    two submissions of one name
    agent.toml:12:8: there are two submissions 'quarterly'

    name that is no folder
    agent.toml:6:8: 'Quarter 1/2' cannot name a folder everywhere (use up to 40 lower-case letters, digits and hyphens, such as quarterly-return)

    name of a device
    agent.toml:6:8: 'nul' cannot name a folder everywhere (use up to 40 lower-case letters, digits and hyphens, such as quarterly-return)

    submission that is no list
    agent.toml:5:1: 'submission' must be a list of tables, [[submission]], not table

    no source
    agent.toml:5:1: this submission has no source (add [submission.source.NAME] with its type)

    unknown source type
    agent.toml:9:8: 'type' cannot be 'oracle'; it is one of: sqlite, csv, sqlserver

    key of another source type
    agent.toml:8:1: 'path' is missing here
    agent.toml:10:1: 'folder' is not a key that is known here (known here: type, path, valid_from, valid_to)

    bad separator
    agent.toml:10:13: 'separator' must be one character that is not a quote (such as a comma, a semicolon, a vertical bar or "\t")

    bad dates
    agent.toml:11:14: 'valid_from' is not a date: write yyyy-mm-dd
    agent.toml:12:12: 'valid_to' is not a date: write yyyy-mm-dd

    dates the wrong way round
    agent.toml:12:12: 'valid_to' lies before 'valid_from'

    unknown release
    agent.toml:7:11: 'release' cannot be 'release-9' (it is release-1 or the path of a .toml file)

    unknown environment
    agent.toml:7:15: 'environment' cannot be 'life'; it is one of: test, live (did you mean 'live'?)

    test numbers in live
    agent.toml:8:26: 'allow_test_nhs_numbers' cannot be true with environment = "live" (a test number in a live file would be refused; set one of the two back)

    threshold out of range
    agent.toml:12:24: 'failure_rate_ceiling' must be a number from 0 to 100, not 150

    secret in both
    agent.toml:12:21: 'evidence_password' must have one of 'env', 'file' and 'credential' (the secret is in a variable, in a file, or with systemd)

    secret in neither
    agent.toml:12:21: 'evidence_password' must have one of 'env', 'file' and 'credential' (the secret is in a variable, in a file, or with systemd)
    agent.toml:12:23: 'fil' is not a key that is known here (did you mean 'file'?)

    held inside staging
    agent.toml:3:12: 'held_dir' lies inside 'staging_dir' (an uploader that looks there must not find a held package: take another folder)
    "#);
}

#[test]
fn secrets_are_shown_as_references_and_the_rest_as_it_is() {
    let text = format!("{LEAST}[submission.package]\nevidence_password = {{ env = 'CLD_EVIDENCE' }}\n");
    let settings = settings(&text).unwrap();
    insta::assert_snapshot!(settings.redacted(), @r#"
    version = 1

    [agent]
    data_dir = "data"

    [council]
    la_code = "110"
    name = "Sunderland City Council"

    [log]
    format = "text"
    keep_days = 90
    level = "info"
    most_megabytes = 20

    [network]
    no_proxy = []
    proxy = "system"

    [notify]
    digest_at = "07:30"
    next_channel_after = "2h"
    quiet_time = "24h"

    [notify.heartbeat]

    [retention]
    alerts = 180
    extracts = 180
    findings = 180
    indexes = 800
    rehearsals = 30
    unsubmitted = 60
    warn = 14

    [status_page]
    hosts = []

    [[submission]]
    allow_test_nhs_numbers = false
    environment = "test"
    mapping = "mappings/ours"
    name = "quarterly"
    release = "release-1"
    remind = [10, 5, 2, 1]
    retry_after = "5s"
    retry_for = "1h"

    [submission.approval]
    people = 1

    [submission.desk]

    [submission.mesh]
    test_packages = false

    [submission.package]
    worklist_rows = 200000

    [submission.package.evidence_password]
    env = "CLD_EVIDENCE"

    [submission.policy]
    failure_rate_ceiling = 50.0
    failure_rate_fewest_rows = 20
    failure_rate_points_worse = 5.0
    require_rehearsal = false
    volume_change_asks = 10.0
    volume_fall_holds = 20.0
    volume_fewest = 20

    [submission.source.case-system]
    path = "case-system.db"
    type = "sqlite"

    [submission.unattended]
    crashes = 3
    deadline = "12h"
    first_wait = "5m"
    longest_wait = "1h"
    make_up_days = 14
    overdue_after = "2h"
    remind_late_every = 5
    "#);
    assert_eq!(settings.submissions[0].package.evidence_password, Some(SecretRef::Env("CLD_EVIDENCE".to_owned())));
}

#[test]
fn what_was_written_out_reads_back_as_the_same_settings() {
    let first = settings(&shipped_with_examples()).unwrap();
    let mut again = settings(first.redacted()).unwrap();
    // The same is named, in other places of the text.
    let named = |settings: &Settings| {
        let mut named: Vec<_> =
            settings.mentions.iter().map(|mention| (mention.key, mention.written.clone())).collect();
        named.sort();
        named
    };
    assert_eq!(named(&again), named(&first));
    again.mentions.clone_from(&first.mentions);
    assert_eq!(again, first);
}

#[test]
fn a_secret_written_into_the_file_is_refused_and_not_repeated() {
    let faults = settings(&format!("{LEAST}[submission.package]\nevidence_password = 'hunter2'\n")).unwrap_err();
    assert!(!format!("{faults} {faults:?}").contains("hunter2"));
    insta::assert_snapshot!(faults, @r#"agent.toml: line 12: 'evidence_password' does not say where the secret is (write { env = "NAME" }, { file = "path" } or { credential = "name" }; a secret that stood here should be changed)"#);
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let faults = Settings::open(Path::new("no/such/agent.toml"), &BTreeMap::new()).unwrap_err();
    assert!(faults.to_string().starts_with("no/such/agent.toml: cannot be read"), "{faults}");
}

#[test]
fn a_desk_is_a_folder_and_groups_are_of_no_use_without_it() {
    let desk = |text: &str| {
        settings(&format!("{LEAST}[submission.desk]\n{text}")).map(|read| read.submissions[0].desk.clone())
    };
    assert_eq!(desk("").unwrap(), None);
    let alone = Desk { folder: "etc/desk".into(), accept_group: None, submit_group: None };
    assert_eq!(desk("folder = 'desk'\n").unwrap(), Some(alone.clone()));
    let told = |text: &str| desk(text).unwrap_err().to_string();
    assert!(told("folder = ' '\n").contains("'folder' is blank"));
    if cfg!(unix) {
        let of_analysts = Desk { accept_group: Some("analysts".to_owned()), ..alone };
        assert_eq!(desk("folder = 'desk'\naccept_group = 'analysts'\n").unwrap(), Some(of_analysts));
        let fault = told("submit_group = 'analysts'\n");
        assert!(fault.contains("12:16: 'submit_group' is of no use without 'folder'"), "{fault}");
    } else {
        let fault = told("folder = 'desk'\nsubmit_group = 'analysts'\n");
        assert!(
            fault.contains("13:16: 'submit_group': on this system cld-agent does not know yet whose a file is"),
            "{fault}"
        );
    }
}
