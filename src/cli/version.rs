//! What `--version` says.

use std::sync::LazyLock;

use jiff::Timestamp;

/// Set by the scripts that build packages. Whoever builds with cargo alone has a program of no known commit.
const COMMIT: Option<&str> = option_env!("CLD_AGENT_COMMIT");
const COMMITTED: Option<&str> = option_env!("SOURCE_DATE_EPOCH");

/// For `-V`, in one line.
pub(super) fn short() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| match commit() {
        Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    });
    &TEXT
}

/// For `--version`: with what somebody who looks after many machines wants to know.
pub(super) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let committed = COMMITTED.and_then(day);
        format!(
            "{}\ncommit    {}{}\nsystem    {}, {}{}\nbuilt as  {}",
            env!("CARGO_PKG_VERSION"),
            commit().unwrap_or("unknown: built outside of the scripts for packages"),
            committed.map(|day| format!(", of {day}")).unwrap_or_default(),
            std::env::consts::OS,
            std::env::consts::ARCH,
            environment(),
            if cfg!(debug_assertions) { "debug" } else { "release" },
        )
    });
    &TEXT
}

fn commit() -> Option<&'static str> {
    COMMIT.filter(|commit| !commit.is_empty())
}

/// The day, in UTC, that so many seconds after 1970 lie in; no package is that old.
fn day(seconds: &str) -> Option<String> {
    let seconds = seconds.parse().ok().filter(|seconds| *seconds != 0)?;
    Some(Timestamp::from_second(seconds).ok()?.strftime("%Y-%m-%d").to_string())
}

/// Which library of C the program stands on, where systems differ in it.
const fn environment() -> &'static str {
    if cfg!(target_env = "gnu") {
        " (gnu)"
    } else if cfg!(target_env = "musl") {
        " (musl)"
    } else if cfg!(target_env = "msvc") {
        " (msvc)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_version_says_of_what_and_for_what_the_program_is() {
        let lines: Vec<_> = long().lines().collect();
        assert_eq!((lines.len(), lines[0]), (4, env!("CARGO_PKG_VERSION")));
        assert!(short().starts_with(lines[0]) && lines[2].contains(std::env::consts::ARCH), "{lines:?}");
        assert_eq!((day("1795580719").as_deref(), day("0"), day("no")), (Some("2026-11-25"), None, None));
    }
}
