//! The listener, and what all connections share.

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio_rustls::rustls::ServerConfig;

use super::{
    fault::Fault,
    session::{Recorded, serve},
    table::Table,
    tls::{Certificate, Encryption},
};

/// How a server is set up.
#[derive(Clone)]
pub(crate) struct Options {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The only login.
    pub(crate) user: String,
    /// Its password.
    pub(crate) password: String,
    /// The only database beside `master`.
    pub(crate) database: String,
    /// What it makes of encryption.
    pub(crate) encryption: Encryption,
    /// Shown at the handshake.
    pub(crate) certificate: Certificate,
    /// Bytes of a packet, with its header of eight, whatever the client asked for.
    pub(crate) packet_size: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            user: "cld_reader".to_owned(),
            password: "a pass;word={}".to_owned(),
            database: "Council".to_owned(),
            encryption: Encryption::Offered,
            certificate: Certificate::new(&["localhost", "127.0.0.1"]),
            packet_size: None,
        }
    }
}

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) tls: Arc<ServerConfig>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    tables: Vec<(String, Arc<Table>)>,
    faults: VecDeque<Fault>,
    recorded: Vec<Recorded>,
    open: Vec<(usize, TcpStream)>,
    stopping: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table that answers a statement: the first whose text it holds.
    pub(crate) fn table(&self, statement: &str) -> Option<Arc<Table>> {
        let state = self.state();
        state.tables.iter().find(|(text, _)| statement.contains(text)).map(|(_, table)| table.clone())
    }
}

impl Server {
    /// Starts to listen.
    pub(crate) fn start(options: Options) -> Self {
        let listener = TcpListener::bind(options.address).unwrap();
        let address = listener.local_addr().unwrap();
        let tls = options.certificate.config(options.encryption);
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { options, tls, state, changed });
        let listening = shared.clone();
        let listener = Some(thread::spawn(move || listen(&listener, &listening)));
        Self { address, shared, listener }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How it is set up.
    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Answers every statement that holds the text with a table. Of several texts the one served first counts.
    pub(crate) fn serve(&self, text: impl Into<String>, table: Table) {
        self.shared.state().tables.push((text.into(), Arc::new(table)));
    }

    /// Lets the coming connections fail so, one after the other; those after them do not.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.state().faults.extend(faults);
    }

    /// All connections so far, in the order in which they ended, when none is open any more.
    pub(crate) fn recorded(&self) -> Vec<Recorded> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let waiting =
            self.shared.changed.wait_timeout_while(self.shared.state(), PATIENCE, |state| !state.open.is_empty());
        let (mut state, timeout) = waiting.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "a connection was left open");
        std::mem::take(&mut state.recorded)
    }

    /// The last connection, when none is open any more.
    pub(crate) fn last(&self) -> Recorded {
        self.recorded().pop().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.stopping = true;
            for (_, socket) in &state.open {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// A connection, closed when this is dropped, which happens in a panic as well: no client shall wait for ever.
struct Open<'a> {
    shared: &'a Shared,
    number: usize,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.state().open.retain(|(number, _)| *number != self.number);
        self.shared.changed.notify_all();
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = Vec::new();
    for number in 0.. {
        let accepted = listener.accept().and_then(|(socket, _)| {
            socket.set_nodelay(true)?;
            let kept = socket.try_clone()?;
            Ok((socket, kept))
        });
        let mut state = shared.state();
        if state.stopping {
            break;
        }
        let Ok((socket, kept)): io::Result<_> = accepted else { continue };
        state.open.push((number, kept));
        let fault = state.faults.pop_front().unwrap_or(Fault::None);
        drop(state);
        connections.retain(|connection: &JoinHandle<()>| !connection.is_finished());
        let shared = shared.clone();
        connections.push(thread::spawn(move || {
            let open = Open { shared: &shared, number };
            let recorded = serve(socket, &shared, fault);
            shared.state().recorded.push(recorded);
            drop(open);
        }));
    }
    for connection in connections {
        let _ = connection.join();
    }
}
