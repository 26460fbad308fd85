//! A strict reader over a TOML tree: every value asked for by type, every key accounted for.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
};

use toml::de::{DeTable, DeValue};

use super::{Document, Fault, Faults, Mention, Target};

/// A value with the byte range where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// Where it stands in the document.
    pub span: Range<usize>,
    /// What it is.
    pub value: T,
}

/// A TOML value that has not been given a type yet.
pub type Value<'t> = toml::Spanned<DeValue<'t>>;

/// One table of a document. Taking a key marks it as known; keys nobody took become faults when the document has been
/// read.
pub struct Table<'t> {
    document: &'t Document,
    notes: &'t Notes,
    /// Where the table begins, for a fault about something that is missing.
    span: Range<usize>,
    entries: BTreeMap<&'t str, Entry<'t>>,
    asked: RefCell<Vec<&'static str>>,
}

/// What is written down while a document is read.
#[derive(Default)]
struct Notes {
    faults: RefCell<Faults>,
    mentions: RefCell<Vec<Mention>>,
}

struct Entry<'t> {
    key: Range<usize>,
    value: &'t Value<'t>,
    taken: Cell<Taken>,
}

#[derive(Clone, Copy, PartialEq)]
enum Taken {
    Yes,
    No,
}

pub(super) fn parse(document: &Document) -> (Option<DeTable<'_>>, Faults) {
    let mut faults = Faults::default();
    let (tree, errors) = DeTable::parse_recoverable(document.text());
    let mut readable = true;
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        // A repeated key leaves the first one in a tree that is otherwise whole: reading on finds the other faults.
        if error.message() == "duplicate key" {
            faults.push(repeated(document, tree.get_ref(), at));
        } else {
            readable = false;
            faults.push(document.fault(at, error.message().trim().to_owned()));
        }
    }
    (readable.then(|| tree.into_inner()), faults)
}

pub(super) fn read<T>(
    document: &Document,
    tree: &DeTable<'_>,
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> (Option<T>, Faults) {
    let notes = Notes::default();
    let value = {
        let root = Table::new(document, &notes, 0..0, tree);
        let value = read(&root);
        root.finish();
        value
    };
    (value, notes.faults.into_inner())
}

/// The fault of a key that stands twice in its table, naming the line of the first.
fn repeated(document: &Document, tree: &DeTable<'_>, at: Range<usize>) -> Fault {
    let name = document.text().get(at.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let first = match last_key_before(tree, name, at.start) {
        Some(first) => format!("; it stands first in line {}", document.position(first).0),
        None => String::new(),
    };
    document.fault(at, format!("'{name}' is given twice{first}")).with_help("keep one of them")
}

/// Where the last key of this name begins that stands before a place. Tables lie together in a document, so for a
/// repeated key it is the first one of the same table.
fn last_key_before(table: &DeTable<'_>, name: &str, before: usize) -> Option<usize> {
    let own = table.iter().filter(|(key, _)| key.get_ref() == name).map(|(key, _)| key.span().start);
    let inner = table.iter().filter_map(|(_, value)| last_key_before(value.get_ref().as_table()?, name, before));
    own.chain(inner).filter(|start| *start < before).max()
}

impl<'t> Table<'t> {
    fn new(document: &'t Document, notes: &'t Notes, span: Range<usize>, table: &'t DeTable<'t>) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), Entry { key: key.span(), value, taken: Cell::new(Taken::No) }))
            .collect();
        Self { document, notes, span, entries, asked: RefCell::default() }
    }

    /// The document that the table is part of.
    pub fn document(&self) -> &'t Document {
        self.document
    }

    /// Where the table begins.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Puts a fault on the document's list.
    pub fn fault(&self, fault: Fault) {
        self.notes.faults.borrow_mut().push(fault);
    }

    /// Writes down that a value leads out of the document.
    pub fn mention(&self, key: &'static str, text: &Spanned<&str>, target: Target) {
        let (span, written) = (text.span.clone(), text.value.to_owned());
        self.notes.mentions.borrow_mut().push(Mention { key, span, written, target });
    }

    /// All that was mentioned in the document so far, in its order.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = self.notes.mentions.borrow().clone();
        mentions.sort_by_key(|mention| mention.span.start);
        mentions
    }

    /// Puts a fault at a place on the document's list.
    pub fn fault_at(&self, at: Range<usize>, message: impl Into<String>) {
        self.fault(self.document.fault(at, message));
    }

    fn take(&self, key: &'static str) -> Option<&'t Value<'t>> {
        self.asked.borrow_mut().push(key);
        let entry = self.entries.get(key)?;
        entry.taken.set(Taken::Yes);
        Some(entry.value)
    }

    fn missing<T>(&self, key: &'static str) -> Option<T> {
        self.fault_at(self.span(), format!("'{key}' is missing here"));
        None
    }

    fn wrong_type<T>(&self, key: &str, value: &Value<'_>, wanted: &str) -> Option<T> {
        let got = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            other => other.type_str(),
        };
        self.fault_at(value.span(), format!("'{key}' must be {wanted}, not {got}"));
        None
    }

    /// The text under a key, if it is there.
    pub fn text(&self, key: &'static str) -> Option<Spanned<&'t str>> {
        self.as_text(key, self.take(key)?)
    }

    /// The text under a key that must be there.
    pub fn need_text(&self, key: &'static str) -> Option<Spanned<&'t str>> {
        match self.take(key) {
            Some(value) => self.as_text(key, value),
            None => self.missing(key),
        }
    }

    /// A value as text, or a fault that says it is not.
    pub fn as_text(&self, key: &str, value: &'t Value<'t>) -> Option<Spanned<&'t str>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Spanned { span: value.span(), value: text }),
            None => self.wrong_type(key, value, "text in quotes"),
        }
    }

    /// One of a fixed set of words under a key, if it is there.
    pub fn word<T>(&self, key: &'static str, known: &[(&'static str, T)]) -> Option<T>
    where
        T: Copy,
    {
        let text = self.text(key)?;
        self.choose(key, &text, known)
    }

    /// One of a fixed set of words under a key that must be there.
    pub fn need_word<T: Copy>(&self, key: &'static str, known: &[(&'static str, T)]) -> Option<T> {
        let text = self.need_text(key)?;
        self.choose(key, &text, known)
    }

    fn choose<T: Copy>(&self, key: &str, text: &Spanned<&str>, known: &[(&'static str, T)]) -> Option<T> {
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        let message = format!("'{key}' cannot be '{}'; it is one of: {}", text.value, words.join(", "));
        self.fault(self.document.fault(text.span.clone(), message).suggesting(text.value, words));
        None
    }

    /// A yes or no under a key, if it is there.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        match value.get_ref().as_bool() {
            Some(boolean) => Some(boolean),
            None => self.wrong_type(key, value, "true or false"),
        }
    }

    /// A whole number under a key, if it is there, within a range.
    pub fn integer(&self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<Spanned<i64>> {
        let value = self.take(key)?;
        match whole(value) {
            Some(number) if range.contains(&number) => Some(Spanned { span: value.span(), value: number }),
            _ => self.wrong_type(key, value, &format!("a whole number from {} to {}", range.start(), range.end())),
        }
    }

    /// A list of whole numbers under a key, if it is there, each within a range.
    pub fn integers(&self, key: &'static str, range: std::ops::RangeInclusive<i64>) -> Option<Vec<i64>> {
        let value = self.take(key)?;
        let wanted = format!("a list of whole numbers from {} to {}", range.start(), range.end());
        let Some(array) = value.get_ref().as_array() else { return self.wrong_type(key, value, &wanted) };
        let number = |item: &Value<'_>| whole(item).filter(|number| range.contains(number));
        array.iter().map(|item| number(item).or_else(|| self.wrong_type(key, item, &wanted))).collect()
    }

    /// A number under a key, if it is there, within a range.
    pub fn number(&self, key: &'static str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        let value = self.take(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => n.as_str().parse::<f64>().ok(),
            DeValue::Float(n) => n.as_str().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.wrong_type(key, value, &format!("a number from {} to {}", range.start(), range.end())),
        }
    }

    /// A list of texts under a key, if it is there.
    pub fn texts(&self, key: &'static str) -> Option<Vec<Spanned<&'t str>>> {
        let value = self.take(key)?;
        let Some(array) = value.get_ref().as_array() else { return self.wrong_type(key, value, "a list of texts") };
        array.iter().map(|item| self.as_text(key, item)).collect()
    }

    /// The table under a key, if it is there.
    pub fn table(&self, key: &'static str) -> Option<Table<'t>> {
        let value = self.take(key)?;
        self.as_table(key, value)
    }

    /// The table under a key that must be there.
    pub fn need_table(&self, key: &'static str) -> Option<Table<'t>> {
        match self.take(key) {
            Some(value) => self.as_table(key, value),
            None => self.missing(key),
        }
    }

    /// A value as a table, or a fault that says it is not.
    pub fn as_table(&self, key: &str, value: &'t Value<'t>) -> Option<Table<'t>> {
        match value.get_ref().as_table() {
            Some(table) => Some(Table::new(self.document, self.notes, value.span(), table)),
            None => self.wrong_type(key, value, "a table"),
        }
    }

    /// The tables of the array `[[key]]`, none where it is absent.
    pub fn tables(&self, key: &'static str) -> Vec<Table<'t>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(key, value, &format!("a list of tables, [[{key}]]")).unwrap_or_default();
        };
        array.iter().filter_map(|item| self.as_table(key, item)).collect()
    }

    /// Every entry, in the order of the document, for tables whose keys are names that people give. Takes them all.
    pub fn entries(&self) -> Vec<(Spanned<&'t str>, &'t Value<'t>)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(name, entry)| {
                entry.taken.set(Taken::Yes);
                (Spanned { span: entry.key.clone(), value: *name }, entry.value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span.start);
        entries
    }

    /// The value under a key, if it is there, for what has a shape of its own.
    pub fn value(&self, key: &'static str) -> Option<&'t Value<'t>> {
        self.take(key)
    }

    /// Where the value of a key stands, or the table where it is absent: for a fault that reading the value alone
    /// does not show.
    pub fn place(&self, key: &str) -> Range<usize> {
        self.entries.get(key).map_or_else(|| self.span(), |entry| entry.value.span())
    }

    /// Whether a key is there, without taking it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Says of every key that was not taken that it is not known here. Called once per table, after reading it.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, entry) in self.entries.iter().filter(|(_, entry)| entry.taken.get() == Taken::No) {
            let fault = self.document.fault(entry.key.clone(), format!("'{name}' is not a key that is known here"));
            let fault = match super::nearest(name, asked.iter().copied()) {
                Some(near) => fault.with_help(format!("did you mean '{near}'?")),
                None => fault.with_help(format!("known here: {}", asked.join(", "))),
            };
            self.fault(fault);
        }
    }
}

fn whole(value: &Value<'_>) -> Option<i64> {
    value.get_ref().as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> Vec<String> {
        let document = Document::new("agent.toml", text);
        let result = document.read_toml(|root| {
            let name = root.need_text("name");
            root.integer("days", 1..=31);
            if let Some(table) = root.table("council") {
                table.boolean("live");
                table.finish();
            }
            name.map(|name| name.value.to_owned())
        });
        result.err().map(|faults| faults.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn a_sound_document_has_no_faults() {
        assert_eq!(faults_of("name = 'a'\ndays = 3\n[council]\nlive = true\n"), Vec::<String>::new());
    }

    #[test]
    fn every_fault_is_told_at_once_with_its_place() {
        assert_eq!(
            faults_of("dayz = 3\n\n[council]\n  life = true\nlive = 'yes'\n"),
            [
                "agent.toml:1:1: 'name' is missing here",
                "agent.toml:1:1: 'dayz' is not a key that is known here (did you mean 'days'?)",
                "agent.toml:4:3: 'life' is not a key that is known here (did you mean 'live'?)",
                "agent.toml:5:8: 'live' must be true or false, not string",
            ]
        );
    }

    #[test]
    fn a_repeated_key_names_both_lines_and_hides_no_other_fault() {
        assert_eq!(
            faults_of("name = 'a'\n[council]\nlive = true\nlive = false\nlife = true\n"),
            [
                "agent.toml:4:1: 'live' is given twice; it stands first in line 3 (keep one of them)",
                "agent.toml:5:1: 'life' is not a key that is known here (did you mean 'live'?)",
            ]
        );
    }

    #[test]
    fn a_place_behind_a_document_is_the_next_ones() {
        let first = Document::new("first", "a = 1");
        let place = first.end() + 2;
        let chain = first.followed_by(Document::new("second", "xy\nz"));
        assert_eq!(chain.fault(4..5, "here").to_string(), "first:1:5: here");
        assert_eq!(chain.fault(place + 1..place + 2, "here").to_string(), "second:2:1: here");
    }

    #[test]
    fn broken_toml_is_told_with_its_place() {
        let faults = faults_of("name = 'a'\ndays = = 3\n");
        assert!(faults[0].starts_with("agent.toml:2:"), "{faults:?}");
    }
}
