//! What a client asks: batches, procedure calls with their parameters, transactions.

use std::io;

use super::{
    login::utf16,
    wire::{Message, kind, protocol},
};

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    /// How it came.
    pub(crate) way: Way,
    /// The statement.
    pub(crate) text: String,
    /// What came with it, without the statement and the declaration of the parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// The transaction that the client says it is in; 0 for none.
    pub(crate) transaction: u64,
}

/// How a request came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// As a batch.
    Batch,
    /// By `sp_executesql`, with the declaration of its parameters.
    ExecuteSql(String),
    /// By another procedure.
    Procedure(String),
}

/// A parameter's value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parameter {
    /// With its `@`; blank where it is known by its place.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: String,
    /// As text; `None` for NULL.
    pub(crate) value: Option<String>,
}

impl Request {
    pub(crate) fn parse(message: &Message) -> io::Result<Self> {
        let mut reader = Reader(&message.body);
        let transaction = reader.headers()?;
        if message.kind == kind::BATCH {
            let (way, text) = (Way::Batch, utf16(reader.0)?);
            return Ok(Self { way, text, parameters: Vec::new(), transaction });
        }
        let name = match reader.u16()? {
            0xFFFF => match reader.u16()? {
                10 => "sp_executesql".to_owned(),
                11 => "sp_prepare".to_owned(),
                12 => "sp_execute".to_owned(),
                13 => "sp_prepexec".to_owned(),
                15 => "sp_unprepare".to_owned(),
                other => format!("procedure {other}"),
            },
            units => utf16(reader.take(usize::from(units) * 2)?)?,
        };
        reader.u16()?;
        let mut parameters = Vec::new();
        while !reader.0.is_empty() {
            parameters.push(reader.parameter()?);
        }
        let mut next = || if parameters.is_empty() { None } else { parameters.remove(0).value };
        if name.eq_ignore_ascii_case("sp_executesql") {
            let text = next().unwrap_or_default();
            let way = Way::ExecuteSql(next().unwrap_or_default());
            return Ok(Self { way, text, parameters, transaction });
        }
        let text = next().unwrap_or_default();
        Ok(Self { way: Way::Procedure(name), text, parameters, transaction })
    }

    /// The statement and every text that came with it: a description is asked for by passing the statement on.
    pub(crate) fn all_text(&self) -> String {
        let values = self.parameters.iter().filter_map(|parameter| parameter.value.as_deref());
        std::iter::once(self.text.as_str()).chain(values).collect::<Vec<_>>().join("\n")
    }

    /// The value of a parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|parameter| parameter.name == name)?.value.as_deref()
    }
}

/// What is left of a message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(|| protocol("a request that is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of up to eight bytes.
    fn number(&mut self, bytes: usize) -> io::Result<u64> {
        Ok(little_endian(self.take(bytes)?) as u64)
    }

    fn u8(&mut self) -> io::Result<u8> {
        Ok(self.number(1)? as u8)
    }

    fn u16(&mut self) -> io::Result<u16> {
        Ok(self.number(2)? as u16)
    }

    fn length(&mut self) -> io::Result<usize> {
        Ok(self.number(4)? as usize)
    }

    /// The headers of a request; the transaction that they name.
    fn headers(&mut self) -> io::Result<u64> {
        const TRANSACTION: u16 = 2;
        let total = self.length()?;
        let mut headers = Reader(self.take(total.saturating_sub(4))?);
        let mut transaction = 0;
        while !headers.0.is_empty() {
            let length = headers.length()?;
            let mut header = Reader(headers.take(length.saturating_sub(4))?);
            if header.u16()? == TRANSACTION {
                transaction = header.number(8)?;
            }
        }
        Ok(transaction)
    }

    fn parameter(&mut self) -> io::Result<Parameter> {
        let units = self.u8()?;
        let name = utf16(self.take(usize::from(units) * 2)?)?;
        // Whether it is handed back.
        self.u8()?;
        let (ty, value) = self.value()?;
        Ok(Parameter { name, ty: ty.to_owned(), value })
    }

    /// A value that begins with its length in one byte.
    fn short(&mut self) -> io::Result<Option<&'a [u8]>> {
        match self.u8()? {
            0 => Ok(None),
            length => Ok(Some(self.take(length.into())?)),
        }
    }

    /// A value that begins with its length in two bytes, or comes in chunks.
    fn long(&mut self, longest: u16) -> io::Result<Option<Vec<u8>>> {
        if longest != 0xFFFF {
            return match self.u16()? {
                0xFFFF => Ok(None),
                length => Ok(Some(self.take(length.into())?.to_vec())),
            };
        }
        if self.number(8)? == u64::MAX {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        loop {
            match self.length()? {
                0 => return Ok(Some(bytes)),
                length => bytes.extend(self.take(length)?),
            }
        }
    }

    /// A type and a value of it.
    fn value(&mut self) -> io::Result<(&'static str, Option<String>)> {
        let integer = |bytes: &[u8]| {
            let unused = 128 - bytes.len() as u32 * 8;
            // A tinyint has no sign.
            let value = little_endian(bytes) as i128;
            if bytes.len() == 1 { value.to_string() } else { (value << unused >> unused).to_string() }
        };
        Ok(match self.u8()? {
            0x26 => {
                self.u8()?;
                ("int", self.short()?.map(integer))
            }
            0x68 => {
                self.u8()?;
                ("bit", self.short()?.map(integer))
            }
            0x30 => ("tinyint", Some(integer(self.take(1)?))),
            0x34 => ("smallint", Some(integer(self.take(2)?))),
            0x38 => ("int", Some(integer(self.take(4)?))),
            0x7F => ("bigint", Some(integer(self.take(8)?))),
            0x6D => {
                self.u8()?;
                let float = |bytes: &[u8]| match *bytes {
                    [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).to_string(),
                    _ => f64::from_bits(little_endian(bytes) as u64).to_string(),
                };
                ("float", self.short()?.map(float))
            }
            0x6A | 0x6C => {
                let scale = self.take(3)?[2];
                let decimal = |bytes: &[u8]| {
                    let sign = if bytes[0] == 0 { "-" } else { "" };
                    format!("{sign}{}e-{scale}", little_endian(&bytes[1..]))
                };
                ("decimal", self.short()?.map(decimal))
            }
            0x28 => ("date", self.short()?.map(day)),
            0x2A => {
                self.u8()?;
                ("datetime2", self.short()?.map(|bytes| day(&bytes[bytes.len() - 3..])))
            }
            0xE7 | 0xEF => {
                let longest = self.u16()?;
                self.take(5)?;
                ("nvarchar", self.long(longest)?.map(|bytes| utf16(&bytes)).transpose()?)
            }
            0xA7 | 0xAF => {
                let longest = self.u16()?;
                self.take(5)?;
                ("varchar", self.long(longest)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
            }
            0x63 => {
                self.length()?;
                self.take(5)?;
                let length = self.length()?;
                ("ntext", Some(utf16(self.take(length)?)?))
            }
            other => return Err(protocol(&format!("a parameter of type {other:#04x}"))),
        })
    }
}

fn little_endian(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

fn day(bytes: &[u8]) -> String {
    let days = jiff::Span::new().days(little_endian(bytes) as i64);
    jiff::civil::date(1, 1, 1).checked_add(days).map_or_else(|_| "no day".to_owned(), |day| day.to_string())
}
