//! An installation into one file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use super::{
    BackupError, Manifest, SHORTEST_PASSPHRASE, VERSION,
    archive::Packer,
    manifest::Carried,
    places::{AGENT_TOML, ANCHOR, INDEX, INDEX_KEY, LEDGER, PACKAGES, Role, absolute, inside, role},
};
use crate::{
    config::{IndexKey, Settings},
    document::{Document, Target},
    ledger::{Ledger, LedgerError},
    run::DataFolder,
    stage::Places,
    sys::{
        fs::{FsError, Operation, WholeFile, WorkFolder},
        hash::hex,
        lock::{FolderLock, LockError},
        machine,
        shutdown::Shutdown,
    },
};

/// How long a run that goes on is waited for, and how often it is looked whether it has ended.
const PATIENCE: u32 = 600;
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// What is to be backed up.
pub struct Order<'a> {
    /// The configuration file.
    pub configuration: &'a Document,
    /// Its folder.
    pub folder: &'a Path,
    /// What it says.
    pub settings: &'a Settings,
    /// Whether packages are part of it.
    pub packages: Packages,
    /// What it is encrypted under.
    pub passphrase: &'a SecretString,
    /// When it is made.
    pub now: Timestamp,
}

/// Whether packages are part of a backup. What the next package is compared with always is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packages {
    /// All that are in their folders.
    With,
    /// None.
    Without,
}

/// A backup that was made.
#[derive(Debug)]
pub struct Made {
    /// Its size in bytes.
    pub bytes: u64,
    /// What it says of itself.
    pub manifest: Manifest,
    /// What the configuration names and is not there, so that it is not part of it.
    pub absent: Vec<PathBuf>,
}

/// Backs an installation up into a file where none is. A run or a purge that goes on is waited for; the daemon may go on.
pub fn make(order: &Order<'_>, to: &Path, stop: &Shutdown) -> Result<Made, BackupError> {
    if order.passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE {
        return Err(BackupError::Short);
    }
    let agent = &order.settings.agent;
    let data = DataFolder(&agent.data_dir);
    if !data.ledger().exists() {
        return Err(BackupError::NothingYet);
    }
    let _lock = lock(order, stop)?;
    let file = WholeFile::new(to)?;
    let work = WorkFolder::new(&data.work())?;
    let copy = work.file(LEDGER);
    Ledger::open(&data.ledger())?.copy_to(&copy)?;
    let (audit_head, audit_faults) = trail(&copy)?;
    let mut packer = Packer::new(to, file, order.passphrase)?;
    packer.bytes(AGENT_TOML, order.configuration.text().as_bytes())?;
    packer.file(LEDGER, &copy)?;
    if work.file(ANCHOR).exists() {
        packer.file(ANCHOR, &work.file(ANCHOR))?;
    }
    let key = IndexKey::obtain(&agent.index_key)?;
    packer.bytes(INDEX_KEY, Zeroizing::new(hex(key.bytes())).as_bytes())?;
    add_all(&mut packer, INDEX, &data.0.join("index"), stop)?;
    let mut absent = Vec::new();
    let carried = carry(&mut packer, order, &mut absent, stop)?;
    let places = Places::of(agent);
    let packages = [&places.staging, &places.held, &places.superseded];
    if order.packages == Packages::With {
        for (name, folder) in PACKAGES.into_iter().zip(packages) {
            add_all(&mut packer, name, folder, stop)?;
        }
    }
    let manifest = Manifest {
        cld_agent_backup: VERSION,
        made: order.now,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine::name(),
        audit_head,
        audit_faults,
        configuration: absolute(order.folder),
        data: absolute(data.0),
        packages: packages.map(|place| absolute(place)),
        with_packages: order.packages == Packages::With,
        carried,
        files: Vec::new(),
    };
    let (manifest, file) = packer.finish(manifest)?;
    Ok(Made { bytes: file.finish()?, manifest, absent })
}

/// The lock of the data folder: no run is half done, and no index goes while it is read.
fn lock(order: &Order<'_>, stop: &Shutdown) -> Result<FolderLock, BackupError> {
    let take = || FolderLock::take(&order.settings.agent.data_dir, order.now, "backup");
    for _ in 1..PATIENCE {
        match take() {
            Err(LockError::Held { .. }) => std::thread::sleep(LOOK),
            taken => return Ok(taken?),
        }
        if stop.is_requested() {
            return Err(BackupError::Stopped);
        }
    }
    Ok(take()?)
}

/// The end of the trail of a ledger, and what is wrong with it.
pub(super) fn trail(ledger: &Path) -> Result<(crate::ledger::AuditHead, Vec<String>), LedgerError> {
    let ledger = Ledger::open(ledger)?;
    let account = ledger.audit_account([])?;
    let faults = account.faults.iter().map(ToString::to_string).collect();
    Ok((ledger.audit_head()?, faults))
}

/// Adds what the configuration names and the agent needs, whatever folder it lies in.
fn carry(
    packer: &mut Packer<WholeFile>,
    order: &Order<'_>,
    absent: &mut Vec<PathBuf>,
    stop: &Shutdown,
) -> Result<Vec<Carried>, BackupError> {
    let mut carried: Vec<Carried> = Vec::new();
    for mention in &order.settings.mentions {
        let Target::Path(path) = &mention.target else { continue };
        let known = carried.iter().any(|other| other.written == mention.written && other.key == mention.key);
        if role(mention.key) != Role::Carried || known {
            continue;
        }
        let entry = if let Some(below) = inside(order.folder, path) {
            format!("config/{below}")
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            format!("elsewhere/{}/{name}", carried.len())
        };
        // Two submissions may share a mapping, written in two ways.
        let added = carried.iter().any(|other| other.entry == entry);
        match fs::metadata(path) {
            Ok(_) if added => {}
            Ok(found) if found.is_dir() => add_all(packer, &entry, path, stop)?,
            Ok(_) => packer.file(&entry, path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                absent.push(path.clone());
                continue;
            }
            Err(error) => return Err(FsError::while_trying(Operation::Read, path)(error).into()),
        }
        carried.push(Carried { key: mention.key.to_owned(), written: mention.written.clone(), entry });
    }
    Ok(carried)
}

/// Adds every file below a folder, in the order of their names; a folder that is not there has none.
fn add_all(packer: &mut Packer<WholeFile>, name: &str, folder: &Path, stop: &Shutdown) -> Result<(), BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(FsError::while_trying(Operation::List, folder))?,
    };
    let mut below = entries.collect::<Result<Vec<_>, _>>().map_err(FsError::while_trying(Operation::List, folder))?;
    below.sort_by_key(fs::DirEntry::file_name);
    for entry in below {
        if stop.is_requested() {
            return Err(BackupError::Stopped);
        }
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        // A link to a file is followed; one to a folder could lead round in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add_all(packer, &name, &path, stop)?;
        } else if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
            packer.file(&name, &path)?;
        }
    }
    Ok(())
}
