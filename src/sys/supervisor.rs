//! What systemd is told, by its protocol: a datagram of lines to the socket that `NOTIFY_SOCKET` names (`sd_notify(3)`).

use std::{
    ffi::OsStr,
    io,
    os::unix::{ffi::OsStrExt, net::UnixDatagram},
    time::Duration,
};

/// A socket on which systemd listens.
#[derive(Debug)]
pub struct Supervisor {
    socket: UnixDatagram,
    /// How soon it takes silence for a hang.
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// The one that started this process, if it wants to be told. What this process starts is not to talk to it.
    pub fn of_this_process() -> io::Result<Option<Self>> {
        let Some(address) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(None) };
        let microseconds = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        let watched = std::env::var("WATCHDOG_PID").map_or(true, |pid| pid == std::process::id().to_string());
        let watchdog = microseconds.filter(|_| watched).map(Duration::from_micros);
        Self::at(&address, watchdog).map(Some)
    }

    /// The one at an address: a path, or a name that begins with `@`.
    pub fn at(address: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        match address.as_bytes() {
            #[cfg(target_os = "linux")]
            [b'@', name @ ..] => {
                use std::os::linux::net::SocketAddrExt;
                socket.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)?;
            }
            _ => socket.connect(address)?,
        }
        Ok(Self { socket, watchdog })
    }

    /// How often to say that all is well, if that is watched: twice within the time that it waits.
    pub fn wants_a_sign_every(&self) -> Option<Duration> {
        self.watchdog.map(|watchdog| watchdog / 2)
    }

    /// Tells it something, such as `READY=1`.
    pub fn tell(&self, lines: &str) -> io::Result<()> {
        self.socket.send(lines.as_bytes()).map(|_| ())
    }
}

/// The time since the machine started, in microseconds, as systemd counts it.
#[cfg(target_os = "linux")]
pub fn since_boot() -> Option<u64> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).ok()?;
    u64::try_from(Duration::from(time).as_micros()).ok()
}

/// The time since the machine started, which no systemd asks for here.
#[cfg(not(target_os = "linux"))]
pub fn since_boot() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_arrives_as_it_is_at_both_kinds_of_address() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let supervisor = Supervisor::at(path.as_os_str(), Some(Duration::from_secs(30))).unwrap();
        supervisor.tell("READY=1\nSTATUS=waits").unwrap();
        let mut bytes = [0; 64];
        let length = listener.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1\nSTATUS=waits");
        assert_eq!(supervisor.wants_a_sign_every(), Some(Duration::from_secs(15)));
        #[cfg(target_os = "linux")]
        {
            use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
            let name = format!("cld-agent-test-{}", std::process::id());
            let listener = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name.as_bytes()).unwrap()).unwrap();
            Supervisor::at(OsStr::new(&format!("@{name}")), None).unwrap().tell("STOPPING=1").unwrap();
            let length = listener.recv(&mut bytes).unwrap();
            assert_eq!(&bytes[..length], b"STOPPING=1");
        }
    }

    #[test]
    fn time_since_boot_goes_on() {
        #[cfg(target_os = "linux")]
        assert!(since_boot().unwrap() <= since_boot().unwrap());
    }
}
