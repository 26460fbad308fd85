//! Writes what is stated into the text of a release file.

use std::{collections::BTreeMap, fmt::Write, ops::Range};

use toml::de::DeTable;

use super::{Mandatory, Official, StatedField, StatedList};
use crate::{
    document::{Document, Faults, Value, nearest},
    model::{Confidence, Field},
    spec::{CodeList, Condition, FieldKind, NearMiss, Release, list::fold},
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
        edits: Vec::new(),
        remarks: Vec::new(),
    };
    adoption.source(source.trim());
    if let Some(fields) = &official.fields {
        adoption.fields(fields);
    }
    if let Some(template) = &official.template {
        adoption.template(template);
    }
    if let Some(lists) = &official.lists {
        adoption.lists(lists, names)?;
    }
    adoption
        .remarks
        .extend(official.plain.iter().map(|text| Remark { about: "typographic marks".to_owned(), text: text.clone() }));
    let Adoption { mut edits, remarks, .. } = adoption;
    let text = edited(base.text(), 0..base.text().len(), &mut edits);
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
    edits: Vec<Edit>,
    remarks: Vec<Remark>,
}

/// A place in the text, and what is to stand there.
type Edit = (Range<usize>, String);

/// The text of a place with the edits that lie in it; takes them.
fn edited(text: &str, place: Range<usize>, edits: &mut Vec<Edit>) -> String {
    let inside = |edit: &Edit| edit.0.start >= place.start && edit.0.end <= place.end;
    let mut own: Vec<_> = edits.extract_if(.., |edit| inside(edit)).collect();
    own.sort_by_key(|(at, _)| (at.start, at.end));
    let (mut result, mut done) = (String::new(), place.start);
    for (at, new) in own {
        result.push_str(&text[done..at.start]);
        result.push_str(&new);
        done = at.end;
    }
    result.push_str(&text[done..place.end]);
    result
}

impl<'a> Adoption<'a> {
    fn remark(&mut self, about: impl Into<String>, text: impl Into<String>) {
        self.remarks.push(Remark { about: about.into(), text: text.into() });
    }

    /// Puts a text in a place, instead of what was to stand in parts of it; where the whole around it changes, it goes
    /// with that.
    fn edit(&mut self, place: Range<usize>, new: String) {
        let within = |inner: &Range<usize>, outer: &Range<usize>| inner.start >= outer.start && inner.end <= outer.end;
        // What is put in at an edge stands beside.
        let beside = |other: &Range<usize>| place.is_empty() && (place.start == other.start || place.end == other.end);
        let is_part = |other: &Edit| within(&place, &other.0) && other.0 != place && !beside(&other.0);
        if self.edits.iter().any(is_part) {
            return;
        }
        self.edits.retain(|(other, _)| !within(other, &place) || place.is_empty());
        self.edits.push((place, new));
    }

    fn table(&self, array: &str, at: usize) -> Option<&'a DeTable<'a>> {
        self.tree.get(array)?.get_ref().as_array()?.get(at)?.get_ref().as_table()
    }

    /// The user's source among the release's, unless it stands there.
    fn source(&mut self, source: &str) {
        let known = self.release.sources().iter().any(|(key, _)| *key == self.key);
        let last = self
            .tree
            .get("sources")
            .and_then(|sources| sources.get_ref().as_table()?.iter().map(|(_, value)| value.span().end).max());
        if let (false, Some(last)) = (known, last) {
            self.edit(last..last, format!("\n{} = {}", self.key, quoted(source)));
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
        self.edit(confidence.span(), quoted(Confidence::Confirmed.as_str()));
        self.edit(sources.span(), format!("[{}]", cited.join(", ")));
    }

    fn confirm_part(&mut self, table: &DeTable<'_>, part: &str) {
        if let Some(part) = table.get(part).and_then(|part| part.get_ref().as_table()) {
            self.confirm(part);
        }
    }

    /// The field that an official name means; a remark where none is.
    fn field_named(&mut self, name: &str) -> Option<Field> {
        let exact = self.release.field_by_header(name);
        let folded = || {
            let same = |spec: &&crate::spec::FieldSpec| fold(&spec.header) == fold(name);
            self.release.fields().iter().find(same).map(|spec| spec.field)
        };
        let found = exact.or_else(folded);
        if found.is_none() {
            let near = nearest(name, self.release.fields().iter().map(|spec| spec.header.as_str()));
            let near = near.map(|near| format!("; near '{near}'")).unwrap_or_default();
            self.remark(name, format!("this version of the program knows no such field{near}; it is not adopted"));
        }
        found
    }

    /// Takes the official spelling of a field's name.
    fn header(&mut self, field: Field, name: &str) {
        let Some(table) = self.table("field", field.index()) else { return };
        if self.release.field(field).header != name
            && let Some(header) = table.get("header")
        {
            self.edit(header.span(), quoted(name));
        }
        self.confirm(table);
    }

    fn fields(&mut self, stated: &[StatedField]) {
        let mut found = Vec::new();
        for stated in stated {
            let Some(field) = self.field_named(&stated.name) else { continue };
            if found.contains(&field) {
                self.remark(&stated.name, format!("row {} means a field that stands above; passed over", stated.row));
                continue;
            }
            found.push(field);
            self.header(field, &stated.name);
            if let Some(mandatory) = &stated.mandatory {
                self.mandatory(field, mandatory);
            }
            if let Some(format) = &stated.format {
                self.format(field, format);
            }
        }
        self.missing_and_order(&found, "the field list");
        let conditional = self
            .release
            .fields()
            .iter()
            .filter(|spec| !matches!(spec.mandatory.when, Condition::Always | Condition::Never));
        let text = format!(
            "a list cannot say when: the conditions of {} fields stay as they were, with what is known of them; \
             compare them with the specification by hand",
            conditional.count()
        );
        self.remark("conditions", text);
    }

    fn missing_and_order(&mut self, found: &[Field], table: &str) {
        for field in Field::ALL.into_iter().filter(|field| !found.contains(field)) {
            let header = self.release.field(field).header.clone();
            self.remark(header, format!("{table} does not have it; it stays as it was"));
        }
        let in_order = found.windows(2).all(|pair| pair[0] < pair[1]);
        if !in_order {
            let first = found.windows(2).find(|pair| pair[0] > pair[1]).map(|pair| pair[1]);
            let name = first.map(|field| self.release.field(field).header.clone()).unwrap_or_default();
            let text = format!(
                "{table} has the fields in another order, first at '{name}'; this version of the program writes them in \
                 the order of {}, so the order is not adopted",
                self.release.name
            );
            self.remark("order", text);
        }
    }

    fn mandatory(&mut self, field: Field, stated: &Mandatory) {
        let Some(table) = self.table("field", field.index()) else { return };
        let spec = self.release.field(field);
        let header = spec.header.clone();
        match (stated, &spec.mandatory.when) {
            (Mandatory::Yes, Condition::Always) | (Mandatory::No, Condition::Never) => {
                self.confirm_part(table, "mandatory");
            }
            (Mandatory::Yes, Condition::Never) => self.remark(
                header,
                "it is stated as mandatory; the release says never, and when it is so a list cannot say: settle it by hand",
            ),
            // Whether it is always so, or where the field applies, the word alone does not say.
            (Mandatory::Yes, _) => {}
            (Mandatory::No, _) => {
                let when = table.get("mandatory").and_then(|ask| ask.get_ref().as_table()?.get("when"));
                if let Some(when) = when {
                    self.edit(when.span(), "'never'".to_owned());
                    self.confirm_part(table, "mandatory");
                }
            }
            (Mandatory::InWords(words), _) => self.remark(
                header,
                format!("mandatory is stated as '{words}'; the release says '{}': compare them by hand", spec.mandatory.text),
            ),
        }
    }

    fn format(&mut self, field: Field, stated: &str) {
        let Some(table) = self.table("field", field.index()) else { return };
        let spec = self.release.field(field);
        match &spec.format {
            Some((known, _)) if fold(known) == fold(stated) => self.confirm_part(table, "format"),
            Some((known, _)) => {
                let text = format!(
                    "its format is stated as '{stated}'; the program checks '{known}', which stays as it was: settle it by hand"
                );
                self.remark(spec.header.clone(), text);
            }
            // What a list's labels are the lists say, and free text has no format to check.
            None => {}
        }
    }

    fn template(&mut self, headers: &[String]) {
        let mut found = Vec::new();
        for (at, header) in headers.iter().enumerate() {
            if header.is_empty() {
                self.remark(format!("column {}", at + 1), "the template's header is blank here; passed over");
                continue;
            }
            let Some(field) = self.field_named(header) else { continue };
            if found.contains(&field) {
                self.remark(header, "the template has it twice; the second is passed over");
                continue;
            }
            found.push(field);
            self.header(field, header);
        }
        self.missing_and_order(&found, "the template");
    }

    fn lists(&mut self, stated: &[StatedList], names: &ListNames) -> Result<(), AdoptError> {
        let mut found = Vec::new();
        for list in stated {
            let own = self.list_named(&list.name, names);
            let Some(own) = own else {
                let near = nearest(&list.name, self.release.lists().iter().map(|list| list.name.as_str()));
                let hint = near.map(|near| format!("; if '{near}' is meant, say --list-name '{}'='{near}'", list.name));
                let text =
                    format!("the release has no list of this name{}; it is not adopted", hint.unwrap_or_default());
                self.remark(&list.name, text);
                continue;
            };
            if found.contains(&own) {
                self.remark(&list.name, "it means a list that stands above; passed over");
                continue;
            }
            found.push(own);
            self.list(own, list)?;
        }
        let left: Vec<_> = self.release.lists().iter().enumerate().filter(|(at, _)| !found.contains(at)).collect();
        let left: Vec<_> = left.into_iter().map(|(_, list)| list.name.clone()).collect();
        for name in left {
            self.remark(name, "the lists do not state it; it stays as it was");
        }
        Ok(())
    }

    /// The place of the list that an official name means: a list's own name, or that of a field that has it.
    fn list_named(&self, name: &str, names: &ListNames) -> Option<usize> {
        let name = names.get(name).map_or(name, String::as_str);
        let lists = self.release.lists();
        let of_field = || {
            let field = self.release.fields().iter().find(|spec| fold(&spec.header) == fold(name))?;
            match field.kind {
                FieldKind::List(list) => Some(list),
                _ => None,
            }
        };
        let exact = lists.iter().position(|list| list.name == name);
        exact.or_else(|| lists.iter().position(|list| fold(&list.name) == fold(name))).or_else(of_field)
    }

    fn list(&mut self, own: usize, stated: &StatedList) -> Result<(), AdoptError> {
        let list = &self.release.lists()[own];
        let blocks = self.blocks(list)?;
        let taken = taken(list, stated);
        let mut written = String::new();
        for ((_, label), from) in stated.labels.iter().zip(&taken) {
            let Some(from) = *from else {
                let (label, key) = (quoted(label), quoted(&self.key));
                let known = Confidence::Confirmed;
                let _ = write!(written, "[[list.value]]\ntext = {label}\nconfidence = \"{known}\"\nsource = [{key}]\n");
                continue;
            };
            let before = &list.values[from];
            if before.text != *label {
                self.rename(list, &before.text, label, &blocks[from]);
            }
            self.confirm(blocks[from].table);
            written.push_str(&edited(self.text, blocks[from].place.clone(), &mut self.edits));
        }
        for (at, value) in list.values.iter().enumerate().filter(|(at, _)| !taken.contains(&Some(*at))) {
            let naming = self.conditions_naming(own, &value.text);
            if naming.is_empty() {
                self.drop_pairings(own, &value.text);
                continue;
            }
            let text = format!(
                "the lists do not have it, but conditions name it ({}): it stays as it was; settle the conditions by hand",
                naming.join(", ")
            );
            self.remark(format!("{}: {}", list.name, value.text), text);
            written.push_str(&edited(self.text, blocks[at].place.clone(), &mut self.edits));
        }
        let place =
            blocks.first().map_or(0, |block| block.place.start)..blocks.last().map_or(0, |block| block.place.end);
        self.edit(place, written);
        Ok(())
    }

    /// A label in other letters: in the list, in conditions and in pairings.
    fn rename(&mut self, list: &CodeList, old: &str, new: &str, block: &Block<'_>) {
        if let Some(text) = block.table.get("text") {
            self.edit(text.span(), quoted(new));
        }
        match block.table.get("variants").map(|variants| (variants.span(), variants.get_ref().as_array())) {
            Some((at, Some(variants))) => {
                let known = variants.iter().filter_map(|variant| variant.get_ref().as_str());
                let all: Vec<_> = known.filter(|variant| *variant != new).chain([old]).map(quoted).collect();
                self.edit(at, format!("[{}]", all.join(", ")));
            }
            _ => {
                if let Some(text) = block.table.get("text") {
                    self.edit(text.span().end..text.span().end, format!("\nvariants = [{}]", quoted(old)));
                }
            }
        }
        for field in Field::ALL {
            let Some(table) = self.table("field", field.index()) else { continue };
            for ask in ["applicable", "mandatory"] {
                let when = table.get(ask).and_then(|ask| ask.get_ref().as_table()?.get("when"));
                let Some(when) = when else { continue };
                for at in self.labels_in(&self.text[when.span()], list, old) {
                    let start = when.span().start;
                    self.edit(start + at.start..start + at.end, new.to_owned());
                }
            }
        }
        for (value, label) in self.pairing_labels(list) {
            if label == old {
                self.edit(value.span(), quoted(new));
            }
        }
    }

    /// Where a condition's text names a label of a list, without the quotes.
    fn labels_in(&self, when: &str, list: &CodeList, label: &str) -> Vec<Range<usize>> {
        let has_list = |field: Field| self.release.list(field).is_some_and(|own| own.name == list.name);
        let (mut places, mut field, mut word) = (Vec::new(), None, 0);
        let mut letters = when.char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter == '"' {
                let end = letters.by_ref().find(|(_, letter)| *letter == '"').map_or(when.len(), |(end, _)| end);
                if when[at + 1..end] == *label && field.is_some_and(has_list) {
                    places.push(at + 1..end);
                }
                word = end + 1;
            } else if !(letter.is_ascii_alphanumeric() || letter == '_') {
                field = Field::from_key(&when[word..at]).or(field);
                word = at + letter.len_utf8();
            }
        }
        places
    }

    /// The fields whose conditions name a label of a list.
    fn conditions_naming(&self, own: usize, label: &str) -> Vec<String> {
        let list = &self.release.lists()[own];
        let names = |text: &str| !self.labels_in(text, list, label).is_empty();
        let fields = self.release.fields().iter();
        let naming = fields.filter(|spec| names(&spec.applicable.text) || names(&spec.mandatory.text));
        naming.map(|spec| spec.header.clone()).collect()
    }

    /// The labels of a list that pairings name, with their places.
    fn pairing_labels(&self, list: &CodeList) -> Vec<(&'a Value<'a>, &'a str)> {
        let pairings = self.tree.get("pairing").and_then(|pairings| pairings.get_ref().as_array());
        let sides = [("service_type", Field::ServiceType), ("service_component", Field::ServiceComponent)];
        let mut labels = Vec::new();
        for pairing in pairings.into_iter().flatten().filter_map(|pairing| pairing.get_ref().as_table()) {
            for (key, field) in sides {
                if let Some(value) = pairing.get(key)
                    && self.release.list(field).is_some_and(|own| own.name == list.name)
                    && let Some(label) = value.get_ref().as_str()
                {
                    labels.push((value, label));
                }
            }
        }
        labels
    }

    /// Pairings of a label that goes go with it.
    fn drop_pairings(&mut self, own: usize, label: &str) {
        let list = &self.release.lists()[own];
        let places: Vec<_> = self.pairing_labels(list).into_iter().filter(|(_, named)| *named == label).collect();
        for (value, _) in places {
            let pairings = self.tree.get("pairing").and_then(|pairings| pairings.get_ref().as_array());
            let pairing = pairings.into_iter().flatten().filter_map(|pairing| pairing.get_ref().as_table());
            let of_value = |pairing: &&DeTable<'_>| pairing.iter().any(|(_, other)| other.span() == value.span());
            if let Some(place) = pairing.into_iter().find(of_value).and_then(|pairing| extent(self.text, pairing)) {
                self.edit(place, String::new());
            }
        }
    }

    /// The text of each value of a list, with the comments above it.
    fn blocks(&self, list: &CodeList) -> Result<Vec<Block<'a>>, AdoptError> {
        let layout = || AdoptError::Layout(list.name.clone());
        let lists = self.tree.get("list").and_then(|lists| lists.get_ref().as_array());
        let mut tables = lists.into_iter().flatten().filter_map(|table| table.get_ref().as_table());
        let is_own =
            |table: &&DeTable<'_>| table.get("name").and_then(|name| name.get_ref().as_str()) == Some(&list.name);
        let values = tables.find(is_own).and_then(|table| table.get("value")?.get_ref().as_array());
        let mut blocks: Vec<Block<'a>> = Vec::new();
        for table in values.into_iter().flatten().filter_map(|value| value.get_ref().as_table()) {
            let own = extent(self.text, table).ok_or_else(layout)?;
            let head = self.text[own.clone()].trim_start_matches('[').trim_start();
            if !head.starts_with("list.value") || blocks.last().is_some_and(|last| last.place.end > own.start) {
                return Err(layout());
            }
            // A comment between two values belongs to the second.
            let start = blocks.last().map_or(own.start, |last| last.place.end);
            blocks.push(Block { table, place: start..own.end });
        }
        if blocks.len() == list.values.len() { Ok(blocks) } else { Err(layout()) }
    }
}

/// One value of a list in the text.
struct Block<'a> {
    table: &'a DeTable<'a>,
    place: Range<usize>,
}

/// The lines of a table that has a header of its own, `[[…]]`, to its last entry.
fn extent(text: &str, table: &DeTable<'_>) -> Option<Range<usize>> {
    let first = table.iter().map(|(key, _)| key.span().start).min()?;
    let last = table.iter().map(|(_, value)| value.span().end).max()?;
    let start = text[..first].rfind("[[").filter(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    Some(start..end)
}

/// For each stated label, the place of the value that it is: to the letter, or else but for spelling.
fn taken(list: &CodeList, stated: &StatedList) -> Vec<Option<usize>> {
    let place = |label: &str| list.values.iter().position(|value| value.text == label);
    let exact: Vec<_> = stated.labels.iter().map(|(_, label)| place(label)).collect();
    let mut taken = exact.clone();
    for (at, (_, label)) in stated.labels.iter().enumerate().filter(|(at, _)| exact[*at].is_none()) {
        if let Some(NearMiss::Spelling(own)) = list.near_miss(label) {
            taken[at] = place(own).filter(|from| !taken.contains(&Some(*from)));
        }
    }
    taken
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

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
