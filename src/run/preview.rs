//! The first records of an upload file, as an analyst looks at them.

use std::{fmt::Write, path::Path};

use super::RunError;
use crate::{
    shape::decode,
    spec::Release,
    sys::fs::{FsError, Operation},
};

/// Records shown.
const RECORDS: usize = 3;

/// Field and value of the first records, blank fields left out, personal values masked.
pub(super) fn preview(upload: &Path, release: &Release) -> Result<String, RunError> {
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
        for (spec, value) in release.template().zip(&record).filter(|(_, value)| !value.is_empty()) {
            let mut shown = Vec::new();
            if spec.personal {
                shown.extend_from_slice(b"***");
            } else {
                decode(value, &mut shown);
            }
            let _ = writeln!(text, "  {:34} {}", spec.header, String::from_utf8_lossy(&shown));
        }
    }
    Ok(text)
}
