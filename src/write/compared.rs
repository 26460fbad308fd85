//! Findings of the comparison with the file before, row by row.

use std::io::{self, Write};

use super::findings::{push_number, push_value};
use crate::{
    check::Rule,
    model::{Field, Validity, push_cell},
    spec::Release,
};

/// Something that a row of one of the two files shows.
#[derive(Clone, Debug)]
pub struct RowCompared {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// The field in which it shows.
    pub field: Field,
    /// The data row of this file; none where it is a row of the one before, of which nothing is left.
    pub row: Option<u64>,
    /// The field's value as UTF-8; in place of one, which row of the file before is meant.
    pub value: Vec<u8>,
    /// Event reference and local person id of the row as UTF-8; blank where its file is no longer kept.
    pub named: [Vec<u8>; 2],
}

/// Appends findings of the comparison. Those about the file before have neither `row` nor `status`.
pub fn append_compared(out: &mut impl Write, release: &Release, rows: &[RowCompared]) -> io::Result<()> {
    let mut line = Vec::new();
    for finding in rows {
        line.clear();
        if let Some(row) = finding.row {
            push_number(row, &mut line);
        }
        line.push(b',');
        push_cell(release.field(finding.field).header.as_bytes(), &mut line);
        // What the comparison goes by was read as a value of its field.
        let status = finding.row.map(|_| Validity::Valid.to_string()).unwrap_or_default();
        line.extend_from_slice(format!(",{},{},{status},", finding.rule.id, finding.rule.severity).as_bytes());
        push_value(&finding.value, &mut line);
        for name in &finding.named {
            line.push(b',');
            push_cell(name, &mut line);
        }
        line.extend_from_slice(b",,,,,\r\n");
        out.write_all(&line)?;
    }
    Ok(())
}
