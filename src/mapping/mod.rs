//! From a council's columns and codes to the fields and labels of a release.
//!
//! A mapping is a folder that an analyst keeps: `mapping.toml` says where each field comes from, `sql/` holds a query per
//! event type, `values/` a CSV per code list with the local codes and their national labels. Everything that is wrong in
//! it is found before the first row is read.

pub mod carried;
mod cells;
mod columns;
mod date_format;
mod draft;
mod expression;
mod folder;
mod load;
mod restored;
#[cfg(test)]
mod tests;
mod types;
mod value_map;

pub use date_format::{DateFormat, DateFormatFault};
pub use draft::Draft;
pub use restored::restored_match;
pub use types::{Holds, Returned};

use std::path::PathBuf;

use crate::model::Field;

/// The fields that the agent fills itself, from its configuration and the run's period; a mapping does not name them.
pub const FILLED_BY_AGENT: [Field; 3] = [Field::LaCode, Field::ReportingPeriodStartDate, Field::ReportingPeriodEndDate];

/// A mapping whose every part has been found sound.
#[derive(Debug)]
pub struct Mapping {
    /// What people call it.
    pub name: String,
    /// The folder it was read from.
    pub folder: PathBuf,
    /// Its value maps; expressions refer to them by place.
    pub maps: Vec<ValueMap>,
    /// Its queries, in the order in which their rows are written.
    pub queries: Vec<Query>,
    /// Every file of it as it was read, by its path inside the folder, sorted: for hashes and for the evidence.
    pub files: Vec<MappingFile>,
}

/// One file of a mapping, as it was when it was read.
#[derive(Debug, Clone)]
pub struct MappingFile {
    /// Its path inside the folder, with `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Local values and the national labels they stand for.
#[derive(Debug)]
pub struct ValueMap {
    /// The name by which expressions call it.
    pub name: String,
    /// Its file, by its path inside the folder.
    pub file: String,
    /// What happens to a value that is not in it.
    pub unmapped: Unmapped,
    /// Its entries, in the order of the file; no local value stands twice.
    pub entries: Vec<MapEntry>,
}

/// One line of a value map.
#[derive(Debug)]
pub struct MapEntry {
    /// The local value, without spaces at its ends.
    pub local: String,
    /// What it becomes; blank where it means nothing nationally.
    pub national: String,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// What happens to a value that its value map does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmapped {
    /// The package is held.
    Block,
    /// The local value is written as it is, with an ERROR.
    Error,
    /// The cell is written blank, and counted.
    Blank,
}

/// One query and where the fields come from in its rows.
#[derive(Debug)]
pub struct Query {
    /// Its name in the mapping.
    pub name: String,
    /// Its file: an `.sql` file inside the folder, or a `.csv` file of the source's.
    pub file: PathBuf,
    /// Its text; empty where the file is the source's.
    pub sql: String,
    /// The source that answers it.
    pub source: String,
    /// What it may read outside the source's own database, by the names that it uses.
    pub outside: Vec<String>,
    /// The column that names a row at its source.
    pub key: String,
    /// Where a reason stands for leaving a row out.
    pub leave_out: Option<Expression>,
    /// Where it stands whose worklist a row belongs to.
    pub worklist: Option<Expression>,
    /// Where each mapped field comes from, in template order. A field that is not here stays blank.
    pub fields: Vec<(Field, Expression)>,
    /// Whether columns that carry a national header feed that field by themselves.
    pub by_name: ByName,
    /// Whether an answer without rows is right.
    pub empty: Empty,
}

/// Whether a query may return nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Empty {
    /// It may.
    Allowed,
    /// It ends the run: a query without rows is nearly always a date or a right that is wrong.
    Refused,
}

/// Whether a query's columns may feed fields by their header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByName {
    /// They do, where the mapping says nothing else.
    Yes,
    /// Only the mapping speaks.
    No,
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expression {
    /// The parts it is made of.
    pub from: From,
    /// What is done to the text before it is a value of the field.
    pub treatment: Treatment,
}

/// The columns or the text behind an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum From {
    /// One column.
    Column(String),
    /// The same text on every row.
    Constant(String),
    /// The first of these columns that is not blank.
    FirstOf(Vec<String>),
    /// The columns that are not blank, with a text between them.
    Join(Vec<String>, String),
}

/// What is done to a source's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Treatment {
    /// Nothing.
    AsItIs,
    /// It is looked up in a value map, by place.
    Map(usize),
    /// It is read as a date in this format.
    Date(DateFormat),
}
