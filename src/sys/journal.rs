//! systemd's journal: whether it listens, and how it is told something with its fields.

#[cfg(unix)]
pub use native::Journal;

/// Whether standard error leads into the journal.
///
/// The variable alone proves nothing: it stays set for whatever a service starts, wherever that sends its standard error.
#[cfg(unix)]
pub fn is_standard_error() -> bool {
    let Some(said) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let Ok(here) = nix::sys::stat::fstat(std::io::stderr()) else { return false };
    said.to_str() == Some(&format!("{}:{}", here.st_dev, here.st_ino))
}

/// Whether standard error leads into the journal: this system has none.
#[cfg(not(unix))]
pub fn is_standard_error() -> bool {
    false
}

#[cfg(unix)]
mod native {
    use std::{io, os::unix::net::UnixDatagram, path::Path};

    const SOCKET: &str = "/run/systemd/journal/socket";
    /// Well below what a datagram may hold (212,992 bytes where nobody has changed it).
    const MOST_BYTES: usize = 48 * 1024;

    /// The journal, written to by its own protocol: a datagram of fields.
    #[derive(Debug)]
    pub struct Journal(UnixDatagram);

    impl Journal {
        /// The journal, if it is what reads the standard error of this process.
        pub fn of_this_process() -> Option<Self> {
            super::is_standard_error().then(|| Self::at(Path::new(SOCKET)).ok())?
        }

        /// A journal that listens at a socket.
        pub fn at(socket: &Path) -> io::Result<Self> {
            let journal = UnixDatagram::unbound()?;
            journal.connect(socket)?;
            Ok(Self(journal))
        }

        /// Writes an entry. Names are upper-case letters, digits and underscores; what is too long is cut.
        pub fn write(&self, fields: &[(&str, &str)]) -> io::Result<()> {
            let mut entry = Vec::new();
            for (name, value) in fields {
                debug_assert!(
                    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'),
                    "{name}"
                );
                let room = MOST_BYTES.saturating_sub(entry.len());
                let end = (0..=room.min(value.len())).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
                let value = &value[..end];
                entry.extend_from_slice(name.as_bytes());
                if value.contains('\n') {
                    entry.push(b'\n');
                    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
                } else {
                    entry.push(b'=');
                }
                entry.extend_from_slice(value.as_bytes());
                entry.push(b'\n');
            }
            self.0.send(&entry).map(|_| ())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_entry_is_a_datagram_of_fields_and_a_value_of_several_lines_tells_its_length() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("socket");
            let listener = UnixDatagram::bind(&path).unwrap();
            let journal = Journal::at(&path).unwrap();
            let long = "é".repeat(MOST_BYTES);
            journal.write(&[("PRIORITY", "3"), ("MESSAGE", "two\nlines"), ("PLAN", "x=y"), ("LONG", &long)]).unwrap();
            let mut bytes = vec![0; 2 * MOST_BYTES];
            let length = listener.recv(&mut bytes).unwrap();
            let head: &[u8] = b"PRIORITY=3\nMESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPLAN=x=y\nLONG=\xc3\xa9";
            assert!(bytes.starts_with(head));
            assert!((MOST_BYTES - 8..MOST_BYTES + 8).contains(&length) && bytes[length - 1] == b'\n', "{length}");
            assert!(std::str::from_utf8(&bytes[head.len()..length]).is_ok(), "cut between letters");
        }
    }
}
