//! The text of a CSV file as UTF-8, whatever it is kept in.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use encoding_rs::WINDOWS_1252;

use super::TextEncoding;

/// Hands out a file as chunks of whole UTF-8 characters.
///
/// The encoding is decided by the first bytes beyond ASCII, and every later chunk must agree: a file pasted together
/// from two exports would otherwise spoil somebody's name.
pub(super) struct Decoder {
    file: File,
    /// The encoding, once it is said or decided.
    encoding: Option<TextEncoding>,
    /// Whether the encoding was found out rather than said.
    guessed: bool,
    raw: Vec<u8>,
    /// Bytes of `raw` that hold something, and how many of them the chunk covers.
    len: usize,
    covered: usize,
    at_end: bool,
    /// The chunk, where it is not simply a part of `raw`.
    converted: Vec<u8>,
    chunk: Chunk,
}

/// Where the chunk lies.
#[derive(Clone, Copy)]
enum Chunk {
    Raw { start: usize },
    Converted { len: usize },
}

/// Why the text can't be had.
#[derive(Debug)]
pub(super) enum Fault {
    Read(io::Error),
    /// A byte order mark says UTF-16.
    Utf16,
    /// What comes next is not in the encoding that the file had until here.
    Encoding(TextEncoding),
}

impl Decoder {
    pub(super) const CHUNK: usize = 1 << 17;

    /// Opens the file and looks at its first bytes. A byte order mark is certain: it holds over what was said.
    pub(super) fn open(path: &Path, encoding: Option<TextEncoding>) -> Result<Self, Fault> {
        let file = File::open(path).map_err(Fault::Read)?;
        let mut decoder = Self {
            file,
            encoding,
            guessed: encoding.is_none(),
            raw: vec![0; Self::CHUNK],
            len: 0,
            covered: 0,
            at_end: false,
            converted: Vec::new(),
            chunk: Chunk::Raw { start: 0 },
        };
        while decoder.len < 3 && !decoder.at_end {
            decoder.fill()?;
        }
        match decoder.raw[..decoder.len] {
            [0xEF, 0xBB, 0xBF, ..] => {
                decoder.encoding = Some(TextEncoding::Utf8);
                decoder.covered = 3;
                decoder.chunk = Chunk::Raw { start: 3 };
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(Fault::Utf16),
            _ => {}
        }
        Ok(decoder)
    }

    /// The encoding, where it is said or the bytes so far decide it; all that is plain ASCII leaves it open.
    pub(super) fn encoding(&self) -> Option<TextEncoding> {
        self.encoding
    }

    /// The chunk; blank before the first [`Self::advance`].
    pub(super) fn chunk(&self) -> &[u8] {
        match self.chunk {
            Chunk::Raw { start } => &self.raw[start..self.covered],
            Chunk::Converted { len } => &self.converted[..len],
        }
    }

    /// Goes to the next chunk; `false` at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Fault> {
        self.raw.copy_within(self.covered..self.len, 0);
        self.len -= self.covered;
        self.covered = 0;
        self.chunk = Chunk::Raw { start: 0 };
        while self.covered == 0 {
            if self.at_end && self.len == 0 {
                return Ok(false);
            }
            self.fill()?;
            self.cover()?;
        }
        Ok(true)
    }

    /// Reads more, as much as there is room for.
    fn fill(&mut self) -> Result<(), Fault> {
        if self.len == self.raw.len() || self.at_end {
            return Ok(());
        }
        loop {
            match self.file.read(&mut self.raw[self.len..]) {
                Ok(read) => {
                    self.len += read;
                    self.at_end = read == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Read(error)),
            }
        }
    }

    /// Covers what is certain to be text; nothing where more must be read first to know.
    fn cover(&mut self) -> Result<(), Fault> {
        match self.encoding {
            Some(TextEncoding::Windows1252) => self.cover_windows_1252(),
            _ => self.cover_utf8(),
        }
    }

    fn cover_utf8(&mut self) -> Result<(), Fault> {
        let raw = &self.raw[..self.len];
        let (valid, broken) = match std::str::from_utf8(raw) {
            Ok(_) => (self.len, false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || self.at_end),
        };
        if self.encoding.is_none() {
            if broken && utf8_letter(raw).is_none() {
                self.encoding = Some(TextEncoding::Windows1252);
                return self.cover_windows_1252();
            }
            if broken || !raw[..valid].is_ascii() {
                self.encoding = Some(TextEncoding::Utf8);
            }
        }
        if broken && valid == 0 {
            return Err(Fault::Encoding(TextEncoding::Utf8));
        }
        self.covered = valid;
        Ok(())
    }

    fn cover_windows_1252(&mut self) -> Result<(), Fault> {
        /// The bytes that stand for nothing in Windows-1252.
        const UNUSED: [u8; 5] = [0x81, 0x8D, 0x8F, 0x90, 0x9D];
        let raw = &self.raw[..self.len];
        if raw.is_ascii() {
            self.covered = self.len;
            return Ok(());
        }
        let unused = raw.iter().position(|byte| UNUSED.contains(byte));
        let foreign = if self.guessed { utf8_letter(raw) } else { None };
        let good = [unused, foreign].into_iter().flatten().min().unwrap_or(self.len);
        if good == 0 {
            return Err(Fault::Encoding(TextEncoding::Windows1252));
        }
        // A character of Windows-1252 takes at most three bytes of UTF-8.
        self.converted.resize(Self::CHUNK * 3, 0);
        let (_, _, written, _) = WINDOWS_1252.new_decoder_without_bom_handling().decode_to_utf8(
            &self.raw[..good],
            &mut self.converted,
            true,
        );
        self.covered = good;
        self.chunk = Chunk::Converted { len: written };
        Ok(())
    }
}

/// The place of the first character that only UTF-8 explains. A pair such as `É’` in capitals may look like one of the
/// rarer letters of UTF-8; what English councils write in UTF-8 is Latin, or a sign of three bytes such as `’`.
fn utf8_letter(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for part in bytes.utf8_chunks() {
        let telling = |letter: char| ('\u{A0}'..'\u{180}').contains(&letter) || letter >= '\u{800}';
        if let Some(place) = part.valid().find(telling) {
            return Some(at + place);
        }
        at += part.valid().len() + part.invalid().len();
    }
    None
}
