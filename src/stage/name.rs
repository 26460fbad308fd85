//! What a package and its files are called.

use std::path::{Path, PathBuf};

use super::{StageError, State};
use crate::{
    config::Agent,
    model::{Environment, Period},
};

/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";
/// The page for whoever uploads.
pub const GUIDE: &str = "upload-guide.txt";
/// The file name of the evidence.
pub const EVIDENCE: &str = "evidence.zip";
/// The file name of the report that people read.
pub const REPORT: &str = "report.html";
/// The file name of the findings.
pub const FINDINGS: &str = "findings.csv";
/// The findings as a workbook.
pub const WORKLIST: &str = "findings.xlsx";
/// The report for programs.
pub const REPORT_JSON: &str = "report.json";

/// What a package's name is made of.
#[derive(Clone, Copy, Debug)]
pub struct NameParts<'a> {
    /// The council's code.
    pub la_code: &'a str,
    /// The submission's name in the configuration.
    pub submission: &'a str,
    /// The release's id.
    pub release: &'a str,
    /// The reporting period.
    pub period: Period,
    /// The run's id.
    pub run: &'a str,
    /// Test or live.
    pub environment: Environment,
}

/// Where a package goes and what its upload file is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageName {
    upload: String,
    folder: PathBuf,
}

impl PackageName {
    /// The name made of these parts. Each must be fit to be part of a file name on every system.
    pub fn new(parts: NameParts<'_>) -> Result<Self, StageError> {
        let NameParts { la_code, submission, release, period, run, environment } = parts;
        for (part, text) in [("LA code", la_code), ("submission", submission), ("release", release), ("run", run)] {
            if !is_plain(text) {
                return Err(StageError::Name { part, text: text.to_owned() });
            }
        }
        Ok(Self {
            upload: format!("ASC-CLD_{la_code}_{release}_{period}_{run}_{environment}.csv"),
            folder: folder_of(submission, period, run),
        })
    }

    /// The name of the upload file, such as
    /// `ASC-CLD_999_release-1_2025-10-01_2026-09-30_20261123T221503Z_test.csv`.
    pub fn upload(&self) -> &str {
        &self.upload
    }

    /// The name of the upload file's compressed copy.
    pub fn compressed(&self) -> String {
        format!("{}.gz", self.upload)
    }

    /// The package's folder, such as `staging/adult-social-care/2025-10-01_2026-09-30/20261123T221503Z`.
    pub fn folder(&self, places: &Places, state: State) -> PathBuf {
        let above = match state {
            State::Released => &places.staging,
            State::Held => &places.held,
        };
        above.join(&self.folder)
    }
}

/// The folder of a package below the place where it lies.
pub fn folder_of(submission: &str, period: Period, run: &str) -> PathBuf {
    Path::new(submission).join(period.to_string()).join(run)
}

/// Where packages go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places {
    /// Those that may be submitted.
    pub staging: PathBuf,
    /// Those that may not: nobody looks here for a file to upload.
    pub held: PathBuf,
    /// Those that must no longer be submitted: another took their place, or somebody withdrew them.
    pub superseded: PathBuf,
}

impl Places {
    /// Those that are set.
    pub fn of(agent: &Agent) -> Self {
        let Agent { staging_dir, held_dir, superseded_dir, .. } = agent;
        Self { staging: staging_dir.clone(), held: held_dir.clone(), superseded: superseded_dir.clone() }
    }

    /// `staging`, `held` and `superseded` below a folder.
    pub fn below(data: &Path) -> Self {
        Self { staging: data.join("staging"), held: data.join("held"), superseded: data.join("superseded") }
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && !text.ends_with('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> NameParts<'static> {
        NameParts {
            la_code: "999",
            submission: "adult-social-care",
            release: "release-1",
            period: "2025-10-01_2026-09-30".parse().unwrap(),
            run: "20261123T221503Z",
            environment: Environment::Test,
        }
    }

    #[test]
    fn the_name_says_whose_file_it_is_and_from_which_run() {
        let name = PackageName::new(parts()).unwrap();
        assert_eq!(name.upload(), "ASC-CLD_999_release-1_2025-10-01_2026-09-30_20261123T221503Z_test.csv");
        assert_eq!(name.compressed(), format!("{}.gz", name.upload()));
        let below = Path::new("adult-social-care/2025-10-01_2026-09-30/20261123T221503Z");
        let places = Places::below(Path::new("data"));
        assert_eq!(name.folder(&places, State::Released), Path::new("data/staging").join(below));
        assert_eq!(name.folder(&places, State::Held), Path::new("data/held").join(below));
    }

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        for bad in ["", "..", "../staging", "a/b", "a\\b", ".hidden", "c:", "a b", "ends.", "Ynys Môn"] {
            let error = PackageName::new(NameParts { submission: bad, ..parts() }).unwrap_err();
            assert!(matches!(error, StageError::Name { part: "submission", .. }), "{bad}");
        }
    }
}
