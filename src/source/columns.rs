//! The columns of a query.

use std::{collections::BTreeMap, path::Path};

use super::SourceError;
use crate::mapping::{Holds, Returned};

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

    /// The column as a mapping sees it.
    pub fn returned(&self) -> Returned {
        let holds = self.declared.as_ref().map_or(Holds::Anything, |declared| holds(&declared.type_name));
        Returned { name: self.name.clone(), holds }
    }
}

/// What a type of T-SQL's can hold.
fn holds(type_name: &str) -> Holds {
    match type_name.split('(').next().unwrap_or_default() {
        "int" => Holds::WholeOrNull,
        "tinyint" | "smallint" | "bigint" => Holds::Whole,
        "decimal" | "numeric" if type_name.ends_with(",0)") => Holds::Whole,
        "decimal" | "numeric" | "float" | "real" => Holds::Number,
        "money" | "smallmoney" => Holds::Money,
        "bit" => Holds::Bit,
        "date" => Holds::Day,
        "datetime" | "smalldatetime" | "datetime2" | "datetimeoffset" => Holds::Moment,
        "time" => Holds::Time,
        "uniqueidentifier" => Holds::Guid,
        _ => Holds::Anything,
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
