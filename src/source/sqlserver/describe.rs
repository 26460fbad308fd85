//! The columns of a query, without running it.

use std::path::Path;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tiberius::{ColumnType, Command, CommandItem, ResultMetadata, Row};

use super::{
    connect::{Client, Stream},
    error::{SqlServerError, Unreadable},
    query::{Bounds, command},
    session::{DECLARED, call},
};
use crate::source::{Column, Declared, Parameters, SourceError, columns::tell_apart};

/// What the server says that a query returns.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub(super) columns: Vec<Column>,
}

impl Description {
    /// Columns that can be read and told apart.
    fn of(file: &Path, columns: Vec<Column>) -> Result<Self, SourceError> {
        if columns.is_empty() {
            return Err(SqlServerError::NoColumns { file: file.to_owned() }.into());
        }
        if let Some(place) = columns.iter().position(|column| column.name.is_empty()) {
            return Err(SqlServerError::NoName { file: file.to_owned(), place: place + 1 }.into());
        }
        for column in &columns {
            let type_name = column.declared.as_ref().map_or("", |declared| declared.type_name.as_str());
            if let Some(why) = unreadable(type_name) {
                return Err(SqlServerError::Column { file: file.to_owned(), column: column.name.clone(), why }.into());
            }
        }
        tell_apart(file, &columns)?;
        Ok(Self { columns })
    }

    /// Whether these are the names that were described.
    pub(super) fn has_columns(&self, names: &[String]) -> bool {
        self.columns.iter().map(|column| &column.name).eq(names)
    }

    /// The declared types.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.declared.as_ref().map_or("", |declared| declared.type_name.as_str()))
    }

    /// Adds the columns to a hash: names, types and whether they may be blank.
    pub(super) fn hash_into(&self, sha: &mut Sha256) {
        for column in &self.columns {
            let declared = column.declared.as_ref();
            let nullable = declared.and_then(|declared| declared.nullable);
            let type_name = declared.map_or("", |declared| declared.type_name.as_str());
            for part in
                [column.name.as_str(), type_name, nullable.map_or("?", |may| if may { "null" } else { "not null" })]
            {
                sha.update(part.as_bytes());
                sha.update([0]);
            }
        }
        sha.update([0]);
    }
}

/// Asks the server what a query returns.
pub(super) async fn describe(
    client: &mut Client<impl Stream>,
    file: &Path,
    text: &str,
    bounds: &Bounds,
) -> Result<Description, SourceError> {
    let mut command = Command::new("sp_describe_first_result_set");
    command.bind_param("@tsql", text);
    command.bind_param("@params", DECLARED);
    let rows = bounds.wait(call(client, command)).await.map_err(|ended| bounds.fault(ended, file, 0))?;
    let shown = rows.iter().filter(|row| row.try_get::<bool, _>("is_hidden").ok().flatten() != Some(true));
    Description::of(file, shown.map(column).collect())
}

/// Runs a query that the server can't describe until its answer names its columns. The rest of the answer is not read:
/// the connection must be dropped.
pub(super) async fn announced(
    client: &mut Client<impl Stream>,
    file: &Path,
    text: &str,
    parameters: Parameters,
    bounds: &Bounds,
) -> Result<Description, SourceError> {
    let answer = async {
        let mut answer = command(text, parameters).exec(client).await?;
        while let Some(item) = answer.try_next().await? {
            if let CommandItem::Metadata(columns) = item {
                return Ok(Some(columns));
            }
        }
        Ok(None)
    };
    let columns = bounds.wait(answer).await.map_err(|ended| bounds.fault(ended, file, 0))?;
    let columns = columns.iter().flat_map(ResultMetadata::columns);
    let columns = columns.map(|column| Column {
        name: column.name().to_owned(),
        declared: Some(Declared { type_name: kind(column.column_type()).to_owned(), nullable: None }),
    });
    Description::of(file, columns.collect())
}

/// The type that an answer announces, without a length.
fn kind(announced: ColumnType) -> &'static str {
    match announced {
        ColumnType::Null => "",
        ColumnType::Bit | ColumnType::Bitn => "bit",
        ColumnType::Int1 => "tinyint",
        ColumnType::Int2 => "smallint",
        ColumnType::Int4 | ColumnType::Intn => "int",
        ColumnType::Int8 => "bigint",
        ColumnType::Float4 => "real",
        ColumnType::Float8 | ColumnType::Floatn => "float",
        ColumnType::Decimaln => "decimal",
        ColumnType::Numericn => "numeric",
        ColumnType::Money => "money",
        ColumnType::Money4 => "smallmoney",
        ColumnType::Daten => "date",
        ColumnType::Timen => "time",
        ColumnType::Datetime4 => "smalldatetime",
        ColumnType::Datetime | ColumnType::Datetimen => "datetime",
        ColumnType::Datetime2 => "datetime2",
        ColumnType::DatetimeOffsetn => "datetimeoffset",
        ColumnType::Guid => "uniqueidentifier",
        ColumnType::BigChar => "char",
        ColumnType::NChar => "nchar",
        ColumnType::BigVarChar => "varchar",
        ColumnType::NVarchar => "nvarchar",
        ColumnType::Text => "text",
        ColumnType::NText => "ntext",
        ColumnType::BigBinary => "binary",
        ColumnType::BigVarBin => "varbinary",
        ColumnType::Image => "image",
        ColumnType::Xml => "xml",
        ColumnType::Udt => "udt",
        ColumnType::SSVariant => "sql_variant",
    }
}

fn column(row: &Row) -> Column {
    let text = |name: &str| row.try_get::<&str, _>(name).ok().flatten().unwrap_or_default().to_owned();
    let nullable = row.try_get::<bool, _>("is_nullable").ok().flatten();
    // A type of the database's own has no name of the system's.
    let type_name = Some(text("system_type_name")).filter(|name| !name.is_empty()).unwrap_or_else(|| "udt".to_owned());
    Column { name: text("name"), declared: Some(Declared { type_name, nullable }) }
}

/// Why a declared type has no text; what is announced with the rows is looked at again.
fn unreadable(type_name: &str) -> Option<Unreadable> {
    match type_name.split('(').next().unwrap_or_default() {
        "binary" | "varbinary" | "image" | "timestamp" | "rowversion" => Some(Unreadable::Binary),
        "xml" => Some(Unreadable::Xml),
        "sql_variant" => Some(Unreadable::Variant),
        "udt" | "geography" | "geometry" | "hierarchyid" => Some(Unreadable::Udt),
        _ => None,
    }
}
