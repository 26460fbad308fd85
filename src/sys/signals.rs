//! What the system asks of the program while it works.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use super::shutdown::Shutdown;

/// The wish that settings and mappings are looked at now. Every copy is the same wish.
#[derive(Clone, Debug, Default)]
pub struct Reload(Arc<AtomicU8>);

/// Nobody would listen: a lost terminal ends the program, as it does any other.
const UNHEARD: u8 = 0;
const HEARD: u8 = 1;
const REQUESTED: u8 = 2;

impl Reload {
    /// From now on somebody listens.
    pub fn listen(&self) {
        self.0.store(HEARD, Ordering::Relaxed);
    }

    /// Wishes it; `false` where nobody listens.
    pub fn request(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now != UNHEARD).then_some(REQUESTED)).is_ok()
    }

    /// Whether somebody has wished it.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed) == REQUESTED
    }

    /// The wish is being seen to; one that comes from now on is another.
    pub fn begin(&self) {
        let _ = self.0.compare_exchange(REQUESTED, HEARD, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Lets Ctrl-C and SIGTERM ask for the end from now on; SIGHUP as well, unless somebody listens for a reload. To be called
/// before there is another thread.
#[cfg(unix)]
pub fn listen(stop: &Shutdown, reload: &Reload) -> std::io::Result<()> {
    use nix::sys::signal::{SigSet, Signal};

    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
    signals.thread_block()?;
    let (stop, reload) = (stop.clone(), reload.clone());
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = signals.wait() {
            if signal != Signal::SIGHUP || !reload.request() {
                stop.request();
            }
        }
    })?;
    Ok(())
}

/// Lets Ctrl-C and a closed console ask for the end from now on.
#[cfg(not(unix))]
pub fn listen(stop: &Shutdown, _: &Reload) -> std::io::Result<()> {
    let stop = stop.clone();
    ctrlc::set_handler(move || stop.request()).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_is_wished_only_where_somebody_listens_and_each_wish_is_seen_to_once() {
        let reload = Reload::default();
        assert!(!reload.request() && !reload.is_requested());
        reload.listen();
        assert!(reload.request() && reload.is_requested());
        reload.begin();
        assert!(!reload.is_requested());
        assert!(reload.clone().request() && reload.is_requested());
    }
}
