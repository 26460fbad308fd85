//! What the centre says of a file, against what was found here.
//!
//! The portal's error list names rows, the dashboard counts values by field and status. Neither has a layout that is known
//! here, so the user names the columns ([`ListColumns`]). A [`CentralList`] holds what they say; [`of_rows`] sets it against
//! the findings of a package or a check, [`of_counts`] against its report. Where the two differ, a rule is to be mended: here
//! or, as it may be, there.

mod difference;
mod list;

use std::path::PathBuf;

use crate::answers::AcceptError;

pub use difference::{Difference, Side, of_counts, of_rows, summary, table};
pub use list::{CentralList, ListColumns};

/// Why nothing was compared. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum CentralError {
    /// The list has no such column.
    #[error("find the column '{column}' in {list}{}", did_you_mean(near.as_deref()))]
    NoColumn {
        /// The header that was asked for.
        column: String,
        /// The list.
        list: String,
        /// The header that may be meant.
        near: Option<String>,
    },
    /// A cell is no number where one belongs.
    #[error("read {list}, row {line}: a number is expected")]
    NoNumber {
        /// The list.
        list: String,
        /// Its row.
        line: usize,
    },
    /// A row of the upload file is named that cannot be one.
    #[error("read {list}, row {line}: it names row {row}, before the first")]
    BeforeFirst {
        /// The list.
        list: String,
        /// Its row.
        line: usize,
        /// The row that it names.
        row: u64,
    },
    /// Findings cannot be read.
    #[error(transparent)]
    Findings(AcceptError),
    /// A report cannot be read.
    #[error("read {}: {why}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default()
}
