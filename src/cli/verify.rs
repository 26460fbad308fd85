//! `cld-agent verify`.

use std::path::PathBuf;

use super::{Failure, Format};
use crate::{
    exit,
    stage::{VerifyError, verify},
};

/// Compare a package with its manifest.
#[derive(clap::Args, Debug)]
pub(super) struct Verify {
    /// The package's folder.
    folder: PathBuf,
    /// The ledger that knows the manifest's own hash. Without it, the manifest is believed.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

impl Verify {
    pub(super) fn execute(&self, format: Format) -> Result<u8, Failure> {
        let expected = self.expected()?;
        match verify(&self.folder, expected) {
            Ok(verified) => {
                let files = verified.manifest.files.len();
                let word =
                    if expected.is_some() { "and its manifest is the one that was staged" } else { "by its manifest" };
                let text = format!("{}: unchanged, all {files} files {word}", self.folder.display());
                format.print(&text, || serde_json::json!({ "unchanged": true, "files": files }));
                Ok(exit::SUCCESS)
            }
            Err(VerifyError::Differs { differences, .. }) => {
                let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
                let text = format!("{}: changed\n  {}", self.folder.display(), told.join("\n  "));
                format.print(&text, || serde_json::json!({ "unchanged": false, "differences": told }));
                Ok(exit::CHANGED)
            }
            Err(error) => Err(Failure::new(exit::CHANGED, error)),
        }
    }

    /// The hash under which the ledger knows the manifest: the run's id is the folder's name.
    fn expected(&self) -> Result<Option<crate::sys::hash::Sha256>, Failure> {
        let (Some(ledger), Some(run)) = (&self.ledger, self.folder.file_name()) else { return Ok(None) };
        let failed = |error| Failure::new(exit::LEDGER, error);
        let ledger = crate::ledger::Ledger::open(ledger).map_err(failed)?;
        ledger.manifest_sha256(&run.to_string_lossy()).map_err(failed)
    }
}
