//! How much room is left.

use std::{io, path::Path};

/// Bytes that this account can still write to the disk of a folder, or of the nearest folder above it that exists.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    fs4::available_space(existing(folder))
}

/// Whether two folders, or the nearest above them that exist, are on one volume: whether one can be renamed into the other.
#[cfg(unix)]
pub fn on_one_volume(one: &Path, other: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(existing(one).metadata()?.dev() == existing(other).metadata()?.dev())
}

/// Whether two folders, or the nearest above them that exist, are on one drive or share.
#[cfg(not(unix))]
pub fn on_one_volume(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (existing(one).canonicalize()?, existing(other).canonicalize()?);
    Ok(one.components().next() == other.components().next())
}

/// The folder, or the nearest one above it that exists.
pub(super) fn existing(folder: &Path) -> &Path {
    let above = folder.ancestors().filter(|above| !above.as_os_str().is_empty());
    above.into_iter().find(|above| above.exists()).unwrap_or(Path::new("."))
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
