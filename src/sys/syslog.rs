//! Lines to a collector of syslog, of this machine or another. Whoever logs never waits for it: lines go through a queue, and those
//! for which there is no room are counted and named with the next one that goes out.

use std::{
    fmt,
    io::{self, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket},
    str::FromStr,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::machine;

/// Where the collector is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Collector {
    /// That of this machine, behind `/dev/log`.
    Local,
    /// A datagram for each line (RFC 5426), to `host:port`.
    Udp(String),
    /// One connection for all lines, each behind its length (RFC 6587), to `host:port`.
    Tcp(String),
}

/// A text that names no collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write \"local\", \"udp://host:514\" or \"tcp://host:601\"")]
pub struct NoCollector;

impl FromStr for Collector {
    type Err = NoCollector;

    fn from_str(text: &str) -> Result<Self, NoCollector> {
        if text == "local" {
            return if cfg!(unix) { Ok(Self::Local) } else { Err(NoCollector) };
        }
        let (kind, address) = text.split_once("://").ok_or(NoCollector)?;
        let (host, port) = address.rsplit_once(':').ok_or(NoCollector)?;
        let named =
            !host.is_empty() && !host.contains(['/', '@', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0);
        match kind {
            "udp" if named => Ok(Self::Udp(address.to_owned())),
            "tcp" if named => Ok(Self::Tcp(address.to_owned())),
            _ => Err(NoCollector),
        }
    }
}

/// How important a line is, as syslog counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Somebody must act now.
    Error = 3,
    /// Somebody must act this week.
    Warning = 4,
    /// Nobody must.
    Informational = 6,
    /// For support.
    Debug = 7,
}

/// The facility of services.
const DAEMON: u8 = 3;
/// Lines that may wait.
const QUEUE: usize = 256;
/// How long a collector may take to answer a connection, or to take a line.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long one that is away is left alone.
const REST: Duration = Duration::from_secs(30);
/// Longer lines are cut: every collector takes this much (RFC 5424, 6.1), and a datagram holds it.
const LONGEST: usize = 2000;

struct Line {
    severity: Severity,
    at: Timestamp,
    text: String,
}

/// Lines that wait, and those for which there was no room.
#[derive(Default)]
struct Tally {
    waiting: Mutex<usize>,
    changed: Condvar,
    lost: AtomicUsize,
}

/// The way to a collector. Its copies are the same way.
#[derive(Clone)]
pub struct Syslog {
    queue: SyncSender<Line>,
    tally: Arc<Tally>,
}

impl fmt::Debug for Syslog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Syslog")
    }
}

impl Syslog {
    /// Begins to send, on a thread of its own. Whether the collector is there is not asked.
    pub fn begin(collector: Collector) -> Self {
        let (queue, waiting) = sync_channel(QUEUE);
        let tally = Arc::new(Tally::default());
        let of_thread = Arc::clone(&tally);
        std::thread::spawn(move || Sender::new(collector).send_all(&waiting, &of_thread));
        Self { queue, tally }
    }

    /// Has a line sent if there is room for it, and does not wait.
    pub fn line(&self, severity: Severity, at: Timestamp, text: &str) {
        let mut text = text.trim_end().to_owned();
        let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        self.tally.add(1);
        if self.queue.try_send(Line { severity, at, text }).is_err() {
            self.tally.lost.fetch_add(1, Ordering::Relaxed);
            self.tally.add(-1);
        }
    }

    /// Waits until all lines are sent, but no longer than this.
    pub fn flush(&self, within: Duration) {
        let end = Instant::now() + within;
        let mut waiting = self.tally.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while *waiting > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let woken = self.tally.changed.wait_timeout(waiting, left);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Tally {
    fn add(&self, lines: isize) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_add_signed(lines);
        self.changed.notify_all();
    }
}

/// Whoever sends.
struct Sender {
    collector: Collector,
    host: String,
    open: Option<Open>,
    /// Until when a collector that was away is left alone.
    rests: Option<Instant>,
}

enum Open {
    #[cfg(unix)]
    Local(std::os::unix::net::UnixDatagram),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Sender {
    fn new(collector: Collector) -> Self {
        Self { collector, host: machine::name(), open: None, rests: None }
    }

    fn send_all(mut self, waiting: &Receiver<Line>, tally: &Tally) {
        while let Ok(mut line) = waiting.recv() {
            let lost = tally.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                line.text = format!("{} ({lost} lines before this one were not sent)", line.text);
            }
            if self.send(&line).is_err() {
                tally.lost.fetch_add(lost + 1, Ordering::Relaxed);
            }
            tally.add(-1);
        }
    }

    fn send(&mut self, line: &Line) -> io::Result<()> {
        if self.rests.is_some_and(|until| Instant::now() < until) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        // A connection that was closed meanwhile shows it only now: the line is tried on a new one.
        let was_open = self.open.is_some();
        let sent = self.try_to_send(line).or_else(|error| if was_open { self.try_to_send(line) } else { Err(error) });
        self.rests = sent.is_err().then(|| Instant::now() + REST);
        sent
    }

    fn try_to_send(&mut self, line: &Line) -> io::Result<()> {
        let open = match self.open.take() {
            Some(open) => open,
            None => open(&self.collector)?,
        };
        let open = self.open.insert(open);
        let sent = match open {
            #[cfg(unix)]
            Open::Local(socket) => socket.send(in_short(line).as_bytes()).map(drop),
            Open::Udp(socket) => socket.send(in_full(line, &self.host).as_bytes()).map(drop),
            Open::Tcp(stream) => {
                let text = in_full(line, &self.host);
                stream.write_all(format!("{} {text}", text.len()).as_bytes())
            }
        };
        if sent.is_err() {
            self.open = None;
        }
        sent
    }
}

fn open(collector: &Collector) -> io::Result<Open> {
    match collector {
        #[cfg(unix)]
        Collector::Local => {
            let socket = std::os::unix::net::UnixDatagram::unbound()?;
            socket.set_write_timeout(Some(PATIENCE))?;
            socket.connect("/dev/log")?;
            Ok(Open::Local(socket))
        }
        #[cfg(not(unix))]
        Collector::Local => Err(io::ErrorKind::Unsupported.into()),
        Collector::Udp(address) => first(address, |address| {
            let here: SocketAddr = if address.is_ipv6() { ([0_u16; 8], 0).into() } else { ([0; 4], 0).into() };
            let socket = UdpSocket::bind(here)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            socket.connect(address)?;
            Ok(Open::Udp(socket))
        }),
        Collector::Tcp(address) => first(address, |address| {
            let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Open::Tcp(stream))
        }),
    }
}

/// The first address of a name to which there is a way.
fn first(address: &str, way: impl Fn(SocketAddr) -> io::Result<Open>) -> io::Result<Open> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in address.to_socket_addrs()? {
        match way(address) {
            Ok(open) => return Ok(open),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn priority(line: &Line) -> u8 {
    DAEMON * 8 + line.severity as u8
}

/// A line as RFC 5424 has it, for collectors on the network. The text is UTF-8, and told to be.
fn in_full(line: &Line, host: &str) -> String {
    let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
    let host = if host.is_empty() { "-".to_owned() } else { host };
    let (priority, at, process) = (priority(line), line.at, std::process::id());
    format!("<{priority}>1 {at:.6} {host} cld-agent {process} - - \u{feff}{}", line.text)
}

/// A line as `/dev/log` has been taking them since long before: time and host are the collector's.
#[cfg(unix)]
fn in_short(line: &Line) -> String {
    format!("<{}>cld-agent[{}]: {}", priority(line), std::process::id(), line.text)
}

#[cfg(test)]
mod tests {
    use std::{io::Read, net::TcpListener};

    use super::*;

    const WITHIN: Duration = Duration::from_secs(20);

    fn at() -> Timestamp {
        "2026-11-25T06:00:00.25Z".parse().unwrap()
    }

    #[test]
    fn a_collector_is_named_in_one_of_three_ways() {
        assert_eq!("udp://syslog:514".parse(), Ok(Collector::Udp("syslog:514".to_owned())));
        assert_eq!("tcp://[::1]:601".parse(), Ok(Collector::Tcp("[::1]:601".to_owned())));
        assert_eq!("local".parse::<Collector>().is_ok(), cfg!(unix));
        for text in
            ["", "syslog", "syslog:514", "udp://", "udp://syslog", "udp://:514", "tls://syslog:6514", "udp://a/b:1"]
        {
            assert_eq!(text.parse::<Collector>(), Err(NoCollector), "{text}");
        }
    }

    #[test]
    fn a_datagram_holds_a_line_as_the_standard_has_it() {
        let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
        collector.set_read_timeout(Some(WITHIN)).unwrap();
        let syslog = Syslog::begin(Collector::Udp(collector.local_addr().unwrap().to_string()));
        syslog.line(Severity::Error, at(), "failed to read the mapping\n");
        let mut bytes = [0; 4096];
        let length = collector.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..length]).unwrap();
        let process = std::process::id();
        let end = format!(" cld-agent {process} - - \u{feff}failed to read the mapping");
        assert!(text.starts_with("<27>1 2026-11-25T06:00:00.250000Z ") && text.ends_with(&end), "{text}");
        assert_eq!(text.split(' ').nth(2).unwrap(), machine::name());
        syslog.line(Severity::Informational, at(), &"ü".repeat(5000));
        let length = collector.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..length]).unwrap();
        assert!(text.starts_with("<30>1 ") && text.ends_with("üü") && length < LONGEST + 200, "{length}");
    }

    #[test]
    fn lines_of_a_connection_are_told_apart_by_their_length_and_a_new_one_is_made_where_it_ends() {
        let collector = TcpListener::bind("127.0.0.1:0").unwrap();
        let syslog = Syslog::begin(Collector::Tcp(collector.local_addr().unwrap().to_string()));
        for nth in 0..2 {
            syslog.line(Severity::Warning, at(), "a line\nin two");
            let (mut connection, _) = collector.accept().unwrap();
            connection.set_read_timeout(Some(WITHIN)).unwrap();
            let mut bytes = [0; 4096];
            let length = connection.read(&mut bytes).unwrap();
            let text = String::from_utf8(bytes[..length].to_vec()).unwrap();
            let (said, rest) = text.split_once(' ').unwrap();
            assert_eq!(said.parse::<usize>().unwrap(), rest.len(), "{nth}: {text}");
            assert!(rest.starts_with("<28>1 ") && rest.ends_with("a line\nin two"), "{nth}: {text}");
            drop(connection);
            // The end of a connection may take a line with it before it is noticed; the next one is on a new one.
            syslog.flush(WITHIN);
            syslog.line(Severity::Debug, at(), "noticed");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    #[test]
    fn a_collector_that_hangs_or_is_away_holds_nobody_up_and_what_was_lost_is_counted() {
        // It takes the connection and never reads.
        let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
        let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for address in [hanging.local_addr().unwrap(), away] {
            let syslog = Syslog::begin(Collector::Tcp(address.to_string()));
            let began = Instant::now();
            for _ in 0..20_000 {
                syslog.line(Severity::Informational, at(), &"x".repeat(1500));
            }
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            syslog.flush(Duration::from_millis(100));
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        }
        let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
        collector.set_read_timeout(Some(WITHIN)).unwrap();
        let syslog = Syslog::begin(Collector::Udp(collector.local_addr().unwrap().to_string()));
        syslog.tally.lost.store(7, Ordering::Relaxed);
        syslog.line(Severity::Error, at(), "at last");
        let mut bytes = [0; 4096];
        let length = collector.recv(&mut bytes).unwrap();
        assert!(bytes[..length].ends_with(b"at last (7 lines before this one were not sent)"));
    }

    #[cfg(unix)]
    #[test]
    fn the_collector_of_this_machine_gets_what_it_has_always_got() {
        let line = Line { severity: Severity::Warning, at: at(), text: "house is not kept".to_owned() };
        assert_eq!(in_short(&line), format!("<28>cld-agent[{}]: house is not kept", std::process::id()));
    }
}
