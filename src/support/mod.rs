//! The support bundle: what somebody who is to help needs to see, and nothing of anybody's.
//!
//! It holds versions, settings, counts and logs. Settings and logs go through [`redacted`]; of findings, rows, exclusion lists and
//! value maps nothing is in it but how many there are.

mod redact;

pub use redact::redacted;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    path::Path,
};

use serde_json::{Value, json};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    config::{Settings, Submission},
    ledger::{Ledger, LedgerError, PackageState, RunRow},
    logs,
    mapping::{ByName, Draft, Mapping},
    model::Date,
    run::DataFolder,
    stage::findings_of,
    sys::{
        fs::{FsError, Operation, write_new},
        hash::Sha256,
    },
};

/// The most runs that are told of, the last ones.
const RUNS: u32 = 200;
/// The most log files, and of each the most bytes, from its end.
const LOGS: usize = 14;
const LOG_BYTES: u64 = 2_000_000;

const ABOUT: &str = "This bundle is for whoever helps with cld-agent.\n\n\
    It holds versions, settings, the outcome of runs with counts by rule, what the doctor says, and logs. No row, no finding, no \
    value map and no secret is in it; settings and logs were searched for what looks like a secret, a number of ten digits, a \
    date of birth, a postcode or a mail address, and such things were replaced by a word in brackets.\n\n\
    Look through it before you pass it on: names of machines, databases, files and columns are in it.\n";

/// Why there is no bundle. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum SupportError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The archive could not be made.
    #[error("put the bundle together")]
    Archive(#[from] ZipError),
    /// A file could not be read or written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// What a bundle is made of, besides what is read from the data folder.
pub struct Bundle<'b> {
    /// The settings.
    pub settings: &'b Settings,
    /// What the doctor says.
    pub doctor: String,
    /// The version of the program, and what it was built of.
    pub version: &'b str,
    /// The day.
    pub today: Date,
}

impl Bundle<'_> {
    /// Writes the bundle to a place where no file is. Gives the names of its files.
    pub fn write(&self, path: &Path) -> Result<Vec<String>, SupportError> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let mut names = Vec::new();
        for (name, text) in self.files()? {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::DEFAULT);
            archive.start_file(&name, options)?;
            archive.write_all(text.as_bytes()).map_err(ZipError::from)?;
            names.push(name);
        }
        write_new(path, archive.finish()?.get_ref())?;
        Ok(names)
    }

    fn files(&self) -> Result<BTreeMap<String, String>, SupportError> {
        let clean = |text: &str| redacted(text, self.today);
        let pretty = |value: &Value| format!("{value:#}\n");
        let mut files = BTreeMap::from([
            ("README.txt".to_owned(), ABOUT.to_owned()),
            ("configuration.toml".to_owned(), clean(self.settings.redacted())),
            ("doctor.txt".to_owned(), clean(&self.doctor)),
            ("versions.json".to_owned(), pretty(&self.versions())),
            ("mappings.json".to_owned(), clean(&pretty(&self.mappings()))),
        ]);
        let ledger = DataFolder(&self.settings.agent.data_dir).ledger();
        if ledger.exists() {
            let ledger = Ledger::open(&ledger)?;
            let runs: Vec<_> = ledger.runs(RUNS)?.iter().map(of_run).collect();
            files.insert("runs.json".to_owned(), clean(&pretty(&Value::Array(runs))));
            let trail = ledger.audit_account(Vec::new())?;
            let trail = json!({ "lines": trail.lines, "faults": trail.faults.iter().map(ToString::to_string).collect::<Vec<_>>() });
            files.insert("audit-trail.json".to_owned(), clean(&pretty(&trail)));
        }
        for (name, text) in self.logs()? {
            files.insert(format!("logs/{name}"), clean(&text));
        }
        Ok(files)
    }

    fn versions(&self) -> Value {
        json!({
            "program": self.version,
            "system": std::env::consts::OS,
            "machine": std::env::consts::ARCH,
            "as_of": self.today.iso(),
        })
    }

    /// What mappings are made of: names, counts and hashes.
    fn mappings(&self) -> Value {
        self.settings.submissions.iter().map(of_submission).collect()
    }

    /// The last logs, each from a line on.
    fn logs(&self) -> Result<Vec<(String, String)>, FsError> {
        let folder = logs::folder(&self.settings.agent.data_dir);
        let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let mut names: Vec<_> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names.reverse();
        names.truncate(LOGS);
        let read = |name: String| {
            let path = folder.join(&name);
            let text = end_of(&path).map_err(FsError::while_trying(Operation::Read, &path))?;
            Ok((name, text))
        };
        names.into_iter().map(read).collect()
    }
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(LOG_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = if from == 0 { 0 } else { text.find('\n').map_or(text.len(), |end| end + 1) };
    Ok(text[whole..].to_owned())
}

fn of_run(run: &RunRow) -> Value {
    json!({
        "run": run.id.to_string(),
        "submission": run.submission,
        "plan": run.plan,
        "slot": run.slot,
        "attempt": run.attempt,
        "period": run.period.to_string(),
        "began": run.began.to_string(),
        "ended": run.ended.map(|ended| ended.to_string()),
        "state": run.state.as_str(),
        "exit_code": run.exit_code,
        "message": run.message,
        "rehearsal": run.rehearsal,
        "tool_version": run.tool_version,
        "package_state": run.package_state.map(PackageState::as_str),
        "findings": run.package.as_deref().and_then(|package| findings_of(Path::new(package))),
    })
}

fn of_submission(submission: &Submission) -> Value {
    let name = &submission.name;
    let release = match submission.release.load() {
        Ok(release) => release,
        Err(faults) => return json!({ "submission": name, "release": faults.to_string() }),
    };
    let mapping = match Mapping::draft(&submission.mapping, &release).and_then(Draft::finish) {
        Ok(mapping) => mapping,
        Err(faults) => return json!({ "submission": name, "mapping": faults.to_string() }),
    };
    let queries = mapping.queries.iter().map(|query| {
        json!({
            "name": query.name,
            "source": query.source,
            "by_name": query.by_name == ByName::Yes,
            "fields": query.fields.iter().map(|(field, _)| field.key()).collect::<Vec<_>>(),
        })
    });
    let maps = mapping.maps.iter().map(|map| json!({ "name": map.name, "values": map.entries.len() }));
    let files =
        mapping.files.iter().map(|file| json!({ "path": file.path, "sha256": Sha256::of(&file.bytes).to_string() }));
    json!({
        "submission": name,
        "release": release.id,
        "queries": queries.collect::<Vec<_>>(),
        "maps": maps.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
    })
}
