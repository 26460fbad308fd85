//! The text of a release file, and what is to stand in places of it.

use std::ops::Range;

use toml::de::DeTable;

/// A place in the text, and what is to stand there.
type Edit = (Range<usize>, String);

/// All that is to change in a text.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    /// Puts a text in a place, instead of what was to stand in parts of it; where the whole around it changes, it goes
    /// with that.
    pub(super) fn put(&mut self, place: Range<usize>, new: String) {
        let within = |inner: &Range<usize>, outer: &Range<usize>| inner.start >= outer.start && inner.end <= outer.end;
        // What is put in at an edge stands beside.
        let beside = |other: &Range<usize>| place.is_empty() && (place.start == other.start || place.end == other.end);
        let is_part = |other: &Edit| within(&place, &other.0) && other.0 != place && !beside(&other.0);
        if self.0.iter().any(is_part) {
            return;
        }
        self.0.retain(|(other, _)| !within(other, &place) || place.is_empty());
        self.0.push((place, new));
    }

    /// The text of a place with the edits that lie in it; takes them.
    pub(super) fn take(&mut self, text: &str, place: Range<usize>) -> String {
        let inside = |edit: &Edit| edit.0.start >= place.start && edit.0.end <= place.end;
        let mut own: Vec<_> = self.0.extract_if(.., |edit| inside(edit)).collect();
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
}

/// The lines of a table that has a header of its own, `[[…]]`, to its last entry.
pub(super) fn extent(text: &str, table: &DeTable<'_>) -> Option<Range<usize>> {
    let first = table.iter().map(|(key, _)| key.span().start).min()?;
    let last = table.iter().map(|(_, value)| value.span().end).max()?;
    let start = text[..first].rfind("[[").filter(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
    Some(start..end)
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
