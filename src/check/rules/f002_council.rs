//! F002: rows of another council, or of several.

use super::super::{
    Context, Found,
    rule::{Kind, rule},
};
use crate::model::{Field, Record};

rule! {
    /// # What it checks
    /// Every row carries the same LA Code, and it is the code of the council that submits.
    ///
    /// # Why it matters
    /// The centre attributes rows by this code; a wrong one gives one council the figures of another.
    ///
    /// # How to fix it in the case system
    /// Set `la_code` in the configuration, or map the field from a constant.
    ///
    /// # Example
    /// Rows with 503 and rows with 504 in one file.
    ///
    /// # Source
    /// One LA Code per file: DHSC counts distinct periods and councils per file (LIKELY); a mixed file is held all
    /// the same, because it cannot be right.
    F002: "Rows of another council, or of several", Block, Record, since "0.1.0", Kind::Record(check)
}

fn check(record: &Record<'_>, context: &Context, found: &mut Found<'_>) {
    if record.text(Field::LaCode) != context.settings.la_code.as_bytes() {
        found.at(Field::LaCode);
    }
}
