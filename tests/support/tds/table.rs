//! What is served.

use super::{fault::ServerError, types::Type, value::Value};

/// A column of a result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: Type,
    /// Whether it may be NULL; a column that may not has a type of its own on the wire.
    pub(crate) nullable: Nullable,
}

/// Whether a column may be NULL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Nullable {
    /// It may.
    Yes,
    /// It never is.
    No,
}

impl Column {
    /// A column that may be NULL.
    pub(crate) fn new(name: impl Into<String>, ty: Type) -> Self {
        Self { name: name.into(), ty, nullable: Nullable::Yes }
    }

    /// A column that is never NULL.
    pub(crate) fn not_null(name: impl Into<String>, ty: Type) -> Self {
        Self { name: name.into(), ty, nullable: Nullable::No }
    }
}

/// Columns and rows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Table {
    /// What the rows have.
    pub(crate) columns: Vec<Column>,
    /// A value for each column.
    pub(crate) rows: Vec<Vec<Value>>,
    /// How many times over the rows are sent: a long answer from a short table.
    pub(crate) times: usize,
    /// What the server says where it is to describe this without running anything, and can't.
    pub(crate) undescribed: Option<ServerError>,
}

impl Table {
    /// Each row must have a value for each column.
    pub(crate) fn new(columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Self {
        assert!(rows.iter().all(|row| row.len() == columns.len()), "a row does not fit the columns");
        Self { columns, rows, times: 1, undescribed: None }
    }

    /// The same rows, so many times over.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The same, of which nobody can be told the columns beforehand.
    pub(crate) fn undescribed(self, error: ServerError) -> Self {
        Self { undescribed: Some(error), ..self }
    }

    /// One row of whole numbers, by name.
    pub(crate) fn numbers(cells: &[(&str, i64)]) -> Self {
        let columns = cells.iter().map(|(name, _)| Column::new(*name, Type::Int)).collect();
        Self::new(columns, vec![cells.iter().map(|(_, value)| Value::Integer(*value)).collect()])
    }

    /// What `sp_describe_first_result_set` tells of this table.
    pub(crate) fn description(&self) -> Self {
        let nvarchar = |length| Type::NVarChar(super::types::Length::Of(length));
        // In the order of SQL Server's documentation; what nobody asks for is NULL.
        let columns = vec![
            Column::not_null("is_hidden", Type::Bit),
            Column::not_null("column_ordinal", Type::Int),
            Column::new("name", nvarchar(128)),
            Column::not_null("is_nullable", Type::Bit),
            Column::not_null("system_type_id", Type::Int),
            Column::new("system_type_name", nvarchar(256)),
            Column::not_null("max_length", Type::SmallInt),
            Column::not_null("precision", Type::TinyInt),
            Column::not_null("scale", Type::TinyInt),
            Column::new("collation_name", nvarchar(128)),
            Column::new("user_type_id", Type::Int),
            Column::new("user_type_database", nvarchar(128)),
            Column::new("user_type_schema", nvarchar(128)),
            Column::new("user_type_name", nvarchar(128)),
            Column::new("assembly_qualified_type_name", nvarchar(4000)),
            Column::new("xml_collection_id", Type::Int),
            Column::new("xml_collection_database", nvarchar(128)),
            Column::new("xml_collection_schema", nvarchar(128)),
            Column::new("xml_collection_name", nvarchar(128)),
            Column::not_null("is_xml_document", Type::Bit),
            Column::not_null("is_case_sensitive", Type::Bit),
            Column::not_null("is_fixed_length_clr_type", Type::Bit),
            Column::new("source_server", nvarchar(128)),
            Column::new("source_database", nvarchar(128)),
            Column::new("source_schema", nvarchar(128)),
            Column::new("source_table", nvarchar(128)),
            Column::new("source_column", nvarchar(128)),
            Column::new("is_identity_column", Type::Bit),
            Column::new("is_part_of_unique_key", Type::Bit),
            Column::new("is_updateable", Type::Bit),
            Column::new("is_computed_column", Type::Bit),
            Column::new("is_sparse_column_set", Type::Bit),
            Column::new("ordinal_in_order_by_list", Type::SmallInt),
            Column::new("order_by_is_descending", Type::Bit),
            Column::new("order_by_list_length", Type::SmallInt),
            Column::not_null("tds_type_id", Type::Int),
            Column::not_null("tds_length", Type::Int),
            Column::new("tds_collation_id", Type::Int),
            Column::new("tds_collation_sort_id", Type::TinyInt),
        ];
        let describe = |(place, column): (usize, &Column)| {
            let told = |name: &str| {
                let text = |text: String| Value::Text(text);
                match name {
                    "column_ordinal" => Value::Integer(place as i64 + 1),
                    "name" => text(column.name.clone()),
                    "is_nullable" => Value::Bit(column.nullable == Nullable::Yes),
                    "system_type_id" => Value::Integer(column.ty.system_type_id()),
                    "system_type_name" => text(column.ty.sql()),
                    "max_length" | "tds_length" => Value::Integer(column.ty.max_length()),
                    "precision" => Value::Integer(column.ty.precision().0),
                    "scale" => Value::Integer(column.ty.precision().1),
                    "collation_name" => {
                        column.ty.code_page().map_or(Value::Null, |page| text(page.collation_name().to_owned()))
                    }
                    "is_identity_column" | "is_computed_column" => Value::Bit(false),
                    "tds_type_id" => Value::Integer(column.ty.token(Nullable::Yes).into()),
                    name if name.starts_with("is_") => Value::Bit(false),
                    _ => Value::Null,
                }
            };
            columns.iter().map(|column| told(&column.name)).collect()
        };
        let rows = self.columns.iter().enumerate().map(describe).collect();
        Self::new(columns, rows)
    }
}
