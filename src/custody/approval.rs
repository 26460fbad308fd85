//! A held package has a way out: people who may let it go.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{By, Custody, CustodyError, Step};
use crate::{
    ledger::{Change, Deed, NewAlert, PackageFacts, PackageState},
    model::Reason,
    stage::{Places, verify},
    sys::{
        account::GroupError,
        fs::{FsError, Operation, write_readable},
    },
};

/// Who may approve.
#[derive(Clone, Copy, Debug)]
pub struct Approvers<'a> {
    /// The group of the operating system; without one nobody may.
    pub group: Option<&'a str>,
    /// How many different people must.
    pub people: u8,
    /// Whether an account belongs to a group.
    pub is_member: fn(&str, &str) -> Result<bool, GroupError>,
}

/// What became of an approval.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Approved {
    /// The package may be submitted.
    Released(PackageFacts),
    /// Somebody else must approve it too.
    Waits(PackageFacts),
}

impl Custody<'_> {
    /// Lets a held package go, where everything that holds it may be overridden and the account may say so. Where a second
    /// person must, the first approval is kept and the package waits. `alert` goes out when it is let go.
    pub fn approve(
        &mut self,
        run: &str,
        reason: &Reason,
        approvers: Approvers<'_>,
        by: By<'_>,
        alert: Option<&NewAlert>,
    ) -> Result<Approved, CustodyError> {
        let package = self.find(run)?;
        let next = Self::next(&package, Step::Approve)?;
        let id = || package.run.clone();
        let Some(group) = approvers.group else { return Err(CustodyError::NoApprovers(id())) };
        let (_, account) = by;
        if !(approvers.is_member)(account, group)? {
            let (account, group) = (account.to_owned(), group.to_owned());
            return Err(CustodyError::NotApprover { run: id(), account, group });
        }
        if let Some(hold) = package.holds.iter().find(|hold| !hold.approvable) {
            let (rule, why) = (hold.rule.clone(), hold.why.clone());
            return Err(CustodyError::NotApprovable { run: id(), rule, why });
        }
        if package.holds.is_empty() {
            let why = "an earlier version did not write down why it is held".to_owned();
            return Err(CustodyError::NotApprovable { run: id(), rule: "the package".to_owned(), why });
        }
        if package.approvals.iter().any(|approval| approval.by == account) {
            return Err(CustodyError::SamePerson(id()));
        }
        // Nobody approves what is not what the report says.
        let folder = self.folder(&package).ok_or_else(|| CustodyError::Gone(id()))?;
        verify(&folder, Some(package.manifest_sha256))?;

        let released = package.approvals.len() + 1 >= usize::from(approvers.people);
        let state = if released { next } else { PackageState::Held };
        let path = package.folder_in(self.place(state));
        let overridden: Vec<String> = package.holds.iter().map(|hold| hold.rule.clone()).collect();
        let deed = Deed::Approved { reason, overridden: &overridden, released };
        let change = Change {
            package: &package,
            state,
            path: &path,
            submitted: None,
            approved: Some(reason),
            deed: &deed,
            alert: alert.filter(|_| released),
        };
        let package = self.take(change, by)?;
        if released {
            return Ok(Approved::Released(package));
        }
        self.say_beside(&package)?;
        Ok(Approved::Waits(package))
    }

    /// Writes beside a package's folder who approved it, as the ledger has it, and there alone.
    pub(super) fn say_beside(&self, package: &PackageFacts) -> Result<(), FsError> {
        if package.approvals.is_empty() {
            return Ok(());
        }
        let Some(folder) = self.folder(package) else { return Ok(()) };
        let path = file_of(&folder);
        write_readable(&path, &beside(package), self.readers)?;
        let Places { staging, held, superseded } = self.places;
        for old in [staging, held, superseded].map(|place| file_of(&package.folder_in(place))) {
            if old != path && old.exists() {
                std::fs::remove_file(&old).map_err(FsError::while_trying(Operation::Remove, &old))?;
            }
        }
        Ok(())
    }
}

/// What stands beside an approved package.
#[derive(Serialize)]
struct Beside<'a> {
    format: u32,
    run: &'a str,
    manifest_sha256: String,
    released: bool,
    overridden: Vec<Overridden<'a>>,
    approvals: Vec<Approval<'a>>,
}

#[derive(Serialize)]
struct Overridden<'a> {
    rule: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Approval<'a> {
    account: &'a str,
    at: String,
    reason: &'a str,
}

/// The file beside a package's folder.
pub(super) fn file_of(folder: &Path) -> PathBuf {
    let run = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{run}.approval.json"))
}

fn beside(package: &PackageFacts) -> Vec<u8> {
    let told = Beside {
        format: 1,
        run: package.run.as_str(),
        manifest_sha256: package.manifest_sha256.to_string(),
        released: package.state != PackageState::Held,
        overridden: package.holds.iter().map(|hold| Overridden { rule: &hold.rule, why: &hold.why }).collect(),
        approvals: package
            .approvals
            .iter()
            .map(|one| Approval { account: &one.by, at: one.at.to_string(), reason: &one.reason })
            .collect(),
    };
    // Nothing but texts and numbers.
    let mut json = serde_json::to_vec_pretty(&told).unwrap_or_default();
    json.push(b'\n');
    json
}
