//! Accepting findings: from the lines of `findings.csv` to the questions that an answer answers.

use std::{
    collections::BTreeSet,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{Answers, FindingLine, Match, Question, Unanswerable};
use crate::{check::Rule, model::Field, spec::Release, sys::keyed::Keyed};

/// The findings that somebody wants to accept.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Their rule.
    pub rule: &'static Rule,
    /// Their field, where it matters.
    pub field: Option<Field>,
    /// Their data rows.
    pub rows: &'a [u64],
}

/// Why findings cannot be accepted. Each reads on from "failed to".
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The findings could not be read.
    #[error("read {}: {error}; name the folder of a package, or of a check", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        error: csv::Error,
    },
    /// A row has no such finding.
    #[error("find a finding of {}{} in row {row} of {}: there is none", rule.id, At(*field), from.display())]
    NoFinding {
        /// The rule.
        rule: &'static Rule,
        /// The field that was asked for.
        field: Option<Field>,
        /// The row.
        row: u64,
        /// The folder.
        from: PathBuf,
    },
    /// A finding is not one that can be accepted.
    #[error("{why}; row {row}")]
    Unanswerable {
        /// Why not.
        why: Unanswerable,
        /// Its row.
        row: u64,
    },
    /// All of them are accepted.
    #[error("accept it again: it is accepted already by {}", .0.join(", "))]
    Already(Vec<String>),
}

/// " at gender", or nothing.
struct At(Option<Field>);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |field| write!(f, " at {field}"))
    }
}

impl Answers {
    /// What is to be answered so that the findings are accepted: those that nobody has accepted yet, each once. `findings` is
    /// the file in which they stand.
    pub fn to_accept(
        &self,
        wanted: Wanted<'_>,
        findings: &Path,
        release: &Release,
        keyed: &Keyed,
    ) -> Result<Vec<Question>, AcceptError> {
        let (mut questions, mut rows, mut known) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut refused = None;
        each_finding(findings, release, |row, finding| {
            let meant = finding.rule == wanted.rule && wanted.field.is_none_or(|field| field == finding.field);
            if !meant || !wanted.rows.contains(&row) {
                return;
            }
            rows.insert(row);
            if let Match::Accepted(id) = self.to(&finding) {
                known.insert(id.to_owned());
                return;
            }
            match finding.question(keyed) {
                Ok(question) if questions.contains(&question) => {}
                Ok(question) => questions.push(question),
                Err(why) => refused = Some(AcceptError::Unanswerable { why, row }),
            }
        })?;
        if let Some(row) = wanted.rows.iter().find(|row| !rows.contains(*row)) {
            let from = findings.parent().unwrap_or(findings).to_owned();
            return Err(AcceptError::NoFinding { rule: wanted.rule, field: wanted.field, row: *row, from });
        }
        match refused {
            Some(why) => Err(why),
            None if questions.is_empty() => Err(AcceptError::Already(known.into_iter().collect())),
            None => Ok(questions),
        }
    }
}

/// Goes through the findings of a package, or of a check.
pub fn each_finding(
    path: &Path,
    release: &Release,
    mut found: impl FnMut(u64, FindingLine<'_>),
) -> Result<(), AcceptError> {
    let unreadable = |error: csv::Error| AcceptError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(|error| unreadable(error.into()))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(file));
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        if let Some((row, finding)) = FindingLine::from_cells(record.iter(), release) {
            found(row, finding);
        }
    }
    Ok(())
}
