//! SHA-256, by which files are recognised.

use std::{fmt, fs::File, io, path::Path, str::FromStr};

use sha2::Digest;

use super::fs::{FsError, Operation};

/// The SHA-256 of some bytes; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a SHA-256 is 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl Sha256 {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Its 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of a file, and its size in bytes.
    pub fn of_file(path: &Path) -> Result<(Self, u64), FsError> {
        let mut file = File::open(path).map_err(FsError::while_trying(Operation::Open, path))?;
        let mut hasher = Hasher::default();
        let size = io::copy(&mut file, &mut hasher).map_err(FsError::while_trying(Operation::Read, path))?;
        Ok((hasher.finish(), size))
    }
}

/// Hashes what is written to it.
#[derive(Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// The hash of everything written so far.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(NotAHash),
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotAHash)?;
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

impl serde::Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4, the one-block example.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_standards_example_is_hashed_written_and_read_back() {
        let hash = Sha256::of(b"abc");
        assert_eq!(hash.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(hash));
        assert_eq!(serde_json::from_str::<Sha256>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
    }

    #[test]
    fn a_file_has_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        super::super::fs::write_whole(&path, b"abc").unwrap();
        assert_eq!(Sha256::of_file(&path).unwrap(), (Sha256::of(b"abc"), 3));
    }

    #[test]
    fn other_texts_are_no_hash() {
        for text in ["", "ba78", &ABC.to_uppercase(), &ABC.replace('b', "g"), &format!("{ABC}0")] {
            assert_eq!(text.parse::<Sha256>(), Err(NotAHash), "{text}");
        }
    }
}
