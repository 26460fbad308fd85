//! Which machine this is: a copy of the agent on another one is noticed by it.

use std::fmt;

use super::keyed::{Keyed, KeyedHash};

/// A machine, as far as it says which one it is. A clone has the same disk, but is given an identity of its own.
///
/// What the operating system calls it stays here: a hash is kept that says nothing to other programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Machine(Option<KeyedHash>);

/// Stands in the environment of a program built for tests in the place of what the machine says: an identity, or nothing.
pub const VARIABLE: &str = "CLD_AGENT_MACHINE";

impl Machine {
    /// The one that the program runs on.
    pub fn here() -> Self {
        #[cfg(debug_assertions)]
        if let Ok(said) = std::env::var(VARIABLE) {
            return Self::called(&said);
        }
        said().map_or(Self(None), |said| Self::called(&said))
    }

    /// The one that calls itself so; a text without a letter is no name.
    pub fn called(name: &str) -> Self {
        let name = name.trim().to_lowercase();
        // A machine that starts for the first time has not been given one yet.
        let named = name.chars().any(char::is_alphanumeric) && name != "uninitialized";
        // The kind of hash that machine-id(5) asks for; there is no key but the purpose.
        Self(named.then(|| Keyed::new(&[0; 32]).hash("cld-agent: which machine", [name.as_bytes()])))
    }

    /// Whether it says which one it is. Those that do not cannot be told from one another.
    pub const fn is_named(self) -> bool {
        self.0.is_some()
    }
}

/// What people call the machine that the program runs on.
#[cfg(unix)]
pub fn name() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// What people call the machine that the program runs on.
#[cfg(windows)]
pub fn name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

impl fmt::Display for Machine {
    /// As the ledger keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(hash) => hash.fmt(f),
            None => f.write_str("nameless"),
        }
    }
}

/// What the operating system calls this machine.
#[cfg(unix)]
fn said() -> Option<String> {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"].iter().find_map(|path| std::fs::read_to_string(path).ok())
}

/// What the operating system calls this machine.
#[cfg(windows)]
fn said() -> Option<String> {
    let key = windows_registry::LOCAL_MACHINE.open(r"SOFTWARE\Microsoft\Cryptography").ok()?;
    key.get_string("MachineGuid").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_apart_and_none_is_named() {
        let one = Machine::called("0123456789abcdef0123456789abcdef\n");
        assert_eq!(one, Machine::called(" 0123456789ABCDEF0123456789ABCDEF"));
        assert_ne!(one, Machine::called("0123456789abcdef0123456789abcdee"));
        let kept = one.to_string();
        assert!(kept.len() == 64 && !kept.contains("0123456789abcdef"), "{kept}");
        assert_eq!(Machine::here(), Machine::here());
    }

    #[test]
    fn a_machine_that_has_no_name_yet_is_nameless() {
        for name in ["", "\n", "uninitialized\n"] {
            let machine = Machine::called(name);
            assert!(!machine.is_named());
            assert_eq!(machine.to_string(), "nameless");
        }
        assert!(Machine::called("b1946ac92492d2347c6235b4d2611184").is_named());
    }
}
