//! The centre's list, by the columns that the user names.

use std::collections::{BTreeMap, BTreeSet};

use super::CentralError;
use crate::{
    document::nearest,
    model::{Field, Validity},
    spec::{Release, fold, official::Sheet},
};

/// The headers of a list's columns.
#[derive(Clone, Debug)]
pub struct ListColumns {
    /// The field.
    pub field: String,
    /// The row of the upload file, in a list of single errors.
    pub row: Option<String>,
    /// The national status; without it, every line is a failure.
    pub status: Option<String>,
    /// How many rows there are, in a list of counts by field and status.
    pub count: Option<String>,
}

/// What the list says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CentralList {
    /// Data rows, from 1, and the field that failed on each.
    pub failed: BTreeSet<(u64, Field)>,
    /// Values by field and status.
    pub counts: BTreeMap<(Field, Validity), u64>,
    /// Fields and statuses that are not known, with how many lines have them.
    pub unknown: BTreeMap<String, u64>,
}

impl CentralList {
    /// Reads a list. `first_row` is the number that it gives to the first data row.
    pub fn read(sheet: &Sheet, columns: &ListColumns, first_row: u64, release: &Release) -> Result<Self, CentralError> {
        let header = sheet.rows.first().map_or(&[][..], |(_, cells)| cells);
        let list = || sheet.name.clone();
        let place = |name: &String| {
            header.iter().position(|cell| cell == name).ok_or_else(|| CentralError::NoColumn {
                column: name.clone(),
                list: list(),
                near: nearest(name, header.iter().map(String::as_str)).map(str::to_owned),
            })
        };
        let field_at = place(&columns.field)?;
        let row_at = columns.row.as_ref().map(place).transpose()?;
        let status_at = columns.status.as_ref().map(place).transpose()?;
        let count_at = columns.count.as_ref().map(place).transpose()?;
        let mut central = Self::default();
        for (line, cells) in sheet.rows.iter().skip(1) {
            let cell = |at: usize| cells.get(at).map_or("", String::as_str);
            let number = |at: usize| {
                let number = cell(at).replace(',', "").parse::<u64>();
                number.map_err(|_| CentralError::NoNumber { list: list(), line: *line })
            };
            let name = cell(field_at);
            let field = release.field_named(name).or_else(|| Field::from_key(name));
            let status = status_at.map_or(Some(Validity::Invalid), |at| status_named(cell(at)));
            let (Some(field), Some(status)) = (field, status) else {
                let what = if field.is_none() { ("field", field_at) } else { ("status", status_at.unwrap_or(0)) };
                *central.unknown.entry(format!("{} '{}'", what.0, cell(what.1))).or_default() += 1;
                continue;
            };
            if let Some(at) = count_at {
                *central.counts.entry((field, status)).or_default() += number(at)?;
            } else if let Some(at) = row_at
                && status.is_failed()
            {
                let row = number(at)?;
                if row < first_row {
                    return Err(CentralError::BeforeFirst { list: list(), line: *line, row });
                }
                central.failed.insert((row + 1 - first_row, field));
            }
        }
        Ok(central)
    }
}

fn status_named(text: &str) -> Option<Validity> {
    Validity::ALL.iter().copied().find(|status| fold(status.as_str()) == fold(text))
}
