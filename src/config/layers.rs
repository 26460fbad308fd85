//! One tree from three layers, each value with the place where a person wrote it.

use std::{collections::BTreeMap, ops::Range};

use config::{Config, ConfigError, FileFormat, Map, Source, Value, ValueKind};
use toml::{
    Spanned,
    de::{DeArray, DeValue},
};

use super::DEFAULTS;
use crate::document::{Document, Fault, Faults, Table, Tree, nearest};

/// What every variable begins with that sets something.
pub(super) const PREFIX: &str = "CLD_AGENT__";

/// The tables that the environment reaches. Their keys are all texts, as variables are.
const REACHED: [&str; 2] = ["agent", "council"];

/// The three layers as one.
pub(super) struct Layered {
    /// The council's file, followed by a document for each variable that sets something.
    document: Document,
    /// The tree, as TOML.
    text: String,
    places: Places,
}

/// Where a key and its value were written.
#[derive(Clone)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Place {
    fn of_both(at: Range<usize>) -> Self {
        Self { key: at.clone(), value: at }
    }
}

type Places = BTreeMap<Vec<String>, Place>;

/// A variable that sets a key.
struct Variable<'e> {
    name: &'e str,
    path: [String; 2],
    value: &'e str,
}

/// Lays the council's file over the defaults, and the environment over both.
pub(super) fn lay(file: &Document, environment: &BTreeMap<String, String>) -> Result<Layered, Faults> {
    let tree = file.parse_toml()?;
    let variables = variables(environment)?;
    let merged = merge(file.text(), &variables)
        .map_err(|e| Faults::one(Fault::of_file(file.name(), format!("cannot be laid over the defaults: {e}"))))?;
    let mut places = Places::new();
    note_table(&mut Vec::new(), &tree, &mut places);
    for (nth, variable) in variables.iter().enumerate() {
        let begins = file.end() + nth;
        places.insert(variable.path.to_vec(), Place::of_both(begins..begins));
    }
    Ok(Layered { document: with_variables(file, &variables), text: merged, places })
}

impl Layered {
    /// The whole configuration as TOML: every default filled in, every variable applied.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Reads the tree strictly.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Faults> {
        let merged = Document::new(self.document.name(), self.text.as_str());
        let tree = self.put_back_table(&mut Vec::new(), merged.parse_toml()?, &(0..0));
        self.document.read_tree(&tree, read)
    }

    /// The table with the places of what a person wrote; the rest lies where the nearest table around it begins.
    fn put_back_table<'t>(&self, path: &mut Vec<String>, table: Tree<'t>, around: &Range<usize>) -> Tree<'t> {
        let mut placed = Tree::new();
        for (key, value) in table {
            path.push(key.get_ref().to_string());
            let place = self.places.get(path).cloned().unwrap_or_else(|| Place::of_both(around.clone()));
            let value = self.put_back(path, value.into_inner(), place.value);
            placed.insert(Spanned::new(place.key, key.into_inner()), value);
            path.pop();
        }
        placed
    }

    fn put_back<'t>(&self, path: &mut Vec<String>, value: DeValue<'t>, at: Range<usize>) -> Spanned<DeValue<'t>> {
        let value = match value {
            DeValue::Table(table) => DeValue::Table(self.put_back_table(path, table, &at)),
            DeValue::Array(items) => {
                let mut placed = DeArray::new();
                for (nth, item) in items.into_iter().enumerate() {
                    path.push(nth.to_string());
                    let place = self.places.get(path).map_or_else(|| at.clone(), |place| place.value.clone());
                    placed.push(self.put_back(path, item.into_inner(), place));
                    path.pop();
                }
                DeValue::Array(placed)
            }
            scalar => scalar,
        };
        Spanned::new(at, value)
    }
}

fn variables(environment: &BTreeMap<String, String>) -> Result<Vec<Variable<'_>>, Faults> {
    let mut faults = Faults::default();
    let mut variables = Vec::new();
    for (name, value) in environment {
        // Windows takes no notice of case in the names of variables.
        let upper = name.to_uppercase();
        let Some(path) = upper.strip_prefix(PREFIX) else { continue };
        let path = path.to_lowercase();
        match path.split_once("__") {
            Some((table, key)) if REACHED.contains(&table) && !key.is_empty() => {
                variables.push(Variable { name, path: [table.to_owned(), key.to_owned()], value });
            }
            _ => {
                let table = path.split("__").next().unwrap_or_default();
                let near = nearest(table, REACHED).unwrap_or(REACHED[0]).to_uppercase();
                let fault = Fault::of_file(variable_called(name), "sets nothing that the environment can set");
                faults.push(fault.with_help(format!("write {PREFIX}{near}__ and a key of that table, or remove it")));
            }
        }
    }
    faults.or(Some(variables))
}

fn variable_called(name: &str) -> String {
    format!("environment variable {name}")
}

/// Each variable is a document without text, one place wide.
fn with_variables(file: &Document, variables: &[Variable<'_>]) -> Document {
    let chain = variables.iter().rev().fold(None, |behind, variable| {
        let document = Document::new(variable_called(variable.name), "");
        Some(match behind {
            Some(behind) => document.followed_by(behind),
            None => document,
        })
    });
    match chain {
        Some(chain) => file.clone().followed_by(chain),
        None => file.clone(),
    }
}

fn note_table(path: &mut Vec<String>, table: &Tree<'_>, places: &mut Places) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        places.insert(path.clone(), Place { key: key.span(), value: value.span() });
        note(path, value.get_ref(), places);
        path.pop();
    }
}

fn note(path: &mut Vec<String>, value: &DeValue<'_>, places: &mut Places) {
    match value {
        DeValue::Table(table) => note_table(path, table, places),
        DeValue::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                path.push(nth.to_string());
                places.insert(path.clone(), Place::of_both(item.span()));
                note(path, item.get_ref(), places);
                path.pop();
            }
        }
        _ => {}
    }
}

/// One layer, for the crate that lays them.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Layer {
    fn of_text(text: &str) -> Result<Self, ConfigError> {
        config::File::from_str(text, FileFormat::Toml).collect().map(Self)
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}

fn merge(file: &str, variables: &[Variable<'_>]) -> Result<String, ConfigError> {
    let mut defaults = Layer::of_text(DEFAULTS)?;
    let mut file = Layer::of_text(file)?;
    // A list replaces a list, so the shipped submission is laid under each of the council's, and is not one itself.
    let shipped = match defaults.0.remove("submission").map(|value| value.kind) {
        Some(ValueKind::Array(items)) => items.into_iter().next().map(Value::into_table).transpose()?,
        _ => None,
    };
    if let Some(ValueKind::Array(submissions)) = file.0.get_mut("submission").map(|value| &mut value.kind) {
        for submission in submissions {
            if let (ValueKind::Table(own), Some(shipped)) = (&submission.kind, &shipped) {
                let layers = Config::builder().add_source(Layer(shipped.clone())).add_source(Layer(own.clone()));
                *submission = layers.build()?.cache;
            }
        }
    }
    let set = variables.iter().map(|variable| (variable.path.join("."), Value::from(variable.value)));
    let layers = Config::builder().add_source(defaults).add_source(file).add_source(Layer(set.collect()));
    let merged: toml::Table = layers.build()?.try_deserialize()?;
    toml::to_string(&merged).map_err(|e| ConfigError::Message(e.to_string()))
}
