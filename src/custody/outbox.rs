//! Ready packages, on their way over MESH.

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{Mesh, Submission},
    ledger::{Ledger, LedgerError, PackageFact},
    model::{Environment, RunId},
    stage::{Outbox, Places, StageError, VerifyError, verify},
};

/// Why a package was not placed. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
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

/// Places every package of a submission that is ready and has not been placed; their runs. Nothing where no outbox is set.
///
/// A process that dies between placing and writing that down places the pair again, under the same names.
pub fn fill_outbox(
    ledger: &mut Ledger,
    places: &Places,
    submission: &Submission,
    now: Timestamp,
) -> Result<Vec<RunId>, OutboxError> {
    let Some(Mesh { folder, mailbox, specification, test_packages }) = &submission.mesh else { return Ok(Vec::new()) };
    let outbox = Outbox { folder, mailbox, specification };
    let since = now.saturating_sub(OF_LATE).unwrap_or(Timestamp::MIN);
    let mut placed = Vec::new();
    for package in ledger.packages(&submission.name, since)?.into_iter().filter(PackageFact::is_ready) {
        let run = package.run;
        let what = format!("mesh/{run}");
        if ledger.said(&what)?.is_some() {
            continue;
        }
        let of_run = places.staging.join(&submission.name).join(package.period.to_string()).join(run.as_str());
        let manifest = verify(&of_run, ledger.manifest_sha256(run.as_str())?)?.manifest;
        if manifest.environment == Environment::Test && !test_packages {
            continue;
        }
        outbox.place(&of_run, &manifest).map_err(|source| OutboxError::Stage { run: run.clone(), source })?;
        ledger.say(&what, now)?;
        placed.push(run);
    }
    Ok(placed)
}
