//! Whether a chain of lines is whole: a pure function of the lines and of what others know of them.

use std::{collections::BTreeMap, fmt, io::Write};

use super::{AuditHead, AuditLine, deed::TRAIL_BROKEN};
use crate::sys::hash::{Hasher, Sha256};

/// The hash that stands before the first line.
pub(super) fn genesis() -> Sha256 {
    Sha256::of(b"cld-agent audit trail 1")
}

/// The hash of a line: over that of the line before, and every text of this one with its length before it.
pub(super) fn hash(previous: Sha256, line: &AuditLine) -> Sha256 {
    let AuditLine { line: number, at, account, kind, subject, details, hash: _ } = line;
    let mut hasher = Hasher::default();
    let mut add = |bytes: &[u8]| {
        // Hashing cannot fail.
        let _ = hasher.write_all(&(bytes.len() as u64).to_le_bytes());
        let _ = hasher.write_all(bytes);
    };
    add(previous.bytes());
    add(&number.to_le_bytes());
    for text in [at, account, kind, subject, details] {
        add(text.as_bytes());
    }
    hasher.finish()
}

/// What is wrong with a trail. Displayed as a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AuditFault {
    /// These lines are not what was written: they were changed, moved or put in.
    Altered {
        /// The first.
        first: i64,
        /// The last.
        last: i64,
    },
    /// These lines are gone.
    Missing {
        /// The first.
        first: i64,
        /// The last.
        last: i64,
    },
    /// The trail ends too early.
    CutOff {
        /// The line after the last.
        first: i64,
        /// The last line that somebody knows.
        last: i64,
        /// Who knows it.
        witness: String,
    },
    /// A line is not the one that somebody knows.
    Another {
        /// The line.
        line: i64,
        /// Who knows another.
        witness: String,
    },
    /// The anchor is gone, or cannot be read.
    NoAnchor(String),
    /// Lines were lost before this one was written: it says so.
    Broken(i64),
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { first, last } => {
                write!(f, "{} not what was written: changed, moved or put in.", Lines(*first, *last))
            }
            Self::Missing { first, last } => write!(f, "{} missing.", Lines(*first, *last)),
            Self::CutOff { first, last, witness } => {
                write!(f, "{} missing at the end: {witness} knows line {last}.", Lines(*first, *last))
            }
            Self::Another { line, witness } => write!(f, "Line {line} is not the one that {witness} knows."),
            Self::NoAnchor(why) => write!(f, "Whether lines are missing at the end cannot be told: {why}."),
            Self::Broken(line) => write!(
                f,
                "Line {line} says that the trail did not end where its anchor said when it was written: a ledger was put back, or lines were lost."
            ),
        }
    }
}

/// "Line 7 is", "Lines 7 to 9 are".
struct Lines(i64, i64);

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(first, last) if first == last => write!(f, "Line {first} is"),
            Self(first, last) => write!(f, "Lines {first} to {last} are"),
        }
    }
}

/// Goes through a chain line by line.
pub(super) struct Chain {
    /// The number that the next line must have.
    next: i64,
    /// What the hash of the line before may be: as it is stored and, where that is not right, as it should be.
    previous: Vec<Sha256>,
    /// What others know, by line.
    known: BTreeMap<i64, Vec<(String, Sha256)>>,
    faults: Vec<AuditFault>,
}

impl Chain {
    /// Ready for the first line. `known` are heads that others keep, with who keeps them.
    pub(super) fn new(known: impl IntoIterator<Item = (String, AuditHead)>) -> Self {
        let mut by_line: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (witness, head) in known {
            by_line.entry(head.line).or_default().push((witness, head.sha256));
        }
        // Everybody knows what stands before the first line.
        by_line.remove(&0);
        Self { next: 1, previous: vec![genesis()], known: by_line, faults: Vec::new() }
    }

    /// The next line, in the order of their numbers.
    pub(super) fn line(&mut self, line: &AuditLine) {
        let number = line.line;
        if number < self.next {
            self.altered(number);
            return;
        }
        if number > self.next {
            self.faults.push(AuditFault::Missing { first: self.next, last: number - 1 });
            // Nothing tells what its hash should be.
            self.previous.clear();
        }
        let stored: Option<Sha256> = line.hash.parse().ok();
        let should_be: Vec<_> = self.previous.iter().map(|previous| hash(*previous, line)).collect();
        let right = stored.is_some_and(|stored| should_be.is_empty() || should_be.contains(&stored));
        if right {
            self.previous = stored.into_iter().collect();
        } else {
            self.altered(number);
            self.previous = stored.into_iter().chain(should_be.first().copied()).collect();
        }
        if line.kind == TRAIL_BROKEN {
            self.faults.push(AuditFault::Broken(number));
        }
        for (witness, known) in self.known.remove(&number).unwrap_or_default() {
            if stored != Some(known) {
                self.faults.push(AuditFault::Another { line: number, witness });
            }
        }
        self.next = number.saturating_add(1);
    }

    fn altered(&mut self, number: i64) {
        match self.faults.last_mut() {
            Some(AuditFault::Altered { last, .. }) if *last == number - 1 => *last = number,
            _ => self.faults.push(AuditFault::Altered { first: number, last: number }),
        }
    }

    /// The number of the last line, and all that is wrong.
    pub(super) fn finish(self) -> (i64, Vec<AuditFault>) {
        let Self { next, known, mut faults, .. } = self;
        for (last, witnesses) in known {
            for (witness, _) in witnesses {
                faults.push(match last {
                    last if last >= next => AuditFault::CutOff { first: next, last, witness },
                    line => AuditFault::Another { line, witness },
                });
            }
        }
        (next - 1, faults)
    }
}
