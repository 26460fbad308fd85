//! PRELOGIN and LOGIN7.

use std::io;

use super::{tls::Encryption, token::Utf8, wire::protocol};

/// What a client asks of encryption, or is told of it.
pub(crate) mod encrypt {
    /// The login alone.
    pub(crate) const OFF: u8 = 0;
    pub(crate) const ON: u8 = 1;
    pub(crate) const UNSUPPORTED: u8 = 2;
    pub(crate) const REQUIRED: u8 = 3;
}

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const FEDERATED: u8 = 6;
const END: u8 = 0xFF;

const FEATURE_FEDERATED: u8 = 0x02;
const FEATURE_UTF8: u8 = 0x0A;

/// What a client says first.
pub(crate) struct Prelogin {
    /// Of [`encrypt`].
    pub(crate) encryption: u8,
    /// Whether it logs in with a token.
    federated: bool,
}

impl Prelogin {
    pub(crate) fn parse(body: &[u8]) -> io::Result<Self> {
        let mut found = Self { encryption: encrypt::OFF, federated: false };
        for option in body.chunks(5) {
            let &[name, offset_high, offset_low, _, _] = option else { break };
            let offset = usize::from(u16::from_be_bytes([offset_high, offset_low]));
            let first = || body.get(offset).copied().ok_or_else(|| protocol("a PRELOGIN option beyond its end"));
            match name {
                ENCRYPTION => found.encryption = first()?,
                FEDERATED => found.federated = first()? != 0,
                END => break,
                _ => {}
            }
        }
        Ok(found)
    }

    /// What the server makes of what the client asks.
    pub(crate) fn agreed(&self, server: Encryption) -> u8 {
        match (server, self.encryption) {
            (Encryption::Unsupported | Encryption::Strict, _) => encrypt::UNSUPPORTED,
            (Encryption::Required, _) => encrypt::REQUIRED,
            (Encryption::Offered, asked) => asked,
        }
    }

    /// Writes the server's answer.
    pub(crate) fn put_answer(&self, encryption: u8, out: &mut Vec<u8>) {
        let mut options: Vec<(u8, &[u8])> = vec![(VERSION, &[15, 0, 0x07, 0xD0, 0, 0])];
        let encryption = [encryption];
        options.extend([(ENCRYPTION, &encryption[..]), (INSTANCE, &[0]), (THREAD, &[]), (MARS, &[0])]);
        if self.federated {
            options.push((FEDERATED, &[1]));
        }
        let mut offset = options.len() * 5 + 1;
        for (name, data) in &options {
            out.push(*name);
            out.extend((offset as u16).to_be_bytes());
            out.extend((data.len() as u16).to_be_bytes());
            offset += data.len();
        }
        out.push(END);
        for (_, data) in options {
            out.extend(data);
        }
    }
}

/// What a client says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Login {
    /// As it stands in the message: 0x74000004 for TDS 7.4.
    pub(crate) version: u32,
    /// The packet size that it asks for.
    pub(crate) packet_size: usize,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) application: String,
    /// The server's name, as the client knows it.
    pub(crate) server: String,
    pub(crate) database: String,
    /// Whether it will only read, so that a readable secondary may serve it.
    pub(crate) intent: Intent,
    /// The token that it brings instead of a password.
    pub(crate) token: Option<String>,
    /// Whether it knows UTF-8 collations.
    pub(crate) utf8: Utf8,
}

/// What a client says that it will do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intent {
    ReadWrite,
    ReadOnly,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            version: 0,
            packet_size: 0,
            user: String::new(),
            password: String::new(),
            application: String::new(),
            server: String::new(),
            database: String::new(),
            intent: Intent::ReadWrite,
            token: None,
            utf8: Utf8::Unknown,
        }
    }
}

impl Login {
    pub(crate) fn parse(body: &[u8]) -> io::Result<Self> {
        let short = || protocol("a LOGIN7 that is too short");
        let number = |at: usize| -> io::Result<u32> {
            let bytes = body.get(at..at + 4).ok_or_else(short)?;
            Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        let place = |at: usize| -> io::Result<(usize, usize)> {
            let both = number(at)?;
            Ok(((both & 0xFFFF) as usize, (both >> 16) as usize))
        };
        let units = |at: usize| -> io::Result<Vec<u8>> {
            let (offset, length) = place(at)?;
            Ok(body.get(offset..offset + length * 2).ok_or_else(short)?.to_vec())
        };
        let text = |at| units(at).and_then(|bytes| utf16(&bytes));
        let flags = body.get(24..28).ok_or_else(short)?;
        let password: Vec<u8> = units(44)?.iter().map(|byte| (byte ^ 0xA5).rotate_left(4)).collect();
        let mut login = Self {
            version: number(4)?,
            packet_size: number(8)? as usize,
            user: text(40)?,
            password: utf16(&password)?,
            application: text(48)?,
            server: text(52)?,
            database: text(68)?,
            intent: if flags[2] & 0x20 == 0 { Intent::ReadWrite } else { Intent::ReadOnly },
            ..Self::default()
        };
        if flags[3] & 0x10 != 0 {
            let (offset, _) = place(56)?;
            login.features(body.get(number(offset)? as usize..).ok_or_else(short)?)?;
        }
        Ok(login)
    }

    fn features(&mut self, mut rest: &[u8]) -> io::Result<()> {
        let short = || protocol("a feature that is too short");
        while let [feature, a, b, c, d, data @ ..] = rest {
            if *feature == END {
                break;
            }
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let (data, after) = data.split_at_checked(length).ok_or_else(short)?;
            match *feature {
                FEATURE_UTF8 => self.utf8 = Utf8::Known,
                FEATURE_FEDERATED => {
                    // A byte of options, then the token with its length.
                    let [_, a, b, c, d, token @ ..] = data else { return Err(short()) };
                    let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
                    self.token = Some(utf16(token.get(..length).ok_or_else(short)?)?);
                }
                _ => {}
            }
            rest = after;
        }
        Ok(())
    }

    /// The features that are granted.
    pub(crate) fn granted(&self) -> Vec<(u8, &'static [u8])> {
        let mut granted: Vec<(u8, &[u8])> = Vec::new();
        if self.token.is_some() {
            granted.push((FEATURE_FEDERATED, &[]));
        }
        if self.utf8 == Utf8::Known {
            granted.push((FEATURE_UTF8, &[1]));
        }
        granted
    }
}

/// A text as clients send it.
pub(crate) fn utf16(bytes: &[u8]) -> io::Result<String> {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    String::from_utf16(&units.collect::<Vec<_>>()).map_err(|_| protocol("a text that is no UTF-16"))
}
