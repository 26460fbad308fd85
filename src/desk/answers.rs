//! Takes the answers of a desk in: each once, and each with what came of it.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use super::{
    DeskError,
    answer::Answer,
    clerk::Clerk,
    inbox::{Authority, Dropped, Look, Seen, look},
    place::{Place, is_folder, names},
};
use crate::{
    document::{Document, Faults},
    sys::{
        fs::{FsError, Operation, write_readable},
        hash::Sha256,
    },
};

/// What is remembered of the answers of a desk from one look to the next.
#[derive(Default)]
pub(super) struct Noticed {
    seen: Seen,
    /// What was said in the log.
    said: BTreeSet<(String, String)>,
}

impl Noticed {
    /// Whether anything lies there that may be an answer.
    pub(super) fn has_seen_something(&self) -> bool {
        !self.seen.is_empty()
    }
}

const FAULT: &str = ".fault.txt";
const DONE: &str = "done";

/// The first line of a file that tells what is wrong with an answer, by which the agent knows its own.
const HEAD: &str = "cld-agent cannot follow this answer. Correct it, and it is read again; or take it away.\n";

/// Takes in what lies there; lines about what does not count or waits, for those who come to the desk.
pub(super) fn take_in(
    place: &Place,
    authority: Authority<'_>,
    clerk: &mut Clerk<'_>,
    noticed: &mut Noticed,
) -> Result<Vec<String>, DeskError> {
    let folder = place.answers()?;
    if !is_folder(&folder)? {
        return Ok(vec!["answers: there is no such folder, so nobody can answer here".to_owned()]);
    }
    let (mut lines, mut said) = (Vec::new(), BTreeSet::new());
    let names = names(&folder)?;
    noticed.seen.retain(|name, _| names.contains(name));
    for name in &names {
        if name == DONE {
            continue;
        }
        if let Some(answer) = name.strip_suffix(FAULT) {
            if !names.iter().any(|other| other == answer) {
                // One that cannot be taken away does no harm.
                let _ = forget_fault(&folder.join(name));
            }
            continue;
        }
        let looked = look(&folder, name, authority, &mut noticed.seen).map_err(DeskError::from);
        let line = looked.and_then(|look| match look {
            Look::Gone => Ok(None),
            Look::Waits => Ok(Some("it is read once it no longer changes".to_owned())),
            Look::PassedOver(why) => {
                let why = why.to_string();
                note(noticed, &mut said, name, &why, clerk);
                Ok(Some(why))
            }
            Look::Counts(dropped) => take(place, &folder, name, &dropped, clerk),
        });
        // What keeps one answer from being dealt with keeps no other.
        let line = line.unwrap_or_else(|error| {
            let why =
                if is_of_the_disk(&error) { "its files cannot be written or moved" } else { "it cannot be dealt with" };
            note(noticed, &mut said, name, why, clerk);
            Some(format!("{why} yet, and it is tried again"))
        });
        let Some(line) = line else { continue };
        lines.push(format!("answers/{}: {line}", name.escape_debug()));
    }
    noticed.said = said;
    Ok(lines)
}

/// Says once in the log that a file is passed over. The name of a file can hold anything, and stays out of it.
fn note(noticed: &Noticed, said: &mut BTreeSet<(String, String)>, name: &str, why: &str, clerk: &Clerk<'_>) {
    let told = (name.to_owned(), why.to_owned());
    if !noticed.said.contains(&told) {
        tracing::warn!(submission = clerk.submission.name, "a file among the answers is passed over: {why}");
    }
    said.insert(told);
}

const fn is_of_the_disk(error: &DeskError) -> bool {
    matches!(error, DeskError::Fs(_))
}

/// Takes in one answer. What keeps it where it is comes back as a line.
fn take(
    place: &Place,
    folder: &Path,
    name: &str,
    dropped: &Dropped,
    clerk: &mut Clerk<'_>,
) -> Result<Option<String>, DeskError> {
    let Dropped { kind, owner, text } = dropped;
    let fault = folder.join(format!("{name}{FAULT}"));
    let read = Document::decode(name, text.as_slice()).and_then(|document| Answer::read(*kind, &document));
    let answer = match read {
        Ok(answer) => answer,
        Err(faults) => {
            tell_faults(place, &fault, &faults)?;
            return Ok(Some(format!("it has faults; see {name}{FAULT}")));
        }
    };
    let submission = &clerk.submission.name;
    let parts = [submission.as_str(), kind.word(), owner].map(|part| format!("{part}\n")).concat();
    let known = format!("desk/answer/{}", Sha256::of(&[parts.as_bytes(), text].concat()));
    let came = if let Some(at) = clerk.ledger.said(&known)? {
        format!("Nothing was done: this very answer was dealt with at {at}. If it is meant anew, say so in it.")
    } else {
        match clerk.carry_out(&answer, owner) {
            Ok(came) => {
                tracing::info!(submission, account = owner, "an answer from the desk was carried out: {}", kind.word());
                came
            }
            Err(error) if error.is_refusal() => {
                tracing::warn!(submission, account = owner, "an answer from the desk was refused: {}", kind.word());
                format!("Refused: failed to {error}.")
            }
            Err(error) => {
                tracing::warn!(submission, "failed to {error}; the answer is tried again");
                return Ok(Some("it could not be dealt with yet, and is tried again".to_owned()));
            }
        }
    };
    let done = folder.join(DONE);
    place.make(&done)?;
    // A name of our own: theirs may be as long as a name can be.
    let hash = Sha256::of(name.as_bytes()).to_string();
    let name_there = format!("{}-{}.{}.toml", clerk.now.strftime("%Y%m%dT%H%M%SZ"), &hash[..8], kind.word());
    let mut result = String::new();
    let _ = write!(result, "{came}\nFrom: {owner}\nAt: {}\nFile: {name}\n", clerk.now);
    write_readable(&done.join(format!("{name_there}.result.txt")), result.as_bytes(), place.readers)?;
    clerk.ledger.say(&known, clerk.now)?;
    let there = done.join(name_there);
    fs::rename(folder.join(name), &there).map_err(FsError::while_trying(Operation::Rename, &there))?;
    forget_fault(&fault)?;
    Ok(None)
}

/// Writes what is wrong with an answer beside it, where it does not stand there yet.
fn tell_faults(place: &Place, path: &Path, faults: &Faults) -> Result<(), DeskError> {
    let text = format!("{HEAD}\n{faults}\n");
    if own_fault(path).as_deref() == Some(&text) {
        return Ok(());
    }
    Ok(write_readable(path, text.as_bytes(), place.readers)?)
}

fn forget_fault(path: &Path) -> Result<(), FsError> {
    if own_fault(path).is_some() {
        fs::remove_file(path).map_err(FsError::while_trying(Operation::Remove, path))?;
    }
    Ok(())
}

/// The text of a file that the agent wrote about faults.
fn own_fault(path: &Path) -> Option<String> {
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() < 1 << 20);
    let text = if is_file { fs::read_to_string(path).ok() } else { None };
    text.filter(|text| text.starts_with(HEAD))
}
