//! How much room is left.

use std::{io, path::Path};

/// Bytes that this account can still write to the disk of a folder, or of the nearest folder above it that exists.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let existing = folder.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
    fs4::available_space(existing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(&folder.path().join("data/work")).unwrap() > 0);
    }
}
