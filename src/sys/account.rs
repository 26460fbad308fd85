//! Who is at work, and what they may do.

/// Why it is not known whether an account belongs to a group.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// There is no such group.
    #[error("find the group '{0}': this machine has none of that name; create it, or correct the name in the settings")]
    UnknownGroup(String),
    /// There is no such account.
    #[error("find the account '{0}': this machine has none of that name")]
    UnknownAccount(String),
    /// Groups could not be looked up.
    #[error("find the members of the group '{group}'")]
    Lookup {
        /// The group.
        group: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// This system is not asked about groups yet.
    #[error("find the members of the group '{0}': on this system cld-agent cannot ask who belongs to a group")]
    NoGroups(String),
}

/// Why it is not known whose a file is.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// Accounts could not be looked up.
    #[error("find whose the file is")]
    Lookup(#[source] std::io::Error),
    /// This system is not asked about owners yet.
    #[error("find whose the file is: on this system cld-agent does not know yet how to ask")]
    NoOwners,
}

/// Whether an account belongs to a group.
#[cfg(unix)]
pub fn is_member(account: &str, group: &str) -> Result<bool, GroupError> {
    use nix::unistd::{Group, User, getgrouplist};
    let failed = |errno: nix::Error| GroupError::Lookup { group: group.to_owned(), source: errno.into() };
    let wanted = Group::from_name(group).map_err(failed)?;
    let wanted = wanted.ok_or_else(|| GroupError::UnknownGroup(group.to_owned()))?;
    let user = User::from_name(account).map_err(failed)?;
    let user = user.ok_or_else(|| GroupError::UnknownAccount(account.to_owned()))?;
    let name = std::ffi::CString::new(account).map_err(|_| GroupError::UnknownAccount(account.to_owned()))?;
    Ok(getgrouplist(&name, user.gid).map_err(failed)?.contains(&wanted.gid))
}

/// Whether an account belongs to a group: nobody is asked here yet.
#[cfg(not(unix))]
pub fn is_member(_account: &str, group: &str) -> Result<bool, GroupError> {
    Err(GroupError::NoGroups(group.to_owned()))
}

/// The name of the account that a file belongs to; nothing where no list names it.
#[cfg(unix)]
pub fn owner(file: &std::fs::Metadata) -> Result<Option<String>, OwnerError> {
    let user = nix::unistd::Uid::from_raw(std::os::unix::fs::MetadataExt::uid(file));
    let found = nix::unistd::User::from_uid(user).map_err(|errno| OwnerError::Lookup(errno.into()))?;
    Ok(found.map(|user| user.name))
}

/// The name of the account that a file belongs to: nobody is asked here yet.
#[cfg(not(unix))]
pub fn owner(_file: &std::fs::Metadata) -> Result<Option<String>, OwnerError> {
    Err(OwnerError::NoOwners)
}

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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_account_belongs_to_its_own_group_and_unknown_names_are_said() {
        let me = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap();
        let own = nix::unistd::Group::from_gid(me.gid).unwrap().unwrap().name;
        assert!(is_member(&account(), &own).unwrap());
        assert!(matches!(is_member(&account(), "no-such-group"), Err(GroupError::UnknownGroup(_))));
        assert!(matches!(is_member("no-such-account", &own), Err(GroupError::UnknownAccount(_))));
    }
}
