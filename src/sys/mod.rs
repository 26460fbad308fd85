//! The machine: files, locks, paths and the clock. The only home of `unsafe`.

pub mod account;
pub mod archive;
pub mod authorities;
pub mod clock;
pub mod disk;
pub mod entra;
pub mod error;
pub mod failpoint;
pub mod fs;
pub mod hash;
pub mod http;
pub mod journal;
pub mod keyed;
pub mod lock;
pub mod machine;
pub mod places;
pub mod proxy;
pub mod shutdown;
pub mod signals;
#[cfg(unix)]
pub mod supervisor;
pub mod syslog;
pub mod trouble;
