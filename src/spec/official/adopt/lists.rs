//! What is stated of code lists: labels, in their order.

use std::{fmt::Write, ops::Range};

use toml::de::DeTable;

use super::{
    AdoptError, Adoption, ListNames,
    text::{extent, quoted},
};
use crate::{
    document::{Value, nearest},
    model::{Confidence, Field},
    spec::{CodeList, FieldKind, NearMiss, list::fold, official::StatedList},
};

impl<'a> Adoption<'a> {
    pub(super) fn lists(&mut self, stated: &[StatedList], names: &ListNames) -> Result<(), AdoptError> {
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
            written.push_str(&self.edits.take(self.text, blocks[from].place.clone()));
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
            written.push_str(&self.edits.take(self.text, blocks[at].place.clone()));
        }
        let place =
            blocks.first().map_or(0, |block| block.place.start)..blocks.last().map_or(0, |block| block.place.end);
        self.edits.put(place, written);
        Ok(())
    }

    /// A label in other letters: in the list, in conditions and in pairings.
    fn rename(&mut self, list: &CodeList, old: &str, new: &str, block: &Block<'_>) {
        if let Some(text) = block.table.get("text") {
            self.edits.put(text.span(), quoted(new));
        }
        match block.table.get("variants").map(|variants| (variants.span(), variants.get_ref().as_array())) {
            Some((at, Some(variants))) => {
                let known = variants.iter().filter_map(|variant| variant.get_ref().as_str());
                let all: Vec<_> = known.filter(|variant| *variant != new).chain([old]).map(quoted).collect();
                self.edits.put(at, format!("[{}]", all.join(", ")));
            }
            _ => {
                if let Some(text) = block.table.get("text") {
                    self.edits.put(text.span().end..text.span().end, format!("\nvariants = [{}]", quoted(old)));
                }
            }
        }
        for field in Field::ALL {
            let Some(table) = self.field_table(field) else { continue };
            for ask in ["applicable", "mandatory"] {
                let when = table.get(ask).and_then(|ask| ask.get_ref().as_table()?.get("when"));
                let Some(when) = when else { continue };
                for at in self.labels_in(&self.text[when.span()], list, old) {
                    let start = when.span().start;
                    self.edits.put(start + at.start..start + at.end, new.to_owned());
                }
            }
        }
        for (value, label) in self.pairing_labels(list) {
            if label == old {
                self.edits.put(value.span(), quoted(new));
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
                self.edits.put(place, String::new());
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
