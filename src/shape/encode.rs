//! UTF-8 to Windows-1252, one cell at a time.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::decompose_canonical};

use crate::model::NoteKind;

/// Letters and marks that Unicode does not take apart, and the plain text that stands for each.
///
/// Every other letter is replaced where Unicode decomposes it into one plain letter and accents: ŵ into w, ễ into e.
pub const LETTERS: [(char, &str); 31] = [
    ('\u{0110}', "D"),
    ('\u{0111}', "d"),
    ('\u{0126}', "H"),
    ('\u{0127}', "h"),
    ('\u{0131}', "i"),
    ('\u{0138}', "k"),
    ('\u{013F}', "L"),
    ('\u{0140}', "l"),
    ('\u{0141}', "L"),
    ('\u{0142}', "l"),
    ('\u{0149}', "'n"),
    ('\u{014A}', "N"),
    ('\u{014B}', "n"),
    ('\u{0166}', "T"),
    ('\u{0167}', "t"),
    ('\u{017F}', "s"),
    ('\u{1E9E}', "SS"),
    ('\u{2002}', " "),
    ('\u{2003}', " "),
    ('\u{2009}', " "),
    ('\u{200B}', ""),
    ('\u{200E}', ""),
    ('\u{200F}', ""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2015}', "-"),
    ('\u{202F}', " "),
    ('\u{2032}', "'"),
    ('\u{2212}', "-"),
    ('\u{FEFF}', ""),
];

/// The characters of Windows-1252 from 0x80 to 0x9F; 0 where it has none.
const HIGH: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0,
    0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// The byte of a character in Windows-1252.
fn byte(c: char) -> Option<u8> {
    match c as u32 {
        code @ (0x00..=0x7F | 0xA0..=0xFF) => Some(code as u8),
        0x80..=0x9F => None,
        code => HIGH.iter().position(|high| u32::from(*high) == code).map(|at| at as u8 + 0x80),
    }
}

/// Appends a text in Windows-1252, accents composed first. Says what was done to it, or why it cannot be written, in
/// which case nothing is appended.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) -> Result<Option<NoteKind>, NoteKind> {
    let start = out.len();
    let mut note = None;
    for c in text.nfc() {
        if c.is_control() && !matches!(c, '\t' | '\r' | '\n') {
            out.truncate(start);
            return Err(NoteKind::Control);
        }
        if let Some(byte) = byte(c) {
            out.push(byte);
        } else if let Some(plain) = plain(c) {
            out.extend_from_slice(plain.as_str().as_bytes());
            note = Some(NoteKind::Transliterated);
        } else {
            out.truncate(start);
            return Err(NoteKind::Unencodable);
        }
    }
    Ok(note)
}

/// A text as it stands in the upload file; `None` where it cannot stand there.
pub fn encoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    encode(text, &mut out).ok().map(|_| out)
}

enum Plain {
    Table(&'static str),
    Letter([u8; 1]),
    Nothing,
}

impl Plain {
    fn as_str(&self) -> &str {
        match self {
            Self::Table(text) => text,
            Self::Letter(letter) => str::from_utf8(letter).unwrap_or_default(),
            Self::Nothing => "",
        }
    }
}

/// The plain text that stands for a character, where one clearly does.
fn plain(c: char) -> Option<Plain> {
    if let Ok(at) = LETTERS.binary_search_by_key(&c, |(letter, _)| *letter) {
        return Some(Plain::Table(LETTERS[at].1));
    }
    if is_accent(c) {
        return Some(Plain::Nothing);
    }
    let mut base = None;
    let mut only_accents = true;
    decompose_canonical(c, |part| match base {
        None => base = Some(part),
        Some(_) => only_accents &= is_accent(part),
    });
    base.filter(|base| only_accents && base.is_ascii_alphabetic() && *base != c).map(|base| Plain::Letter([base as u8]))
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

/// Appends text in Windows-1252 as UTF-8.
pub fn decode(text: &[u8], out: &mut Vec<u8>) {
    for &b in text {
        match b {
            0x00..=0x7F => out.push(b),
            _ => out.extend_from_slice(character(b).encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// A text in Windows-1252 as UTF-8; as it is, where it is ASCII.
pub fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 8);
    decode(text, &mut out);
    Cow::Owned(out)
}

/// The character of a byte in Windows-1252.
fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9F => {
            char::from_u32(u32::from(HIGH[byte as usize - 0x80])).filter(|c| *c != '\0').unwrap_or('\u{FFFD}')
        }
        _ => byte as char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noted(text: &str) -> (Vec<u8>, Result<Option<NoteKind>, NoteKind>) {
        let mut out = Vec::new();
        let note = encode(text, &mut out);
        (out, note)
    }

    #[test]
    fn welsh_and_other_letters_become_the_plain_letter_and_are_noted() {
        for (text, plain) in [
            ("Siân Ŵyn ap Rhŷs", &b"Si\xE2n Wyn ap Rhys"[..]),
            ("Michał", b"Michal"),
            ("Nguyễn", b"Nguyen"),
            ("İnci ĞÜL", b"Inci G\xDCL"),
            ("Anne\u{2010}Marie", b"Anne-Marie"),
        ] {
            assert_eq!(noted(text), (plain.to_vec(), Ok(Some(NoteKind::Transliterated))), "{text}");
        }
    }

    #[test]
    fn what_windows_1252_has_is_written_without_a_note() {
        for text in ["Zoë O’Brien – £5 €3", "Se\u{0301}an"] {
            let (bytes, note) = noted(text);
            assert_eq!(note, Ok(None), "{text}");
            let (read, _, broken) = encoding_rs::WINDOWS_1252.decode(&bytes);
            assert_eq!((read.as_ref(), broken), (text.nfc().collect::<String>().as_str(), false));
        }
    }

    #[test]
    fn what_has_no_letter_is_refused_whole() {
        for text in ["fine then 😀", "→", "Иван", "李"] {
            assert_eq!(noted(text), (Vec::new(), Err(NoteKind::Unencodable)), "{text}");
        }
        for text in ["nul\0", "bell\u{7}", "\u{85}next"] {
            assert_eq!(noted(text), (Vec::new(), Err(NoteKind::Control)), "{text:?}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_needed() {
        assert!(LETTERS.is_sorted_by_key(|(letter, _)| *letter));
        for (letter, text) in LETTERS {
            assert!(text.is_ascii() && byte(letter).is_none(), "{letter}");
        }
    }

    proptest! {
        #[test]
        fn no_question_mark_is_ever_invented(text in "\\PC{0,20}") {
            let (bytes, note) = noted(&text);
            if note.is_ok() {
                let asked = text.nfc().filter(|c| *c == '?');
                let given = bytes.into_iter().filter(|b| *b == b'?').map(char::from);
                prop_assert!(given.eq(asked));
            }
        }

        #[test]
        fn every_byte_agrees_with_another_decoder(byte in any::<u8>()) {
            let (theirs, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
            let ours = character(byte);
            prop_assert!(theirs.starts_with(ours) || matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D));
        }
    }
}
