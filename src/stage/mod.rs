//! From a folder of finished files to a staged package.
//!
//! A package is the upload file, its compressed copy, the reports, the evidence an auditor asks for, and a manifest
//! that names every one of them by size and SHA-256. It comes about in three steps, each of which accepts only what the
//! step before it returns:
//!
//! 1. the files are made in a [`WorkFolder`](crate::sys::fs::WorkFolder), which nobody else can read;
//! 2. [`seal`] hashes them, adds the evidence, and completes the [`Manifest`]; it refuses a package whose rows do not
//!    add up;
//! 3. [`SealedPackage::publish`] reads everything back, compares it with the manifest, and moves the folder into place
//!    in one rename: under `staging/` where it is released, under `held/` (where no uploader looks) where it is not.
//!
//! A staged package is never changed. Years later [`verify()`] says whether it still is what was staged; the hash of the
//! manifest itself is in the ledger.

mod evidence;
mod guide;
mod gzip;
mod manifest;
mod mesh;
mod name;
mod package;
mod verify;

use std::path::PathBuf;

use crate::sys::fs::FsError;

pub use evidence::{Content, Entry, Evidence};
pub use gzip::{Gzip, content_hash};
#[cfg(test)]
pub(crate) use manifest::tests::manifest as sample_manifest;
pub use manifest::{
    AuditHead, BaselineUsed, ComparisonUsed, Council, Counts, FieldCounts, FileEntry, Format, Manifest, MappingFile,
    MappingUsed, QueryAccount, QueryRows, ReleaseUsed, RunFacts, Settings, SourceUsed, State, Tool, Verdict,
};
pub use mesh::Outbox;
pub use name::{
    EVIDENCE, FINDINGS, GUIDE, MANIFEST, NameParts, PackageName, Places, REPORT, REPORT_JSON, WORKLIST, folder_of,
};
pub use package::{SealedPackage, StagedPackage, seal};
pub use verify::{Difference, DifferenceKind, Verified, VerifyError, findings_of, head_of, upload_of, verify};

/// Why a package was not staged.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A part of the package's name could leave its folder or be refused by a file system.
    #[error(
        "name the package: the {part} '{text}' may hold only letters, digits, '-', '_' and '.', and not begin with '.'"
    )]
    Name {
        /// Which part.
        part: &'static str,
        /// How it is written.
        text: String,
    },
    /// A query's rows do not add up.
    #[error(
        "account for the rows of query '{query}': {rows_in} came in, {rows_out} went out, {left_out} were left out"
    )]
    RowsLost {
        /// The query.
        query: String,
        /// Rows that came in.
        rows_in: u64,
        /// Rows that went out.
        rows_out: u64,
        /// Rows left out for all reasons together.
        left_out: u64,
    },
    /// The upload file does not hold the rows that the queries gave.
    #[error("account for the rows of the upload file: the queries gave {expected}, the file holds {found}")]
    UploadRows {
        /// Rows that the queries gave.
        expected: u64,
        /// Rows read back from the file.
        found: u64,
    },
    /// A file that belongs to every package was not made.
    #[error("seal the package: {} was not made", .0.display())]
    Missing(PathBuf),
    /// Only sealing makes this file.
    #[error("seal the package: {} is there already", .0.display())]
    Reserved(PathBuf),
    /// A file of a package is not what its manifest says.
    #[error("copy {}: it is not what the manifest says", .0.display())]
    Changed(PathBuf),
    /// The evidence could not be packed.
    #[error("pack the evidence {}", path.display())]
    Evidence {
        /// The archive.
        path: PathBuf,
        /// What went wrong.
        source: zip::result::ZipError,
    },
    /// The manifest could not be written as JSON.
    #[error("write the manifest")]
    Manifest(#[source] serde_json::Error),
    /// What was read back is not what was sealed.
    #[error("read the package back")]
    ReadBack(#[source] VerifyError),
    /// The file system failed.
    #[error(transparent)]
    Fs(#[from] FsError),
}
