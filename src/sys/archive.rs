//! What an archive is written to.

use std::io::{self, Seek, SeekFrom, Write};

/// Says once that it failed, and from then on takes everything.
///
/// A dropped archive tries to complete itself, and prints to standard error where that fails too. The user has been
/// told of the full disk by then.
#[derive(Debug)]
pub struct FailOnce<W> {
    out: W,
    failed: bool,
    /// Where the next byte goes, or would go: the archive counts on it.
    position: u64,
}

impl<W> FailOnce<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, failed: false, position: 0 }
    }

    /// What is written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn attempt<T>(&mut self, untried: T, step: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Ok(untried);
        }
        let result = step(&mut self.out);
        self.failed = result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        result
    }
}

impl<W: Write> Write for FailOnce<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.attempt(bytes.len(), |out| out.write(bytes))?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt((), W::flush)
    }
}

impl<W: Seek> Seek for FailOnce<W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let untried = match position {
            SeekFrom::Start(to) => to,
            SeekFrom::Current(by) | SeekFrom::End(by) => self.position.saturating_add_signed(by),
        };
        self.position = self.attempt(untried, |out| out.seek(position))?;
        Ok(self.position)
    }
}
