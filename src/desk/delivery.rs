//! Copies of packages and reports, brought to a desk.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use super::{
    DeskError,
    answer::Kind,
    marker::{Brought, Marker, markers, templates},
    place::{Key, Place, is_folder, names},
};
use crate::{
    ledger::{Ledger, PackageState},
    model::{Period, RunId},
    run::DataFolder,
    stage::{Places, verify},
    sys::{
        fs::{FsError, NewFile, Operation, WorkFolder, publish, write_readable},
        hash::{Hasher, Sha256},
    },
};

/// Copies a file; the hash of what was read.
pub(super) type Copier = fn(&Path, &mut NewFile) -> Result<Sha256, FsError>;

/// What belongs on a desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) run: RunId,
    pub(super) period: Period,
    /// Where it is; nothing where the folder that should hold it is out of reach, so that nobody can tell.
    from: Option<PathBuf>,
    pub(super) what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    Package { manifest: Sha256, state: PackageState },
    Rehearsal,
}

impl Wanted {
    fn key(&self) -> Key {
        (self.period, self.run.to_string())
    }

    /// The answers that can be given about it.
    const fn answers(&self) -> &'static [Kind] {
        match self.what {
            What::Package { .. } => &Kind::ALL,
            What::Rehearsal => &[Kind::Accept],
        }
    }

    const fn manifest(&self) -> Option<Sha256> {
        match self.what {
            What::Package { manifest, .. } => Some(manifest),
            What::Rehearsal => None,
        }
    }
}

/// Packages that somebody may still ask about, and the reports of the last rehearsal.
pub(super) fn wanted(
    ledger: &Ledger,
    data: &DataFolder<'_>,
    places: &Places,
    submission: &str,
) -> Result<Vec<Wanted>, DeskError> {
    let mut wanted = Vec::new();
    for package in ledger.package_facts(submission)? {
        let place = match package.state {
            PackageState::Superseded | PackageState::Withdrawn => continue,
            PackageState::Held => &places.held,
            _ => &places.staging,
        };
        let candidates = [place, &places.held, &places.staging].map(|place| package.folder_in(place));
        let from = candidates.into_iter().find(|folder| folder.is_dir());
        // Of a package that was purged the manifest stays. One that is not where its place is was deleted by hand.
        let purged = ledger.purges_of(package.run.as_str())?;
        let purged = purged.iter().any(|purge| purge.sha256 == Some(package.manifest_sha256));
        if !purged && (from.is_some() || !place.is_dir()) {
            let what = What::Package { manifest: package.manifest_sha256, state: package.state };
            wanted.push(Wanted { run: package.run, period: package.period, from, what });
        }
    }
    let rehearsals = data.rehearsals(submission);
    let ids = if is_folder(&rehearsals)? { names(&rehearsals)? } else { Vec::new() };
    for id in ids {
        if let Some(run) = ledger.run(&id)? {
            let from = Some(rehearsals.join(&id));
            wanted.push(Wanted { run: run.id, period: run.period, from, what: What::Rehearsal });
        }
    }
    Ok(wanted)
}

/// Takes away what is not wanted, then brings what is missing. One failure does not keep the rest from being tried.
pub(super) fn deliver(place: &Place, wanted: &[Wanted], copy: Copier) -> Result<(), DeskError> {
    let mut outcome = Ok(());
    let mut there = Vec::new();
    for period in place.periods()? {
        for (key, marker) in markers(place, period)? {
            if wanted.iter().any(|one| one.key() == key && one.manifest() == marker.manifest) {
                there.push(key);
            } else {
                outcome = outcome.and(marker.take_away(place, &key));
            }
        }
    }
    for one in wanted {
        let Some(from) = &one.from else { continue };
        let folder = place.period(one.period)?.join(one.run.as_str());
        let marked = there.contains(&one.key());
        let brought = match folder.symlink_metadata() {
            Ok(found) if marked && found.is_dir() => continue,
            Ok(_) => Err(DeskError::InTheWay(folder)),
            Err(_) => bring(place, one, from, copy),
        };
        outcome = outcome.and(brought);
    }
    outcome
}

fn bring(place: &Place, one: &Wanted, from: &Path, copy: Copier) -> Result<(), DeskError> {
    Copied::make(place, from, copy)?.read_back(one.manifest())?.publish(place, one)?;
    tracing::info!(run = %one.run, "a copy was brought to the desk");
    Ok(())
}

/// A copy under a name of its own, as the share says that it took it.
struct Copied {
    work: WorkFolder,
    files: Vec<Brought>,
}

/// A copy that was read back, and is the same.
struct ReadBack(Copied);

impl Copied {
    fn make(place: &Place, from: &Path, copy: Copier) -> Result<Self, DeskError> {
        let work = WorkFolder::new(&place.arriving()?)?;
        let mut files = Vec::new();
        for name in names(from)? {
            let source = from.join(&name);
            if !source.symlink_metadata().is_ok_and(|found| found.is_file()) {
                return Err(FsError::NotAFile(source).into());
            }
            let mut file = work.create(&name)?;
            let sha256 = copy(&source, &mut file)?;
            file.finish()?;
            files.push(Brought { name, sha256 });
        }
        Ok(Self { work, files })
    }

    /// A package against its manifest, and that against the ledger; what has no manifest against what was copied.
    fn read_back(self, manifest: Option<Sha256>) -> Result<ReadBack, DeskError> {
        if let Some(manifest) = manifest {
            verify(self.work.path(), Some(manifest)).map_err(DeskError::ReadBack)?;
        }
        for file in &self.files {
            let path = self.work.file(&file.name);
            if manifest.is_none() && Sha256::of_file(&path)?.0 != file.sha256 {
                return Err(DeskError::Differs(path));
            }
        }
        Ok(ReadBack(self))
    }
}

impl ReadBack {
    fn publish(self, place: &Place, one: &Wanted) -> Result<(), DeskError> {
        let Copied { work, files } = self.0;
        let above = place.period(one.period)?;
        place.make(&above)?;
        let run = one.run.as_str();
        let texts = one.answers().iter().map(|kind| (format!("{run}.{}.toml", kind.word()), kind.template(run)));
        let texts: Vec<(String, String)> = texts.collect();
        let brought =
            |(name, text): &(String, String)| Brought { name: name.clone(), sha256: Sha256::of(text.as_bytes()) };
        // First the marker: what lies there without one would be somebody else's for ever.
        Marker::new(one.manifest(), files, texts.iter().map(brought).collect()).write(place, &one.key())?;
        write_templates(place, &templates(&above, one.run.as_str()), &texts)?;
        Ok(publish(work, &above.join(one.run.as_str()), place.readers)?)
    }
}

fn write_templates(place: &Place, folder: &Path, texts: &[(String, String)]) -> Result<(), DeskError> {
    place.make(folder)?;
    for (name, text) in texts {
        write_readable(&folder.join(name), text.as_bytes(), place.readers)?;
    }
    Ok(())
}

/// Copies a file by reading and writing it: what a share does to a file that it copies by itself is not known.
pub(super) fn copy_file(from: &Path, to: &mut NewFile) -> Result<Sha256, FsError> {
    let mut source = File::open(from).map_err(FsError::while_trying(Operation::Open, from))?;
    let (mut hasher, mut chunk) = (Hasher::default(), vec![0; 256 * 1024]);
    loop {
        let read = source.read(&mut chunk).map_err(FsError::while_trying(Operation::Read, from))?;
        if read == 0 {
            return Ok(hasher.finish());
        }
        to.write_all(&chunk[..read]).map_err(|error| to.failed(error))?;
        // A hasher takes everything.
        let _ = hasher.write_all(&chunk[..read]);
    }
}
