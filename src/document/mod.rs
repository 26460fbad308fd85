//! Hand-written files: read whole, faults and all.
//!
//! Release files, mappings and configurations are written by people, so what is wrong in them is collected, every fault
//! with file, line, column and the nearest known name, and told at once. [`Document`] holds a text and knows its lines,
//! [`Faults`] is the list, and [`Table`] reads TOML strictly: a key that nobody asked for is a fault.

mod fault;
mod mention;
mod table;

pub use fault::{Fault, Faults, nearest};
pub use mention::{Mention, Target};
pub use table::{Spanned, Table, Value};
pub use toml::de::DeTable as Tree;

use std::{fmt, ops::Range, path::Path, sync::Arc};

/// A hand-written file's text, under the name by which messages call it.
#[derive(Clone)]
pub struct Document {
    name: Arc<str>,
    text: Arc<str>,
    next: Option<Arc<Document>>,
}

/// The name alone: a configuration's text may hold what no log should.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.name)
    }
}

impl Document {
    /// A document held in memory, such as one embedded in the program.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), next: None }
    }

    /// Reads a UTF-8 file; a byte-order mark is passed over.
    pub fn open(path: &Path) -> Result<Self, Faults> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|e| {
            let fault = Fault::of_file(name.as_str(), format!("cannot be read: {e}"));
            Faults::one(fault.with_help("check the path and that this account may read it"))
        })?;
        Self::decode(name, bytes)
    }

    /// A document from the bytes of a UTF-8 file that has been read already; a byte-order mark is passed over.
    pub fn decode(name: impl Into<Arc<str>>, bytes: impl Into<Vec<u8>>) -> Result<Self, Faults> {
        let name = name.into();
        let text = String::from_utf8(bytes.into()).map_err(|e| {
            let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            let fault = Fault::of_file(&*name, format!("is not UTF-8 text (line {line})"));
            Faults::one(fault.with_help("save it as UTF-8"))
        })?;
        Ok(Self::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text)))
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
        let boundary = (0..=offset).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let before = &self.text[..boundary];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        (line, column)
    }

    /// The same document with another behind it, so that one tree may hold values of both: places from this one's
    /// [`end`](Self::end) on are places of the other, and a fault there carries the other's name.
    #[must_use]
    pub fn followed_by(self, next: Self) -> Self {
        Self { next: Some(Arc::new(next)), ..self }
    }

    /// Where the places of a document behind this one begin.
    pub fn end(&self) -> usize {
        self.text.len() + 1
    }

    /// The document that a place lies in, and the place there.
    fn locate(&self, at: Range<usize>) -> (Self, Range<usize>) {
        match &self.next {
            Some(next) if at.start >= self.end() => next.locate(at.start - self.end()..at.end - self.end()),
            _ => (self.clone(), at),
        }
    }

    /// A fault at a place in the document.
    pub fn fault(&self, at: Range<usize>, message: impl Into<String>) -> Fault {
        let (document, at) = self.locate(at);
        Fault::at(document, at, message.into())
    }

    /// Parses the document as TOML, every value with its place.
    pub fn parse_toml(&self) -> Result<Tree<'_>, Faults> {
        let (tree, faults) = table::parse(self);
        faults.or(tree)
    }

    /// Parses the document as TOML and hands its root table to `read`, which takes what it knows. Succeeds when
    /// neither the parser nor `read` nor a leftover key put a fault on the list.
    pub fn read_toml<T>(&self, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Faults> {
        let (value, faults) = self.read_toml_with_faults(read);
        faults.or(value)
    }

    /// As [`read_toml`](Self::read_toml), for a document that is to be checked further: what could be read comes with
    /// the faults instead of being lost to them. There is no value where the text is not TOML.
    pub fn read_toml_with_faults<T>(&self, read: impl FnOnce(&Table<'_>) -> Option<T>) -> (Option<T>, Faults) {
        let (tree, mut faults) = table::parse(self);
        let value = tree.and_then(|tree| {
            let (value, found) = table::read(self, &tree, read);
            faults.append(found);
            value
        });
        (value, faults)
    }

    /// [`read_toml`](Self::read_toml) over a tree whose places are this document's.
    pub fn read_tree<T>(&self, tree: &Tree<'_>, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Faults> {
        let (value, faults) = table::read(self, tree, read);
        faults.or(value)
    }
}
