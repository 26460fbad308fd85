//! That all is well, told to whoever notices when it is not told.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::{
    Hope, Undelivered,
    channel::Fault,
    http::{ask, client, wait},
};
use crate::{
    config::{Network, notify::Heartbeat},
    sys::fs::write_whole,
};

const PATIENCE: Duration = Duration::from_secs(10);
const WHO: &str = "the heartbeat's address";

/// Says that all is well: calls the address, and writes the moment into the file. Each is tried, whatever becomes of the
/// other; what failed may be tried again.
pub fn beat(heartbeat: &Heartbeat, network: &Network, now: Timestamp) -> Vec<Undelivered> {
    let called = heartbeat.url.as_ref().map(|url| {
        let url = url.resolve()?;
        let (client, url) = client(&network.way()?, url.expose_secret(), WHO, PATIENCE)?;
        wait(ask(client.get(url), WHO, "check it"))
    });
    let written = heartbeat.file.as_ref().map(|path| {
        let text = format!("{}\n", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
        write_whole(path, text.as_bytes()).map_err(|error| Fault::new(Hope::Later, format!("failed to {error}")))
    });
    [called, written].into_iter().flatten().filter_map(|done| done.err().map(|fault| fault.of("heartbeat"))).collect()
}

#[cfg(test)]
mod tests;
