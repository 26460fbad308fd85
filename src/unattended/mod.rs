//! The agent by itself: it keeps the plans, and speaks when somebody must hear of something.
//!
//! ```text
//!            ┌─────────────────────────────────── a round, every minute ───────────────────────────────────┐
//!  clock ─▶  │ settings anew? ─▶ what has ended ─▶ due? ─▶ begin a run ─▶ outbox, house ─▶ notices ─▶ desks, deliver │
//!            └───────▲─────────────────▲─────────────▲──────────┬────────────────────────▲──────────────────────────┘
//!                 agent.toml         ledger       schedule    child                   schedule
//! ```
//!
//! A [round](Daemon::round) asks what is due and what is to be said, and both answers are pure functions of now, the
//! settings and the ledger: whoever was switched off, killed or put to another time goes on as if nothing had been. What has
//! been said is written down together with the alert, so that it is said once. Once a day, when no run is at work, it lets go
//! of [what is old enough](crate::retention).
//!
//! Each run is a [process of its own](ChildProcess): its memory goes back to the machine when it ends, and what takes it down takes
//! nothing else along. It reads the settings itself and writes into the ledger itself; the daemon reads there how it ended.

mod daemon;
mod health;
mod manager;
mod notices;
mod pace;
mod rehearsals;
mod status;
mod tick;
mod turns;
mod worker;

pub use daemon::{Daemon, DaemonError, Means, Outlook};
pub use health::{ChannelHealth, Health, SourceHealth};
pub use manager::{Manager, Nobody};
pub use notices::{Facts, Notice, SubmissionFacts, notices};
pub use status::{LastRun, PackageStatus, PlanStatus, RunStatus, Service, Status, SubmissionStatus, status};
pub use tick::{TickError, drive};
pub use worker::{ChildProcess, Ended, Work, Worker};
