//! Looks for people's data in bytes, however it may be written there.

use memchr::memmem::Finder;

/// What is looked for.
pub(crate) struct Search(Vec<Needle>);

struct Needle {
    /// What it is, for whoever reads of it.
    told: String,
    finder: Finder<'static>,
}

/// What it is called, and how it is done.
type Way<T, Written> = (&'static str, fn(&T) -> Written);

/// Ways to write the bytes of a text as text.
const WRITTEN: [Way<[u8], Vec<String>>; 3] = [
    ("hexadecimal", |bytes| vec![hex(bytes), hex(bytes).to_uppercase()]),
    ("base64", base64),
    ("base64 for addresses", |bytes| {
        base64(bytes).iter().map(|text| text.replace('+', "-").replace('/', "_")).collect()
    }),
];

/// Ways to write a text as bytes.
const ENCODED: [Way<str, Vec<u8>>; 4] = [
    ("UTF-8", |text| text.as_bytes().to_vec()),
    ("UTF-8 in capitals", |text| text.to_uppercase().into_bytes()),
    ("UTF-16LE", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ("UTF-16BE", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
];

/// In how many ways each value is looked for.
pub(crate) const WAYS: usize = ENCODED.len() * (1 + 2 + 3 + 3);

impl Search {
    /// For values, in every way.
    pub(crate) fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut needles: Vec<Needle> = Vec::new();
        for value in values {
            for (told, bytes) in ways(&value) {
                needles.push(Needle { told: format!("{value} as {told}"), finder: Finder::new(&bytes).into_owned() });
            }
        }
        Self(needles)
    }

    /// What of it stands in some bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<&str> {
        let found = self.0.iter().filter(|needle| needle.finder.find(bytes).is_some());
        found.map(|needle| needle.told.as_str()).collect()
    }
}

/// A value in each of the [`WAYS`].
pub(crate) fn ways(value: &str) -> Vec<(String, Vec<u8>)> {
    let mut ways = Vec::new();
    for (encoding, encode) in ENCODED {
        let bytes = encode(value);
        for (writing, write) in WRITTEN {
            let written = write(&bytes).into_iter().map(|text| (format!("{writing} of {encoding}"), text.into_bytes()));
            ways.extend(written);
        }
        ways.push((encoding.to_owned(), bytes));
    }
    ways
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// What of the base64 of any text that holds the bytes comes from them alone: it depends on where in a group of three they
/// begin.
fn base64(bytes: &[u8]) -> Vec<String> {
    (0..3)
        .map(|before| {
            let text = encoded(&[&vec![0; before], bytes].concat());
            let (first, last) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
            text[first..last].to_owned()
        })
        .collect()
}

/// Base64 without padding.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().chain(&[0; 2]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for nth in 0..=group.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * nth) & 63) as usize]));
        }
    }
    text
}
