//! The wish that a run ends early.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Asks whatever is at work to stop at its next safe point. Ctrl-C, SIGTERM, a service manager and tests all make one;
/// every copy is the same wish.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// Asks for the end.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
