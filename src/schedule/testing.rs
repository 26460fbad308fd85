//! What the tests of this module share.

use super::Timetable;
use crate::{document::Document, model::Date};

pub(super) fn date(text: &str) -> Date {
    Date::parse_iso(text.as_bytes()).unwrap()
}

/// The embedded timetable with texts replaced.
pub(super) fn timetable(changes: &[(&str, &str)]) -> Timetable {
    let mut text = include_str!("../../config/timetable.toml").to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, if old.starts_with('#') { 1 } else { usize::MAX });
    }
    Timetable::from_document(&Document::new("timetable.toml", text)).unwrap()
}
