//! Writes what is stated into the text of a release file.

mod fields;
mod lists;
mod text;

use std::collections::BTreeMap;

use toml::de::DeTable;

use self::text::{Edits, quoted};
use super::Official;
use crate::{
    document::{Document, Faults},
    model::{Confidence, Field},
    spec::Release,
};

/// A release file with what is stated in it.
#[derive(Debug)]
pub struct Adopted {
    /// Its text.
    pub text: String,
    /// It, loaded again.
    pub release: Release,
    /// What was not adopted, and why; what a list cannot say.
    pub remarks: Vec<Remark>,
}

/// Something that the user should know, or settle by hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// What it is about.
    pub about: String,
    /// What is to be known.
    pub text: String,
}

/// Why nothing was adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The file to start from has faults.
    #[error(transparent)]
    Base(Faults),
    /// A list is not laid out as tables of their own.
    #[error("rewrite the list '{0}': give each of its values as a table [[list.value]] of its own")]
    Layout(String),
    /// The fields are not laid out as tables of their own.
    #[error("rewrite the fields: give each of them as a table [[field]] of its own")]
    FieldLayout,
    /// A source needs words.
    #[error("name the source: --source must say what was read, in one line")]
    NoSource,
    /// The new file would not load.
    #[error("make a release file that is sound: {0}")]
    Unsound(Faults),
}

/// Names of lists in the official tables, with the names that the release has for them.
pub type ListNames = BTreeMap<String, String>;

/// Writes what is stated into a release file. The new text has been loaded again, so it is sound.
pub fn adopt(base: &Document, official: &Official, source: &str, names: &ListNames) -> Result<Adopted, AdoptError> {
    if source.trim().is_empty() || source.contains(['\n', '\r']) {
        return Err(AdoptError::NoSource);
    }
    let release = Release::from_document(base).map_err(AdoptError::Base)?;
    let tree = base.parse_toml().map_err(AdoptError::Base)?;
    let mut adoption = Adoption {
        text: base.text(),
        tree: &tree,
        release: &release,
        key: source_key(&release, source.trim()),
        edits: Edits::default(),
        remarks: Vec::new(),
    };
    adoption.source(source.trim());
    if let Some(fields) = &official.fields {
        adoption.fields(fields);
    }
    let template = official.template.as_ref().map(|headers| adoption.template(headers));
    if let Some(lists) = &official.lists {
        adoption.lists(lists, names)?;
    }
    // Last, for it moves whole entries with all that has become of them.
    if let Some(template) = template {
        adoption.order(&template)?;
    }
    adoption
        .remarks
        .extend(official.plain.iter().map(|text| Remark { about: "typographic marks".to_owned(), text: text.clone() }));
    let Adoption { mut edits, remarks, .. } = adoption;
    let text = edits.take(base.text(), 0..base.text().len());
    let name = format!("{} with the official entries", base.name());
    let adopted = Release::from_document(&Document::new(name, text.as_str())).map_err(AdoptError::Unsound)?;
    Ok(Adopted { text, release: adopted, remarks })
}

struct Adoption<'a> {
    text: &'a str,
    tree: &'a DeTable<'a>,
    release: &'a Release,
    /// The key of the user's source.
    key: String,
    edits: Edits,
    remarks: Vec<Remark>,
}
impl<'a> Adoption<'a> {
    fn remark(&mut self, about: impl Into<String>, text: impl Into<String>) {
        self.remarks.push(Remark { about: about.into(), text: text.into() });
    }

    fn table(&self, array: &str, at: usize) -> Option<&'a DeTable<'a>> {
        self.tree.get(array)?.get_ref().as_array()?.get(at)?.get_ref().as_table()
    }

    fn field_table(&self, field: Field) -> Option<&'a DeTable<'a>> {
        self.table("field", self.release.place(field))
    }

    /// The user's source among the release's, unless it stands there.
    fn source(&mut self, source: &str) {
        let known = self.release.sources().iter().any(|(key, _)| *key == self.key);
        let last = self
            .tree
            .get("sources")
            .and_then(|sources| sources.get_ref().as_table()?.iter().map(|(_, value)| value.span().end).max());
        if let (false, Some(last)) = (known, last) {
            self.edits.put(last..last, format!("\n{} = {}", self.key, quoted(source)));
        }
    }

    /// Marks an entry as confirmed by the user's source.
    fn confirm(&mut self, table: &DeTable<'_>) {
        let (Some(confidence), Some(sources)) = (table.get("confidence"), table.get("source")) else { return };
        let was_confirmed = confidence.get_ref().as_str() == Some(Confidence::Confirmed.as_str());
        let cited = sources.get_ref().as_array().map(|cited| {
            cited.iter().filter_map(|source| source.get_ref().as_str()).map(str::to_owned).collect::<Vec<_>>()
        });
        // What was only inferred, or recalled, rests on the new source alone.
        let mut cited = if was_confirmed { cited.unwrap_or_default() } else { Vec::new() };
        if !cited.contains(&self.key) {
            cited.push(self.key.clone());
        }
        let cited: Vec<_> = cited.iter().map(|key| quoted(key)).collect();
        self.edits.put(confidence.span(), quoted(Confidence::Confirmed.as_str()));
        self.edits.put(sources.span(), format!("[{}]", cited.join(", ")));
    }

    fn confirm_part(&mut self, table: &DeTable<'_>, part: &str) {
        if let Some(part) = table.get(part).and_then(|part| part.get_ref().as_table()) {
            self.confirm(part);
        }
    }
}

/// The key under which the user's source stands: the one that has it, or a new one.
fn source_key(release: &Release, source: &str) -> String {
    let sources = release.sources();
    if let Some((key, _)) = sources.iter().find(|(_, text)| text == source) {
        return key.clone();
    }
    let keys = (1..).map(|nth| if nth == 1 { "official".to_owned() } else { format!("official-{nth}") });
    keys.into_iter().find(|key| !sources.iter().any(|(known, _)| known == key)).unwrap_or_default()
}
