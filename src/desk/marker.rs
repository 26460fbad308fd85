//! What the agent has put on a desk, so that it takes away nothing else.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    DeskError,
    place::{Key, Place, is_folder, names},
};
use crate::{
    model::Period,
    sys::{
        fs::{FsError, Operation, write_readable},
        hash::Sha256,
    },
};

/// The file beside a copy that tells what the agent put there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marker {
    format: u32,
    /// The hash of the package's manifest; a rehearsal has none.
    pub(super) manifest: Option<Sha256>,
    /// The files of the copy.
    pub(super) files: Vec<Brought>,
    /// The templates beside it.
    templates: Vec<Brought>,
}

/// A file that was brought.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Brought {
    pub(super) name: String,
    pub(super) sha256: Sha256,
}

const FORMAT: u32 = 1;
const SUFFIX: &str = ".delivered.json";
const TEMPLATES: &str = ".answers";

/// What has another size is no marker.
const LARGEST: u64 = 64 * 1024;

impl Marker {
    pub(super) const fn new(manifest: Option<Sha256>, files: Vec<Brought>, templates: Vec<Brought>) -> Self {
        Self { format: FORMAT, manifest, files, templates }
    }

    /// Puts it beside the copy of a run.
    pub(super) fn write(&self, place: &Place, (period, run): &Key) -> Result<(), DeskError> {
        let path = place.period(*period)?.join(format!("{run}{SUFFIX}"));
        // Texts and numbers: there is nothing to fail on.
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        Ok(write_readable(&path, &text, place.readers)?)
    }

    /// The marker of a run, where there is one. What is no marker of the agent's is none.
    fn read(path: &Path) -> Result<Option<Self>, FsError> {
        match path.symlink_metadata() {
            Ok(found) if found.is_file() && found.len() <= LARGEST => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FsError::while_trying(Operation::Read, path)(error)),
        }
        let bytes = fs::read(path).map_err(FsError::while_trying(Operation::Read, path))?;
        let marker: Option<Self> = serde_json::from_slice(&bytes).ok();
        let names_files =
            |marker: &Self| marker.files.iter().chain(&marker.templates).all(|file| is_file_name(&file.name));
        Ok(marker.filter(|marker| marker.format == FORMAT && names_files(marker)))
    }

    /// Takes away what it tells of. What somebody else put there, or changed, stays in a folder of another name.
    pub(super) fn take_away(&self, place: &Place, (period, run): &Key) -> Result<(), DeskError> {
        let above = place.period(*period)?;
        let (folder, left) = (above.join(run), above.join(format!("{run}.left")));
        // In one step, so that nobody takes half a package for a whole one.
        if is_folder(&folder)? && left.symlink_metadata().is_err() {
            fs::rename(&folder, &left).map_err(FsError::while_trying(Operation::Rename, &left))?;
        }
        for (folder, files) in [(&left, &self.files), (&templates(&above, run), &self.templates)] {
            if is_folder(folder)? {
                for file in files {
                    remove_if_same(&folder.join(&file.name), file.sha256)?;
                }
                remove_if_empty(folder)?;
            }
        }
        remove(&above.join(format!("{run}{SUFFIX}")))?;
        Ok(remove_if_empty(&above)?)
    }
}

/// Where the templates of a run's answers are, beside its copy.
pub(super) fn templates(period: &Path, run: &str) -> PathBuf {
    period.join(format!("{run}{TEMPLATES}"))
}

/// The copies of a period that the agent has made, whether their folders are whole or on their way.
pub(super) fn markers(place: &Place, period: Period) -> Result<Vec<(Key, Marker)>, DeskError> {
    let folder = place.period(period)?;
    let mut markers = Vec::new();
    for name in names(&folder)? {
        if let Some(run) = name.strip_suffix(SUFFIX)
            && let Some(marker) = Marker::read(&folder.join(&name))?
        {
            markers.push(((period, run.to_owned()), marker));
        }
    }
    Ok(markers)
}

/// What lies in the folder of a period that the agent did not put there.
pub(super) fn foreign(place: &Place, period: Period) -> Result<Vec<PathBuf>, DeskError> {
    let folder = place.period(period)?;
    let mut ours = BTreeSet::new();
    for ((_, run), _) in markers(place, period)? {
        ours.extend([format!("{run}{SUFFIX}"), format!("{run}{TEMPLATES}"), run]);
    }
    Ok(names(&folder)?.into_iter().filter(|name| !ours.contains(name)).map(|name| folder.join(name)).collect())
}

/// Whether a name can only mean a file of the folder itself.
fn is_file_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name)
}

fn remove_if_same(path: &Path, sha256: Sha256) -> Result<(), FsError> {
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
    if is_file && Sha256::of_file(path)?.0 == sha256 { remove(path) } else { Ok(()) }
}

fn remove(path: &Path) -> Result<(), FsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FsError::while_trying(Operation::Remove, path)(error))
        }
        _ => Ok(()),
    }
}

fn remove_if_empty(folder: &Path) -> Result<(), FsError> {
    match fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {
            Err(FsError::while_trying(Operation::Remove, folder)(error))
        }
        _ => Ok(()),
    }
}
