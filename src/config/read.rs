//! From the merged tree to settings: every key of the configuration is named here, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Agent, Approval, Council, Encoding, Package, Policy, ReleaseFile, SecretRef, Settings, SourceKind, SourceSettings,
    StatusPage, Submission, councils, desk, log, mesh, network, notify, plans, retention, sqlserver,
    sqlserver::duration, status_page, unattended,
};
use crate::{
    document::{Fault, Spanned, Table, Target},
    model::{Date, Environment, is_la_code},
};

const VERSION: i64 = 1;
const LONGEST_NAME: usize = 40;
const ENVIRONMENTS: [(&str, Environment); 2] = [("test", Environment::Test), ("live", Environment::Live)];
const ENCODINGS: [(&str, Encoding); 3] =
    [("guess", Encoding::Guess), ("utf-8", Encoding::Utf8), ("windows-1252", Encoding::Windows1252)];
const RELEASES: [(&str, ReleaseFile); 1] = [("release-1", ReleaseFile::Release1)];

/// Names that Windows keeps for devices and that no folder may have there.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Reads the root table; `text` is the tree that it is read from.
pub(super) fn settings(root: &Table<'_>, folder: &Path, text: &str) -> Option<Settings> {
    version(root);
    let agent = root.need_table("agent").and_then(|table| agent(&table, folder));
    let log = root.need_table("log").and_then(|table| log::log(&table));
    let council = root.need_table("council").and_then(|table| council(&table));
    let submissions = submissions(root, folder);
    let notify = root.need_table("notify").and_then(|table| notify::read(&table, folder));
    let network = root.need_table("network").and_then(|table| network::network(&table, folder));
    let status_page = root.need_table("status_page").and_then(|table| status_page::status_page(&table));
    let expiries = unattended::expiries(root);
    let retention = root.need_table("retention").and_then(|table| retention::retention(&table));
    let council = council?;
    // A council whose people all have test numbers is fictional, and so is its code.
    let fictional = submissions.iter().all(|submission| submission.allow_test_nhs_numbers);
    let unknown = unknown_code(&council).filter(|_| !fictional);
    let remarks = unknown.into_iter().chain(status_page.as_ref().and_then(StatusPage::remark)).collect();
    Some(Settings {
        agent: agent?,
        log: log?,
        council,
        submissions,
        expiries: expiries?,
        retention: retention?,
        notify: notify?,
        network: network?,
        status_page: status_page?,
        remarks,
        mentions: root.mentions(),
        text: text.to_owned(),
    })
}

fn version(root: &Table<'_>) {
    if !root.has("version") {
        root.fault(root.document().fault(root.span(), "'version' is missing").with_help("write version = 1"));
    }
    if let Some(version) = root.integer("version", 0..=i64::MAX)
        && version.value != VERSION
    {
        root.fault_at(version.span, format!("this program reads version {VERSION} of the configuration"));
    }
}

fn agent(table: &Table<'_>, folder: &Path) -> Option<Agent> {
    let data_dir = path(table, "data_dir", folder);
    let staging_dir = path(table, "staging_dir", folder);
    let held_dir = path(table, "held_dir", folder);
    let superseded_dir = path(table, "superseded_dir", folder);
    let readers_group = filled(table, table.text("readers_group"), "readers_group").map(|name| name.value.to_owned());
    let index_key = secret(table, "index_key", folder);
    table.finish();
    let data_dir = data_dir?;
    let agent = Agent {
        staging_dir: staging_dir.unwrap_or_else(|| data_dir.join("staging")),
        held_dir: held_dir.unwrap_or_else(|| data_dir.join("held")),
        superseded_dir: superseded_dir.unwrap_or_else(|| data_dir.join("superseded")),
        index_key: index_key.unwrap_or_else(|| SecretRef::File(data_dir.join("index.key"))),
        readers_group,
        data_dir,
    };
    for (key, place, kind) in
        [("held_dir", &agent.held_dir, "held"), ("superseded_dir", &agent.superseded_dir, "superseded")]
    {
        if place.starts_with(&agent.staging_dir) {
            let fault = table.document().fault(table.place(key), format!("'{key}' lies inside 'staging_dir'"));
            let help = format!("an uploader that looks there must not find a {kind} package: take another folder");
            table.fault(fault.with_help(help));
        }
    }
    Some(agent)
}

fn council(table: &Table<'_>) -> Option<Council> {
    let name = filled(table, table.need_text("name"), "name");
    let la_code = table.need_text("la_code");
    table.finish();
    let la_code = la_code?;
    if !is_la_code(la_code.value.as_bytes()) {
        let message = format!("'la_code' cannot be '{}'", la_code.value);
        let fault = table.document().fault(la_code.span, message);
        table.fault(fault.with_help("a CASSR code is three digits, or five characters such as A1B2C"));
    }
    Some(Council { name: name?.value.to_owned(), la_code: la_code.value.to_owned() })
}

fn unknown_code(council: &Council) -> Option<String> {
    councils::by_code(&council.la_code).is_none().then(|| {
        format!(
            "{} is not among the CASSR codes that this program knows; is it the code of {}?",
            council.la_code, council.name
        )
    })
}

fn submissions(root: &Table<'_>, folder: &Path) -> Vec<Submission> {
    if !root.has("submission") {
        let fault = root.document().fault(root.span(), "there is no [[submission]]");
        root.fault(fault.with_help("add one with a name, a mapping and a source"));
    }
    let mut seen = BTreeSet::new();
    let mut submissions = Vec::new();
    for table in root.tables("submission") {
        let name = name(&table);
        if let Some(name) = &name
            && !seen.insert(name.value)
        {
            table.fault_at(name.span.clone(), format!("there are two submissions '{}'", name.value));
        }
        submissions.extend(submission(&table, name, folder));
    }
    submissions
}

fn submission(table: &Table<'_>, name: Option<Spanned<&str>>, folder: &Path) -> Option<Submission> {
    let mapping = need_path(table, "mapping", folder);
    let release = release(table, folder);
    let environment = table.need_word("environment", &ENVIRONMENTS);
    let allow_test_nhs_numbers = table.boolean("allow_test_nhs_numbers");
    let timetable = path(table, "timetable", folder);
    let plans = plans::plans(table);
    let remind = table.integers("remind", 0..=60);
    let anchor_month = table.integer("anchor_month", 1..=12);
    let unattended = table.need_table("unattended").and_then(|table| unattended::unattended(&table));
    let mesh = table.need_table("mesh").and_then(|table| mesh::mesh(&table, folder));
    let exclusions = path(table, "exclusions", folder);
    let crosswalk = path(table, "crosswalk", folder);
    let policy = table.need_table("policy").and_then(|table| policy(&table));
    let approval = table.need_table("approval").and_then(|table| approval(&table));
    let desk = table.need_table("desk").and_then(|table| desk::desk(&table, folder));
    let package = table.need_table("package").and_then(|table| package(&table, folder));
    let retry_for = duration(table, "retry_for", Duration::ZERO, Duration::from_secs(24 * 3600));
    let retry_after = duration(table, "retry_after", Duration::from_millis(100), Duration::from_secs(3600));
    let sources = sources(table, folder);
    table.finish();
    if environment == Some(Environment::Live) && allow_test_nhs_numbers == Some(true) {
        let message = "'allow_test_nhs_numbers' cannot be true with environment = \"live\"";
        let fault = table.document().fault(table.place("allow_test_nhs_numbers"), message);
        table.fault(fault.with_help("a test number in a live file would be refused; set one of the two back"));
    }
    Some(Submission {
        name: name?.value.to_owned(),
        mapping: mapping?,
        release: release?,
        environment: environment?,
        allow_test_nhs_numbers: allow_test_nhs_numbers?,
        timetable,
        plans,
        remind: remind?.into_iter().map(|days| days as u16).collect(),
        anchor_month: anchor_month.map(|month| month.value as u8),
        unattended: unattended?,
        mesh,
        exclusions,
        crosswalk,
        policy: policy?,
        approval: approval?,
        desk,
        package: package?,
        retry_for: retry_for?,
        retry_after: retry_after?,
        sources: sources?,
    })
}

fn name<'t>(table: &Table<'t>) -> Option<Spanned<&'t str>> {
    let name = table.need_text("name")?;
    folder_safe(table, &name).then_some(name)
}

/// Whether a name can be part of a path on every system; a fault where it can't.
pub(super) fn folder_safe(table: &Table<'_>, name: &Spanned<&str>) -> bool {
    let text = name.value;
    let of_letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let begins = text.bytes().next().is_some_and(|first| first != b'-');
    let device = DEVICES.contains(&text)
        || ["com", "lpt"].iter().any(|port| text.strip_prefix(port).is_some_and(|n| n.len() == 1 && n != "0"));
    let safe = of_letters && begins && !device && text.len() <= LONGEST_NAME;
    if !safe {
        let fault = table.document().fault(name.span.clone(), format!("'{text}' cannot name a folder everywhere"));
        let rule = format!("use up to {LONGEST_NAME} lower-case letters, digits and hyphens, such as quarterly-return");
        table.fault(fault.with_help(rule));
    }
    safe
}

fn release(table: &Table<'_>, folder: &Path) -> Option<ReleaseFile> {
    let text = table.need_text("release")?;
    if Path::new(text.value).extension().is_some_and(|extension| extension == "toml") {
        return Some(ReleaseFile::File(mentioned(table, "release", &text, folder)));
    }
    let known = RELEASES.into_iter().find(|(id, _)| *id == text.value);
    if known.is_none() {
        let ids = RELEASES.map(|(id, _)| id);
        let message = format!("'release' cannot be '{}'", text.value);
        let fault = table.document().fault(text.span, message);
        table.fault(fault.with_help(format!("it is {} or the path of a .toml file", ids.join(", "))));
    }
    known.map(|(_, release)| release)
}

fn policy(table: &Table<'_>) -> Option<Policy> {
    let require_rehearsal = table.boolean("require_rehearsal");
    let points = table.number("failure_rate_points_worse", 0.0..=100.0);
    let ceiling = table.number("failure_rate_ceiling", 0.0..=100.0);
    let fewest = table.integer("failure_rate_fewest_rows", 0..=1_000_000);
    let fall = table.number("volume_fall_holds", 0.0..=100.0);
    let change = table.number("volume_change_asks", 0.0..=100.0);
    let fewest_of_volume = table.integer("volume_fewest", 0..=1_000_000);
    table.finish();
    Some(Policy {
        require_rehearsal: require_rehearsal?,
        failure_rate_points_worse: points?,
        failure_rate_ceiling: ceiling?,
        failure_rate_fewest_rows: fewest?.value as u64,
        volume_fall_holds: fall?,
        volume_change_asks: change?,
        volume_fewest: fewest_of_volume?.value as u64,
    })
}

fn approval(table: &Table<'_>) -> Option<Approval> {
    let group = filled(table, table.text("group"), "group").map(|name| name.value.to_owned());
    let people = table.integer("people", 1..=2);
    table.finish();
    Some(Approval { group, people: people?.value as u8 })
}

fn package(table: &Table<'_>, folder: &Path) -> Option<Package> {
    let evidence_password = secret(table, "evidence_password", folder);
    let worklist_rows = table.integer("worklist_rows", 1..=10_000_000);
    table.finish();
    Some(Package { evidence_password, worklist_rows: worklist_rows?.value as u64 })
}

fn sources(table: &Table<'_>, folder: &Path) -> Option<BTreeMap<String, SourceSettings>> {
    if !table.has("source") {
        let fault = table.document().fault(table.span(), "this submission has no source");
        table.fault(fault.with_help("add [submission.source.NAME] with its type"));
    }
    let named = table.table("source")?.entries();
    let mut sources = BTreeMap::new();
    for (name, value) in named {
        let Some(entry) = table.as_table(name.value, value) else { continue };
        folder_safe(table, &name);
        if let Some(source) = source(&entry, folder) {
            sources.insert(name.value.to_owned(), source);
        }
    }
    Some(sources)
}

/// The types of source, as the file names them.
#[derive(Clone, Copy)]
enum Type {
    Sqlite,
    Csv,
    SqlServer,
}

const TYPES: [(&str, Type); 3] = [("sqlite", Type::Sqlite), ("csv", Type::Csv), ("sqlserver", Type::SqlServer)];

fn source(table: &Table<'_>, folder: &Path) -> Option<SourceSettings> {
    // Without a known type it is not known which keys belong here either: one fault says enough.
    let kind = match table.need_word("type", &TYPES)? {
        Type::Sqlite => need_path(table, "path", folder).map(|path| SourceKind::Sqlite { path }),
        Type::Csv => {
            let encoding = table.word("encoding", &ENCODINGS).unwrap_or(Encoding::Guess);
            let separator = separator(table);
            let files = need_path(table, "folder", folder);
            files.map(|folder| SourceKind::Csv { folder, encoding, separator })
        }
        Type::SqlServer => sqlserver::read(table, folder).map(|settings| SourceKind::SqlServer(Box::new(settings))),
    };
    let (valid_from, valid_to) = (date(table, "valid_from"), date(table, "valid_to"));
    table.finish();
    if valid_from.zip(valid_to).is_some_and(|(from, to)| to < from) {
        table.fault_at(table.place("valid_to"), "'valid_to' lies before 'valid_from'");
    }
    Some(SourceSettings { kind: kind?, valid_from, valid_to })
}

fn separator(table: &Table<'_>) -> u8 {
    let Some(text) = table.text("separator") else { return b',' };
    match text.value.as_bytes() {
        [one] if one.is_ascii_punctuation() && *one != b'"' || *one == b'\t' => *one,
        _ => {
            let fault = table.document().fault(text.span, "'separator' must be one character that is not a quote");
            table.fault(fault.with_help("such as a comma, a semicolon, a vertical bar or \"\\t\""));
            b','
        }
    }
}

fn date(table: &Table<'_>, key: &'static str) -> Option<Date> {
    let text = table.text(key)?;
    let date = Date::parse_iso(text.value.as_bytes());
    if date.is_none() {
        table.fault_at(text.span, format!("'{key}' is not a date: write yyyy-mm-dd"));
    }
    date
}

pub(super) fn path(table: &Table<'_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    filled(table, table.text(key), key).map(|path| mentioned(table, key, &path, folder))
}

fn need_path(table: &Table<'_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    filled(table, table.need_text(key), key).map(|path| mentioned(table, key, &path, folder))
}

pub(super) fn filled<'t>(table: &Table<'_>, text: Option<Spanned<&'t str>>, key: &str) -> Option<Spanned<&'t str>> {
    let text = text?;
    if text.value.trim().is_empty() {
        table.fault_at(text.span, format!("'{key}' is blank"));
        return None;
    }
    Some(text)
}

pub(super) fn secret(table: &Table<'_>, key: &'static str, folder: &Path) -> Option<SecretRef> {
    let value = table.value(key)?;
    if value.get_ref().as_table().is_none() {
        table.fault(secret_in_the_open(table, key, value.span()));
        return None;
    }
    let at = table.as_table(key, value)?;
    let variable = filled(&at, at.text("env"), "env");
    let file = filled(&at, at.text("file"), "file");
    let credential = filled(&at, at.text("credential"), "credential");
    if let Some(name) = &credential
        && (name.value.contains('/') || name.value.starts_with('.'))
    {
        table.fault_at(name.span.clone(), "'credential' is a name, not a path".to_owned());
    }
    if ["env", "file", "credential"].into_iter().filter(|place| at.has(place)).count() != 1 {
        let message = format!("'{key}' must have one of 'env', 'file' and 'credential'");
        let fault = table.document().fault(at.span(), message);
        table.fault(fault.with_help("the secret is in a variable, in a file, or with systemd"));
    }
    at.finish();
    if let Some(name) = variable {
        table.mention(key, &name, Target::SecretVariable);
        return Some(SecretRef::Env(name.value.to_owned()));
    }
    if let Some(file) = file {
        let path = below(folder, file.value);
        table.mention(key, &file, Target::SecretFile(path.clone()));
        return Some(SecretRef::File(path));
    }
    let name = credential?;
    table.mention(key, &name, Target::SecretCredential);
    Some(SecretRef::Credential(name.value.to_owned()))
}

/// A fault that has no place to show, because the secret itself may stand there.
fn secret_in_the_open(table: &Table<'_>, key: &str, at: Range<usize>) -> Fault {
    without_the_place(table, at, &format!("'{key}' does not say where the secret is"))
        .with_help("write { env = \"NAME\" }, { file = \"path\" } or { credential = \"name\" }; a secret that stood here should be changed")
}

/// A fault that names its line and does not show it.
pub(super) fn without_the_place(table: &Table<'_>, at: Range<usize>, message: &str) -> Fault {
    let fault = table.document().fault(at, "");
    let line = fault.position().map(|(line, _)| format!("line {line}: ")).unwrap_or_default();
    Fault::of_file(fault.file(), format!("{line}{message}"))
}

/// A path that leads out of the configuration.
fn mentioned(table: &Table<'_>, key: &'static str, text: &Spanned<&str>, folder: &Path) -> PathBuf {
    let path = below(folder, text.value);
    table.mention(key, text, Target::Path(path.clone()));
    path
}

/// A path as the file writes it, seen from the file's folder, without steps that lead nowhere.
fn below(folder: &Path, path: &str) -> PathBuf {
    folder.join(path).components().collect()
}
