//! One thing that is wrong in a hand-written file, and all of them together.

use std::{fmt, ops::Range};

use super::Document;

/// One thing that is wrong, where it is, and what to do.
#[derive(Clone, Debug)]
pub struct Fault {
    file: String,
    place: Option<Place>,
    message: String,
    help: Option<String>,
}

#[derive(Clone, Debug)]
struct Place {
    document: Document,
    span: Range<usize>,
}

impl Fault {
    pub(super) fn at(document: Document, span: Range<usize>, message: String) -> Self {
        let file = document.name().to_owned();
        // A text without a single character has no place to show; its name says all there is.
        let place = (!document.text().is_empty()).then_some(Place { document, span });
        Self { file, place, message, help: None }
    }

    /// A fault of a whole file, such as one that is not there.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), help: None }
    }

    /// The same fault with what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault, naming the known name that is nearest to the one that was written, if any is near.
    #[must_use]
    pub fn suggesting<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(written, known) {
            Some(name) => self.with_help(format!("did you mean '{name}'?")),
            None => self,
        }
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Line and column, from 1, where the fault lies at a place in the file.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| place.document.position(place.span.start))
    }

    /// The document and the byte range that the fault is about.
    pub fn source(&self) -> Option<(&Document, Range<usize>)> {
        self.place.as_ref().map(|place| (&place.document, place.span.clone()))
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong, in the order of the files. Never empty as an error.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// A list of one.
    pub fn one(fault: Fault) -> Self {
        Self(vec![fault])
    }

    /// Adds one.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Adds another list's faults.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Keeps the value of a success; adds the faults of a failure.
    pub fn keep<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        result.map_err(|faults| self.append(faults)).ok()
    }

    /// The faults.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// The value, unless there are faults or it is missing because of one.
    pub fn or<T>(mut self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => {
                self.0.sort_by_key(|fault| (fault.file.clone(), fault.position()));
                Err(self)
            }
        }
    }
}

impl<'f> IntoIterator for &'f Faults {
    type Item = &'f Fault;
    type IntoIter = std::slice::Iter<'f, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, fault) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The known name nearest to what was written, where one is near enough to have been meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(2);
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}
