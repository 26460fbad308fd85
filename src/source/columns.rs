//! The columns of a query.

use std::{collections::BTreeMap, path::Path};

use super::SourceError;

/// A column that a query returns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name, as the source spells it. Blank where a CSV header leaves it blank: such a column can't be mapped.
    pub name: String,
    /// How the source declares it, where it can say so without running the query.
    pub declared: Option<Declared>,
}

/// How a source declares a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// Its type with length, precision and scale, such as `nvarchar(50)`.
    pub type_name: String,
    /// Whether it may be blank; `None` where the source can't tell.
    pub nullable: Option<bool>,
}

impl Column {
    /// A column of which the name alone is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), declared: None }
    }
}

/// Makes columns of names, none of which may occur twice.
pub(super) fn named(file: &Path, names: impl Iterator<Item = String>) -> Result<Vec<Column>, SourceError> {
    let columns: Vec<_> = names.map(Column::named).collect();
    tell_apart(file, &columns)?;
    Ok(columns)
}

/// Refuses names that occur twice: a mapping could not tell them apart.
///
/// The message gives places rather than the name, since a file without a header shows a person's data in its place.
pub(super) fn tell_apart(file: &Path, columns: &[Column]) -> Result<(), SourceError> {
    let mut places = BTreeMap::new();
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| !column.name.is_empty()) {
        if let Some(first) = places.insert(column.name.as_str(), at + 1) {
            return Err(SourceError::SameName { file: file.to_owned(), first, second: at + 1 });
        }
    }
    Ok(())
}
