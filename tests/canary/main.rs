//! Nobody's data gets out: a council whose people carry values that stand nowhere else is put through whatever can go wrong,
//! and everything that is said, logged, written down or sent is searched for them, in every way in which they may be
//! written.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../support/council.rs"]
mod council;
mod search;
#[path = "../support/sqlserver.rs"]
mod sqlserver;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tds/mod.rs"]
mod tds;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Output,
    sync::{Arc, LazyLock},
};

use assert_cmd::Command;
use cld_agent::{
    config::Settings,
    exit,
    page::{NotConfigured, Server, Subject},
    sys::{clock::Clock, failpoint},
};
use council::Council;
use search::{Search, WAYS, encoded, ways};
use support::{Demo, LATER, agent, personal, put, tree};
use tds::{Fault, ServerError};

/// How everybody in the council is called.
const NAMES: [&str; 2] = ["Zebulonia", "Quagglethorpe"];

/// Large enough for a report to know a wrong column by how many different values it holds.
static COUNCIL: LazyLock<Demo> = LazyLock::new(|| council(150));

fn council(people: u32) -> Demo {
    let demo = Demo::new(people, 3);
    let [forename, surname] = NAMES;
    demo.execute(&format!(
        "UPDATE person SET forename = '{forename}', surname = '{surname}' || person_id;
         UPDATE address SET line_1 = '7 {surname} Mews';
         UPDATE contact SET summary = '{forename} {surname} has fallen';
         UPDATE assessment SET notes = '{forename} {surname} has fallen';
         UPDATE review SET notes = '{forename} {surname} has fallen';"
    ));
    demo
}

/// Names, numbers, postcodes, references and dates of birth, dates as people write them, too. The names are everybody's; of
/// what each has alone every fifth is looked for.
static SEARCH: LazyLock<Search> = LazyLock::new(|| {
    let mut values: std::collections::BTreeSet<_> = personal(&COUNCIL).into_iter().step_by(5).collect();
    // The date that systems fill in for one that nobody knows: a rule's manual page names it.
    values.remove("1900-01-01");
    let dates: Vec<_> = values.iter().filter_map(|value| cld_agent::model::Date::parse_iso(value.as_bytes())).collect();
    assert!(dates.len() > 20, "{} dates of birth", dates.len());
    for date in dates {
        let iso = date.iso();
        let parts: Vec<_> = iso.split('-').collect();
        values.insert(format!("{}/{}/{}", parts[2], parts[1], parts[0]));
        values.insert(parts.concat());
    }
    let spaced: Vec<_> = values.iter().filter_map(|value| spaced_number(value)).collect();
    assert!(spaced.len() > 20, "{} NHS numbers", spaced.len());
    values.extend(spaced);
    values.extend(NAMES.map(str::to_owned));
    Search::new(values)
});

/// An NHS number as it is printed.
fn spaced_number(value: &str) -> Option<String> {
    let digits = value.len() == 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{} {} {}", &value[..3], &value[3..6], &value[6..]))
}

/// Files that hold people's data because that is what they are for.
fn may_hold(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap();
    file.starts_with("ASC-CLD_") || ["findings.csv", "findings.xlsx", "left-out.csv", "evidence.zip"].contains(&file)
}

/// What got out.
#[derive(Default)]
struct Leaks {
    leaks: Vec<String>,
    searched: usize,
}

impl Leaks {
    fn search(&mut self, place: &str, bytes: &[u8]) {
        self.searched += 1;
        for found in SEARCH.find(bytes).into_iter().take(2) {
            let at = String::from_utf8_lossy(bytes);
            let line = NAMES.iter().find_map(|name| at.lines().find(|line| line.contains(name))).unwrap_or_default();
            self.leaks.push(format!("{place}: {found}: {}", line.chars().take(200).collect::<String>()));
        }
    }

    /// Runs a command in a folder, and searches what it says and every file that it makes or changes.
    fn of(&mut self, scene: &str, folder: &Path, command: &mut Command) -> Output {
        let before = tree(folder);
        let output = command.current_dir(folder).output().unwrap();
        let scene = format!("{scene}, {:?}", command.get_args().collect::<Vec<_>>());
        self.search(&format!("{scene}, standard output"), &output.stdout);
        self.search(&format!("{scene}, standard error"), &output.stderr);
        for (name, bytes) in tree(folder) {
            if before.get(&name) != Some(&bytes) && !may_hold(&name) {
                self.search(&format!("{scene}, {name}"), &bytes);
            }
        }
        output
    }

    #[track_caller]
    fn none(&self, at_least: usize) {
        assert!(self.leaks.is_empty(), "{}", self.leaks.join("\n"));
        assert!(self.searched >= at_least, "only {} places were searched", self.searched);
    }
}

#[test]
fn a_leak_is_found_however_it_is_written() {
    let [forename, _] = NAMES;
    let ways = ways(forename);
    assert_eq!(ways.len(), WAYS);
    for (way, bytes) in ways {
        let text = [&b"a line with "[..], &bytes, b" in it"].concat();
        assert!(!SEARCH.find(&text).is_empty(), "{way}");
    }
    for before in ["", "a", "ab"] {
        let text = encoded(format!("{before}{forename} and more").as_bytes());
        assert!(!SEARCH.find(text.as_bytes()).is_empty(), "{before}: {text}");
    }
    assert_eq!(SEARCH.find(b"a line about nobody"), [""; 0]);
    // What holds people's data is seen to hold it.
    let demo = COUNCIL.copy();
    demo.run().assert().success();
    let held: BTreeMap<_, _> = tree(demo.path()).into_iter().filter(|(name, _)| may_hold(name)).collect();
    let found = held.values().filter(|bytes| !SEARCH.find(bytes).is_empty()).count();
    assert!(found >= 3, "{:?}", held.keys());
}

/// What is wrong with a council, and how.
type Scene = (&'static str, fn(&Demo));

/// A line of the configuration of the submission.
fn set(demo: &Demo, line: &str) {
    demo.replace("agent.toml", "[[submission]]\n", &format!("[[submission]]\n{line}\n"));
}

/// An id of somebody's.
fn somebody(demo: &Demo) -> String {
    let sql = "SELECT case_no || ',' || nhs_no FROM person WHERE case_no IS NOT NULL AND nhs_no IS NOT NULL";
    demo.database().query_row(sql, (), |row| row.get(0)).unwrap()
}

const SCENES: [Scene; 14] = [
    ("all is well", |_| {}),
    ("everybody lacks what they must have", |demo| {
        demo.execute("UPDATE person SET gender_cd = NULL, ethnic_cd = NULL");
    }),
    ("a function fails on a name", |demo| {
        demo.replace("mapping/sql/services.sql", "p.case_no,", "json(p.surname) AS case_no,");
    }),
    ("names stand where codes should", |demo| {
        demo.replace("mapping/sql/services.sql", "p.gender_cd,", "p.surname AS gender_cd,");
        demo.replace("mapping/sql/services.sql", "pl.delivery_cd,", "p.nhs_no AS delivery_cd,");
    }),
    ("names stand where dates should", |demo| {
        demo.replace("mapping/sql/services.sql", "p.dob,", "p.forename || ' ' || p.surname AS dob,");
        demo.replace("mapping/sql/services.sql", "pl.start_dt,", "p.dob || ' ' || p.surname AS start_dt,");
    }),
    ("names stand where costs and numbers should", |demo| {
        demo.replace("mapping/sql/services.sql", "pl.unit_cost,", "p.surname AS unit_cost,");
        demo.replace("mapping/sql/services.sql", "p.nhs_no,", "p.surname AS nhs_no,");
    }),
    ("a column is named after a person", |demo| {
        demo.replace("mapping/sql/services.sql", "p.forename,", "p.forename || '' ,");
    }),
    ("the list of restricted records is broken", |demo| {
        let somebody = somebody(demo);
        let text =
            format!("person_id,reason,expires\n{somebody},then\n{somebody}\n\"{somebody},a witness,2027-01-01\n");
        put(&demo.path().join("exclusions.csv"), text.as_bytes());
        set(demo, "exclusions = 'exclusions.csv'");
    }),
    ("the list of restricted records has no header", |demo| {
        put(&demo.path().join("exclusions.csv"), format!("{},2027-01-01\n", somebody(demo)).as_bytes());
        set(demo, "exclusions = 'exclusions.csv'");
    }),
    ("the crosswalk is broken", |demo| {
        let somebody = somebody(demo);
        let text = format!("old_id,new_id\n{somebody},{somebody}\n{somebody}\n{somebody}\n");
        put(&demo.path().join("crosswalk.csv"), text.as_bytes());
        set(demo, "crosswalk = 'crosswalk.csv'");
    }),
    ("a value map is broken", |demo| {
        let path = demo.path().join("mapping/values/gender.csv");
        let text = fs::read_to_string(&path).unwrap();
        put(&path, format!("{text}M,Male\nM\n\"open").as_bytes());
    }),
    ("files without headers stand where the database should", |demo| {
        let line = format!("{},{}\n", somebody(demo), NAMES.join(","));
        for query in ["requests", "assessments", "services", "reviews", "carers_known"] {
            put(&demo.path().join(format!("extracts/{query}.csv")), line.repeat(3).as_bytes());
        }
        demo.replace("agent.toml", "type = \"sqlite\"", "type = \"csv\"");
        demo.replace("agent.toml", "path = \"council.db\"", "folder = \"extracts\"");
    }),
    ("the database is damaged", |demo| {
        let path = demo.path().join("council.db");
        let mut bytes = fs::read(&path).unwrap();
        let half = bytes.len() / 2;
        bytes[4096..half].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x2a);
        put(&path, &bytes);
    }),
    ("there is no person any more", |demo| demo.execute("ALTER TABLE person RENAME TO people")),
];

#[test]
fn a_wrong_column_is_known_in_a_small_council_too() {
    let mut leaks = Leaks::default();
    let demo = council(15);
    for query in ["requests", "assessments", "services", "reviews"] {
        demo.replace(&format!("mapping/sql/{query}.sql"), "p.gender_cd,", "p.surname AS gender_cd,");
    }
    for arguments in [&["run"][..], &["run", "--dry-run"]] {
        leaks.of("names for gender", demo.path(), agent().args(arguments).args(["--as-of", LATER]));
    }
    leaks.none(4);
}

#[test]
fn whatever_is_wrong_with_a_council_nobodys_data_gets_out() {
    let mut leaks = Leaks::default();
    let mut codes = Vec::new();
    for (scene, spoil) in SCENES {
        let demo = COUNCIL.copy();
        spoil(&demo);
        for arguments in
            [&["run"][..], &["run", "--json"], &["run", "--dry-run"], &["doctor"], &["mapping", "check"], &["status"]]
        {
            let mut command = agent();
            command.args(arguments);
            if arguments[0] != "mapping" {
                command.args(["--as-of", LATER]);
            }
            let output = leaks.of(scene, demo.path(), &mut command);
            assert_ne!(output.status.code(), Some(i32::from(exit::USAGE)), "{scene}, {arguments:?}");
            codes.extend(output.status.code().filter(|_| arguments == ["run"]));
        }
    }
    let unlike: std::collections::BTreeSet<_> = codes.iter().collect();
    assert!(unlike.len() >= 6 && unlike.contains(&0), "too much ends alike: {codes:?}");
    leaks.none(250);
}

/// Makes a package of the council; its folder.
fn package(demo: &Demo) -> String {
    let run = demo.run().arg("--json").assert().success();
    let told: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    demo.path().join(told["package"].as_str().unwrap()).to_str().unwrap().to_owned()
}

#[test]
fn what_people_ask_of_an_installation_shows_nobody() {
    let mut leaks = Leaks::default();
    let demo = COUNCIL.copy();
    let package = package(&demo);
    put(&Path::new(&package).join("findings.csv"), b"changed");
    for arguments in [
        &["runs"][..],
        &["runs", "--json"],
        &["audit", "verify"],
        &["baseline", "show"],
        &["answer", "list"],
        &["alert", "list"],
        &["timetable"],
        &["rules"],
        &["verify", &package],
        &["status", "--json"],
    ] {
        leaks.of("an installation", demo.path(), agent().args(arguments));
    }
    leaks.none(20);
}

const PLAN: &str = "
[[submission.plan]]
name = 'extract'
purpose = 'extract'
working_day = 3
at = '06:00'

[[submission.plan]]
name = 'weekly'
purpose = 'rehearsal'
weekday = 'monday'
at = '05:00'

[submission.source";

const CHANNELS: &str = "
[[notify.channel]]
name = 'hook'
type = 'webhook'
url = { env = 'HOOK' }
format = 'json'
";

#[test]
fn the_agent_by_itself_tells_nobodys_data_to_anybody() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let service = runtime.block_on(wiremock::MockServer::start());
    let taken = wiremock::ResponseTemplate::new(202);
    runtime.block_on(wiremock::Mock::given(wiremock::matchers::any()).respond_with(taken).mount(&service));
    let mut leaks = Leaks::default();
    let panics = format!("{}{}{}", failpoint::RUN_JUDGED, failpoint::PANICS, NAMES.join(" "));
    for (nth, (scene, spoil)) in SCENES.into_iter().enumerate() {
        for format in ["json", "teams"] {
            let demo = COUNCIL.copy();
            // What is configured is read by `run` too, so that the daemon is begun on what is sound.
            demo.replace("agent.toml", "[submission.source", PLAN.trim_start());
            let path = demo.path().join("agent.toml");
            let text = fs::read_to_string(&path).unwrap() + CHANNELS;
            put(&path, text.replace("format = 'json'", &format!("format = '{format}'")).as_bytes());
            spoil(&demo);
            for now in ["2026-10-01T12:00:00Z", "2026-10-05T05:00:30Z", "2026-10-06T09:00:00Z"] {
                let mut command = agent();
                command.args(["daemon", "--once", "--as-of", now]).env("HOOK", service.uri());
                if nth == 0 {
                    command.env(failpoint::VARIABLE, &panics);
                }
                let output = leaks.of(scene, demo.path(), &mut command);
                assert_ne!(output.status.code(), Some(i32::from(exit::USAGE)), "{scene}");
            }
            let page = page_of(demo.path());
            for path in ["/", "/metrics", "/readyz"] {
                let answer = asked(&page, path);
                assert!(answer.starts_with(b"HTTP/1.1 "), "{scene}, {path}");
                leaks.search(&format!("{scene}, {path} of the status page"), &answer);
            }
        }
    }
    let requests = runtime.block_on(service.received_requests()).unwrap();
    assert!(requests.len() > 20, "{} alerts", requests.len());
    for request in &requests {
        leaks.search("an alert", &request.body);
    }
    leaks.none(300);
}

/// The status page of an installation, or of one whose configuration has faults.
fn page_of(folder: &Path) -> Server {
    let subject = match Settings::open(&folder.join("agent.toml"), &BTreeMap::new()) {
        Ok(settings) => Subject::Installation(Arc::new(settings)),
        Err(faults) => {
            let faults = faults.iter().map(ToString::to_string).collect();
            Subject::NotConfigured(NotConfigured { configuration: folder.join("agent.toml"), faults })
        }
    };
    let clock = Clock::Fixed("2026-10-06T09:00:00Z".parse().unwrap());
    Server::begin("127.0.0.1:0".parse().unwrap(), &[], subject, clock).unwrap()
}

fn asked(page: &Server, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(page.address()).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_defect_tells_nobodys_data() {
    let mut leaks = Leaks::default();
    for point in [failpoint::RUN_BEFORE_BEGINNING, failpoint::RUN_JUDGED, failpoint::RUN_PUBLISHED] {
        let demo = COUNCIL.copy();
        let wanted = format!("{point}{}{}", failpoint::PANICS, NAMES.join(" "));
        let output = leaks.of("a defect", demo.path(), demo.run().env(failpoint::VARIABLE, wanted));
        assert!(String::from_utf8(output.stderr).unwrap().contains("has a defect at"), "{point}");
    }
    leaks.none(6);
}

#[test]
fn what_a_sql_server_says_of_somebody_is_told_nowhere() {
    let mut leaks = Leaks::default();
    let council = Council::new(10);
    let name = NAMES.join(" ");
    let too_long = ServerError {
        number: 2628,
        class: 16,
        message: format!(
            "String or binary data would be truncated in table 'x', column 'y'. Truncated value: '{name}'."
        ),
    };
    for error in [ServerError::conversion(&name), too_long] {
        let before = tree(council.installation.path());
        council.server.fail([Fault::MidStream { rows: 9, error }]);
        let failed = council.command("").failure();
        leaks.search("standard output", &failed.get_output().stdout);
        leaks.search("standard error", &failed.get_output().stderr);
        for (file, bytes) in tree(council.installation.path()) {
            if before.get(&file) != Some(&bytes) {
                leaks.search(&file, &bytes);
            }
        }
    }
    leaks.none(8);
}

#[test]
fn a_file_that_is_broken_in_any_way_is_checked_without_a_word_about_anybody() {
    let mut leaks = Leaks::default();
    let demo = COUNCIL.copy();
    let package = package(&demo);
    let upload = tree(Path::new(&package)).into_iter().find(|(name, _)| name.starts_with("ASC-CLD_"));
    let whole = upload.unwrap().1;
    let text: String = whole.iter().map(|byte| char::from(*byte)).collect();
    let (header, rows) = text.split_once("\r\n").unwrap();
    let halved = &text[..text.floor_char_boundary(text.len() / 2)];
    let broken = [
        ("whole", text.clone()),
        ("without a header", rows.to_owned()),
        ("with a person before the header", format!("{}\r\n{text}", rows.lines().next().unwrap())),
        ("cut", halved.to_owned()),
        ("with an open quote", format!("{header}\r\n\"{rows}")),
        ("with quotes in names", text.replace(NAMES[1], "\"Quagglethorpe\"x")),
        ("with one cell more", text.replace("\r\n", "\r\nQuagglethorpe,")),
        ("with one cell less", format!("{header}\r\n{}", rows.replacen(',', "", 5))),
        ("with semicolons", text.replace(',', ";")),
        ("with NUL", text.replace(NAMES[0], "Zebulonia\0")),
    ];
    for (how, text) in broken {
        let folder = tempfile::tempdir().unwrap();
        put(&folder.path().join("extract.csv"), text.as_bytes());
        for arguments in [&["--no-personal"][..], &["--allow-test-nhs-numbers"], &["--json"]] {
            let mut command = agent();
            command.args(["check", "extract.csv", "--as-of", LATER, "--out", &arguments[0][2..]]).args(arguments);
            leaks.of(how, folder.path(), &mut command);
            let shared = folder.path().join("no-personal");
            for (name, bytes) in tree(&shared) {
                leaks.search(&format!("{how}, {name} for others"), &bytes);
            }
        }
    }
    leaks.none(100);
}
