//! `cld-agent verify`.

use std::path::{Path, PathBuf};

use super::{Failure, Format};
use crate::{
    exit,
    ledger::{Ledger, LedgerError, PurgeRow},
    retention::{Part, part_of},
    run::DataFolder,
    stage::{Difference, DifferenceKind, VerifyError, verify},
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
        let known = self.known()?;
        let expected = known.as_ref().map(|known| known.manifest);
        let purges = known.map(|known| known.purges).unwrap_or_default();
        let folder = self.folder.display();
        match verify(&self.folder, expected) {
            Ok(verified) => {
                let files = verified.manifest.files.len();
                let word =
                    if expected.is_some() { "and its manifest is the one that was staged" } else { "by its manifest" };
                let again = if purges.is_empty() { "" } else { "; it was purged, and is there again" };
                let text = format!("{folder}: unchanged, all {files} files {word}{again}");
                format.print(&text, || serde_json::json!({ "unchanged": true, "files": files }));
                Ok(exit::SUCCESS)
            }
            Err(VerifyError::Differs { differences, .. }) => {
                let changed = differences.iter().filter(|difference| !is_purged(difference, &purges));
                let told: Vec<_> = changed.map(ToString::to_string).collect();
                let purged: Vec<_> = purges.iter().map(in_words).collect();
                let unchanged = told.is_empty();
                let text = if unchanged {
                    let rest = "what is left is unchanged, and its manifest is the one that was staged";
                    format!("{folder}: purged; {rest}\n  {}", purged.join("\n  "))
                } else {
                    let lines: Vec<_> = told.iter().chain(&purged).map(String::as_str).collect();
                    format!("{folder}: changed\n  {}", lines.join("\n  "))
                };
                format.print(
                    &text,
                    || serde_json::json!({ "unchanged": unchanged, "differences": told, "purged": purged }),
                );
                Ok(if unchanged { exit::SUCCESS } else { exit::CHANGED })
            }
            Err(error) => Err(Failure::new(exit::CHANGED, error)),
        }
    }

    /// What a ledger knows of the package: the run's id is the folder's name.
    fn known(&self) -> Result<Option<Known>, Failure> {
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

/// What a ledger knows of a package.
struct Known {
    /// The hash of its manifest when it was staged.
    manifest: Sha256,
    /// What was purged of it.
    purges: Vec<PurgeRow>,
}

fn known(ledger: &Path, run: &str) -> Result<Option<Known>, LedgerError> {
    let ledger = Ledger::open(ledger)?;
    let Some(manifest) = ledger.manifest_sha256(run)? else { return Ok(None) };
    Ok(Some(Known { manifest, purges: ledger.purges_of(run)? }))
}

/// Whether a file is missing because its part was purged.
fn is_purged(difference: &Difference, purges: &[PurgeRow]) -> bool {
    let part = part_of(&difference.name).map(Part::as_str);
    difference.kind == DifferenceKind::Missing && purges.iter().any(|purge| part == Some(&purge.what))
}

fn in_words(purge: &PurgeRow) -> String {
    let PurgeRow { what, rule, files, purged_at, .. } = purge;
    match purged_at {
        Some(at) => format!("{what}: purged {at:.0} ({files} files; {rule})"),
        None => format!("{what}: being purged ({files} files; {rule})"),
    }
}

/// The ledger of the installation that a folder lies in, where it lies in one.
fn ledger_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().skip(1).map(|above| DataFolder(above).ledger()).find(|ledger| ledger.is_file())
}
