//! Ready packages, on their way over MESH.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{Mesh, Submission},
    ledger::{Ledger, LedgerError, PackageFacts},
    model::{Environment, RunId},
    stage::{Outbox, Places, StageError, VerifyError, verify},
};

/// Why a package was not placed. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The MESH client's folder is not there.
    #[error("place packages for MESH: there is no folder {}", .0.display())]
    Away(PathBuf),
    /// The package is not what it was.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The files could not be placed.
    #[error("place run {run} for MESH")]
    Stage {
        /// The run.
        run: RunId,
        /// What went wrong.
        source: StageError,
    },
}

/// Older packages were for a window that is over.
const OF_LATE: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Places every package of a submission that is ready and has not been placed: the run of each, or why it was not. Nothing
/// where no outbox is set.
///
/// A process that dies between placing and writing that down places the pair again, under the same names.
pub fn fill_outbox(
    ledger: &mut Ledger,
    places: &Places,
    submission: &Submission,
    now: Timestamp,
) -> Vec<Result<RunId, OutboxError>> {
    let Some(mesh) = &submission.mesh else { return Vec::new() };
    let since = now.saturating_sub(OF_LATE).unwrap_or(Timestamp::MIN);
    let packages = match ledger.packages(&submission.name, since) {
        Ok(packages) => packages,
        Err(error) => return vec![Err(error.into())],
    };
    let ready = packages.into_iter().filter(PackageFacts::is_ready);
    ready.filter_map(|package| place(ledger, places, mesh, &package, now).transpose()).collect()
}

fn place(
    ledger: &mut Ledger,
    places: &Places,
    mesh: &Mesh,
    package: &PackageFacts,
    now: Timestamp,
) -> Result<Option<RunId>, OutboxError> {
    let Mesh { folder, mailbox, specification, test_packages } = mesh;
    let run = &package.run;
    let (placed, passed_over) = (format!("mesh/{run}"), format!("mesh-test/{run}"));
    if ledger.said(&placed)?.is_some() || (!test_packages && ledger.said(&passed_over)?.is_some()) {
        return Ok(None);
    }
    // Before the package is read: a folder that is away may be so for days.
    if !folder.is_dir() {
        return Err(OutboxError::Away(folder.clone()));
    }
    let of_run = package.folder_in(&places.staging);
    let manifest = verify(&of_run, Some(package.manifest_sha256))?.manifest;
    if manifest.environment == Environment::Test && !test_packages {
        ledger.say(&passed_over, now)?;
        return Ok(None);
    }
    let outbox = Outbox { folder, mailbox, specification };
    outbox.place(&of_run, &manifest).map_err(|source| OutboxError::Stage { run: run.clone(), source })?;
    ledger.say(&placed, now)?;
    Ok(Some(run.clone()))
}
