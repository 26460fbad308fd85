//! Sealing and publishing.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    Content, EVIDENCE, Entry, Evidence, FileEntry, GUIDE, MANIFEST, Manifest, PackageName, Places, StageError,
    evidence, guide::guide, verify,
};
use crate::sys::{
    fs::{self as sys_fs, FsError, Operation, Readers, WorkFolder},
    hash::Sha256,
};

/// A package that is complete and hashed, in its work folder. Vanishes if it is not published.
#[derive(Debug)]
pub struct SealedPackage {
    work: WorkFolder,
    name: PackageName,
    manifest: Manifest,
    manifest_sha256: Sha256,
}

/// A package in its place.
#[derive(Clone, PartialEq, Debug)]
pub struct StagedPackage {
    /// Its folder.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// The hash of the manifest, for the ledger.
    pub manifest_sha256: Sha256,
    /// The upload file.
    pub upload: FileEntry,
}

/// Completes a package: hashes every file of the folder, packs the evidence, and writes the manifest.
///
/// `rows_read_back` is what an independent reader counted in the upload file; it must be what the queries gave. The
/// archive of the evidence gets a copy of the manifest, which names every file but the archive.
pub fn seal(
    work: WorkFolder,
    mut manifest: Manifest,
    rows_read_back: u64,
    mut evidence: Evidence,
) -> Result<SealedPackage, StageError> {
    let name = manifest.package_name()?;
    let expected = manifest.rows_out();
    if rows_read_back != expected {
        return Err(StageError::UploadRows { expected, found: rows_read_back });
    }
    for reserved in [MANIFEST, GUIDE, EVIDENCE] {
        if work.file(reserved).exists() {
            return Err(StageError::Reserved(work.file(reserved)));
        }
    }
    manifest.files = hash_all(work.path())?;
    let upload = entry_mut(&mut manifest, &work, name.upload())?;
    upload.rows = Some(rows_read_back);
    let upload = upload.clone();
    entry_mut(&mut manifest, &work, &name.compressed())?;
    write(&work, GUIDE, guide(&manifest, &upload).as_bytes())?;
    manifest.files.push(hash_one(&work.file(GUIDE), GUIDE.to_owned())?);

    let copy = Entry { name: MANIFEST.to_owned(), content: Content::Bytes(manifest.to_json()?) };
    evidence.entries.push(copy);
    evidence::write(&work, evidence)?;
    manifest.files.push(hash_one(&work.file(EVIDENCE), EVIDENCE.to_owned())?);
    manifest.files.sort_by(|a, b| a.name.cmp(&b.name));

    let json = manifest.to_json()?;
    write(&work, MANIFEST, &json)?;
    Ok(SealedPackage { work, name, manifest, manifest_sha256: Sha256::of(&json) })
}

fn write(work: &WorkFolder, name: &str, bytes: &[u8]) -> Result<(), FsError> {
    let mut file = work.create(name)?;
    file.write_all(bytes).map_err(|error| file.failed(error))?;
    file.finish().map(|_| ())
}

fn entry_mut<'a>(manifest: &'a mut Manifest, work: &WorkFolder, name: &str) -> Result<&'a mut FileEntry, StageError> {
    let found = manifest.files.iter_mut().find(|file| file.name == name);
    found.ok_or_else(|| StageError::Missing(work.file(name)))
}

/// Every file of a folder, by name.
fn hash_all(folder: &Path) -> Result<Vec<FileEntry>, StageError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(FsError::while_trying(Operation::List, folder))? {
        let entry = entry.map_err(FsError::while_trying(Operation::List, folder))?;
        let path = entry.path();
        match entry.file_name().into_string() {
            Ok(name) if entry.file_type().is_ok_and(|kind| kind.is_file()) => files.push(hash_one(&path, name)?),
            _ => return Err(FsError::NotAFile(path).into()),
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn hash_one(path: &Path, name: String) -> Result<FileEntry, FsError> {
    let (sha256, bytes) = Sha256::of_file(path)?;
    Ok(FileEntry { name, bytes, sha256, rows: None })
}

impl SealedPackage {
    /// The completed manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the package would be published.
    pub fn destination(&self, places: &Places) -> PathBuf {
        self.name.folder(places, self.manifest.verdict.state)
    }

    /// Reads the package back, compares it with its manifest, and moves it into its place.
    pub fn publish(self, places: &Places, readers: Readers) -> Result<StagedPackage, StageError> {
        verify(self.work.path(), Some(self.manifest_sha256)).map_err(StageError::ReadBack)?;
        let path = self.destination(places);
        let Self { work, name, mut manifest, manifest_sha256 } = self;
        let upload = entry_mut(&mut manifest, &work, name.upload())?.clone();
        sys_fs::publish(work, &path, readers)?;
        Ok(StagedPackage { path, manifest, manifest_sha256, upload })
    }
}

impl StagedPackage {
    /// Takes back a package that must not be submitted because nobody could write down that it is there. `work` is the
    /// folder of unfinished work.
    pub fn withdraw(&self, work: &Path) -> Result<(), StageError> {
        Ok(sys_fs::withdraw(&self.path, work)?)
    }
}

#[cfg(test)]
pub(super) mod tests;
