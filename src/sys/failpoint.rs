//! Named points at which a test lets the process die.
//!
//! A test starts the program with the variable `CLD_AGENT_FAILPOINT` set to one of [`ALERTS`], [`RUNS`], [`PACKAGES`] or [`PURGES`];
//! the process aborts when it gets there, with nothing unwound and nothing flushed, as after `kill -9`. A program built for
//! release has no such points.

/// The variable that names the point.
pub const VARIABLE: &str = "CLD_AGENT_FAILPOINT";

/// Stands in it between a point and what a panic there carries, where that is wanted in the place of a death.
pub const PANICS: &str = " panics with ";

/// Every point of an alert's delivery, so that a test can try them all.
pub const ALERTS: [&str; 4] = [ALERT_BEFORE_SENDING, ALERT_SENT, ALERT_MARKED, ALERT_REFUSED];
/// Every point of a run and of a rehearsal for a plan.
pub const RUNS: [&str; 8] = [
    RUN_BEFORE_BEGINNING,
    RUN_BEGUN,
    RUN_JUDGED,
    RUN_SEALED,
    RUN_PUBLISHED,
    RUN_INDEX_KEPT,
    RUN_WRITTEN_DOWN,
    REHEARSAL_PUBLISHED,
];
/// Every point of what becomes of a package afterwards.
pub const PACKAGES: [&str; 2] = [PACKAGE_CHANGED, PACKAGE_MOVED];

/// Every point of a purge.
pub const PURGES: [&str; 4] = [PURGE_ORDERED, PURGE_BEGUN, PURGE_REMOVED, PURGE_WRITTEN_DOWN];

/// An alert is about to be sent.
pub const ALERT_BEFORE_SENDING: &str = "alert-before-sending";
/// A channel took an alert, and the ledger does not know yet.
pub const ALERT_SENT: &str = "alert-sent";
/// The ledger knows that a channel took an alert.
pub const ALERT_MARKED: &str = "alert-marked";
/// The ledger knows that a channel refused an alert, and the next one has not been asked.
pub const ALERT_REFUSED: &str = "alert-refused";

/// A run has its folder, and the ledger does not know of it yet.
pub const RUN_BEFORE_BEGINNING: &str = "run-before-beginning";
/// The ledger knows that a run goes on.
pub const RUN_BEGUN: &str = "run-begun";
/// The files of a package are made, and it is decided whether it may be submitted.
pub const RUN_JUDGED: &str = "run-judged";
/// A package is complete, and not in its place yet.
pub const RUN_SEALED: &str = "run-sealed";
/// A package is in its place, and the ledger does not know yet.
pub const RUN_PUBLISHED: &str = "run-published";
/// Its index is in its place as well.
pub const RUN_INDEX_KEPT: &str = "run-index-kept";
/// The ledger knows how a run ended.
pub const RUN_WRITTEN_DOWN: &str = "run-written-down";
/// The reports of a rehearsal are in their place, and the ledger does not know yet.
pub const REHEARSAL_PUBLISHED: &str = "rehearsal-published";
/// The ledger knows what became of a package, and its folder has not been moved.
pub const PACKAGE_CHANGED: &str = "package-changed";
/// A package's folder has been moved, and the ledger does not know yet.
pub const PACKAGE_MOVED: &str = "package-moved";

/// A purge is ordered, and no file has gone.
pub const PURGE_ORDERED: &str = "purge-ordered";
/// The first file of a purge has gone.
pub const PURGE_BEGUN: &str = "purge-begun";
/// The last file of a purge has gone, and the ledger does not know yet.
pub const PURGE_REMOVED: &str = "purge-removed";
/// The ledger knows that a purge was carried out.
pub const PURGE_WRITTEN_DOWN: &str = "purge-written-down";

/// Ends the process here if that is what a test wants.
///
/// # Panics
///
/// If that is what a test wants.
pub fn reach(point: &'static str) {
    debug_assert!(
        [&ALERTS[..], &RUNS, &PACKAGES, &PURGES].iter().any(|points| points.contains(&point)),
        "{point} is not in a list"
    );
    #[cfg(debug_assertions)]
    if let Some(wanted) = std::env::var_os(VARIABLE) {
        if wanted == point {
            std::process::abort();
        }
        let wanted = wanted.to_string_lossy();
        if let Some(payload) = wanted.strip_prefix(point).and_then(|rest| rest.strip_prefix(PANICS)) {
            panic!("{payload}");
        }
    }
}
