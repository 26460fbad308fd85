//! The file format age (<https://age-encryption.org/v1>), with a passphrase: what a backup is wrapped in.
//!
//! Everything in such a file is authenticated: the header under a key that only the passphrase gives, the content in chunks of
//! 64 KiB of which none can be changed, moved or left out, the last not either. An encrypted zip has less: ten bytes over each
//! file, none over names and list, and a thousand rounds between a guess and its test. And any other program for age opens the
//! file, should this one be gone. The primitives are aws-lc's and `scrypt`'s; here are their order and their labels.

use std::io::{self, Read, Write};

use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    constant_time::verify_slices_are_equal,
    hkdf, hmac,
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

const INTRO: &str = "age-encryption.org/v1";
const SCRYPT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const KEY: usize = 32;
const FILE_KEY: usize = 16;
const SALT: usize = 16;
const PAYLOAD_NONCE: usize = 16;
/// The logarithm of the work for one guess: 128 MiB and some tenths of a second. The tests below open files by the dozen.
const WORK: u8 = if cfg!(test) { 10 } else { 17 };
/// What somebody else's file may ask for: a gibibyte.
const MOST_WORK: u8 = 20;
/// A header of one stanza is far shorter.
const LONGEST_HEADER: usize = 1024;

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgeError {
    /// It is something else.
    #[error("it is not a file of the format age with a passphrase")]
    Foreign,
    /// The passphrase is another, or the header was changed.
    #[error("the passphrase is not the one that it was made with, or its header was changed")]
    Passphrase,
    /// It asks for more work than is done for anybody.
    #[error("its header asks for more memory than is spent on it")]
    Work,
    /// A chunk is not what was written.
    #[error("it was changed or cut off: what is there is not what was written")]
    Damaged,
    /// The machine gives no random bytes.
    #[error("this machine gives no random numbers")]
    Random(#[source] getrandom::Error),
    /// It cannot be read or written.
    #[error("it cannot be read or written")]
    Io(#[from] io::Error),
}

/// Encrypts what is written to it. What is not [finished](Sealer::finish) cannot be opened.
pub(super) struct Sealer<W> {
    out: W,
    stream: Stream,
    chunk: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Writes the header.
    pub(super) fn new(mut out: W, passphrase: &SecretString) -> Result<Self, AgeError> {
        let file_key = random::<FILE_KEY>()?;
        let (salt, nonce) = (random::<SALT>()?, random::<PAYLOAD_NONCE>()?);
        let mut body = Zeroizing::new(file_key.to_vec());
        let wrap = wrapping_key(passphrase, salt.as_ref(), WORK)?;
        wrap.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut *body)
            .map_err(|_| AgeError::Damaged)?;
        let (salt, body) = (base64(salt.as_ref()), base64(&body));
        let header = format!("{INTRO}\n-> scrypt {salt} {WORK}\n{body}\n---");
        let mac = base64(header_mac(file_key.as_ref(), header.as_bytes())?.as_ref());
        out.write_all(format!("{header} {mac}\n").as_bytes())?;
        out.write_all(nonce.as_ref())?;
        let stream = Stream::new(file_key.as_ref(), nonce.as_ref())?;
        Ok(Self { out, stream, chunk: Vec::with_capacity(CHUNK + TAG) })
    }

    /// Writes the last chunk, and gives back what was written to.
    pub(super) fn finish(mut self) -> Result<W, AgeError> {
        self.seal(Last::Yes)?;
        Ok(self.out)
    }

    fn seal(&mut self, last: Last) -> Result<(), AgeError> {
        self.stream.seal(&mut self.chunk, last)?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is kept until it is known not to be the last.
        if self.chunk.len() == CHUNK {
            self.seal(Last::No).map_err(as_io)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// An error as whoever writes to a `Write` sees it; one of the disk stays what it is.
fn as_io(error: AgeError) -> io::Error {
    match error {
        AgeError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// Decrypts a whole file into another place. What was written there counts only if this succeeds.
pub(super) fn open(mut from: impl Read, passphrase: &SecretString, to: &mut impl Write) -> Result<(), AgeError> {
    let header = read_header(&mut from)?;
    let file_key = file_key(&header, passphrase)?;
    let mut nonce = [0; PAYLOAD_NONCE];
    from.read_exact(&mut nonce).map_err(cut_off)?;
    let mut stream = Stream::new(file_key.as_ref(), &nonce)?;
    let mut ahead = read_chunk(&mut from)?;
    loop {
        let mut chunk = std::mem::take(&mut ahead);
        ahead = if chunk.len() == CHUNK + TAG { read_chunk(&mut from)? } else { Vec::new() };
        let last = if ahead.is_empty() { Last::Yes } else { Last::No };
        let first = stream.counter == 0;
        let plain = stream.open(&mut chunk, last)?;
        // Only an empty file ends with an empty chunk.
        if plain.is_empty() && !first {
            return Err(AgeError::Damaged);
        }
        to.write_all(plain)?;
        if matches!(last, Last::Yes) {
            return Ok(());
        }
    }
}

/// Up to a whole chunk; less at the end of the file.
fn read_chunk(from: &mut impl Read) -> Result<Vec<u8>, AgeError> {
    let mut chunk = Vec::with_capacity(CHUNK + TAG);
    from.take((CHUNK + TAG) as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

/// The header with its line of hyphens, as text.
fn read_header(from: &mut impl Read) -> Result<String, AgeError> {
    let mut header = Vec::new();
    let mut byte = [0];
    loop {
        from.read_exact(&mut byte).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => AgeError::Foreign,
            _ => error.into(),
        })?;
        header.push(byte[0]);
        let begins = header.iter().zip(INTRO.as_bytes()).all(|(found, known)| found == known);
        if !begins || header.len() > LONGEST_HEADER {
            return Err(AgeError::Foreign);
        }
        if byte == *b"\n" && last_line(&header).starts_with(b"--- ") {
            return String::from_utf8(header).map_err(|_| AgeError::Foreign);
        }
    }
}

fn last_line(header: &[u8]) -> &[u8] {
    header[..header.len() - 1].rsplit(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// The key of a file, out of its header.
fn file_key(header: &str, passphrase: &SecretString) -> Result<Zeroizing<[u8; FILE_KEY]>, AgeError> {
    let [intro, stanza, body, mac] = header.lines().collect::<Vec<_>>().try_into().map_err(|_| AgeError::Foreign)?;
    let [arrow, kind, salt, work] = stanza.split(' ').collect::<Vec<_>>().try_into().map_err(|_| AgeError::Foreign)?;
    if (intro, arrow, kind) != (INTRO, "->", "scrypt") {
        return Err(AgeError::Foreign);
    }
    let salt: [u8; SALT] = from_base64(salt)?;
    let mut body = Zeroizing::new(from_base64::<{ FILE_KEY + TAG }>(body)?);
    let known: [u8; KEY] = from_base64(mac.strip_prefix("--- ").unwrap_or_default())?;
    let written = work.bytes().all(|digit| digit.is_ascii_digit()) && !work.starts_with('0');
    let work = work.parse::<u8>().ok().filter(|_| written).ok_or(AgeError::Foreign)?;
    if work > MOST_WORK {
        return Err(AgeError::Work);
    }
    let wrap = wrapping_key(passphrase, &salt, work)?;
    let plain = wrap
        .open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), body.as_mut_slice())
        .map_err(|_| AgeError::Passphrase)?;
    let mut key = Zeroizing::new([0; FILE_KEY]);
    key.copy_from_slice(plain);
    let signed = &header[..header.rfind("---").unwrap_or_default() + "---".len()];
    let mac = header_mac(key.as_ref(), signed.as_bytes())?;
    verify_slices_are_equal(mac.as_ref(), &known).map_err(|_| AgeError::Passphrase)?;
    Ok(key)
}

fn cut_off(error: io::Error) -> AgeError {
    if error.kind() == io::ErrorKind::UnexpectedEof { AgeError::Damaged } else { error.into() }
}

fn wrapping_key(passphrase: &SecretString, salt: &[u8], work: u8) -> Result<LessSafeKey, AgeError> {
    let salt = [SCRYPT_LABEL, salt].concat();
    let parameters = scrypt::Params::new(work, 8, 1).map_err(|_| AgeError::Work)?;
    let mut key = Zeroizing::new([0; KEY]);
    scrypt::scrypt(passphrase.expose_secret().as_bytes(), &salt, &parameters, key.as_mut_slice())
        .map_err(|_| AgeError::Work)?;
    cipher(key.as_ref())
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, AgeError> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| AgeError::Damaged)
}

/// The length of what HKDF gives.
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY
    }
}

fn derived(from: &[u8], salt: &[u8], purpose: &[u8]) -> Result<Zeroizing<[u8; KEY]>, AgeError> {
    let mut key = Zeroizing::new([0; KEY]);
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(from);
    extracted
        .expand(&[purpose], Length)
        .and_then(|expanded| expanded.fill(key.as_mut_slice()))
        .map_err(|_| AgeError::Damaged)?;
    Ok(key)
}

fn header_mac(file_key: &[u8], header: &[u8]) -> Result<hmac::Tag, AgeError> {
    let key = derived(file_key, b"", b"header")?;
    Ok(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), header))
}

/// Whether a chunk is the last one.
#[derive(Clone, Copy)]
enum Last {
    Yes,
    No,
}

/// The chunks of a file, each under a nonce of its own that says which one it is and whether it is the last.
struct Stream {
    key: LessSafeKey,
    counter: u64,
}

impl Stream {
    fn new(file_key: &[u8], nonce: &[u8]) -> Result<Self, AgeError> {
        Ok(Self { key: cipher(derived(file_key, nonce, b"payload")?.as_ref())?, counter: 0 })
    }

    fn nonce(&mut self, last: Last) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.counter.to_be_bytes());
        nonce[11] = u8::from(matches!(last, Last::Yes));
        self.counter += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: Last) -> Result<(), AgeError> {
        let nonce = self.nonce(last);
        self.key.seal_in_place_append_tag(nonce, Aad::empty(), chunk).map_err(|_| AgeError::Damaged)
    }

    fn open<'c>(&mut self, chunk: &'c mut [u8], last: Last) -> Result<&'c [u8], AgeError> {
        let nonce = self.nonce(last);
        self.key.open_in_place(nonce, Aad::empty(), chunk).map(|plain| &*plain).map_err(|_| AgeError::Damaged)
    }
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, AgeError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(AgeError::Random)?;
    Ok(bytes)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    let digits = bytes.chunks(3).flat_map(|three| {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(move |nth| char::from(ALPHABET[(bits >> (18 - 6 * nth)) as usize & 63]))
    });
    digits.collect()
}

/// Exactly so many bytes, written in the one way there is.
fn from_base64<const N: usize>(text: &str) -> Result<[u8; N], AgeError> {
    let mut bytes = Vec::with_capacity(N + 2);
    for four in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for letter in four {
            let digit = ALPHABET.iter().position(|known| known == letter).ok_or(AgeError::Foreign)?;
            bits = bits << 6 | digit as u32;
        }
        bits <<= 6 * (4 - four.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len().max(1)]);
    }
    let bytes: [u8; N] = bytes.try_into().map_err(|_| AgeError::Foreign)?;
    if base64(&bytes) == text { Ok(bytes) } else { Err(AgeError::Foreign) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passphrase() -> SecretString {
        "correct horse battery".into()
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &passphrase()).unwrap();
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(sealed: &[u8]) -> Result<Vec<u8>, AgeError> {
        let mut plain = Vec::new();
        open(sealed, &passphrase(), &mut plain).map(|()| plain)
    }

    #[test]
    fn what_is_sealed_is_opened_whatever_its_length() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
            let plain: Vec<u8> = (0..length).map(|nth| nth as u8).collect();
            let sealed = sealed(&plain);
            assert!(opened(&sealed).unwrap() == plain, "{length}");
            assert!(plain.len() < 100 || !sealed.windows(32).any(|window| window == &plain[..32]), "{length}");
        }
    }

    #[test]
    fn every_cut_and_every_changed_part_is_refused() {
        let plain: Vec<u8> = (0..2 * CHUNK).map(|nth| nth as u8).collect();
        let whole = sealed(&plain);
        let header = whole.len() - (plain.len() + 2 * TAG + PAYLOAD_NONCE);
        let ends = [0, 1, header / 2, header - 1, header, header + 5, header + PAYLOAD_NONCE, whole.len() - 1];
        let between = header + PAYLOAD_NONCE + CHUNK + TAG;
        for end in ends.into_iter().chain([between - 1, between, between + 1]) {
            assert!(opened(&whole[..end]).is_err(), "cut at {end}");
        }
        for at in [0, 30, 60, header - 3, header, header + PAYLOAD_NONCE, between - 1, between, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(opened(&changed).is_err(), "changed at {at}");
        }
        let swapped = [&whole[..header + PAYLOAD_NONCE], &whole[between..], &whole[header + PAYLOAD_NONCE..between]];
        assert!(matches!(opened(&swapped.concat()), Err(AgeError::Damaged)), "chunks in another order");
        assert!(matches!(opened(&[&whole[..], b"more"].concat()), Err(AgeError::Damaged)), "something behind it");
    }

    #[test]
    fn another_passphrase_opens_nothing_and_another_file_is_told_as_one() {
        let sealed = sealed(b"key");
        let wrong = open(sealed.as_slice(), &"correct horse".into(), &mut Vec::new());
        assert!(matches!(wrong, Err(AgeError::Passphrase)));
        for other in [&b"PK\x03\x04 a zip"[..], b"", b"age-encryption.org/v1\n-> X25519 abc\nbody\n--- mac\n"] {
            assert!(matches!(opened(other), Err(AgeError::Foreign)), "{other:?}");
        }
        let text = String::from_utf8_lossy(&sealed[..120]).replace(" 10\n", " 21\n");
        assert!(matches!(opened(text.as_bytes()), Err(AgeError::Work | AgeError::Foreign)));
    }

    proptest! {
        #[test]
        fn base64_is_read_back_and_written_in_one_way_only(bytes in any::<[u8; 16]>(), at in 0_usize..22) {
            let text = base64(&bytes);
            prop_assert_eq!(text.len(), 22);
            prop_assert_eq!(from_base64::<16>(&text).unwrap(), bytes);
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            prop_assert!(from_base64::<16>(&other).map_or(true, |read| read != bytes));
        }
    }
}
