//! What a backup says of itself.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{stage::AuditHead, sys::hash::Sha256};

/// The newest format that this program reads and writes.
pub const VERSION: u64 = 1;
/// The manifest's name in the archive, where it comes last.
pub const MANIFEST: &str = "manifest.json";

/// What a backup says of itself: its last entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of its format.
    pub cld_agent_backup: u64,
    /// When it was made.
    pub made: Timestamp,
    /// By which version of the program.
    pub tool_version: String,
    /// On which machine, as people call it.
    pub machine: String,
    /// The end of the audit trail.
    #[serde(with = "as_text")]
    pub audit_head: AuditHead,
    /// What was wrong with the trail, a sentence each.
    pub audit_faults: Vec<String>,
    /// The folder of the configuration.
    pub configuration: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Where packages that are ready were, those that are held, and those whose place another took.
    pub packages: [PathBuf; 3],
    /// Whether they are part of it.
    pub with_packages: bool,
    /// What the configuration names and is part of it.
    pub carried: Vec<Carried>,
    /// Every other entry, in the order of their names.
    pub files: Vec<Entry>,
}

/// Something that the configuration names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Carried {
    /// Under which key.
    pub key: String,
    /// As it is written there.
    pub written: String,
    /// Under which name it lies in the archive, itself or what is in it.
    pub entry: String,
}

/// A file of the archive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256,
}

/// What is read before anything else: the rest may look otherwise in another version.
#[derive(Deserialize)]
pub(super) struct Format {
    pub(super) cld_agent_backup: u64,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::stage::AuditHead;

    pub(super) fn serialize<S: Serializer>(head: &AuditHead, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(head)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AuditHead, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("an end of an audit trail is a number and a hash"))
    }
}
