//! A file set against the one before it.
//!
//! The centre takes the latest file that covers a period, deletes nothing, and tells nobody when a file that was cut off
//! becomes the council's return. What is missing from a file cannot be seen in it: only the file before it shows that.
//!
//! ```text
//! batches ─▶ Indexer ─▶ Index ─┬─▶ compare ─▶ Comparison ─▶ findings, policy, report
//!                  the last one┘
//! ```
//!
//! So that extracts can be purged, a package is remembered by its [`Index`]: for each row a person, an event reference and an
//! NHS number as pseudonyms under the key of the installation ([`Pseudonyms`]), with types, days and the row's number; no
//! name, no date of birth, no identifier. Without the key it cannot be turned back by trying all numbers.
//!
//! People are told apart by their local id, or by their NHS number where they have none; those found on one side only are
//! matched once more by NHS number, and through a [`Crosswalk`] after a change of case system. Both steps go partition by
//! partition, so that memory does not grow with the file.
//!
//! What cannot be compared is *not run*, with the reason, and never passes: a lost index is not an empty one.

mod builder;
mod comparison;
mod crosswalk;
mod event;
mod figures;
mod index;
mod matching;
mod pseudonym;
mod spill;
#[cfg(test)]
mod tests;

pub use builder::Indexer;
pub use comparison::{Comparison, Listed, Place, compare};
pub use crosswalk::Crosswalk;
pub use figures::{Figure, FigureOf, Tolerances, Tolerated, judge};
pub use index::{Index, IndexError, IndexFacts};
pub use matching::{CHANGES, Change};
pub use pseudonym::{Person, Pseudonyms};
