//! Where an installation stands on this system, where nobody says otherwise.

use std::path::PathBuf;

/// The name of the service, of its account on Linux, and of every folder below.
pub const NAME: &str = "cld-agent";

/// The configuration that the service reads.
pub fn configuration() -> PathBuf {
    settings().join("agent.toml")
}

/// The home of ledger, packages and logs, for `data_dir`.
#[cfg(unix)]
pub fn data() -> PathBuf {
    PathBuf::from("/var/lib").join(NAME)
}

/// The home of ledger, packages and logs, for `data_dir`.
#[cfg(windows)]
pub fn data() -> PathBuf {
    settings().join("data")
}

/// Where a council keeps its mappings. The service writes answers into them, so they stand with its data.
pub fn mappings() -> PathBuf {
    data().join("mappings")
}

/// The folder of the configuration.
#[cfg(unix)]
fn settings() -> PathBuf {
    PathBuf::from("/etc").join(NAME)
}

/// The folder of the configuration.
#[cfg(windows)]
fn settings() -> PathBuf {
    std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from).join(NAME)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_unit_and_the_program_agree_on_where_things_stand() {
        let unit = include_str!("../../installer/linux/cld-agent.service");
        assert!(unit.contains(&format!("ConditionPathExists={}\n", configuration().display())));
        assert!(
            unit.contains(&format!("StateDirectory={NAME}\n")) && data() == std::path::Path::new("/var/lib").join(NAME)
        );
        assert!(mappings().starts_with(data()), "the service may write there");
    }
}
