//! Who is at work.

/// The name of the operating system's account that this program runs under.
#[cfg(unix)]
pub fn account() -> String {
    let user = nix::unistd::getuid();
    match nix::unistd::User::from_uid(user) {
        Ok(Some(user)) => user.name,
        // An account that no list names, as in a container, still has a number.
        Ok(None) | Err(_) => format!("uid {user}"),
    }
}

/// The name of the operating system's account that this program runs under.
#[cfg(not(unix))]
pub fn account() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown account".to_owned())
}
