//! How things stand, for a browser on this machine and for a monitoring program.
//!
//! ```text
//!  browser ─┐            ┌─ host, method ─┬─ /         the page          ┐
//!           ├─▶ [server] │                ├─ /healthz  does it live?     │◀─ [Subject]: status of settings and ledger,
//! monitor  ─┘   limits   └────────────────┼─ /readyz   can it work?      │    read at most once a second
//!                                         └─ /metrics  numbers, as text  ┘
//! ```
//!
//! The page shows the same [`Status`](crate::unattended::Status) as `cld-agent status`. It opens the ledger to read alone, asks no
//! database and no mail server, and says nothing that stands in a package: names of submissions, counts, verdicts, nobody's
//! data. It has no form, no script and nothing from elsewhere, and its headers forbid all three.
//!
//! Whoever asks is not trusted. A request must be GET or HEAD and name this machine as its host, or a web page elsewhere could
//! have a browser here read it under a name of its own. Connections are few, their headers short, and each has its time.
//! All of it runs on one thread beside the [daemon](crate::unattended::Daemon), which never waits for it: a port that is taken is
//! a warning and an alert, not an end.

mod answers;
mod metrics;
mod server;
mod serving;
mod subject;
mod view;

pub use server::{PageError, Server};
pub use serving::Serving;
pub use subject::{NotConfigured, Subject};

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// Where an installation serves its page that nobody has configured yet.
pub const USUAL: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8730));
