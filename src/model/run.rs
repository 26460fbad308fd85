//! What names a run.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

/// Names a run everywhere: its folder, its manifest, its line in the ledger. The UTC second at which it began, with a
/// number from the second run of one second on: `20261123T221503Z`, `20261123T221503Z-2`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
pub struct RunId(String);

impl RunId {
    /// The id of the `nth` run (from 1) that began in this second.
    pub fn new(began: Timestamp, nth: u32) -> Self {
        let second = began.strftime("%Y%m%dT%H%M%SZ");
        Self(if nth <= 1 { second.to_string() } else { format!("{second}-{nth}") })
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An attempt at a run that failed for a reason that may pass, and was followed by another.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct FailedAttempt {
    /// When it ended.
    pub ended: Timestamp,
    /// What it failed to do, without anybody's data.
    pub error: String,
}

/// Whether what is made may be sent as the council's return.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For trying out: files and reports say so.
    Test,
    /// The council's return.
    Live,
}

impl Environment {
    /// `test` or `live`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Test, Self::Live].into_iter().find(|e| e.as_str() == text).ok_or(())
    }
}
