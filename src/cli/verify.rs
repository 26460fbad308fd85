//! `cld-agent verify`.

use std::path::{Path, PathBuf};

use super::{Failure, Format};
use crate::{
    exit,
    ledger::{Ledger, LedgerError},
    run::DataFolder,
    stage::{VerifyError, verify},
    sys::hash::Sha256,
};

/// Compare a package with its manifest.
#[derive(clap::Args, Debug)]
pub(super) struct Verify {
    /// The package's folder.
    folder: PathBuf,
    /// The ledger that knows the manifest's own hash. Without it, one in a folder above is asked; a manifest that no
    /// ledger knows is believed.
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

    /// The hash under which a ledger knows the manifest: the run's id is the folder's name.
    fn expected(&self) -> Result<Option<Sha256>, Failure> {
        let Ok(folder) = self.folder.canonicalize() else { return Ok(None) };
        let run = folder.file_name().unwrap_or_default().to_string_lossy();
        match &self.ledger {
            Some(path) => {
                let missing = |what| Failure::new(exit::LEDGER, format!("ask the ledger {}: {what}", path.display()));
                if !path.is_file() {
                    return Err(missing("there is no such file; check the path"));
                }
                let known = known(path, &run).map_err(|error| Failure::new(exit::LEDGER, error))?;
                known.map(Some).ok_or_else(|| missing("it knows no package of this name"))
            }
            None => Ok(ledger_above(&folder).and_then(|path| {
                // Who may read packages need not be allowed to read the ledger.
                let tell = |error| eprintln!("cld-agent: note: the manifest is believed: failed to {error}");
                known(&path, &run).map_err(tell).ok().flatten()
            })),
        }
    }
}

fn known(ledger: &Path, run: &str) -> Result<Option<Sha256>, LedgerError> {
    Ledger::open(ledger)?.manifest_sha256(run)
}

/// The ledger of the installation that a folder lies in, where it lies in one.
fn ledger_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().skip(1).map(|above| DataFolder(above).ledger()).find(|ledger| ledger.is_file())
}
