//! What there is: the ledger's packages and imports, and what lies in the folders.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    RetentionError,
    ages::{Facts, Leaves, Part, Standing, by_age, leaves, must_warn},
};
use crate::{
    config::{Settings, Submission},
    ledger::{KeptRow, Ledger, PackageState, Until},
    model::{Date, Period},
    run::DataFolder,
    schedule::Timetable,
    stage::{EVIDENCE, FINDINGS, MANIFEST, WORKLIST, folder_of},
    sys::{
        clock::civil_date,
        fs::{FsError, Operation},
        hash::Sha256,
    },
};

/// A part of something that is kept: what lies there, and when it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// Which part.
    pub part: Part,
    /// Of which run or import.
    pub subject: String,
    /// The submission and the period, where it is of a package.
    pub about: Option<(String, Period)>,
    /// When it goes.
    pub leaves: Leaves,
    /// The hash of the package's manifest, or of the index.
    pub sha256: Option<Sha256>,
    /// What lies there.
    pub files: Files,
}

/// Files, or folders with all that is in them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Files {
    /// Where they are.
    pub paths: Vec<PathBuf>,
    /// How many files they are.
    pub count: u64,
    /// How large these are.
    pub bytes: u64,
}

/// A package that goes soon, of which somebody must be warned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Warning {
    pub(super) row: KeptRow,
    /// The day on which it goes.
    pub(super) on: Date,
    /// Its folder.
    pub(super) folder: PathBuf,
}

/// What there is.
pub(super) struct Inventory<'a> {
    settings: &'a Settings,
    rows: Vec<KeptRow>,
}

/// Under what the ledger remembers that somebody was warned.
pub(super) fn warning_name(run: &str) -> String {
    format!("purge/{run}")
}

impl<'a> Inventory<'a> {
    pub(super) fn read(settings: &'a Settings, ledger: &Ledger) -> Result<Self, RetentionError> {
        Ok(Self { settings, rows: ledger.kept()? })
    }

    fn data(&self) -> DataFolder<'_> {
        DataFolder(&self.settings.agent.data_dir)
    }

    pub(super) fn rows(&self) -> &[KeptRow] {
        &self.rows
    }

    /// The folder of a package. The path in the ledger is not followed: in a copy of an installation it leads to the packages
    /// of the other one.
    pub(super) fn folder(&self, row: &KeptRow) -> Option<PathBuf> {
        let agent = &self.settings.agent;
        let places = [&agent.staging_dir, &agent.held_dir, &agent.superseded_dir];
        let folders = places.map(|place| place.join(folder_of(&row.submission, row.period, row.id.as_str())));
        folders.into_iter().find(|folder| folder.is_dir())
    }

    /// Whether somebody keeps it today, whatever its age.
    pub(super) fn is_retained(&self, subject: &str, today: Date) -> bool {
        let row = self.rows.iter().find(|row| row.id.as_str() == subject);
        row.and_then(|row| row.until).is_some_and(|until| until >= Until::Day(today))
    }

    pub(super) fn index(&self, row: &KeptRow) -> PathBuf {
        self.data().index(&row.id)
    }

    /// What lies there of a part; nothing where it is gone.
    pub(super) fn files(&self, part: Part, subject: &str) -> Result<Files, FsError> {
        let row = || self.rows.iter().find(|row| row.id.as_str() == subject);
        match part {
            Part::Extract | Part::Findings => {
                let folder = row().and_then(|row| self.folder(row));
                let names = folder.map(|folder| list(&folder)).transpose()?.unwrap_or_default();
                Files::of(names.into_iter().filter(|path| part_of(&name_of(path)) == Some(part)))
            }
            Part::Index => Files::of(row().map(|row| self.index(row)).filter(|path| path.exists())),
            Part::Rehearsal => Files::of(self.rehearsals()?.into_iter().filter(|path| name_of(path) == subject)),
        }
    }

    fn rehearsals(&self) -> Result<Vec<PathBuf>, FsError> {
        let mut found = Vec::new();
        for submission in list(&self.data().all_rehearsals())? {
            found.extend(list(&submission)?);
        }
        Ok(found)
    }

    /// Everything that lies there, with when it goes, and of what somebody must be warned.
    pub(super) fn items(&self, ledger: &Ledger, now: Timestamp) -> Result<(Vec<Item>, Vec<Warning>), RetentionError> {
        let today = civil_date(now);
        let ages = &self.settings.retention;
        let timetables = Timetables::of(self.settings)?;
        let (mut items, mut warnings) = (Vec::new(), Vec::new());
        let mut baselines = BTreeMap::new();
        for row in &self.rows {
            // Most are long gone.
            let folder = self.folder(row);
            if folder.is_none() && !self.index(row).exists() {
                continue;
            }
            if !baselines.contains_key(&row.submission) {
                baselines.insert(&row.submission, ledger.baseline(&row.submission)?.map(|baseline| baseline.run));
            }
            let facts = Facts {
                staged: civil_date(row.since),
                standing: standing(row),
                closes: timetables.closes(row),
                is_baseline: baselines[&row.submission].as_ref() == Some(&row.id),
                until: row.until,
                warned: ledger.said(&warning_name(row.id.as_str()))?.map(civil_date),
            };
            for part in [Part::Extract, Part::Findings, Part::Index] {
                let files = self.files(part, row.id.as_str())?;
                if files.paths.is_empty() {
                    continue;
                }
                let leaves = leaves(&facts, part, ages, today);
                if part == Part::Extract
                    && must_warn(&facts, ages, today)
                    && let (Leaves::On(on, _), Some(folder)) = (leaves, &folder)
                {
                    warnings.push(Warning { row: row.clone(), on, folder: folder.clone() });
                }
                let about = Some((row.submission.clone(), row.period));
                let sha256 = if part == Part::Index { row.index } else { row.manifest };
                items.push(Item { part, subject: row.id.to_string(), about, leaves, sha256, files });
            }
        }
        for path in self.rehearsals()? {
            let subject = name_of(&path);
            // What is named otherwise is not the agent's.
            let Some(made) = day_of_run(&subject) else { continue };
            let (part, leaves) = (Part::Rehearsal, by_age(made, ages.rehearsals));
            items.push(Item { part, subject, about: None, leaves, sha256: None, files: Files::of([path])? });
        }
        Ok((items, warnings))
    }
}

impl Files {
    fn of(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, FsError> {
        let mut files = Self::default();
        for path in paths {
            files.add(&path)?;
            files.paths.push(path);
        }
        Ok(files)
    }

    /// Counts a file, or all that is in a folder; a link is a file.
    fn add(&mut self, path: &Path) -> Result<(), FsError> {
        let seen = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            seen => seen.map_err(FsError::while_trying(Operation::Read, path))?,
        };
        if seen.is_dir() {
            return list(path)?.iter().try_for_each(|below| self.add(below));
        }
        self.count += 1;
        self.bytes += seen.len();
        Ok(())
    }
}

/// What lies in a folder, in the order of the names; nothing where there is none.
fn list(folder: &Path) -> Result<Vec<PathBuf>, FsError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(FsError::while_trying(Operation::List, folder))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.collect::<Result<_, _>>().map_err(FsError::while_trying(Operation::List, folder))?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// To which part a file of a package belongs; the manifest to none. What somebody else put there goes with the extract.
pub fn part_of(file: &str) -> Option<Part> {
    match file {
        MANIFEST => None,
        FINDINGS | WORKLIST | EVIDENCE => Some(Part::Findings),
        _ => Some(Part::Extract),
    }
}

fn standing(row: &KeptRow) -> Standing {
    use PackageState::{Accepted, Held, Ready, Rejected, Submitted, Superseded, Withdrawn};
    match (row.state, row.submitted_at) {
        (None, _) => Standing::Imported,
        (Some(Submitted | Accepted), Some(at)) => Standing::Submitted(civil_date(at)),
        (Some(Superseded | Withdrawn), _) => Standing::Over,
        (Some(Ready | Held | Rejected | Submitted | Accepted), _) => Standing::Waiting,
    }
}

/// `20261005T050000Z-2` was made on 5 October 2026.
fn day_of_run(name: &str) -> Option<Date> {
    let digits = name.get(..8)?;
    Date::parse_iso(format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]).as_bytes())
}

/// The timetables of all submissions.
struct Timetables {
    of: Vec<(String, Timetable)>,
    /// For submissions that the settings no longer know.
    embedded: Timetable,
}

impl Timetables {
    fn of(settings: &Settings) -> Result<Self, RetentionError> {
        let read = |submission: &Submission| Ok((submission.name.clone(), submission.timetable()?));
        let of: Result<_, _> = settings.submissions.iter().map(read).collect();
        Ok(Self {
            of: of.map_err(RetentionError::Timetable)?,
            embedded: Timetable::embedded().map_err(RetentionError::Timetable)?,
        })
    }

    /// The last day of the window of a package.
    fn closes(&self, row: &KeptRow) -> Date {
        let known = self.of.iter().find(|(name, _)| *name == row.submission);
        let timetable = known.map_or(&self.embedded, |(_, timetable)| timetable);
        timetable.last_before(row.period.end().tomorrow()).closes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_agent_made_has_a_day() {
        let run = |name: &str| day_of_run(name).map(Date::iso);
        assert_eq!(run("20261005T050000Z-2").as_deref(), Some("2026-10-05"));
        assert_eq!(["20261", "2026 äöü 1005", "notes", ""].map(day_of_run), [None; 4]);
    }

    #[test]
    fn every_file_of_a_package_has_its_part_and_the_manifest_none() {
        assert_eq!(part_of(MANIFEST), None);
        assert_eq!([FINDINGS, WORKLIST, EVIDENCE].map(part_of), [Some(Part::Findings); 3]);
        assert_eq!(["ASC-CLD_x.csv", "report.html", "copy of manifest.json"].map(part_of), [Some(Part::Extract); 3]);
    }
}
