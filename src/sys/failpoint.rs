//! Named points at which a test lets the process die.
//!
//! A test starts the program with the variable `CLD_AGENT_FAILPOINT` set to one of [`ALL`]; the process aborts when it
//! gets there, with nothing unwound and nothing flushed, as after `kill -9`. A program built for release has no such
//! points.

/// The variable that names the point.
pub const VARIABLE: &str = "CLD_AGENT_FAILPOINT";

/// Every point, so that a test can try them all.
pub const ALL: [&str; 4] = [ALERT_BEFORE_SENDING, ALERT_SENT, ALERT_MARKED, ALERT_REFUSED];

/// An alert is about to be sent.
pub const ALERT_BEFORE_SENDING: &str = "alert-before-sending";
/// A channel took an alert, and the ledger does not know yet.
pub const ALERT_SENT: &str = "alert-sent";
/// The ledger knows that a channel took an alert.
pub const ALERT_MARKED: &str = "alert-marked";
/// The ledger knows that a channel refused an alert, and the next one has not been asked.
pub const ALERT_REFUSED: &str = "alert-refused";

/// Ends the process here if that is what a test wants.
pub fn reach(point: &'static str) {
    debug_assert!(ALL.contains(&point), "{point} is not in the list");
    #[cfg(debug_assertions)]
    if std::env::var_os(VARIABLE).is_some_and(|wanted| wanted == point) {
        std::process::abort();
    }
}
