//! The vocabulary of the collection: what a date, a period, an NHS number or a severity *is*.
//!
//! Every type here is parsed once, at the edge, and never checked again. Nothing here knows of the release file, of
//! a council's configuration or of a database. A type that can name a person prints `***` under `Debug`.

mod batch;
mod date;
mod field;
mod identifier;
mod lines;
mod lookup;
mod period;
mod reason;
mod record;
mod run;
mod words;

pub use batch::{Batch, Finding, LeftOut, Note, NoteKind};
pub use date::Date;
pub(crate) use date::month_name;
pub use field::Field;
pub use identifier::{NhsNumber, NhsNumberFault, is_cqc_location, is_gp_practice, is_la_code, is_postcode};
pub use lines::Lines;
pub(crate) use lookup::Lookup;
pub use period::{Period, PeriodError};
pub use reason::{Reason, ReasonError};
pub use record::{Cell, Cells, Quoting, Reading, Record, Vocabulary, Word, push_cell};
pub use run::{Environment, FailedAttempt, RunId};
pub use words::{Confidence, FieldStatus, RuleId, Severity, Validity};
