//! What is stated of fields: their names, what is asked of them, their order.

use std::ops::Range;

use super::{
    AdoptError, Adoption,
    text::{extent, quoted},
};
use crate::{
    document::nearest,
    model::Field,
    spec::{
        Condition,
        list::fold,
        official::{Mandatory, StatedField},
    },
};

impl Adoption<'_> {
    /// The field that an official name means; a remark where none is.
    fn field_named(&mut self, name: &str) -> Option<Field> {
        let found = self.release.field_named(name);
        if found.is_none() {
            let near = nearest(name, self.release.fields().iter().map(|spec| spec.header.as_str()));
            let near = near.map(|near| format!("; near '{near}'")).unwrap_or_default();
            self.remark(name, format!("this version of the program knows no such field{near}; it is not adopted"));
        }
        found
    }

    /// Takes the official spelling of a field's name.
    fn header(&mut self, field: Field, name: &str) {
        let Some(table) = self.field_table(field) else { return };
        if self.release.field(field).header != name
            && let Some(header) = table.get("header")
        {
            self.edits.put(header.span(), quoted(name));
        }
        self.confirm(table);
    }

    pub(super) fn fields(&mut self, stated: &[StatedField]) {
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
        self.missing(&found, "the field list");
        if !self.in_order(&found) {
            let text = "the field list has the fields in another order, which is not adopted: --template takes the order of \
                        the official template's header row";
            self.remark("order", text);
        }
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

    fn missing(&mut self, found: &[Field], table: &str) {
        for field in Field::ALL.into_iter().filter(|field| !found.contains(field)) {
            let header = self.release.field(field).header.clone();
            self.remark(header, format!("{table} does not have it; it stays as it was"));
        }
    }

    fn mandatory(&mut self, field: Field, stated: &Mandatory) {
        let Some(table) = self.field_table(field) else { return };
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
                    self.edits.put(when.span(), "'never'".to_owned());
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
        let Some(table) = self.field_table(field) else { return };
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

    /// The fields of a template's header row, in its order.
    pub(super) fn template(&mut self, headers: &[String]) -> Vec<Field> {
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
        self.missing(&found, "the template");
        found
    }

    /// Whether fields follow one another as they do in the release.
    fn in_order(&self, fields: &[Field]) -> bool {
        fields.is_sorted_by_key(|field| self.release.place(*field))
    }

    /// Puts the fields of a template in its order, each with all that the text says of it. A field that the template does
    /// not have keeps its place.
    pub(super) fn order(&mut self, stated: &[Field]) -> Result<(), AdoptError> {
        if self.in_order(stated) {
            return Ok(());
        }
        let blocks = self.field_blocks()?;
        let mut next = stated.iter();
        let mut written = String::new();
        for spec in self.release.template() {
            let field = if stated.contains(&spec.field) { *next.next().unwrap_or(&spec.field) } else { spec.field };
            written.push_str(&self.edits.take(self.text, blocks[self.release.place(field)].clone()));
        }
        let whole = blocks.first().map_or(0, |block| block.start)..blocks.last().map_or(0, |block| block.end);
        self.edits.put(whole, written);
        Ok(())
    }

    /// The text of each field, with the comments above it.
    fn field_blocks(&self) -> Result<Vec<Range<usize>>, AdoptError> {
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for at in 0..Field::COUNT {
            let own = self.table("field", at).and_then(|table| extent(self.text, table));
            let own = own.ok_or(AdoptError::FieldLayout)?;
            let start = blocks.last().map_or(own.start, |last| last.end);
            if start > own.start || !self.text[own.start..].starts_with("[[field]]") {
                return Err(AdoptError::FieldLayout);
            }
            blocks.push(start..own.end);
        }
        Ok(blocks)
    }
}
