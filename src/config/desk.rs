//! A folder on a share where analysts find packages and answer.

use std::path::{Path, PathBuf};

use super::read::{filled, path};
use crate::document::Table;

/// Where analysts find what a submission has made, and who of them may answer. Who may approve is told by [`Approval`].
///
/// [`Approval`]: super::Approval
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Desk {
    /// The folder, with one of its own for each submission.
    pub folder: PathBuf,
    /// Whose members may accept findings; without one nobody may.
    pub accept_group: Option<String>,
    /// Whose members may record what became of a submission; without one nobody may.
    pub submit_group: Option<String>,
}

/// Whether this system tells whose a file is, as far as the agent can ask it.
const KNOWS_OWNERS: bool = cfg!(unix);

/// Nothing where no folder is named.
pub(super) fn desk(table: &Table<'_>, folder: &Path) -> Option<Desk> {
    let group = |key| filled(table, table.text(key), key).map(|name| name.value.to_owned());
    let place = path(table, "folder", folder);
    let (accept_group, submit_group) = (group("accept_group"), group("submit_group"));
    table.finish();
    for (key, given) in [("accept_group", &accept_group), ("submit_group", &submit_group)] {
        if given.is_some() && !KNOWS_OWNERS {
            let message = format!("'{key}': on this system cld-agent does not know yet whose a file is");
            let fault = table.document().fault(table.place(key), message);
            table.fault(fault.with_help("take it away: copies are delivered, and answers are given on the server"));
        } else if given.is_some() && place.is_none() {
            table.fault_at(table.place(key), format!("'{key}' is of no use without 'folder'"));
        }
    }
    place.map(|folder| Desk { folder, accept_group, submit_group })
}
