//! The files of a mapping folder, each read once and kept as it was read.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::MappingFile;
use crate::document::nearest;

/// A mapping folder and what has been read of it.
pub(super) struct Folder {
    path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), files: BTreeMap::new() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name by which messages call a file of the folder.
    pub(super) fn name_of(&self, file: &str) -> String {
        self.path.join(file).display().to_string()
    }

    /// The bytes of a file.
    pub(super) fn read(&mut self, file: &str) -> io::Result<&[u8]> {
        if !self.files.contains_key(file) {
            let bytes = std::fs::read(self.path.join(file))?;
            self.files.insert(file.to_owned(), bytes);
        }
        Ok(self.files.get(file).map_or(&[], Vec::as_slice))
    }

    /// The file that was most likely meant by the name of one that is not there.
    pub(super) fn near(&self, file: &str) -> Option<String> {
        let (parent, name) = file.rsplit_once('/').map_or(("", file), |(parent, name)| (parent, name));
        let names: Vec<_> = std::fs::read_dir(self.path.join(parent))
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        let near = nearest(name, names.iter().map(String::as_str))?;
        Some(if parent.is_empty() { near.to_owned() } else { format!("{parent}/{near}") })
    }

    /// Every file that was read, by path.
    pub(super) fn into_files(self) -> Vec<MappingFile> {
        self.files.into_iter().map(|(path, bytes)| MappingFile { path, bytes }).collect()
    }
}

/// A path that stays inside its folder, with `/` between its parts; None for one that leaves it. A path is judged as
/// text, so that a mapping means the same on every system.
pub(super) fn inside(written: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    let parts: Vec<_> = path.split('/').filter(|part| *part != ".").collect();
    let plain = |part: &&str| !part.is_empty() && *part != ".." && !part.contains([':', '\0']);
    (!parts.is_empty() && parts.iter().all(plain)).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_its_folder() {
        for (written, path) in [
            ("sql/requests.sql", Some("sql/requests.sql")),
            (r"sql\requests.sql", Some("sql/requests.sql")),
            ("./sql/./requests.sql", Some("sql/requests.sql")),
            ("../requests.sql", None),
            (r"sql\..\..\requests.sql", None),
            ("/etc/requests.sql", None),
            (r"C:\requests.sql", None),
            (r"\\server\share\requests.sql", None),
            ("C:requests.sql", None),
            ("sql//requests.sql", None),
            ("sql/", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(inside(written).as_deref(), path, "{written}");
        }
    }
}
