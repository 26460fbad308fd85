//! Whether a package still is what was staged.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Component, Path, PathBuf},
};

use super::{AuditHead, FileEntry, MANIFEST, Manifest, gzip};
use crate::sys::{
    fs::{FsError, Operation},
    hash::Sha256,
};

/// A package of which every byte is as it was when it was staged.
#[derive(Clone, PartialEq, Debug)]
pub struct Verified {
    /// Its manifest.
    pub manifest: Manifest,
    /// The hash of the manifest.
    pub manifest_sha256: Sha256,
}

/// Why a folder is not such a package.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It has no manifest.
    #[error("verify {}: it holds no {MANIFEST}, so it is no package; give the folder of a run", .0.display())]
    NoManifest(PathBuf),
    /// Its manifest cannot be understood.
    #[error("verify {}: its {MANIFEST} is damaged, or was written by another version of cld-agent", folder.display())]
    NotAManifest {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Its manifest names a file outside the package.
    #[error("verify {}: its {MANIFEST} names '{name}', which is not the name of a file in it", folder.display())]
    Outside {
        /// The folder.
        folder: PathBuf,
        /// The name.
        name: String,
    },
    /// It is not what was staged.
    #[error("verify {}: {}", folder.display(), Sentences(differences))]
    Differs {
        /// The folder.
        folder: PathBuf,
        /// Every difference, in the order of the file names.
        differences: Vec<Difference>,
    },
    /// It could not be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// A file that is not what was staged. Displayed as a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The file.
    pub name: String,
    /// What became of it.
    pub kind: DifferenceKind,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DifferenceKind {
    /// It is gone.
    Missing,
    /// The manifest does not name it.
    Extra,
    /// It is a link or a folder now.
    NotAFile,
    /// It has another size.
    Size {
        /// Bytes it had.
        staged: u64,
        /// Bytes it has.
        found: u64,
    },
    /// It has the same size and other bytes.
    Bytes,
    /// It does not decompress to the file it is a copy of.
    Content,
    /// The manifest is not the one whose hash is in the ledger.
    NotInLedger,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind } = self;
        match kind {
            DifferenceKind::Missing => write!(f, "{name} is missing."),
            DifferenceKind::Extra => write!(f, "{name} was not part of the package when it was staged."),
            DifferenceKind::NotAFile => write!(f, "{name} is no longer a plain file."),
            DifferenceKind::Size { staged, found } => {
                write!(f, "{name} has changed: it had {staged} bytes when it was staged, and has {found} now.")
            }
            DifferenceKind::Bytes => write!(f, "{name} has changed: its size is the same, its SHA-256 is not."),
            DifferenceKind::Content => {
                write!(f, "{name} does not hold the bytes of the file it is a compressed copy of.")
            }
            DifferenceKind::NotInLedger => {
                write!(f, "{name} has changed: its SHA-256 is not the one in the ledger.")
            }
        }
    }
}

struct Sentences<'a>(&'a [Difference]);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(nth, one)| write!(f, "{}{one}", if nth == 0 { "" } else { " " }))
    }
}

/// Reads a package whole and compares it with its manifest, and the manifest with the hash that the ledger has of it.
///
/// Without that hash (a package copied to another machine) a change that also mends the manifest cannot be seen.
pub fn verify(folder: &Path, manifest_sha256: Option<Sha256>) -> Result<Verified, VerifyError> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VerifyError::NoManifest(folder.to_owned()),
        _ => FsError::while_trying(Operation::Read, &path)(error).into(),
    })?;
    let found = Sha256::of(&bytes);
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|source| VerifyError::NotAManifest { folder: folder.to_owned(), source })?;
    if let Some(entry) = manifest.files.iter().find(|entry| !is_file_name(&entry.name)) {
        return Err(VerifyError::Outside { folder: folder.to_owned(), name: entry.name.clone() });
    }

    let mut differences = Vec::new();
    let mut report = |name: &str, kind| differences.push(Difference { name: name.to_owned(), kind });
    if manifest_sha256.is_some_and(|expected| expected != found) {
        report(MANIFEST, DifferenceKind::NotInLedger);
    }
    let staged: BTreeMap<&str, &FileEntry> = manifest.files.iter().map(|file| (file.name.as_str(), file)).collect();
    for (name, is_file) in list(folder)? {
        match (name.as_str(), is_file) {
            (MANIFEST, true) => {}
            (MANIFEST, false) => report(&name, DifferenceKind::NotAFile),
            (other, _) if !staged.contains_key(other) => report(&name, DifferenceKind::Extra),
            _ => {}
        }
    }
    for entry in &manifest.files {
        if let Some(kind) = compare(folder, entry, &staged)? {
            report(&entry.name, kind);
        }
    }
    if differences.is_empty() {
        return Ok(Verified { manifest, manifest_sha256: found });
    }
    differences.sort_by(|a, b| a.name.cmp(&b.name));
    Err(VerifyError::Differs { folder: folder.to_owned(), differences })
}

/// The manifest of a package, believed as it stands, where the package still is in its folder.
fn manifest_of(folder: &Path) -> Option<Manifest> {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
}

/// Where the audit trail ended when a package was sealed, where the package still is in its folder and says so.
pub fn head_of(folder: &Path) -> Option<AuditHead> {
    manifest_of(folder)?.audit
}

/// How many findings each rule has in a package, where the package still is in its folder.
pub fn findings_of(folder: &Path) -> Option<BTreeMap<String, u64>> {
    Some(manifest_of(folder)?.counts.rules)
}

/// The upload file of a package, where the package still is in its folder and still holds it.
pub fn upload_of(folder: &Path) -> Option<PathBuf> {
    let manifest = manifest_of(folder)?;
    let upload = manifest.files.iter().find(|file| file.rows.is_some() && is_file_name(&file.name))?;
    Some(folder.join(&upload.name)).filter(|path| path.is_file())
}

/// Whether a name can only mean a file of the folder itself.
fn is_file_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name) && name != MANIFEST
}

/// What lies in a folder, and whether it is a plain file.
fn list(folder: &Path) -> Result<Vec<(String, bool)>, FsError> {
    let failed = || FsError::while_trying(Operation::List, folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let is_file = entry.file_type().map_err(failed())?.is_file();
        found.push((entry.file_name().to_string_lossy().into_owned(), is_file));
    }
    Ok(found)
}

fn compare(
    folder: &Path,
    entry: &FileEntry,
    staged: &BTreeMap<&str, &FileEntry>,
) -> Result<Option<DifferenceKind>, FsError> {
    let path = folder.join(&entry.name);
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(DifferenceKind::Missing)),
        Err(error) => return Err(FsError::while_trying(Operation::Read, &path)(error)),
        Ok(seen) if !seen.is_file() => return Ok(Some(DifferenceKind::NotAFile)),
        Ok(_) => {}
    }
    let (sha256, bytes) = Sha256::of_file(&path)?;
    if bytes != entry.bytes {
        return Ok(Some(DifferenceKind::Size { staged: entry.bytes, found: bytes }));
    }
    if sha256 != entry.sha256 {
        return Ok(Some(DifferenceKind::Bytes));
    }
    let original = entry.name.strip_suffix(".gz").and_then(|name| staged.get(name));
    match original {
        Some(original) if gzip::content_hash(&path)? != Some(original.sha256) => Ok(Some(DifferenceKind::Content)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
