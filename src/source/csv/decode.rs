//! The text of a CSV file as UTF-8, whatever it is kept in.

use std::io::{self, Read};

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Input, TextEncoding};

/// Hands out an input as chunks of whole UTF-8 characters.
///
/// The encoding is decided by the first bytes beyond ASCII, and every later chunk must agree: a file pasted together
/// from two exports would otherwise spoil somebody's name.
pub(super) struct Decoder {
    input: Input,
    /// The encoding, once it is said or decided.
    encoding: Option<TextEncoding>,
    /// Whether the encoding was found out rather than said.
    guessed: bool,
    marked: bool,
    raw: Vec<u8>,
    /// Bytes of `raw` that hold something, and how many of them the chunk covers.
    len: usize,
    covered: usize,
    at_end: bool,
    /// Why nothing comes after what `raw` holds.
    failed: Option<io::Error>,
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
    /// What comes next is not in the encoding that the file had until here.
    Encoding(TextEncoding),
}

impl Decoder {
    pub(super) const CHUNK: usize = 1 << 17;

    /// Looks at the first bytes. A byte order mark is certain: it holds over what was said.
    pub(super) fn new(input: Input, encoding: Option<TextEncoding>) -> Result<Self, Fault> {
        let mut decoder = Self {
            input,
            encoding,
            guessed: encoding.is_none(),
            marked: false,
            raw: vec![0; Self::CHUNK],
            len: 0,
            covered: 0,
            at_end: false,
            failed: None,
            converted: Vec::new(),
            chunk: Chunk::Raw { start: 0 },
        };
        while decoder.len < BEGINNING && !decoder.at_end {
            decoder.fill()?;
        }
        let (mark, encoding) = match decoder.raw[..decoder.len] {
            [0xEF, 0xBB, 0xBF, ..] => (3, Some(TextEncoding::Utf8)),
            [0xFF, 0xFE, ..] => (2, Some(TextEncoding::Utf16Le)),
            [0xFE, 0xFF, ..] => (2, Some(TextEncoding::Utf16Be)),
            ref beginning => (0, encoding.or_else(|| wide(beginning))),
        };
        decoder.marked = mark > 0;
        decoder.encoding = encoding;
        decoder.covered = mark;
        decoder.chunk = Chunk::Raw { start: mark };
        Ok(decoder)
    }

    /// Whether a byte order mark stands before the text.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
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
        if let Some(error) = self.failed.take() {
            return Err(Fault::Read(error));
        }
        if self.len == self.raw.len() || self.at_end {
            return Ok(());
        }
        loop {
            match self.input.read(&mut self.raw[self.len..]) {
                Ok(read) => {
                    self.len += read;
                    self.at_end = read == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What has been read goes ahead.
                Err(error) if self.len > 0 => {
                    self.failed = Some(error);
                    return Ok(());
                }
                Err(error) => return Err(Fault::Read(error)),
            }
        }
    }

    /// Covers what is certain to be text; nothing where more must be read first to know.
    fn cover(&mut self) -> Result<(), Fault> {
        match self.encoding {
            Some(TextEncoding::Windows1252) => self.cover_windows_1252(),
            Some(TextEncoding::Utf16Le) => self.cover_utf16(UTF_16LE),
            Some(TextEncoding::Utf16Be) => self.cover_utf16(UTF_16BE),
            Some(TextEncoding::Utf8) | None => self.cover_utf8(),
        }
    }

    fn cover_utf8(&mut self) -> Result<(), Fault> {
        let raw = &self.raw[..self.len];
        let (valid, broken) = match std::str::from_utf8(raw) {
            Ok(_) => (self.len, false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || self.at_end),
        };
        if self.encoding.is_none() {
            if broken && !beyond_ascii(raw).any(|at| is_utf8_letter(&raw[at..])) {
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
        let is_foreign = |at: &usize| UNUSED.contains(&raw[*at]) || self.guessed && is_utf8_letter(&raw[*at..]);
        let good = beyond_ascii(raw).find(is_foreign).unwrap_or(self.len);
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

    fn cover_utf16(&mut self, encoding: &'static Encoding) -> Result<(), Fault> {
        // What can be converted now: whole units, and no first half of a pair whose other half is still to come.
        let mut whole = if self.at_end { self.len } else { self.len & !1 };
        if let (false, [.., first, second]) = (self.at_end, &self.raw[..whole]) {
            let unit = if encoding == UTF_16LE { [*second, *first] } else { [*first, *second] };
            whole -= if (0xD8..0xDC).contains(&unit[0]) { 2 } else { 0 };
        }
        // A unit of two bytes takes at most three of UTF-8.
        self.converted.resize(Self::CHUNK * 2, 0);
        let (result, read, written) = encoding.new_decoder_without_bom_handling().decode_to_utf8_without_replacement(
            &self.raw[..whole],
            &mut self.converted,
            true,
        );
        let good = match result {
            DecoderResult::InputEmpty | DecoderResult::OutputFull => read,
            // What stands before the fault goes ahead; the fault itself is met by the next chunk.
            DecoderResult::Malformed(bad, beyond) => read.saturating_sub(usize::from(bad) + usize::from(beyond)),
        };
        if good == 0 && whole > 0 {
            let said = if encoding == UTF_16LE { TextEncoding::Utf16Le } else { TextEncoding::Utf16Be };
            return Err(Fault::Encoding(said));
        }
        self.covered = good;
        self.chunk = Chunk::Converted { len: written };
        Ok(())
    }
}

/// So many bytes are looked at before anything else.
const BEGINNING: usize = 64;

/// The encoding of a text that begins with plain letters of two bytes each, without a mark that says so.
fn wide(beginning: &[u8]) -> Option<TextEncoding> {
    let (units, _) = beginning[..beginning.len().min(BEGINNING)].as_chunks::<2>();
    match units {
        [] => None,
        units if units.iter().all(|[low, high]| *low != 0 && *high == 0) => Some(TextEncoding::Utf16Le),
        units if units.iter().all(|[high, low]| *high == 0 && *low != 0) => Some(TextEncoding::Utf16Be),
        _ => None,
    }
}

/// Whether these bytes begin with a character that only UTF-8 explains. A pair such as `É’` in capitals may look like one of
/// the rarer letters of UTF-8; what English councils write in UTF-8 is Latin, or a sign of three bytes such as `’`.
fn is_utf8_letter(bytes: &[u8]) -> bool {
    const LONGEST: usize = 4;
    let first = bytes[..bytes.len().min(LONGEST)].utf8_chunks().next();
    let letter = first.and_then(|part| part.valid().chars().next());
    letter.is_some_and(|letter| ('\u{A0}'..'\u{180}').contains(&letter) || letter >= '\u{800}')
}

/// The places of bytes that are not ASCII. What lies between them is passed over many bytes at a time.
fn beyond_ascii(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let at = next + Encoding::ascii_valid_up_to(&bytes[next..]);
        next = at + 1;
        (at < bytes.len()).then_some(at)
    })
}
