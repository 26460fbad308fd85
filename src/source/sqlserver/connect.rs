//! From settings to a connection that is logged in.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use socket2::{SockRef, TcpKeepalive};
use tiberius::{AuthMethod, EncryptionLevel, SqlBrowser, error::IoErrorKind};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::{
    error::{ConnectFault, Said, SqlServerError},
    login,
};
use crate::config::{
    Network,
    sqlserver::{Addresses, Encryption, Endpoint, Intent, SqlServerSettings, Trust},
};

/// A connection. It is never used again after an error: whoever meets one drops it.
pub(super) type Client<S = TcpStream> = tiberius::Client<Compat<S>>;

/// What a connection runs over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// How often we let ourselves be sent on: once by a listener, once by a gateway, and once more.
const REDIRECTIONS: usize = 3;

/// Who the server is, in messages.
pub(super) fn name(settings: &SqlServerSettings) -> String {
    named(&settings.host, &settings.endpoint)
}

fn named(host: &str, endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Port(port) => format!("{host}:{port}"),
        Endpoint::Instance(instance) => format!("{host}\\{instance}"),
    }
}

/// Connects and logs in, following the server where it sends us on.
pub(super) async fn connect(settings: &SqlServerSettings, network: &Network) -> Result<Client, SqlServerError> {
    let authorities = authorities(&settings.trust)?;
    let auth = login::method(settings, network).await?;
    let (mut host, mut endpoint) = (settings.host.clone(), settings.endpoint.clone());
    for _ in 0..=REDIRECTIONS {
        let server = named(&host, &endpoint);
        let fault = |fault| SqlServerError::Connect { server: server.clone(), fault };
        let config = config(settings, &host, &endpoint, auth.clone(), authorities.as_deref());
        let socket = socket(settings, &host, &endpoint, &config).await.map_err(fault)?;
        match Box::pin(Client::connect(config, socket.compat_write())).await {
            Ok(client) => return Ok(client),
            Err(tiberius::error::Error::Routing { host: to, port }) => {
                // A gateway names the instance behind the host; the port says it already.
                to.split('\\').next().unwrap_or(&to).clone_into(&mut host);
                endpoint = Endpoint::Port(port);
            }
            Err(tiberius::error::Error::Server(error)) => {
                return Err(SqlServerError::Server { server, said: Said::of(&error) });
            }
            Err(error) => return Err(fault(handshake_fault(&error, settings.patience.login))),
        }
    }
    Err(SqlServerError::Connect { server: name(settings), fault: ConnectFault::Redirected(REDIRECTIONS) })
}

/// The certificates of the council's own authority.
fn authorities(trust: &Trust) -> Result<Option<Vec<u8>>, SqlServerError> {
    let Trust::Authority(path) = trust else { return Ok(None) };
    let read = |path: &Path| std::fs::read(path);
    read(path).map(Some).map_err(|source| SqlServerError::File { path: path.clone(), source })
}

fn config(
    settings: &SqlServerSettings,
    host: &str,
    endpoint: &Endpoint,
    auth: AuthMethod,
    authorities: Option<&[u8]>,
) -> tiberius::Config {
    let mut config = tiberius::Config::new();
    config.host(host);
    match endpoint {
        Endpoint::Port(port) => config.port(*port),
        Endpoint::Instance(instance) => config.instance_name(instance),
    }
    config.database(&settings.database);
    config.authentication(auth);
    config.application_name(&settings.application_name);
    config.packet_size(settings.packet_size);
    config.readonly(settings.intent == Intent::ReadOnly);
    config.multi_subnet_failover(settings.addresses == Addresses::AtOnce);
    config.encryption(match settings.encryption {
        Encryption::Required => EncryptionLevel::Required,
        Encryption::Strict => EncryptionLevel::Strict,
    });
    match (&settings.trust, authorities) {
        (Trust::Anyone { .. }, _) => config.trust_cert(),
        (_, Some(certificates)) => config.trust_cert_ca_bundle(certificates),
        (_, None) => {}
    }
    if let Some(name) = &settings.certificate_name {
        config.hostname_in_certificate(name);
    }
    config.handshake_timeout(Some(settings.patience.login));
    config.command_timeout(Some(settings.patience.command));
    // A lone surrogate is found by us, with its row and column; the driver would only say that there is one.
    config.lossy_utf16_decoding(true);
    config
}

async fn socket(
    settings: &SqlServerSettings,
    host: &str,
    endpoint: &Endpoint,
    config: &tiberius::Config,
) -> Result<TcpStream, ConnectFault> {
    let patience = settings.patience.connect;
    let reached = async {
        let port = if let Endpoint::Port(port) = endpoint { *port } else { 0 };
        let addresses: Vec<_> = tokio::net::lookup_host((host, port)).await.map_err(|_| ConnectFault::Name)?.collect();
        if addresses.is_empty() {
            return Err(ConnectFault::Name);
        }
        match endpoint {
            Endpoint::Instance(_) => TcpStream::connect_named(config).await.map_err(|error| match error {
                tiberius::error::Error::Io { kind, .. } => io_fault(kind, patience),
                _ => ConnectFault::Instance,
            }),
            Endpoint::Port(_) => first(&addresses, settings.addresses, patience).await,
        }
    };
    let stream = tokio::time::timeout(patience, reached).await.map_err(|_| ConnectFault::Silent(patience))??;
    be_heard(&stream);
    Ok(stream)
}

/// How long a line may be idle before the machines at its ends ask whether the other is still there: a firewall in
/// between forgets a line after some minutes, and a query may be silent for longer.
const IDLE: Duration = Duration::from_secs(30);

/// How long they wait for an answer before they ask again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Keeps a line from being forgotten, and lets us notice where it was. A machine that can't is good enough without.
fn be_heard(stream: &TcpStream) {
    // Requests are small and waited for.
    let _ = stream.set_nodelay(true);
    let alive = TcpKeepalive::new().with_time(IDLE).with_interval(ASK_AGAIN);
    let _ = SockRef::from(stream).set_tcp_keepalive(&alive);
}

/// The first address that answers.
async fn first(addresses: &[SocketAddr], how: Addresses, patience: Duration) -> Result<TcpStream, ConnectFault> {
    let mut fault = ConnectFault::Silent(patience);
    match how {
        Addresses::InTurn => {
            // One address that swallows everything must leave time for the others.
            let share = patience / addresses.len() as u32;
            for address in addresses {
                match tokio::time::timeout(share, TcpStream::connect(address)).await {
                    Ok(Ok(stream)) => return Ok(stream),
                    Ok(Err(error)) => fault = io_fault(error.kind(), patience),
                    Err(_) => {}
                }
            }
        }
        Addresses::AtOnce => {
            let mut attempts: FuturesUnordered<_> = addresses.iter().map(TcpStream::connect).collect();
            while let Some(attempt) = attempts.next().await {
                match attempt {
                    Ok(stream) => return Ok(stream),
                    Err(error) => fault = io_fault(error.kind(), patience),
                }
            }
        }
    }
    Err(fault)
}

fn io_fault(kind: IoErrorKind, patience: Duration) -> ConnectFault {
    match kind {
        io::ErrorKind::ConnectionRefused => ConnectFault::Refused,
        io::ErrorKind::TimedOut => ConnectFault::Silent(patience),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            ConnectFault::NoWay
        }
        io::ErrorKind::NotFound => ConnectFault::Name,
        _ => ConnectFault::Cut,
    }
}

/// What went wrong between the first greeting and the login.
fn handshake_fault(error: &tiberius::error::Error, patience: Duration) -> ConnectFault {
    use tiberius::error::Error;
    match error {
        Error::Tls(message) => certificate_fault(message),
        Error::Io { kind: io::ErrorKind::TimedOut, .. } => ConnectFault::Silent(patience),
        Error::Io { kind: io::ErrorKind::InvalidData, message } if message.contains("CA source") => {
            ConnectFault::Authority
        }
        Error::Io { kind: io::ErrorKind::InvalidData, message } if message.contains("packet") => ConnectFault::Protocol,
        Error::Io { kind: io::ErrorKind::InvalidData, .. } => ConnectFault::Tls,
        Error::Io { kind, .. } => io_fault(*kind, patience),
        Error::Protocol(message) if message.contains("encryption level") => ConnectFault::NoEncryption,
        Error::Conversion(message) if message.contains("instance") => ConnectFault::Instance,
        _ => ConnectFault::Protocol,
    }
}

/// What rustls holds against a certificate; it says so in words alone.
fn certificate_fault(message: &str) -> ConnectFault {
    let says = |word: &str| message.contains(word);
    if says("UnknownIssuer") {
        ConnectFault::UnknownIssuer
    } else if says("not valid for name") || says("NotValidForName") {
        ConnectFault::OtherName
    } else if says("xpired") {
        ConnectFault::Expired
    } else if says("certificate") {
        ConnectFault::Certificate
    } else {
        ConnectFault::Tls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        for (message, fault) in [
            (
                "the server's certificate was rejected during the TLS handshake: UnknownIssuer. …",
                ConnectFault::UnknownIssuer,
            ),
            ("…: certificate not valid for name \"sql01\"; certificate is only valid for …", ConnectFault::OtherName),
            (
                "…: certificate expired: verification time 1 (UNIX), but certificate is not valid after 0",
                ConnectFault::Expired,
            ),
            ("the server's certificate was rejected during the TLS handshake: BadEncoding", ConnectFault::Certificate),
            ("peer is incompatible: ServerTlsVersionIsDisabledByOurConfig", ConnectFault::Tls),
        ] {
            assert_eq!(certificate_fault(message), fault, "{message}");
        }
    }

    #[test]
    fn an_idle_line_is_asked_whether_it_is_still_there() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let stream = first(&[address], Addresses::InTurn, Duration::from_secs(5)).await.unwrap();
            be_heard(&stream);
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
            #[cfg(target_os = "linux")]
            assert_eq!(
                (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap()),
                (IDLE, ASK_AGAIN)
            );
        });
    }

    #[test]
    fn what_ends_a_handshake_is_told_apart() {
        use tiberius::error::Error;
        let io = |kind| Error::Io { kind, message: String::new() };
        for (error, fault) in [
            (io(io::ErrorKind::TimedOut), ConnectFault::Silent(Duration::from_secs(9))),
            (io(io::ErrorKind::UnexpectedEof), ConnectFault::Cut),
            (io(io::ErrorKind::ConnectionReset), ConnectFault::Cut),
            (io(io::ErrorKind::InvalidData), ConnectFault::Tls),
            (
                Error::Protocol("Server does not allow the requested encryption level.".into()),
                ConnectFault::NoEncryption,
            ),
            (Error::Protocol("invalid token type 7".into()), ConnectFault::Protocol),
        ] {
            assert_eq!(handshake_fault(&error, Duration::from_secs(9)), fault, "{error}");
        }
    }
}
