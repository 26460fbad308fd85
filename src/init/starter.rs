//! The mappings that a council can begin with.

use std::borrow::Cow;

use super::SourceAnswer;
use crate::mapping::carried::{BY_NAME, CSV_FOLDER, CarriedFile, STAGING_CONTRACT};

/// A mapping to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Starter {
    /// One view, or one file, with the national headers.
    ByName,
    /// Six views of the council's own warehouse.
    StagingContract,
    /// Five CSV files.
    CsvFolder,
}

impl Starter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ByName, Self::StagingContract, Self::CsvFolder];

    /// Its folder in `mappings/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByName => "by-name",
            Self::StagingContract => "staging-contract",
            Self::CsvFolder => "csv-folder",
        }
    }

    /// Who takes it.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::ByName => "one view, or one file, that has the national headers already",
            Self::StagingContract => "six views that the council builds in its own warehouse",
            Self::CsvFolder => "five CSV files, exported from any system",
        }
    }

    /// Those that fit a source, the usual one first.
    pub const fn fitting(source: &SourceAnswer) -> &'static [Self] {
        match source {
            SourceAnswer::Csv { .. } => &[Self::CsvFolder, Self::ByName],
            SourceAnswer::SqlServer { .. } => &[Self::StagingContract, Self::ByName],
        }
    }

    /// What its queries call the source.
    pub const fn source_name(source: &SourceAnswer) -> &'static str {
        match source {
            SourceAnswer::Csv { .. } => "extracts",
            SourceAnswer::SqlServer { .. } => "warehouse",
        }
    }

    const fn carried(self) -> &'static [CarriedFile] {
        match self {
            Self::ByName => BY_NAME,
            Self::StagingContract => STAGING_CONTRACT,
            Self::CsvFolder => CSV_FOLDER,
        }
    }

    /// Its files for a source: path inside the folder, and text.
    pub fn files(self, source: &SourceAnswer) -> Vec<(&'static str, Cow<'static, str>)> {
        let from_file = self == Self::ByName && matches!(source, SourceAnswer::Csv { .. });
        let needed = |path: &str| !from_file || !(path.starts_with("sql/") || path.starts_with("ddl/"));
        let files = self.carried().iter().filter(|(path, _)| needed(path));
        files
            .map(|(path, text)| {
                let text = match *path {
                    "mapping.toml" if from_file => Cow::Owned(
                        text.replace("\"sql/events.sql\"", "\"events.csv\"").replace("\"warehouse\"", "\"extracts\""),
                    ),
                    _ => Cow::Borrowed(*text),
                };
                (*path, text)
            })
            .collect()
    }
}
