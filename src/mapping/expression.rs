//! Reads where a value comes from and what is done to it.

use std::ops::Range;

use super::{DateFormat, Expression, FILLED_BY_AGENT, From, Treatment, value_map::not_listed};
use crate::{
    document::{Spanned, Table},
    model::Field,
    spec::{FieldKind, Release},
};

/// What expressions may refer to.
pub(super) struct Reader<'a> {
    /// The release whose fields are mapped.
    pub(super) release: &'a Release,
    /// The names of the value maps, by place.
    pub(super) maps: Vec<&'a str>,
}

/// An expression and the columns that it names, each with its place in the document.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) expression: Expression,
    pub(super) columns: Vec<Spanned<String>>,
}

/// A field that the mapping names.
#[derive(Clone)]
pub(super) struct Mapped {
    pub(super) field: Field,
    /// Where it is named.
    pub(super) place: Range<usize>,
    /// Where its value comes from, unless that could not be read.
    pub(super) source: Option<Source>,
}

/// What a value is wanted for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// To fill a field.
    Fill(Field),
    /// To say why a row is left out.
    LeaveOut,
    /// To say whose worklist a row belongs to.
    Worklist,
}

/// The keys of which an expression has one.
const ORIGINS: [&str; 4] = ["column", "constant", "first_of", "join"];

impl Reader<'_> {
    /// The fields of a table, in the order of the document.
    pub(super) fn fields(&self, table: &Table<'_>) -> Vec<Mapped> {
        let entries = table.entries().into_iter();
        let mapped = entries.filter_map(|(key, value)| {
            let field = field(table, &key);
            // Without a field the expression is still read: its own faults are told with the others.
            let expression = table.as_table(key.value, value);
            let source = expression.and_then(|expression| self.source(&expression, field.map(Purpose::Fill)));
            Some(Mapped { field: field?, place: key.span, source })
        });
        mapped.collect()
    }

    /// An expression; what it may do depends on its purpose, where that is known.
    pub(super) fn source(&self, table: &Table<'_>, purpose: Option<Purpose>) -> Option<Source> {
        let (origin, constant) = (origin(table), table.text("constant"));
        let treatment = self.treatment(table, purpose);
        table.finish();
        let (from, columns) = origin?;
        if let (Some(constant), Some(purpose)) = (constant, purpose) {
            self.check_constant(table, constant.value, constant.span, purpose);
        }
        Some(Source { expression: Expression { from, treatment: treatment? }, columns })
    }

    fn check_constant(&self, table: &Table<'_>, text: &str, at: Range<usize>, purpose: Purpose) {
        match purpose {
            Purpose::LeaveOut => table.fault_at(at, "a constant would leave every row out: name a column"),
            Purpose::Worklist => table.fault_at(at, "a constant would put every row on one worklist: name a column"),
            Purpose::Fill(_) if text.trim().is_empty() => {
                table.fault_at(at, "a constant is not blank: a field that is not mapped is blank by itself");
            }
            Purpose::Fill(field) => {
                if let Some(list) = self.release.list(field).filter(|list| list.code(text).is_none()) {
                    table.fault(not_listed(table.document(), at, text, list));
                }
            }
        }
    }

    fn treatment(&self, table: &Table<'_>, purpose: Option<Purpose>) -> Option<Treatment> {
        let (map, date) = (table.text("map"), table.text("date"));
        let untreated = ["constant", "join"].into_iter().find(|origin| table.has(origin));
        if let (Some(untreated), Some(extra)) = (untreated, map.as_ref().or(date.as_ref())) {
            table.fault_at(
                extra.span.clone(),
                format!("'{untreated}' makes the value itself: it takes no map and no date"),
            );
            return None;
        }
        if let (Some(Purpose::Worklist), Some(extra)) = (purpose, map.as_ref().or(date.as_ref())) {
            let fault = table.document().fault(extra.span.clone(), "a worklist is named as the query names it");
            table.fault(fault.with_help("have the query return the name of the team or the worker"));
            return None;
        }
        match (map, date) {
            (None, None) => Some(Treatment::AsItIs),
            (Some(map), None) => self.lookup(table, &map, purpose),
            (None, Some(pattern)) => date_format(self.release, table, &pattern, purpose),
            (Some(_), Some(date)) => {
                table.fault_at(date.span, "a value is looked up in a map or read as a date, not both");
                None
            }
        }
    }

    fn lookup(&self, table: &Table<'_>, map: &Spanned<&str>, purpose: Option<Purpose>) -> Option<Treatment> {
        if let Some(Purpose::Fill(field)) = purpose
            && self.release.list(field).is_none()
        {
            table.fault_at(map.span.clone(), format!("'{field}' has no code list, so a value map cannot feed it"));
        }
        let place = self.maps.iter().position(|name| *name == map.value);
        if place.is_none() {
            let fault = table.document().fault(map.span.clone(), format!("[maps] has no value map '{}'", map.value));
            table.fault(fault.suggesting(map.value, self.maps.iter().copied()));
        }
        place.map(Treatment::Map)
    }
}

/// The field that a key names, if a mapping may name it.
fn field(table: &Table<'_>, key: &Spanned<&str>) -> Option<Field> {
    let known = || Field::ALL.into_iter().filter(|field| !FILLED_BY_AGENT.contains(field));
    match Field::from_key(key.value) {
        Some(field) if FILLED_BY_AGENT.contains(&field) => {
            let fault = table.document().fault(key.span.clone(), format!("the agent fills '{field}' itself"));
            table.fault(fault.with_help("take this line away"));
            None
        }
        None => {
            let fault = table.document().fault(key.span.clone(), format!("there is no field '{}'", key.value));
            table.fault(fault.suggesting(key.value, known().map(Field::key)));
            None
        }
        known => known,
    }
}

/// The columns or the constant that a value comes from.
fn origin(table: &Table<'_>) -> Option<(From, Vec<Spanned<String>>)> {
    let (column, constant) = (table.text("column"), table.text("constant"));
    let (first_of, join) = (table.texts("first_of"), table.texts("join"));
    let with = if join.is_some() { table.need_text("with") } else { None };
    let given: Vec<_> = ORIGINS.into_iter().filter(|origin| table.has(origin)).collect();
    if given.len() != 1 {
        let message = match given[..] {
            [] => "this does not say where the value comes from".to_owned(),
            _ => format!("the value cannot come from {} at once", given.join(" and ")),
        };
        table.fault(
            table.document().fault(table.span(), message).with_help(format!("give one of: {}", ORIGINS.join(", "))),
        );
        return None;
    }
    if first_of.iter().chain(&join).any(Vec::is_empty) {
        table.fault_at(table.span(), format!("'{}' names no column", given[0]));
    }
    let owned = |text: &Spanned<&str>| Spanned { span: text.span.clone(), value: text.value.to_owned() };
    let named = column.iter().chain(first_of.iter().flatten()).chain(join.iter().flatten()).map(owned).collect();
    let texts = |columns: Vec<Spanned<&str>>| columns.into_iter().map(|column| column.value.to_owned()).collect();
    let from = match (column, constant, first_of, join) {
        (Some(column), ..) => From::Column(column.value.to_owned()),
        (_, Some(constant), ..) => From::Constant(constant.value.to_owned()),
        (_, _, Some(columns), _) => From::FirstOf(texts(columns)),
        (_, _, _, Some(columns)) => From::Join(texts(columns), with?.value.to_owned()),
        _ => return None,
    };
    Some((from, named))
}

fn date_format(
    release: &Release,
    table: &Table<'_>,
    pattern: &Spanned<&str>,
    purpose: Option<Purpose>,
) -> Option<Treatment> {
    match purpose {
        Some(Purpose::LeaveOut) => table.fault_at(pattern.span.clone(), "a reason is not a date"),
        Some(Purpose::Fill(field)) if release.field(field).kind != FieldKind::Date => {
            table.fault_at(pattern.span.clone(), format!("'{field}' is not a date, so no date format belongs to it"));
        }
        _ => {}
    }
    let format = DateFormat::compile(pattern.value);
    format.map_err(|fault| table.fault_at(pattern.span.clone(), fault.to_string())).ok().map(Treatment::Date)
}
