//! An installation out of a file.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    BackupError, Manifest, Missing, Rewritten,
    archive::{Opened, wrong},
    make::trail,
    places::{AGENT_TOML, ANCHOR, INDEX, INDEX_KEY, LEDGER, Moved, PACKAGES, absolute, inside, missing, moved, moves},
};
use crate::{
    config::{IndexKey, SecretRef, Settings},
    document::Document,
    ledger::Ledger,
    run::DataFolder,
    sys::fs::{FsError, Operation, WorkFolder, folder_of, move_new, remove},
};

/// Where a backup is restored to.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The folder of the configuration, and of what lay beside it.
    pub folder: &'a Path,
    /// The data folder, where it is not the one that the configuration names.
    pub data: Option<&'a Path>,
}

/// What came out of a backup.
#[derive(Debug)]
pub struct Restored {
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// The configuration file.
    pub configuration: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Paths that were written otherwise into the configuration.
    pub rewritten: Vec<Rewritten>,
    /// The index key is expected here and is not there: it lies in a file.
    pub index_key: Option<(SecretRef, PathBuf)>,
    /// Secrets that are not where the configuration says.
    pub secrets: Vec<Missing>,
    /// Files and folders of others that are not where the configuration says.
    pub outside: Vec<Missing>,
    /// Packages that may still be submitted and are not part of the backup.
    pub left_behind: Vec<PathBuf>,
}

/// Looks at everything that is in a backup: what it says of itself, if all of it is what was written.
pub fn look(file: &Path, passphrase: &SecretString) -> Result<Manifest, BackupError> {
    let work = WorkFolder::new(folder_of(file))?;
    let mut opened = Opened::new(file, passphrase, &work)?;
    see(&mut opened, &work)?;
    Ok(opened.manifest)
}

/// Restores a backup to where nothing is. What is there is never written over, and a failure leaves nothing.
pub fn restore(
    (file, passphrase): (&Path, &SecretString),
    target: Target<'_>,
    (now, account): (Timestamp, &str),
) -> Result<Restored, BackupError> {
    let configuration = target.folder.join(AGENT_TOML);
    for there in [Some(configuration.clone()), target.data.map(|data| data.join(LEDGER))].into_iter().flatten() {
        if there.symlink_metadata().is_ok() {
            return Err(BackupError::InTheWay(there));
        }
    }
    let mut made = MadeFolders::default();
    made.folder(target.folder)?;
    let work = WorkFolder::new(target.folder)?;
    let mut opened = Opened::new(file, passphrase, &work)?;
    see(&mut opened, &work)?;
    let manifest = opened.manifest;
    let text = fs::read(work.file(AGENT_TOML)).map_err(FsError::while_trying(Operation::Read, file))?;
    let document = Document::decode(AGENT_TOML, text).map_err(BackupError::Configuration)?;
    let Moved { text, settings, rewritten } = moved(&document, &manifest, (target.folder, target.data))?;
    let data = settings.agent.data_dir.clone();
    let mut ledger = Ledger::open(&work.file(LEDGER))?;
    ledger.restored(manifest.made, &moves(&manifest, &settings), (now, account))?;
    let left_behind = if manifest.with_packages { Vec::new() } else { ready(&ledger, &settings)? };
    drop(ledger);
    trail(&work.file(LEDGER))?;

    // The data may lie on another volume: what goes there is moved beside its place first.
    made.folder(&data)?;
    let beside = WorkFolder::new(&data)?;
    let plan = plan(&work, &manifest, &settings, target.folder)?;
    let mut placed = Placed::default();
    for (from, to) in &plan {
        if to.symlink_metadata().is_ok() {
            return Err(BackupError::InTheWay(to.clone()));
        }
        let folder = to.parent().unwrap_or(target.folder);
        made.folder(folder)?;
        placed.put(from, to, &beside)?;
    }
    let index_key = index_key(&settings, &data)?;
    // The configuration last: with it there is an installation.
    let mut out = work.create("rewritten.toml")?;
    out.write_all(text.as_bytes()).map_err(FsError::while_writing(&configuration))?;
    out.finish()?;
    placed.put(&work.file("rewritten.toml"), &configuration, &beside)?;
    placed.keep();
    made.keep();
    let (secrets, outside) = missing(&settings, &text);
    Ok(Restored {
        manifest,
        configuration: absolute(&configuration),
        data: absolute(&data),
        rewritten,
        index_key,
        secrets,
        outside,
        left_behind,
    })
}

/// Unpacks everything, and looks at it.
fn see(opened: &mut Opened, work: &WorkFolder) -> Result<(), BackupError> {
    unpack_all(opened, work)?;
    see_trail(&work.file(LEDGER), &opened.manifest)?;
    IndexKey::obtain(&SecretRef::File(work.file(INDEX_KEY)))?;
    Ok(())
}

/// Unpacks everything under the names of the archive.
fn unpack_all(opened: &mut Opened, work: &WorkFolder) -> Result<(), BackupError> {
    let names: Vec<_> = opened.manifest.files.iter().map(|entry| entry.name.clone()).collect();
    for name in names {
        let path = work.file(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(FsError::while_trying(Operation::Create, folder))?;
        }
        let mut out = work.create(&name)?;
        opened.unpack(&name, &mut out)?;
        out.finish()?;
    }
    for needed in [AGENT_TOML, LEDGER, INDEX_KEY] {
        opened.read(needed)?;
    }
    Ok(())
}

/// The trail must be the one that was backed up, to its last line and with the same faults.
fn see_trail(ledger: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let (head, faults) = trail(ledger)?;
    let named = |faults: &[String]| faults.iter().filter(|fault| !fault.contains(ANCHOR)).cloned().collect::<Vec<_>>();
    if head != manifest.audit_head {
        return Err(BackupError::Trail(format!("it ends at {head}, and the manifest says {}", manifest.audit_head)));
    }
    // Faults of the anchor name the folder in which it lies.
    if named(&faults) != named(&manifest.audit_faults) || faults.len() != manifest.audit_faults.len() {
        return Err(BackupError::Trail(faults.join(" ")));
    }
    Ok(())
}

/// Packages that are ready, and whose folders stayed behind.
fn ready(ledger: &Ledger, settings: &Settings) -> Result<Vec<PathBuf>, BackupError> {
    let mut all = Vec::new();
    for submission in &settings.submissions {
        let packages = ledger.packages(&submission.name, Timestamp::MIN)?;
        all.extend(packages.into_iter().filter(crate::ledger::PackageFacts::is_ready).map(|package| package.path));
    }
    Ok(all)
}

/// What goes from the work folder where.
fn plan(
    work: &WorkFolder,
    manifest: &Manifest,
    settings: &Settings,
    folder: &Path,
) -> Result<Vec<(PathBuf, PathBuf)>, BackupError> {
    let agent = &settings.agent;
    let data = &agent.data_dir;
    let mut plan = vec![(LEDGER.to_owned(), DataFolder(data).ledger()), (ANCHOR.to_owned(), data.join(ANCHOR))];
    plan.push((INDEX.to_owned(), data.join(INDEX)));
    let key = match &agent.index_key {
        SecretRef::File(path) => path.clone(),
        SecretRef::Env(_) | SecretRef::Credential(_) => data.join(INDEX_KEY),
    };
    plan.push((INDEX_KEY.to_owned(), key));
    for (name, place) in PACKAGES.into_iter().zip([&agent.staging_dir, &agent.held_dir, &agent.superseded_dir]) {
        plan.push((name.to_owned(), place.clone()));
    }
    let mut seen = BTreeSet::new();
    for carried in manifest.carried.iter().filter(|carried| seen.insert(&carried.entry)) {
        let below = carried.entry.strip_prefix("config/").unwrap_or(&carried.entry);
        let to = folder.join(below);
        if inside(folder, &to).is_none() {
            return Err(wrong(Path::new(AGENT_TOML), format!("'{}' would lie outside of the folder", carried.entry)));
        }
        plan.push((carried.entry.clone(), to));
    }
    let mut plan: Vec<_> = plan.into_iter().map(|(name, to)| (work.file(&name), to)).collect();
    // One that another is part of comes with it.
    plan.retain(|(from, _)| from.symlink_metadata().is_ok());
    let all: Vec<_> = plan.iter().map(|(from, _)| from.clone()).collect();
    plan.retain(|(from, _)| !all.iter().any(|other| other != from && from.starts_with(other)));
    Ok(plan)
}

/// Where the index key is expected in a variable, or of the service manager, and is not there: where that is, and the file that
/// has it now. Where the right one is there, no file is needed.
fn index_key(settings: &Settings, data: &Path) -> Result<Option<(SecretRef, PathBuf)>, BackupError> {
    let at = &settings.agent.index_key;
    if matches!(at, SecretRef::File(_)) {
        return Ok(None);
    }
    let path = data.join(INDEX_KEY);
    let restored = IndexKey::obtain(&SecretRef::File(path.clone()))?;
    match IndexKey::obtain(at) {
        Ok(here) if here.bytes() == restored.bytes() => {
            remove(&path)?;
            Ok(None)
        }
        Ok(_) | Err(_) => Ok(Some((at.clone(), path))),
    }
}

/// What has been put in its place; taken away again unless it is all there.
#[derive(Default)]
struct Placed(Vec<PathBuf>);

impl Placed {
    fn put(&mut self, from: &Path, to: &Path, beside: &WorkFolder) -> Result<(), BackupError> {
        match move_new(from, to) {
            Err(FsError::Io { source, .. }) if source.kind() == io::ErrorKind::CrossesDevices => {
                copy_all(from, beside, MOVED)?;
                move_new(&beside.file(MOVED), to)?;
            }
            moved => moved?,
        }
        self.0.push(to.to_owned());
        Ok(())
    }

    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = remove(path);
        }
    }
}

/// Under which name something is copied to another volume before it is moved.
const MOVED: &str = "moved";

/// Copies a file, or a folder with all that is in it, into a work folder.
fn copy_all(from: &Path, to: &WorkFolder, name: &str) -> Result<(), FsError> {
    if !from.is_dir() {
        let mut file = fs::File::open(from).map_err(FsError::while_trying(Operation::Read, from))?;
        let mut copy = to.create(name)?;
        io::copy(&mut file, &mut copy).map_err(|error| copy.failed(error))?;
        return copy.finish().map(drop);
    }
    let folder = to.file(name);
    fs::create_dir_all(&folder).map_err(FsError::while_trying(Operation::Create, &folder))?;
    for entry in fs::read_dir(from).map_err(FsError::while_trying(Operation::List, from))? {
        let entry = entry.map_err(FsError::while_trying(Operation::List, from))?;
        copy_all(&entry.path(), to, &format!("{name}/{}", entry.file_name().to_string_lossy()))?;
    }
    Ok(())
}

/// Folders that were made on the way, and are taken away again if nothing comes of it.
#[derive(Default)]
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn folder(&mut self, path: &Path) -> Result<(), BackupError> {
        let missing = path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
        let missing: Vec<_> = missing.map(Path::to_owned).collect();
        for new in missing.into_iter().rev() {
            fs::create_dir(&new).map_err(FsError::while_trying(Operation::Create, &new))?;
            self.0.push(new);
        }
        Ok(())
    }

    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}
