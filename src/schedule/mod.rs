//! When to run.
//!
//! A [`Timetable`] says which periods are due and when their windows open and close: a rule, dates that differ from it, and
//! the bank holidays, all in a file that a council can replace. A [`Plan`] says on which days, and at what time in England,
//! a submission is rehearsed or extracted. [`due()`] puts both together with what the ledger knows and says what to do now.
//!
//! It is a pure function, asked again and again: whoever asks may have slept, been switched off, killed, or put to another
//! time. A turn is named by its civil time and closed in the ledger, so that none is lost and none is had twice, whatever
//! the clocks do.

mod calendar;
mod due;
mod plan;
mod published;
mod quiet;
mod reminder;
#[cfg(test)]
mod testing;
mod timetable;

pub use calendar::{Weekday, WorkingDays};
pub use due::{Attempt, AttemptEnd, Due, History, Patience, coming, due, instant, needless, next_turn};
pub use plan::{First, Plan, Purpose, Turn, When};
pub use published::{Published, Taken, read_published, take_over};
pub use quiet::{Blackout, Pause, Quiet};
pub use reminder::{Reminder, reminders};
pub use timetable::{Cadence, Covers, EMBEDDED as EMBEDDED_TIMETABLE, Round, Rule, Timetable};
