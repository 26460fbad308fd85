//! Hand-written files: read whole, faults and all.
//!
//! Release files, mappings and configurations are written by people, so what is wrong in them is collected, every fault
//! with file, line, column and the nearest known name, and told at once. [`Document`] holds a text and knows its lines,
//! [`Faults`] is the list, and [`Table`] reads TOML strictly: a key that nobody asked for is a fault.

mod fault;
mod table;

pub use fault::{Fault, Faults, nearest};
pub use table::{Spanned, Table, Value};

use std::{ops::Range, path::Path, sync::Arc};

/// A hand-written file's text, under the name by which messages call it.
#[derive(Clone, Debug)]
pub struct Document {
    name: Arc<str>,
    text: Arc<str>,
}

impl Document {
    /// A document held in memory, such as one embedded in the program.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Reads a UTF-8 file; a byte-order mark is passed over.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        let name = path.display().to_string();
        let failed = |message: String, help: &str| Faults::one(Fault::of_file(name.as_str(), message).with_help(help));
        let bytes = std::fs::read(path)
            .map_err(|e| failed(format!("cannot be read: {e}"), "check the path and that this account may read it"))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
            failed(format!("is not UTF-8 text (line {line})"), "save it as UTF-8")
        })?;
        Ok(Self::new(name.as_str(), text.strip_prefix('\u{feff}').unwrap_or(&text)))
    }

    /// The name by which messages call the document.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, both from 1, of a byte offset; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        (line, column)
    }

    /// A fault at a place in the document.
    pub fn fault(&self, at: Range<usize>, message: impl Into<String>) -> Fault {
        Fault::at(self.clone(), at, message.into())
    }

    /// Parses the document as TOML and hands its root table to `read`, which takes what it knows. Succeeds when
    /// neither the parser nor `read` nor a leftover key put a fault on the list.
    pub fn read_toml<T>(&self, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Faults> {
        table::read(self, read)
    }
}
