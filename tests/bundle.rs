//! What leaves with a support bundle, and what does not.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use cld_agent::exit;
use support::{Demo, LATER, agent, put};

/// What somebody might have written into a log, and what is left of it.
const LOGGED: [(&str, &str); 4] = [
    (
        "2026-11-23T06:00:00.000Z INFO a run begins submission=adult-social-care",
        "a run begins submission=adult-social-care",
    ),
    ("2026-11-23T06:00:01.000Z INFO person 9990001480 of YA2 2AB", "person [ten digits] of [postcode]"),
    ("2026-11-23T06:00:02.000Z INFO told ada@council.example, born 14/03/1938", "told [mail address], born [date]"),
    ("2026-11-23T06:00:03.000Z INFO password=hunter2 sent", "password=[secret] sent"),
];

fn files(bundle: &Path) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(File::open(bundle).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

#[test]
fn a_bundle_holds_what_helps_and_nobodys_data() {
    let demo = Demo::new(40, 7);
    demo.run().assert().success();
    let lines: Vec<_> = LOGGED.iter().map(|(line, _)| *line).collect();
    put(&demo.path().join("logs/cld-agent.2026-11-22.log"), lines.join("\n").as_bytes());
    let channel = "\n[[notify.channel]]\nname = \"mail\"\ntype = \"smtp\"\nhost = \"relay.council.example\"\nsecurity = \"starttls\"\n\
                   login = \"password\"\nuser = \"cld\"\npassword = { env = \"CLD_MAIL_PASSWORD\" }\n\
                   from = \"agent@council.example\"\nto = [\"it@council.example\"]\n";
    let configuration = std::fs::read_to_string(demo.path().join("agent.toml")).unwrap() + channel;
    put(&demo.path().join("agent.toml"), configuration.as_bytes());
    let mut command = agent();
    command.current_dir(demo.path()).args(["support", "--as-of", LATER, "--out", "bundle.zip"]);
    command.env("CLD_MAIL_PASSWORD", "correct horse").assert().success();

    let files = files(&demo.path().join("bundle.zip"));
    let names: Vec<_> = files.keys().map(String::as_str).filter(|name| !name.contains("logs/")).collect();
    assert_eq!(
        names,
        [
            "README.txt",
            "audit-trail.json",
            "configuration.toml",
            "doctor.txt",
            "mappings.json",
            "runs.json",
            "versions.json"
        ]
    );
    let log = &files["logs/cld-agent.2026-11-22.log"];
    for (_, left) in LOGGED {
        assert!(log.contains(left), "{left}: {log}");
    }
    let settings = &files["configuration.toml"];
    assert!(settings.contains("CLD_MAIL_PASSWORD") && settings.contains("relay.council.example"), "{settings}");
    assert!(settings.contains("[mail address]"), "{settings}");
    let runs: serde_json::Value = serde_json::from_str(&files["runs.json"]).unwrap();
    assert_eq!(runs[0]["state"], "released");
    assert_eq!(runs[0]["findings"]["F005"], 1, "{runs}");
    assert!(files["mappings.json"].contains("\"values/gender.csv\""));
    let numbers: Vec<String> = {
        let database = demo.database();
        let mut numbers = database.prepare("SELECT nhs_no FROM person WHERE nhs_no IS NOT NULL").unwrap();
        numbers.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for (name, text) in &files {
        for secret in ["correct horse", "hunter2", "it@council.example", "YA2 2AB"]
            .into_iter()
            .chain(numbers.iter().map(String::as_str))
        {
            assert!(!text.contains(secret), "{secret} in {name}");
        }
    }
}

#[test]
fn a_bundle_is_made_of_a_broken_installation_too_and_never_over_another_file() {
    let demo = Demo::new(40, 7);
    demo.replace("mapping/mapping.toml", "version = 1", "version = 9");
    let support = || {
        let mut command = agent();
        command.current_dir(demo.path()).args(["support", "--as-of", LATER, "--out", "bundle.zip"]);
        command.assert()
    };
    support().success();
    let files = files(&demo.path().join("bundle.zip"));
    assert!(files["doctor.txt"].contains("FAULT"), "{}", files["doctor.txt"]);
    support().code(i32::from(exit::OUTPUT));
}
