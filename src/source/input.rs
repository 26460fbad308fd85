//! Bytes on their way from a file: counted, bounded, unpacked.

use std::{
    fmt,
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::read::MultiGzDecoder;

/// Why an input ends before its end. Rides in an [`io::Error`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped {
    /// It holds more than this many bytes.
    TooLarge(u64),
    /// What was compressed is cut off, or not what its check sum says.
    Damaged,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(most) => write!(f, "it holds more than {}", size(*most)),
            Self::Damaged => f.write_str("it is damaged"),
        }
    }
}

impl std::error::Error for Stopped {}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        Self::other(stopped)
    }
}

/// Counts what goes by, and lets no more go by than a bound.
pub(super) struct Bounded<R> {
    input: R,
    passed: Arc<AtomicU64>,
    most: u64,
}

impl<R> Bounded<R> {
    /// Lets this many bytes pass. The count can be looked at meanwhile.
    pub(super) fn new(input: R, most: u64) -> (Self, Arc<AtomicU64>) {
        let passed = Arc::new(AtomicU64::new(0));
        (Self { input, passed: Arc::clone(&passed), most }, passed)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let passed = self.passed.fetch_add(read as u64, Ordering::Relaxed) + read as u64;
        if passed > self.most { Err(Stopped::TooLarge(self.most).into()) } else { Ok(read) }
    }
}

/// What a gzip file holds, all its members one after another.
pub(super) struct Unpacked<R>(MultiGzDecoder<BufReader<R>>);

impl<R: Read> Unpacked<R> {
    pub(super) fn new(input: R) -> Self {
        Self(MultiGzDecoder::new(BufReader::new(input)))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Stopped::Damaged.into()
            }
            _ => error,
        })
    }
}

/// A size as people say it: `4 GB`, `800 MB`, `12 bytes`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Option<Stopped>> {
        let mut text = Vec::new();
        let stopped = |error: io::Error| error.get_ref().and_then(|inner| inner.downcast_ref()).copied();
        Unpacked::new(bytes).read_to_end(&mut text).map_err(stopped).map(|_| text)
    }

    #[test]
    fn members_of_a_gzip_file_follow_one_another() {
        assert_eq!(unpacked(&[packed(b"one "), packed(b"two")].concat()), Ok(b"one two".to_vec()));
    }

    #[test]
    fn a_gzip_file_that_was_cut_or_changed_is_damaged() {
        let good = packed(&b"a row of some length\r\n".repeat(50));
        for cut in 1..good.len() {
            assert_eq!(unpacked(&good[..cut]), Err(Some(Stopped::Damaged)), "{cut}");
        }
        let mut changed = good.clone();
        let sum = changed.len() - 8;
        changed[sum] ^= 1;
        assert_eq!(unpacked(&changed), Err(Some(Stopped::Damaged)));
        assert_eq!(unpacked(&[good, b"rubbish after it".to_vec()].concat()), Err(Some(Stopped::Damaged)));
    }

    #[test]
    fn a_small_file_that_unpacks_without_end_is_stopped_at_the_bound() {
        let bomb = packed(&vec![b'x'; 50_000_000]);
        assert!(bomb.len() < 500_000);
        let (mut bounded, passed) = Bounded::new(Unpacked::new(&*bomb), 1_000_000);
        let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert_eq!(error.to_string(), "it holds more than 1 MB");
        assert!(passed.load(Ordering::Relaxed) < 1_100_000);
    }

    #[test]
    fn sizes_are_told_as_people_say_them() {
        for (bytes, text) in [(4_000_000_000, "4 GB"), (800_000_000, "800 MB"), (1_234_567, "1.2 MB"), (12, "12 bytes")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
