//! The folder into which analysts drop their answers: what lies there, whose it is, and whether they may.
//!
//! Anybody who can write to the share can put anything there. So a file counts only if it is a plain one of one name, small,
//! no longer being written, and of an account that the server knows, that is not the agent's own and that belongs to the
//! group for answers of its kind. It is opened once, and asked everything through that one opening.

use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
    time::SystemTime,
};

use super::answer::Kind;
use crate::sys::{
    account::{GroupError, OwnerError},
    fs::{FsError, Operation, open_unfollowed},
};

/// No answer is larger.
pub(super) const LARGEST: u64 = 16 * 1024;

/// Who may answer.
#[derive(Clone, Copy)]
pub(super) struct Authority<'a> {
    pub(super) accept: Option<&'a str>,
    pub(super) approve: Option<&'a str>,
    pub(super) submit: Option<&'a str>,
    /// The account of the agent.
    pub(super) agent: &'a str,
    pub(super) owner: fn(&Metadata) -> Result<Option<String>, OwnerError>,
    pub(super) is_member: fn(&str, &str) -> Result<bool, GroupError>,
}

/// Size and time of the files that were there at the last look.
pub(super) type Seen = BTreeMap<String, (u64, Option<SystemTime>)>;

/// What a file is.
#[derive(Debug)]
pub(super) enum Look {
    /// It is gone again.
    Gone,
    /// Somebody may still be writing it.
    Waits,
    /// It is no answer that counts.
    PassedOver(PassedOver),
    /// An answer of somebody who may give it.
    Counts(Dropped),
}

#[derive(Debug)]
pub(super) struct Dropped {
    pub(super) kind: Kind,
    pub(super) owner: String,
    pub(super) text: Vec<u8>,
}

/// Why a file does not count.
#[derive(Debug, thiserror::Error)]
pub(super) enum PassedOver {
    #[error("its name is not that of an answer, such as anything.submitted.toml")]
    Name,
    #[error("it is no plain file")]
    NoFile,
    #[error("it has a second name elsewhere, so nobody can tell who put it here")]
    Linked,
    #[error("it is larger than an answer can be")]
    TooLarge,
    #[error("the agent's account may not read it")]
    Unreadable,
    #[error("the server does not know the account that it belongs to")]
    Nobodys,
    #[error("it belongs to the agent's own account: the share does not tell who wrote it")]
    Agents,
    #[error("the configuration names no group whose members may answer so")]
    NoGroup,
    #[error("the account that it belongs to is no member of the group that may answer so")]
    NoMember,
    #[error("{0}")]
    Owner(#[from] OwnerError),
    #[error("{0}")]
    Group(#[from] GroupError),
}

impl Authority<'_> {
    const fn group(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Accept => self.accept,
            Kind::Approve => self.approve,
            Kind::Submitted | Kind::Accepted | Kind::Rejected => self.submit,
        }
    }

    /// Whose a file is, if that account may answer so.
    fn of(&self, found: &Metadata, kind: Kind) -> Result<String, PassedOver> {
        let group = self.group(kind).ok_or(PassedOver::NoGroup)?;
        let owner = (self.owner)(found)?.ok_or(PassedOver::Nobodys)?;
        if owner == self.agent {
            return Err(PassedOver::Agents);
        }
        if (self.is_member)(&owner, group)? { Ok(owner) } else { Err(PassedOver::NoMember) }
    }
}

/// Looks at a file of the folder. `seen` is what the last look saw, and is brought up to date.
pub(super) fn look(folder: &Path, name: &str, authority: Authority<'_>, seen: &mut Seen) -> Result<Look, FsError> {
    let Some(kind) = Kind::of(name) else { return Ok(Look::PassedOver(PassedOver::Name)) };
    let path = folder.join(name);
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(Look::PassedOver(PassedOver::NoFile)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Look::Gone),
        Err(error) => return Err(FsError::while_trying(Operation::Read, &path)(error)),
    }
    let Ok(file) = open_unfollowed(&path) else { return Ok(Look::PassedOver(PassedOver::Unreadable)) };
    let found = file.metadata().map_err(FsError::while_trying(Operation::Read, &path))?;
    if !found.is_file() {
        return Ok(Look::PassedOver(PassedOver::NoFile));
    }
    if has_other_names(&found) {
        return Ok(Look::PassedOver(PassedOver::Linked));
    }
    if found.len() > LARGEST {
        return Ok(Look::PassedOver(PassedOver::TooLarge));
    }
    let shape = (found.len(), found.modified().ok());
    if seen.insert(name.to_owned(), shape) != Some(shape) {
        return Ok(Look::Waits);
    }
    let owner = match authority.of(&found, kind) {
        Ok(owner) => owner,
        Err(why) => return Ok(Look::PassedOver(why)),
    };
    let text = read(&file).map_err(FsError::while_trying(Operation::Read, &path))?;
    let whole = text.len() as u64 == found.len();
    Ok(if whole { Look::Counts(Dropped { kind, owner, text }) } else { Look::Waits })
}

fn read(file: &File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// A second name for the file of somebody who may answer would pass for an answer of theirs.
#[cfg(unix)]
fn has_other_names(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
const fn has_other_names(_found: &Metadata) -> bool {
    false
}
