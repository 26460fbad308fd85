//! Where what the configuration names lies, in the archive and on another machine.

use std::path::{Component, Path, PathBuf};

use super::{BackupError, Manifest};
use crate::{
    config::{SecretRef, Settings},
    document::{Document, Mention, Target},
    stage::Places,
    sys::error::in_full,
};

/// The archive's own names.
pub(super) const AGENT_TOML: &str = "agent.toml";
pub(super) const LEDGER: &str = "ledger.db";
pub(super) const ANCHOR: &str = "audit.head";
pub(super) const INDEX_KEY: &str = "index.key";
pub(super) const INDEX: &str = "index";
/// Those of the folders of packages: ready, held, superseded.
pub(super) const PACKAGES: [&str; 3] = ["staging", "held", "superseded"];

/// What becomes of a path of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The data folder.
    Data,
    /// A folder of packages: which, in the order of [`PACKAGES`].
    Packages(usize),
    /// The agent does not work without it, so it is part of the backup.
    Carried,
    /// It belongs to others: a case system, a share, a monitoring program.
    Outside,
}

pub(super) fn role(key: &str) -> Role {
    match key {
        "data_dir" => Role::Data,
        "staging_dir" => Role::Packages(0),
        "held_dir" => Role::Packages(1),
        "superseded_dir" => Role::Packages(2),
        "path" | "folder" | "file" => Role::Outside,
        _ => Role::Carried,
    }
}

/// A path that was written otherwise into the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    /// Its key.
    pub key: &'static str,
    /// As it was.
    pub from: String,
    /// As it is.
    pub to: String,
}

/// Something that is not here yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Its key in the configuration.
    pub key: &'static str,
    /// The line there.
    pub line: usize,
    /// What is missing, and what to do, as it reads on from "failed to" where it is a secret.
    pub what: String,
}

/// An absolute path without steps that lead nowhere.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components().collect()
}

/// A path below a folder as an entry of the archive, if it lies there without leaving it on the way.
pub(super) fn inside(folder: &Path, path: &Path) -> Option<String> {
    let (folder, path) = (absolute(folder), absolute(path));
    let below = path.strip_prefix(folder).ok()?;
    let parts = below.components().map(|component| match component {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    let parts: Vec<_> = parts.collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether a path stays where it is in relation to the configuration, wherever that is.
fn stays(written: &str) -> bool {
    let path = Path::new(written);
    !path.is_absolute() && path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The configuration as it is to be on this machine.
pub(super) struct Moved {
    pub(super) text: String,
    pub(super) settings: Settings,
    pub(super) rewritten: Vec<Rewritten>,
}

/// Writes those paths anew that would not lead to what was restored: into `folder`, with the data in `data`, where that is not
/// left to the configuration.
pub(super) fn moved(
    document: &Document,
    manifest: &Manifest,
    (folder, data): (&Path, Option<&Path>),
) -> Result<Moved, BackupError> {
    let read = |document: &Document| {
        Settings::from_document(document, folder, &std::collections::BTreeMap::new())
            .map_err(BackupError::Configuration)
    };
    let before = read(document)?;
    let text = document.text();
    let mut rewritten = Vec::new();
    let mut edits = Vec::new();
    for mention in &before.mentions {
        if !stands_in(text, mention) {
            continue;
        }
        let to = match (&mention.target, role(mention.key)) {
            (Target::SecretFile(_), _) if mention.key == "index_key" && !stays(&mention.written) => {
                let data = data.map_or_else(|| "data".into(), absolute);
                data.join(INDEX_KEY)
            }
            (Target::SecretFile(_) | Target::SecretVariable | Target::SecretCredential, _)
            | (Target::Path(_), Role::Outside) => continue,
            (Target::Path(_), Role::Data) => match data {
                Some(data) => absolute(data),
                None if stays(&mention.written) => continue,
                None => "data".into(),
            },
            (Target::Path(_), _) if stays(&mention.written) => continue,
            (Target::Path(_), Role::Packages(nth)) => data.map_or_else(|| "data".into(), absolute).join(PACKAGES[nth]),
            (Target::Path(_), Role::Carried) => {
                let carried = manifest.carried.iter();
                let mut carried = carried.filter(|other| other.key == mention.key && other.written == mention.written);
                let Some(carried) = carried.next() else { continue };
                PathBuf::from(carried.entry.strip_prefix("config/").unwrap_or(&carried.entry))
            }
        };
        let to = to.to_string_lossy().into_owned();
        edits.push((mention.span.clone(), toml::Value::from(to.as_str()).to_string()));
        rewritten.push(Rewritten { key: mention.key, from: mention.written.clone(), to });
    }
    let mut text = text.to_owned();
    if let Some(data) = data
        && !rewritten.iter().any(|one| one.key == "data_dir")
    {
        let to = absolute(data).to_string_lossy().into_owned();
        add_data_dir(&mut text, &mut edits, &to);
        rewritten.push(Rewritten { key: "data_dir", from: "data".to_owned(), to });
    }
    // From the end, so that the places before stay where they are.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, to) in edits {
        text.replace_range(span, &to);
    }
    let settings = read(&Document::new(document.name(), text.as_str()))?;
    Ok(Moved { text, settings, rewritten })
}

/// Whether a value is written where it is said to be: that of a default is not.
fn stands_in(text: &str, mention: &Mention) -> bool {
    let written = text.get(mention.span.clone()).unwrap_or_default();
    let read = toml::from_str::<toml::Table>(&format!("value = {written}")).ok();
    read.and_then(|table| Some(table.get("value")?.as_str()? == mention.written)).unwrap_or_default()
}

/// Names the data folder in a configuration that leaves it to the default.
fn add_data_dir(text: &mut String, edits: &mut Vec<(std::ops::Range<usize>, String)>, to: &str) {
    let line = format!("data_dir = {}\n", toml::Value::from(to));
    let mut begins = 0;
    for row in text.split_inclusive('\n') {
        begins += row.len();
        if row.trim_start().starts_with("[agent]") {
            edits.push((begins..begins, line));
            return;
        }
    }
    text.push_str("\n[agent]\n");
    text.push_str(&line);
}

/// What the configuration names and is not here: secrets by name, and what belongs to others.
pub(super) fn missing(settings: &Settings, text: &str) -> (Vec<Missing>, Vec<Missing>) {
    let document = Document::new(AGENT_TOML, text);
    let (mut secrets, mut outside) = (Vec::new(), Vec::new());
    for mention in &settings.mentions {
        let line = document.position(mention.span.start.min(text.len())).0;
        let key = mention.key;
        let secret = match &mention.target {
            Target::SecretFile(path) => SecretRef::File(path.clone()),
            Target::SecretVariable => SecretRef::Env(mention.written.clone()),
            Target::SecretCredential => SecretRef::Credential(mention.written.clone()),
            Target::Path(path) => {
                if role(key) == Role::Outside && !path.exists() {
                    outside.push(Missing { key, line, what: path.display().to_string() });
                }
                continue;
            }
        };
        if let Err(error) = secret.resolve() {
            secrets.push(Missing { key, line, what: in_full(&error) });
        }
    }
    (secrets, outside)
}

/// Where packages were, and where they are.
pub(super) fn moves(manifest: &Manifest, settings: &Settings) -> Vec<(PathBuf, PathBuf)> {
    let Places { staging, held, superseded } = Places::of(&settings.agent);
    manifest.packages.iter().cloned().zip([staging, held, superseded].map(|place| absolute(&place))).collect()
}
