//! The archive inside of a backup: packed while it is encrypted, and unpacked against its manifest.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::{Component, Path, PathBuf},
};

use secrecy::SecretString;
use zip::{
    CompressionMethod, DateTime, System, ZipArchive, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    BackupError, MANIFEST, Manifest, Pack, Sealed, VERSION,
    age::{self, AgeError, Sealer},
    manifest::{Entry, Format},
};
use crate::sys::{
    archive::FailOnce,
    fs::{FsError, Operation, WorkFolder},
    hash::{Hasher, Sha256},
};

/// A manifest of a hundred thousand files is smaller.
const LARGEST_MANIFEST: u64 = 64 << 20;

/// An archive that is being packed.
pub(super) struct Packer<W: Write> {
    path: PathBuf,
    zip: ZipWriter<StreamWriter<FailOnce<Sealer<W>>>>,
    entries: BTreeMap<String, Entry>,
}

impl<W: Write> Packer<W> {
    /// One that is encrypted on its way into `out`; `path` names it in errors.
    pub(super) fn new(path: &Path, out: W, passphrase: &SecretString) -> Result<Self, BackupError> {
        let sealer = Sealer::new(out, passphrase).map_err(|error| packing(path)(Sealed(error).into()))?;
        let zip = ZipWriter::new_stream(FailOnce::new(sealer));
        Ok(Self { path: path.to_owned(), zip, entries: BTreeMap::new() })
    }

    /// Adds a file of the disk.
    pub(super) fn file(&mut self, name: &str, from: &Path) -> Result<(), BackupError> {
        let mut file = File::open(from).map_err(FsError::while_trying(Operation::Read, from))?;
        let size = file.metadata().map_err(FsError::while_trying(Operation::Read, from))?.len();
        self.begin(name, size)?;
        let mut buffer = vec![0; 256 * 1024];
        let (mut hasher, mut bytes) = (Hasher::default(), 0);
        loop {
            let read = file.read(&mut buffer).map_err(FsError::while_trying(Operation::Read, from))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            hasher
                .write_all(&buffer[..read])
                .and_then(|()| self.zip.write_all(&buffer[..read]))
                .map_err(self.failed())?;
        }
        self.note(name, bytes, hasher.finish());
        Ok(())
    }

    /// Adds some bytes.
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.begin(name, bytes.len() as u64)?;
        self.zip.write_all(bytes).map_err(self.failed())?;
        self.note(name, bytes.len() as u64, Sha256::of(bytes));
        Ok(())
    }

    /// Adds the manifest, which lists what was added, and closes the archive.
    pub(super) fn finish(mut self, manifest: Manifest) -> Result<(Manifest, W), BackupError> {
        let manifest = Manifest { files: std::mem::take(&mut self.entries).into_values().collect(), ..manifest };
        let text = serde_json::to_string_pretty(&manifest).map_err(|error| self.failed()(io::Error::other(error)))?;
        self.bytes(MANIFEST, text.as_bytes())?;
        let failed = packing(&self.path);
        let sealer = self.zip.finish().map_err(|error| packing(&self.path)(error.into()))?.into_inner().into_inner();
        let out = sealer.finish().map_err(|error| failed(Sealed(error).into()))?;
        Ok((manifest, out))
    }

    fn begin(&mut self, name: &str, size: u64) -> Result<(), BackupError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(0o600)
            // A file may grow while it is read.
            .large_file(size >= u64::from(u32::MAX / 2));
        self.zip.start_file(name, options).map_err(|error| packing(&self.path)(error.into()))
    }

    fn note(&mut self, name: &str, bytes: u64, sha256: Sha256) {
        let name = name.to_owned();
        self.entries.insert(name.clone(), Entry { name, bytes, sha256 });
    }

    fn failed(&self) -> impl Fn(io::Error) -> BackupError + use<W> {
        let failed = packing(&self.path);
        move |error| failed(ZipError::from(error).into())
    }
}

fn packing(path: &Path) -> impl Fn(Pack) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::Pack { path: path.clone(), source }
}

/// An archive that was decrypted, with its manifest.
pub(super) struct Opened {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    pub(super) manifest: Manifest,
}

impl Opened {
    /// Decrypts a backup into a file without a name in the work folder, and reads its manifest. That it lists every entry, and
    /// nothing else, is seen to.
    pub(super) fn new(path: &Path, passphrase: &SecretString, work: &WorkFolder) -> Result<Self, BackupError> {
        let sealed = File::open(path).map_err(FsError::while_trying(Operation::Open, path))?;
        let mut scratch = work.scratch()?;
        let mut out = BufWriter::new(&mut scratch);
        age::open(BufReader::new(sealed), passphrase, &mut out)
            .and_then(|()| out.flush().map_err(AgeError::from))
            .map_err(|error| BackupError::Sealed { path: path.to_owned(), source: Sealed(error) })?;
        drop(out);
        scratch.rewind().map_err(FsError::while_trying(Operation::Read, path))?;
        let foreign = |_: ZipError| wrong(path, "what is in it is no archive of cld-agent's".to_owned());
        let mut zip = ZipArchive::new(BufReader::new(scratch)).map_err(foreign)?;
        let manifest = read_manifest(path, &mut zip)?;
        let mut listed: Vec<_> = manifest.files.iter().map(|entry| entry.name.as_str()).chain([MANIFEST]).collect();
        let mut found = zip.file_names().collect::<Result<Vec<_>, _>>().map_err(foreign)?;
        listed.sort_unstable();
        found.sort_unstable();
        if listed != found {
            return Err(wrong(path, "its files are not those that its manifest lists".to_owned()));
        }
        if let Some(entry) = manifest.files.iter().find(|entry| !is_plain(&entry.name)) {
            return Err(wrong(path, format!("its file '{}' would lie outside of every folder", entry.name)));
        }
        Ok(Self { path: path.to_owned(), zip, manifest })
    }

    /// Reads a file that must be there; it is what the manifest says.
    pub(super) fn read(&mut self, name: &str) -> Result<Vec<u8>, BackupError> {
        let mut bytes = Vec::new();
        self.unpack(name, &mut bytes)?;
        Ok(bytes)
    }

    /// Unpacks a file, and says whether it is what the manifest says.
    pub(super) fn unpack(&mut self, name: &str, to: &mut impl Write) -> Result<(), BackupError> {
        let path = self.path.clone();
        let entry = self.manifest.files.iter().find(|entry| entry.name == name);
        let known = entry.ok_or_else(|| wrong(&path, format!("it has no file '{name}'")))?;
        let damaged = || wrong(&path, format!("its file '{name}' is not what its manifest says"));
        let mut file = self.zip.by_name(name).map_err(|_| damaged())?;
        let (mut hasher, mut bytes) = (Hasher::default(), 0);
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut buffer).map_err(|_| damaged())?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            let written = hasher.write_all(&buffer[..read]).and_then(|()| to.write_all(&buffer[..read]));
            written.map_err(FsError::while_writing(Path::new(name)))?;
        }
        if (bytes, hasher.finish()) == (known.bytes, known.sha256) { Ok(()) } else { Err(damaged()) }
    }
}

fn read_manifest(path: &Path, zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest, BackupError> {
    let unreadable = || wrong(path, format!("it has no {MANIFEST} that can be read"));
    let mut text = Vec::new();
    let file = zip.by_name(MANIFEST).map_err(|_| unreadable())?;
    file.take(LARGEST_MANIFEST).read_to_end(&mut text).map_err(|_| unreadable())?;
    let Format { cld_agent_backup: found } = serde_json::from_slice(&text).map_err(|_| unreadable())?;
    if found > VERSION {
        return Err(BackupError::Newer { path: path.to_owned(), found });
    }
    serde_json::from_slice(&text).map_err(|_| unreadable())
}

pub(super) fn wrong(path: &Path, what: String) -> BackupError {
    BackupError::Archive { path: path.to_owned(), what }
}

/// Whether a name stays below the folder that it is unpacked in, on every system.
fn is_plain(name: &str) -> bool {
    !name.contains(['\\', ':', '\0'])
        && Path::new(name).components().all(|component| matches!(component, Component::Normal(_)))
        && !name.is_empty()
}
