//! Records for the tests of this module, written as field and text.

use crate::{
    model::{Cell, Cells, Date, Environment, Field, Quoting, Reading, Record, Vocabulary},
    spec::{FieldKind, Release},
};

use super::{Settings, TestNumbers};

pub(super) fn release() -> Release {
    Release::embedded().unwrap_or_else(|faults| panic!("{faults}"))
}

pub(super) fn settings() -> Settings {
    Settings {
        la_code: "503".to_owned(),
        period: "2024-10-01_2025-09-30".parse().unwrap(),
        as_of: Date::parse_iso(b"2025-10-20").unwrap(),
        environment: Environment::Test,
        test_numbers: TestNumbers::Strange,
        origin: super::Origin::Submitted,
    }
}

/// Asks a record that holds these texts and is blank elsewhere. A text that is no label, or no date, fails.
pub(super) fn of_record<T>(release: &Release, texts: &[(Field, &str)], ask: impl FnOnce(&Record<'_>) -> T) -> T {
    let mut cells: Cells = [Cell::BLANK; Field::COUNT];
    let mut buffer = Vec::new();
    for (field, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        let (reading, value) = match release.field(*field).kind {
            FieldKind::List(_) => match release.code(*field, text) {
                0 => (Reading::Unlisted, 0),
                code => (Reading::Valid, i32::from(code)),
            },
            FieldKind::Date => match Date::parse_portal(text.as_bytes()) {
                Some(date) => (Reading::Valid, date.days()),
                None => (Reading::NotDate, 0),
            },
            _ => (Reading::Valid, 0),
        };
        let start = buffer.len();
        buffer.extend_from_slice(text.as_bytes());
        cells[field.index()] = Cell::in_batch(start..buffer.len(), Quoting::Unneeded, reading, value);
    }
    ask(&Record::new(&cells, &buffer, &Vocabulary::default()))
}
