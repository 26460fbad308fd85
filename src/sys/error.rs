//! An error, told whole.

use std::{error::Error, fmt::Write};

/// An error and what caused it, in one line.
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // SQLite says the same once more, with a number.
        if text.rsplit(": ").next().is_none_or(|last| !said.ends_with(last)) {
            let _ = write!(text, ": {said}");
        }
        cause = error.source();
    }
    text
}
