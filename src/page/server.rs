//! Who may ask how much, and for how long.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::{Semaphore, oneshot},
    time::{sleep, timeout},
};

use super::{
    answers::{Names, Reached, answers},
    subject::{Subject, Watcher},
};
use crate::sys::clock::Clock;

/// Why the page is not served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Another program has the port.
    #[error("serve the status page on {0}: another program has this port")]
    Taken(SocketAddr),
    /// The address is not this machine's, or not this account's to take.
    #[error("serve the status page on {0}: this machine does not give that address to the agent")]
    Address(SocketAddr, #[source] io::Error),
    /// There is no thread for it.
    #[error("serve the status page: this machine gives no thread for it")]
    Thread(#[source] io::Error),
}

/// Connections that are served at once; others wait in the line of the operating system.
const MOST_CONNECTIONS: usize = 32;
/// How long a client may take to say what it wants …
const HEADERS_WITHIN: Duration = Duration::from_secs(5);
/// … and to have it.
const ALL_WITHIN: Duration = Duration::from_secs(15);
const MOST_HEADERS: usize = 64;
const MOST_HEADER_BYTES: usize = 16 * 1024;
/// After a connection that could not be taken, such as where there are too many open files.
const BREATH: Duration = Duration::from_millis(100);

/// The page, served on a thread of its own until this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    watcher: Arc<Watcher>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Takes the address, and serves there. `hosts` are names by which the page may be asked for besides those of this machine.
    pub fn begin(listen: SocketAddr, hosts: &[String], subject: Subject, clock: Clock) -> Result<Self, PageError> {
        let unserved = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => PageError::Taken(listen),
            _ => PageError::Address(listen, error),
        };
        let listener = TcpListener::bind(listen).map_err(unserved)?;
        listener.set_nonblocking(true).map_err(unserved)?;
        let address = listener.local_addr().map_err(unserved)?;
        let watcher = Arc::new(Watcher::new(subject, clock));
        let router = answers(watcher.clone(), Names::new(hosts));
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(PageError::Thread)?;
        let (end, ended) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                // Whoever drops the server ends the wait, and with the runtime all connections.
                tokio::select! {
                    () = serve(listener, router) => {}
                    _ = ended => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("status page".to_owned()).spawn(serve);
        Ok(Self { address, watcher, end: Some(end), thread: Some(thread.map_err(PageError::Thread)?) })
    }

    /// Where it is served.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A round of the daemon has ended, and this is what it was about.
    pub fn round(&self, subject: Subject) {
        self.watcher.round(subject);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the status page ended without a word");
        }
    }
}

async fn serve(listener: TcpListener, router: Router) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!("failed to serve the status page: {error}");
            return;
        }
    };
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = room.clone().acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(BREATH).await;
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            let _ = timeout(ALL_WITHIN, attend(stream, router)).await;
            drop(place);
        });
    }
}

/// Serves one request of one client. What goes wrong on a connection is its own affair.
async fn attend(stream: TcpStream, router: Router) {
    let Ok(reached) = stream.local_addr() else { return };
    let service = TowerToHyperService::new(router.layer(Extension(Reached(reached.ip()))));
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEADER_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
