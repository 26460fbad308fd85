//! What the agent has to say to those who come to a desk.

use std::{fmt::Write, fs};

use super::{
    DeskError,
    delivery::{Wanted, What},
    marker::foreign,
    place::Place,
};
use crate::sys::fs::write_readable;

/// Writes it, where it says anything new.
pub(super) fn write(place: &Place, wanted: &[Wanted], answers: Vec<String>) -> Result<(), DeskError> {
    let text = text(place, wanted, answers)?;
    let path = place.status();
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() <= 1 << 20);
    if is_file && fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    Ok(write_readable(&path, text.as_bytes(), place.readers)?)
}

fn text(place: &Place, wanted: &[Wanted], answers: Vec<String>) -> Result<String, DeskError> {
    let mut text = "Written by cld-agent; it is written anew when something changes.\n\nBrought here:\n".to_owned();
    for one in wanted {
        let what = match one.what {
            What::Package { state, .. } => state.as_str(),
            What::Rehearsal => "rehearsal",
        };
        if place.period(one.period)?.join(one.run.as_str()).is_dir() {
            let _ = writeln!(text, "  {}/{}  {what}", one.period, one.run);
        }
    }
    let mut passed_over = answers;
    for period in place.periods()? {
        let names = foreign(place, period)?;
        let names = names.iter().filter_map(|path| path.file_name());
        passed_over.extend(names.map(|name| format!("{period}/{}: cld-agent did not put it here", name.display())));
    }
    if !passed_over.is_empty() {
        text.push_str("\nPassed over, or not dealt with yet:\n");
        text.extend(passed_over.iter().map(|line| format!("  {line}\n")));
    }
    Ok(text)
}
