//! What a file is, by its first bytes: names lie.

use std::io::{self, Read};

use memchr::memmem;

/// What a file begins as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Nothing says that it is anything but text.
    Text,
    /// Compressed with gzip.
    Gzip,
    /// A zip archive: an XLSX workbook among others.
    Zip,
    /// A container of old Office files, and of new ones that are encrypted.
    Compound,
    /// Something that holds no rows that could be read.
    Other(&'static str),
}

/// Beginnings that are certain.
const MAGIC: [(&[u8], Kind); 16] = [
    (b"\x1f\x8b", Kind::Gzip),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Compound),
    (b"\x89PNG\r\n\x1a\n", Kind::Other("a picture (PNG)")),
    (b"\xff\xd8\xff", Kind::Other("a picture (JPEG)")),
    (b"GIF8", Kind::Other("a picture (GIF)")),
    (b"%PDF-", Kind::Other("a PDF document")),
    (b"{\\rtf", Kind::Other("a text document (RTF)")),
    (b"SQLite format 3\0", Kind::Other("an SQLite database")),
    (b"7z\xbc\xaf\x27\x1c", Kind::Other("a 7-Zip archive")),
    (b"Rar!", Kind::Other("a RAR archive")),
    (b"PAR1", Kind::Other("a Parquet file")),
    (b"<!DOCTYPE", Kind::Other("a web page (HTML)")),
    (b"<html", Kind::Other("a web page (HTML)")),
    (b"<?xml", Kind::Other("an XML document")),
];

impl Kind {
    /// By the first bytes.
    pub(super) fn of(beginning: &[u8]) -> Self {
        let unmarked = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let begins = |magic: &[u8]| {
            beginning.starts_with(magic)
                || unmarked
                    .trim_ascii_start()
                    .get(..magic.len())
                    .is_some_and(|start| magic.starts_with(b"<") && start.eq_ignore_ascii_case(magic))
        };
        MAGIC.into_iter().find(|(magic, _)| begins(magic)).map_or(Self::Text, |(_, kind)| kind)
    }
}

/// What a compound file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compound {
    /// A workbook, or another Office file, that a password protects.
    Protected,
    /// A workbook of Excel 97 to 2003.
    OldWorkbook,
    /// Something else: a Word document, a message.
    Other,
}

/// How far a compound file is searched.
const SEARCHED: u64 = 256 << 20;

impl Compound {
    /// By the names of the streams in it. They stand in UTF-16 in its directory.
    pub(super) fn of(input: impl Read) -> io::Result<Self> {
        const NAMES: [(&str, Compound); 5] = [
            ("EncryptedPackage", Compound::Protected),
            ("EncryptionInfo", Compound::Protected),
            ("WordDocument", Compound::Other),
            ("Workbook", Compound::OldWorkbook),
            ("Book", Compound::OldWorkbook),
        ];
        const CHUNK: usize = 1 << 16;
        /// Longer than any of the names.
        const OVERLAP: usize = 64;
        let names = NAMES.map(|(name, kind)| {
            let wide: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            (wide, kind)
        });
        let mut found = [false; NAMES.len()];
        let mut input = input.take(SEARCHED);
        let mut chunk = Vec::with_capacity(CHUNK + OVERLAP);
        loop {
            let kept = chunk.len().saturating_sub(OVERLAP);
            chunk.drain(..kept);
            if input.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? == 0 {
                break;
            }
            for (found, (name, _)) in found.iter_mut().zip(&names) {
                *found |= memmem::find(&chunk, name).is_some();
            }
        }
        Ok(found.iter().zip(names).find(|(found, _)| **found).map_or(Self::Other, |(_, (_, kind))| kind))
    }
}

/// What stands between the cells of a text's first line, by which of the usual four is there most often. Nothing but a
/// comma where none is.
pub(super) fn separator(beginning: &[u8]) -> u8 {
    const USUAL: [u8; 4] = [b',', b';', b'\t', b'|'];
    let mut seen = [0_usize; USUAL.len()];
    let mut quoted = false;
    // In UTF-16, which has a zero byte in each plain letter, the rest is as it is elsewhere.
    for &byte in beginning.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => {
                if let Some(at) = USUAL.iter().position(|usual| *usual == byte) {
                    seen[at] += 1;
                }
            }
            _ => {}
        }
    }
    let most = (0..USUAL.len()).rev().max_by_key(|at| seen[*at]).unwrap_or(0);
    USUAL[most]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        for (bytes, kind) in [
            (&b"LA Code,Gender"[..], Kind::Text),
            (b"", Kind::Text),
            (b"\x1f\x8b\x08", Kind::Gzip),
            (b"PK\x03\x04\x14", Kind::Zip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", Kind::Compound),
            (b"%PDF-1.7", Kind::Other("a PDF document")),
            (b"\xef\xbb\xbf\r\n<HTML><body>", Kind::Other("a web page (HTML)")),
            (b" \n<?xml version", Kind::Other("an XML document")),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_compound_file_is_known_by_the_streams_in_it() {
        let file = |name: &str, before: usize| {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [vec![1; before], name, vec![0; 100]].concat()
        };
        for before in [0, (1 << 16) - 7, 200_000] {
            for (name, kind) in [
                ("EncryptedPackage", Compound::Protected),
                ("Workbook", Compound::OldWorkbook),
                ("WordDocument", Compound::Other),
                ("Workbooks", Compound::Other),
            ] {
                assert_eq!(Compound::of(&*file(name, before)).unwrap(), kind, "{name}");
            }
        }
    }

    #[test]
    fn the_separator_is_the_one_of_the_header() {
        for (text, found) in [
            (&b"a,b,c\n1;2;3;4;5\n"[..], b','),
            (b"a;b;c\r\n", b';'),
            (b"\n\na\tb", b'\t'),
            (b"a|\"b,c,d,e\"|f", b'|'),
            (b"a\0;\0b\0\n\0,\0,\0,\0", b';'),
            (b"alone", b','),
            (b"", b','),
        ] {
            assert_eq!(char::from(separator(text)), char::from(found), "{text:?}");
        }
    }
}
