//! What people have answered to the check.
//!
//! A QUERY can be accepted once, with a reason: the finding stays, is shown as accepted, and its answer lapses when the value
//! changes. An ERROR can be deferred, with a reason, an owner and a day: it still counts as failed, but does not hold a package
//! until there are more of them or the day is past. A BLOCK is not answered here.
//!
//! Answers are files of their own in the folder `answers/` of a mapping, under version control with it. A file is written once
//! and never changed, so two analysts cannot overwrite one another; what they answered differently is named. A finding is
//! known again by hashes under the agent's index key: the files hold nobody's data. Each is sealed with that key, and one
//! that was changed by hand is told of and not honoured.

mod accepting;
mod conflict;
mod file;
mod finding;
mod set;

pub use accepting::{AcceptError, Wanted, each_finding};
pub use conflict::{Conflict, Contested};
pub use file::{Answer, Decision, Question};
pub use finding::{FindingLine, Unanswerable};
pub use set::{AnswerError, Answers, Applied, DeferralState, Deferred, Match};

/// The folder, inside that of a mapping.
pub const FOLDER: &str = "answers";
