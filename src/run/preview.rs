//! The first records of an upload file, as an analyst looks at them.

use std::{fmt::Write, path::Path};

use super::{RunError, values::may_be_a_name};
use crate::{
    check::Values,
    shape::decode,
    spec::Release,
    sys::fs::{FsError, Operation},
};

/// Records shown.
const RECORDS: usize = 3;

/// Field and value of the first records, blank fields left out, personal values masked, in whatever field they stand.
pub(super) fn preview(upload: &Path, release: &Release, values: &Values) -> Result<String, RunError> {
    let failed = |error: csv::Error| {
        let source = std::io::Error::other(error);
        RunError::Fs(FsError::while_trying(Operation::Read, upload)(source))
    };
    let mut text = String::new();
    let mut reader = csv::Reader::from_path(upload).map_err(failed)?;
    for (nth, record) in reader.byte_records().take(RECORDS).enumerate() {
        let record = record.map_err(failed)?;
        // Writing into a string cannot fail.
        let _ = writeln!(text, "\nRow {}", nth + 1);
        let cells = || release.template().zip(&record).filter(|(_, value)| !value.is_empty());
        let names = |value: &[u8]| cells().any(|(spec, other)| spec.personal && other.eq_ignore_ascii_case(value));
        for (spec, value) in cells() {
            let mut shown = Vec::new();
            // A personal value is its own name.
            if names(value) || may_be_a_name(release, spec.field, value, values) {
                shown.extend_from_slice(b"***");
            } else {
                decode(value, &mut shown);
            }
            let _ = writeln!(text, "  {:34} {}", spec.header, String::from_utf8_lossy(&shown));
        }
    }
    Ok(text)
}
