//! Packets, and the place where a connection breaks.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
};

use super::{fault::Fault, tls::Transport};

const HEADER: usize = 8;
const END_OF_MESSAGE: u8 = 1;

/// What kind of message.
pub(crate) mod kind {
    pub(crate) const BATCH: u8 = 0x01;
    pub(crate) const RPC: u8 = 0x03;
    pub(crate) const ANSWER: u8 = 0x04;
    pub(crate) const ATTENTION: u8 = 0x06;
    pub(crate) const TRANSACTION: u8 = 0x0E;
    pub(crate) const LOGIN: u8 = 0x10;
    pub(crate) const PRELOGIN: u8 = 0x12;
}

/// A message from a client.
pub(crate) struct Message {
    /// Of [`kind`].
    pub(crate) kind: u8,
    /// The payloads of its packets.
    pub(crate) body: Vec<u8>,
}

/// A connection in packets.
pub(crate) struct Wire {
    transport: Transport,
    /// Bytes of a packet, with its header.
    packet: usize,
    /// The message that is being written.
    pending: Vec<u8>,
    number: u8,
    /// Bytes sent before encryption.
    sent: u64,
    /// Where each packet ended, in such bytes.
    boundaries: Vec<u64>,
    fault: Fault,
}

impl Wire {
    pub(crate) fn new(transport: Transport, fault: Fault) -> Self {
        Self { transport, packet: 4096, pending: Vec::new(), number: 0, sent: 0, boundaries: Vec::new(), fault }
    }

    /// From here on, packets of this many bytes.
    pub(crate) fn packet_size(&mut self, bytes: usize) {
        self.packet = bytes;
    }

    /// The same connection with or without encryption.
    pub(crate) fn change(&mut self, change: impl FnOnce(Transport) -> io::Result<Transport>) -> io::Result<()> {
        let before = std::mem::replace(&mut self.transport, Transport::Closed);
        self.transport = change(before)?;
        Ok(())
    }

    /// Where each packet ended, in bytes of the connection before encryption.
    pub(crate) fn boundaries(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.boundaries)
    }

    /// The next message; `None` where the client has gone.
    pub(crate) fn read(&mut self) -> io::Result<Option<Message>> {
        let mut body = Vec::new();
        loop {
            let mut header = [0; HEADER];
            match self.transport.read_exact(&mut header) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                read => read?,
            }
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let Some(length) = length.checked_sub(HEADER) else { return Err(protocol("a packet without a header")) };
            let start = body.len();
            body.resize(start + length, 0);
            self.transport.read_exact(&mut body[start..])?;
            if header[1] & END_OF_MESSAGE != 0 {
                return Ok(Some(Message { kind: header[0], body }));
            }
        }
    }

    /// What has been written of the message, to write on.
    pub(crate) fn message(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Sends the packets that are full.
    pub(crate) fn send_full(&mut self) -> io::Result<()> {
        let payload = self.packet - HEADER;
        // What fills a packet exactly waits: it may be the last.
        while self.pending.len() > payload {
            let rest = self.pending.split_off(payload);
            let full = std::mem::replace(&mut self.pending, rest);
            self.send_packet(kind::ANSWER, 0, &full)?;
        }
        Ok(())
    }

    /// Ends the message.
    pub(crate) fn finish(&mut self, kind: u8) -> io::Result<()> {
        self.send_full()?;
        let last = std::mem::take(&mut self.pending);
        self.send_packet(kind, END_OF_MESSAGE, &last)
    }

    fn send_packet(&mut self, kind: u8, status: u8, payload: &[u8]) -> io::Result<()> {
        const PROCESS: [u8; 2] = [0, 51];
        self.number = self.number.wrapping_add(1);
        let length = ((payload.len() + HEADER) as u16).to_be_bytes();
        let mut packet = Vec::with_capacity(payload.len() + HEADER);
        packet.extend([kind, status, length[0], length[1], PROCESS[0], PROCESS[1], self.number, 0]);
        packet.extend(payload);
        self.send(&packet)?;
        self.boundaries.push(self.sent);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (Fault::Cut(after) | Fault::Reset(after) | Fault::Stall(after)) = self.fault else {
            self.sent += bytes.len() as u64;
            return self.transport.write_all(bytes).and_then(|()| self.transport.flush());
        };
        let left = usize::try_from(after - self.sent).unwrap_or(usize::MAX);
        let sent = &bytes[..left.min(bytes.len())];
        self.sent += sent.len() as u64;
        self.transport.write_all(sent).and_then(|()| self.transport.flush())?;
        if self.sent < after {
            return Ok(());
        }
        let socket = self.transport.socket();
        match self.fault {
            Fault::Reset(_) => reset(socket)?,
            Fault::Stall(_) => wait_until_gone(socket)?,
            _ => socket.shutdown(Shutdown::Both)?,
        }
        Err(io::Error::new(io::ErrorKind::ConnectionAborted, "as the script says"))
    }
}

/// Something that no client should say.
pub(crate) fn protocol(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Makes the end of the connection a reset.
fn reset(socket: &TcpStream) -> io::Result<()> {
    // The standard library does not let go of a socket without a farewell; tokio does.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    let socket = socket.try_clone()?;
    socket.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(socket)?.set_zero_linger()
}

/// Waits until the client closes the connection; what it says until then is of no interest.
fn wait_until_gone(mut socket: &TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while socket.read(&mut ignored)? > 0 {}
    Ok(())
}
