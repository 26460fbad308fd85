//! Encryption: a handshake inside PRELOGIN packets, as TDS 7.4 has it, or before everything, as TDS 8.0 has it.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};

use super::wire::{kind, protocol};

/// What the server makes of encryption.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Encryption {
    /// It has none.
    Unsupported,
    /// It does what the client asks for.
    Offered,
    /// It insists.
    Required,
    /// TDS 8.0: before the first packet.
    Strict,
}

/// A certificate that a certificate authority made for this test has signed.
#[derive(Clone)]
pub(crate) struct Certificate {
    /// The authority's certificate, for the client's `ca_file`.
    pub(crate) authority: String,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<KeyPair>,
}

impl Certificate {
    /// For these names.
    pub(crate) fn new(names: &[&str]) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // OpenSSL takes a certificate for self-signed whose issuer has its own name.
        // And an issuer is looked for by its name, so each has one.
        let name = format!("Test authority {}", MADE.fetch_add(1, Ordering::Relaxed));
        authority.distinguished_name.push(DnType::CommonName, name);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut certificate = CertificateParams::new(names).unwrap();
        certificate.distinguished_name.push(DnType::CommonName, "Test server");
        certificate.use_authority_key_identifier_extension = true;
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        Self { authority: authority.pem(), chain: vec![certificate.der().clone()], key: Arc::new(key) }
    }

    /// How the server encrypts with it.
    pub(crate) fn config(&self, encryption: Encryption) -> Arc<ServerConfig> {
        // Within PRELOGIN packets the handshake has to be over when the client thinks so, and in TLS 1.3 it is not:
        // the server's tickets follow. SQL Server speaks TLS 1.3 in TDS 8.0 alone.
        let versions = if encryption == Encryption::Strict { &TLS13 } else { &TLS12 };
        let key = PrivateKeyDer::from_pem_slice(self.key.serialize_pem().as_bytes()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[versions])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .unwrap();
        if encryption == Encryption::Strict {
            config.alpn_protocols = vec![b"tds/8.0".to_vec()];
        }
        Arc::new(config)
    }
}

/// What packets travel on.
pub(crate) enum Transport {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, Wrapped>>),
    Closed,
}

impl Transport {
    /// Answers the client's handshake.
    pub(crate) fn encrypt(self, config: &Arc<ServerConfig>, wrapping: Wrapping) -> io::Result<Self> {
        let Self::Plain(socket) = self else { return Err(protocol("a second handshake")) };
        let mut wrapped = Wrapped { socket, wrapping, incoming: 0, outgoing: Vec::new() };
        let mut session = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut wrapped)?;
        }
        wrapped.flush()?;
        wrapped.wrapping = Wrapping::None;
        Ok(Self::Encrypted(Box::new(StreamOwned::new(session, wrapped))))
    }

    /// Gives encryption up, as after a login where nothing else is encrypted.
    pub(crate) fn decrypt(self) -> io::Result<Self> {
        match self {
            Self::Encrypted(stream) => Ok(Self::Plain(stream.sock.socket)),
            _ => Err(protocol("nothing is encrypted")),
        }
    }

    /// The connection below.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => &stream.sock.socket,
            Self::Closed => unreachable!("a transport is closed only while it changes"),
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
            Self::Closed => Ok(0),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            Self::Encrypted(stream) => stream.write(buffer),
            Self::Closed => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Encrypted(stream) => stream.flush(),
            Self::Closed => Ok(()),
        }
    }
}

/// Whether the bytes of a handshake come in PRELOGIN packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrapping {
    Packets,
    None,
}

/// A socket on which a handshake goes in PRELOGIN packets.
pub(crate) struct Wrapped {
    socket: TcpStream,
    wrapping: Wrapping,
    /// What is still to come of the packet that is being read.
    incoming: usize,
    outgoing: Vec<u8>,
}

impl Wrapped {
    fn send(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let length = ((self.outgoing.len() + 8) as u16).to_be_bytes();
        let mut packet = vec![kind::PRELOGIN, 1, length[0], length[1], 0, 0, 0, 0];
        packet.append(&mut self.outgoing);
        self.socket.write_all(&packet)
    }
}

impl Read for Wrapped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.wrapping == Wrapping::None {
            return self.socket.read(buffer);
        }
        // The client answers only what it has seen.
        self.send()?;
        if self.incoming == 0 {
            let mut header = [0; 8];
            self.socket.read_exact(&mut header)?;
            if header[0] != kind::PRELOGIN {
                return Err(protocol("a packet that is not of the handshake"));
            }
            self.incoming = usize::from(u16::from_be_bytes([header[2], header[3]])).saturating_sub(8);
        }
        let wanted = buffer.len().min(self.incoming);
        let read = self.socket.read(&mut buffer[..wanted])?;
        self.incoming -= read;
        Ok(read)
    }
}

impl Write for Wrapped {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.wrapping == Wrapping::None {
            return self.socket.write(buffer);
        }
        self.outgoing.extend(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.socket.flush()
    }
}
