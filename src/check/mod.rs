//! Records become findings.
//!
//! A rule is one file under `rules/`: its doc comment is the manual page that `explain`, the report and `docs/rules.md`
//! show, and its place in [`RULES`] is all that makes it run. Field rules (mandatory, list, type) are driven by the
//! release: which fields they watch, and how grave a miss is, stand there. Record rules look at one record.
//!
//! Every cell gets the national words: what its field asks of the row ([`FieldStatus`](crate::model::FieldStatus)) and
//! how the value fared ([`Validity`](crate::model::Validity)), counted per field. A rule that rests on a fact which is not
//! confirmed raises a QUERY and leaves the word at *Passed*: what is not known may not fail a record.
//!
//! Nothing here knows where rows come from.

mod across;
mod checker;
mod context;
mod costs;
mod count;
mod derived;
mod header;
mod rule;
mod rules;
mod scope;
mod situation;
#[cfg(test)]
mod testing;
mod values;

pub use across::{
    Alike, Attribute, Census, Duplicates, EventKind, FoundLate, Ignored, Judged, LateFinding, Link, National, People,
    PersonRows, SameEvent, SeenRow, UniqueEvents, Whole,
};
use across::{LINKS, Linked, Outcome, Setting};
pub use checker::Checker;
pub use context::{Context, Origin, Settings, TestNumbers};
pub use costs::{Cost, Costs};
pub use count::{Counts, FieldCounts, Month, Months};
pub use derived::{Coverage, DerivedMonth, DerivedPeriod, EndMonth, Ends, Fate, derived_period};
pub use header::Header;
pub use rule::{FileFinding, Found, Kind, Label, Manual, Rule, Scope, Skipped};
pub use rules::{RULES, find, place};
pub use scope::{OutOfScope, SERVICE, out_of_scope};
pub use values::Values;
