//! What a document names that lies outside of it.

use std::{ops::Range, path::PathBuf};

/// A file, a folder or a secret that a value of a document names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// Under which key.
    pub key: &'static str,
    /// Where the value stands, as a place in the document; that of a default is where the nearest table begins.
    pub span: Range<usize>,
    /// The value as it is written.
    pub written: String,
    /// What it leads to.
    pub target: Target,
}

/// What a value leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file or folder.
    Path(PathBuf),
    /// A file with a secret.
    SecretFile(PathBuf),
    /// An environment variable with a secret.
    SecretVariable,
    /// A secret that the service manager hands over.
    SecretCredential,
}
