//! `answer`: what people decided about findings is remembered, shown, and lapses when it should.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use assert_cmd::assert::Assert;
use cld_agent::exit;
use support::{Demo, Line, NOW, Package, agent, lines, personal, put, tree};

static COUNCIL: LazyLock<Demo> = LazyLock::new(|| Demo::new(200, 7));

fn stdout(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

fn stderr(ended: &Assert) -> String {
    String::from_utf8(ended.get_output().stderr.clone()).unwrap()
}

fn json(ended: &Assert) -> serde_json::Value {
    serde_json::from_slice(&ended.get_output().stdout).unwrap()
}

fn answer(council: &Demo, arguments: &[&str]) -> Assert {
    agent().current_dir(council.path()).args(["--json", "answer", "--as-of", NOW]).args(arguments).assert()
}

/// The id of the only answer that a command made.
#[track_caller]
fn id(ended: Assert) -> String {
    json(&ended.success())["answers"][0].as_str().unwrap().to_owned()
}

fn findings(folder: &Path) -> Vec<Line> {
    lines(&fs::read(folder.join("findings.csv")).unwrap())
}

fn mapping(council: &Demo) -> PathBuf {
    council.path().join("mapping")
}

/// A QUERY about a value: an odd code of a practice.
fn query(package: &Package) -> Line {
    let found = package.lines("findings.csv").into_iter();
    found.into_iter().find(|line| line["rule"] == "T006" && line["severity"] == "QUERY").unwrap()
}

/// What `report.json` in a folder says of answers.
fn told(folder: &Path) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
    report["report"]["answers"].clone()
}

/// `run`, and the package that it leaves.
fn run(council: &Demo) -> (String, Package) {
    let before = tree(council.path());
    let ended = council.run().assert();
    let said = format!("{}{}", stdout(&ended), stderr(&ended));
    let new =
        tree(council.path()).into_keys().find(|file| file.ends_with("manifest.json") && !before.contains_key(file));
    let new = new.unwrap_or_else(|| panic!("{said}"));
    (said, Package::only(council.path().join(new).parent().unwrap()))
}

#[test]
fn what_is_accepted_is_shown_as_accepted_from_then_on_and_lapses_with_the_value() {
    let council = COUNCIL.copy();
    let package = council.package();
    let asked = query(&package);
    let from = package.path().to_str().unwrap();
    let accept = ["accept", &asked["rule"], "--from", from, "--row", &asked["row"], "--field", &asked["field"]];
    let id = id(answer(&council, &[&accept[..], &["--reason", "seen on the birth certificate"]].concat()));

    let (said, next) = run(&council);
    let is_same = |line: &&Line| ["field", "rule", "event_reference"].iter().all(|key| line[*key] == asked[*key]);
    let again = next.lines("findings.csv");
    let again = again.iter().find(is_same).unwrap();
    assert_eq!(again["answer"], format!("accepted: {id}"));
    assert_eq!((&again["severity"], &again["status"]), (&asked["severity"], &asked["status"]), "the finding stays");
    assert!(said.contains(&format!("accepted: {} 1", asked["rule"])), "{said}");

    // The same file, checked by itself, with the answers of the installation.
    let check = |file: &Path, out: &str| {
        let more = ["--config", "agent.toml", "--allow-test-nhs-numbers", "--as-of", support::LATER];
        let ended = agent().current_dir(council.path()).arg("check").arg(file).args(["--out", out]).args(more).assert();
        (stdout(&ended), findings(&council.path().join(out)))
    };
    let (_, found) = check(&next.upload(), "out");
    assert_eq!(found.iter().find(is_same).unwrap()["answer"], format!("accepted: {id}"));

    let upload = fs::read(next.upload()).unwrap();
    let text: String = upload.iter().map(|byte| char::from(*byte)).collect();
    let changed: Vec<_> = text
        .split("\r\n")
        .map(|row| {
            let is_row = row.contains(&asked["event_reference"]);
            if is_row { row.replacen(&asked["value"], "QQ12345", 1) } else { row.to_owned() }
        })
        .collect();
    let changed: Vec<u8> = changed.join("\r\n").chars().map(|letter| letter as u8).collect();
    put(&council.path().join("changed.csv"), &changed);
    let (said, found) = check(&council.path().join("changed.csv"), "out2");
    let lapsed: Vec<_> = found.iter().filter(is_same).map(|line| line["answer"].clone()).collect();
    assert_eq!(lapsed, ["lapsed"]);
    assert!(said.contains("lapsed, since the value changed: "), "{said}");
    let told = told(&council.path().join("out2"));
    assert_eq!(told["lapsed"], serde_json::json!([{ "name": asked["rule"], "count": 1 }]));
}

#[test]
fn answers_hold_nobodys_data_and_are_not_honoured_once_they_were_changed() {
    let council = COUNCIL.copy();
    let package = council.package();
    let asked = query(&package);
    let from = package.path().to_str().unwrap();
    let id =
        id(answer(&council, &["accept", &asked["rule"], "--from", from, "--row", &asked["row"], "--reason", "seen"]));
    let file = mapping(&council).join("answers").join(format!("{id}.toml"));
    let text = fs::read_to_string(&file).unwrap();
    for secret in personal(&council) {
        assert!(!text.contains(&secret), "{secret}");
    }
    assert!(!text.contains(&asked["event_reference"]) && !text.contains(&asked["person_id"]), "{text}");

    put(&file, text.replace("reason = \"seen\"", "reason = \"seen twice\"").as_bytes());
    let (said, next) = run(&council);
    assert!(said.contains(&format!("{id}.toml:")) && said.contains("the seal does not fit"), "{said}");
    assert!(next.lines("findings.csv").iter().all(|line| line["answer"].is_empty()));
}

#[test]
fn two_analysts_answers_stand_side_by_side_and_are_named() {
    let (one, other) = (COUNCIL.copy(), COUNCIL.copy());
    let package = one.package();
    let asked = query(&package);
    let from = package.path().to_str().unwrap();
    let accept = |council: &Demo, reason: &str| {
        id(answer(council, &["accept", &asked["rule"], "--from", from, "--row", &asked["row"], "--reason", reason]))
    };
    let first = accept(&one, "seen on the birth certificate");
    // The other analyst works with the same key, on another copy of the mapping.
    let keys: Vec<_> = tree(one.path()).into_keys().filter(|file| file.ends_with("index.key")).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    fs::copy(one.path().join(&keys[0]), other.path().join(&keys[0])).unwrap();
    let second = accept(&other, "confirmed by the practice");
    for file in fs::read_dir(mapping(&other).join("answers")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), mapping(&one).join("answers").join(file.file_name())).unwrap();
    }
    let listed = json(&answer(&one, &["list"]).success());
    let ids: Vec<_> =
        listed["answers"].as_array().unwrap().iter().map(|answer| answer["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids.contains(&first.as_str()) && ids.contains(&second.as_str()), "{ids:?}");
    let conflict = listed["conflicts"][0].as_str().unwrap();
    assert!(conflict.contains(&first) && conflict.contains(&second) && conflict.contains("withdraw"), "{conflict}");
    let (said, package) = run(&one);
    assert!(said.contains("conflict: "), "{said}");
    let named = &told(package.path())["conflicts"][0]["answers"];
    assert!(named.as_array().unwrap().iter().all(|id| ids.contains(&id.as_str().unwrap())), "{named}");
    let page = String::from_utf8(package.read("report.html")).unwrap();
    assert!(page.contains("In conflict") && page.contains(&first) && page.contains(&second));

    answer(&one, &["withdraw", &first, "--reason", "the practice knows better"]).success();
    let listed = json(&answer(&one, &["list"]).success());
    assert_eq!(listed["conflicts"].as_array().unwrap().len(), 0);
    let states: Vec<_> = listed["answers"].as_array().unwrap().iter().map(|answer| &answer["state"]).collect();
    assert_eq!(states.iter().filter(|state| **state == "withdrawn").count(), 1, "{states:?}");
    let (_, next) = run(&one);
    let answered: Vec<_> = next.lines("findings.csv").into_iter().filter(|line| !line["answer"].is_empty()).collect();
    assert!(!answered.is_empty() && answered.iter().all(|line| line["answer"] == format!("accepted: {second}")));
}

/// A council of which one field fails so often that its package is held.
fn held(council: &Demo, share: &str) -> (String, Package) {
    council.execute(&format!("UPDATE person SET gender_cd = NULL WHERE rowid % 100 < {share}"));
    run(council)
}

#[test]
fn a_deferral_releases_until_its_number_grows_or_its_day_is_past() {
    let council = COUNCIL.copy();
    let (said, package) = held(&council, "60");
    assert!(package.path().starts_with(council.path().join("held")), "{said}");

    let defer = ["defer", "M001", "--field", "Gender", "--owner", "the data team", "--reason", "case system migration"];
    let until = |day| [&defer[..], &["--until", day]].concat();
    let id = id(answer(&council, &until("2026-12-31")));
    let again = answer(&council, &until("2026-12-31")).code(i32::from(exit::USAGE));
    assert!(stdout(&again).contains(&id), "{}", stdout(&again));

    let (said, next) = run(&council);
    assert!(next.path().starts_with(council.path().join("staging")), "{said}");
    assert!(said.contains("holds nothing until 31/12/2026"), "{said}");
    let deferral = |package: &Package| told(package.path())["deferrals"][0].clone();
    assert_eq!((&deferral(&next)["state"], &deferral(&next)["until"]), (&"counts".into(), &"2026-12-31".into()));
    let failed = |package: &Package| {
        let found = package.lines("findings.csv").into_iter();
        found
            .filter(|line| line["rule"] == "M001" && line["field"] == "Gender" && line["status"].starts_with("Failed"))
            .count()
    };
    assert_eq!(failed(&next), failed(&package), "deferred is failed all the same");

    let later = agent().current_dir(council.path()).args(["run", "--as-of", "2027-01-02"]).assert();
    assert!(stdout(&later).contains("counts no longer: it ended on 31/12/2026"), "{}", stdout(&later));

    let (said, grown) = held(&council, "75");
    assert!(grown.path().starts_with(council.path().join("held")), "{said}");
    assert!(said.contains("deferred: M001 at gender counts no longer: "), "{said}");
    assert_eq!(deferral(&grown)["state"], "grown");
}

#[test]
fn what_cannot_be_answered_is_refused_and_leaves_nothing() {
    let council = COUNCIL.copy();
    let package = council.package();
    let asked = query(&package);
    let error = package.lines("findings.csv").into_iter().find(|line| line["severity"] == "ERROR").unwrap();
    let from = package.path().to_str().unwrap();
    let accept = |rule: &str, row: &str, reason: &str| {
        answer(&council, &["accept", rule, "--from", from, "--row", row, "--reason", reason])
    };
    for (ended, words) in [
        (accept(&error["rule"], &error["row"], "seen"), "only a QUERY can be accepted"),
        (accept(&asked["rule"], "999999", "seen"), "in row 999999"),
        (accept("D0005", "1", "seen"), "did you mean D005?"),
        (accept(&asked["rule"], &asked["row"], "it is 999 000 0018"), "NHS number"),
        (accept(&asked["rule"], &asked["row"], "born 01/02/1934"), "a date"),
        (accept(&asked["rule"], &asked["row"], "lives at SR1 1AA"), "postcode"),
        (accept(&asked["rule"], &asked["row"], ""), "empty"),
        (answer(&council, &["withdraw", "20261020T060000Z-00000000", "--reason", "none"]), "find an answer"),
        (
            answer(
                &council,
                &["defer", "D005", "--field", "gender", "--reason", "x", "--owner", "y", "--until", "2027-01-01"],
            ),
            "only rules by which a value fails",
        ),
        (
            answer(
                &council,
                &["defer", "M001", "--field", "gendre", "--reason", "x", "--owner", "y", "--until", "2027-01-01"],
            ),
            "did you mean 'Gender'?",
        ),
        (
            answer(
                &council,
                &["defer", "M001", "--field", "gender", "--reason", "x", "--owner", "y", "--until", "2020-01-01"],
            ),
            "that day is past",
        ),
    ] {
        let ended = ended.code(i32::from(exit::USAGE));
        let said = format!("{}{}", stdout(&ended), stderr(&ended));
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!mapping(&council).join("answers").exists());
}
