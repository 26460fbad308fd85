//! A request to stop, seen by every thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A request to stop reading. Clones share it; once made it stays.
#[derive(Clone, Default, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
