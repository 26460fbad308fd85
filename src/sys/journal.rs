//! Whether systemd's journal listens.

/// Whether standard error leads into the journal. What is written there gets its time from it, and its priority from a
/// prefix such as `<6>`.
///
/// The variable alone proves nothing: it stays set for whatever a service starts, wherever that sends its standard error.
#[cfg(unix)]
pub fn is_standard_error() -> bool {
    let Some(said) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let Ok(here) = nix::sys::stat::fstat(std::io::stderr()) else { return false };
    said.to_str() == Some(&format!("{}:{}", here.st_dev, here.st_ino))
}

/// Whether standard error leads into the journal: this system has none.
#[cfg(not(unix))]
pub fn is_standard_error() -> bool {
    false
}
