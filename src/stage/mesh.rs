//! The pair of files by which a package goes to the portal over MESH.
//!
//! The data file comes first and the control file, which is what the MESH client looks for, second: whoever sees the control
//! file has the data. Each appears whole or not at all. Source: digital.nhs.uk, *Setting up control files* of the Data
//! Landing Portal, CONFIRMED for the portal in general; whether the collection takes files by MESH is not known.

use std::path::{Path, PathBuf};

use super::{Manifest, StageError};
use crate::sys::{
    fs::{copy_new, remove, write_new},
    hash::Sha256,
};

/// Where and as whom a package is sent.
#[derive(Clone, Copy, Debug)]
pub struct Outbox<'a> {
    /// The MESH client's folder for what is to be sent.
    pub folder: &'a Path,
    /// The sender's mailbox.
    pub mailbox: &'a str,
    /// The id of the specification on the portal.
    pub specification: &'a str,
}

/// The mailbox of the portal.
const PORTAL: &str = "X26HC010";

impl Outbox<'_> {
    /// Places the pair for a package: its compressed upload file under another name, compared with the manifest, then the
    /// control file. A pair that is there already stays.
    pub fn place(&self, package: &Path, manifest: &Manifest) -> Result<(), StageError> {
        let compressed = manifest.package_name()?.compressed();
        let entry = manifest.files.iter().find(|file| file.name == compressed);
        let entry = entry.ok_or_else(|| StageError::Missing(package.join(&compressed)))?;
        let base = compressed.trim_end_matches(".csv.gz");
        let (data, control) = (self.file(base, "dat"), self.file(base, "ctl"));
        if control.exists() {
            return Ok(());
        }
        if data.exists() {
            // Of an attempt that was interrupted: without its control file nobody has taken it.
            remove(&data)?;
        }
        let copied: Sha256 = copy_new(&package.join(&compressed), &data)?;
        if copied != entry.sha256 {
            remove(&data)?;
            return Err(StageError::Changed(package.join(&compressed)));
        }
        Ok(write_new(&control, self.control(&compressed).as_bytes())?)
    }

    fn file(&self, base: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{base}.{extension}"))
    }

    /// The control file. Nothing in it needs escaping: mailbox, id and name are letters, digits, '-', '_' and '.'.
    fn control(&self, name: &str) -> String {
        let Self { mailbox, specification, .. } = self;
        let lines = [
            ("Version", "1.0"),
            ("AddressType", "ALL"),
            ("MessageType", "Data"),
            ("From_ESMTP", mailbox),
            ("From_DTS", mailbox),
            ("To_DTS", PORTAL),
            ("Subject", specification),
            ("LocalId", name),
            ("WorkflowId", "DSP_EXTRACT"),
            ("Compress", "Y"),
            ("Encrypted", "N"),
            ("AllowChunking", "Y"),
        ];
        let lines: Vec<_> = lines.iter().map(|(tag, value)| format!("  <{tag}>{value}</{tag}>\n")).collect();
        format!("<DTSControl>\n{}</DTSControl>\n", lines.concat())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        stage::{Places, State, package::tests as made, verify},
        sys::fs::Readers,
    };

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_control_file_says_what_the_portal_wants_to_know() {
        let outbox = Outbox { folder: Path::new("out"), mailbox: "X26OT001", specification: ID };
        insta::assert_snapshot!(outbox.control("ASC-CLD_999_release-1.csv.gz"), @"
        <DTSControl>
          <Version>1.0</Version>
          <AddressType>ALL</AddressType>
          <MessageType>Data</MessageType>
          <From_ESMTP>X26OT001</From_ESMTP>
          <From_DTS>X26OT001</From_DTS>
          <To_DTS>X26HC010</To_DTS>
          <Subject>0123456789abcdef0123456789abcdef</Subject>
          <LocalId>ASC-CLD_999_release-1.csv.gz</LocalId>
          <WorkflowId>DSP_EXTRACT</WorkflowId>
          <Compress>Y</Compress>
          <Encrypted>N</Encrypted>
          <AllowChunking>Y</AllowChunking>
        </DTSControl>
        ");
    }

    #[test]
    fn data_and_control_file_are_placed_whole_and_a_package_that_changed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let package = made::sealed(folder.path(), State::Released)
            .publish(&Places::below(folder.path()), Readers::default())
            .unwrap()
            .path;
        let manifest = verify(&package, None).unwrap().manifest;
        let compressed = manifest.package_name().unwrap().compressed();
        let out = folder.path().join("out");
        fs::create_dir(&out).unwrap();
        let outbox = Outbox { folder: &out, mailbox: "X26OT001", specification: ID };
        let base = compressed.trim_end_matches(".csv.gz");
        // What an interrupted attempt left is not sent.
        write_new(&out.join(format!("{base}.dat")), b"half").unwrap();
        outbox.place(&package, &manifest).unwrap();
        let data = fs::read(out.join(format!("{base}.dat"))).unwrap();
        assert_eq!(data, fs::read(package.join(&compressed)).unwrap());
        let control = fs::read_to_string(out.join(format!("{base}.ctl"))).unwrap();
        assert!(control.contains(&format!("<LocalId>{compressed}</LocalId>")), "{control}");
        assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
        outbox.place(&package, &manifest).unwrap();

        for file in fs::read_dir(&out).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        let mut other = manifest.clone();
        other.files.iter_mut().for_each(|file| file.sha256 = Sha256::of(b"another"));
        assert!(matches!(outbox.place(&package, &other), Err(StageError::Changed(_))));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        let gone = Outbox { folder: &folder.path().join("away"), ..outbox };
        assert!(matches!(gone.place(&package, &manifest), Err(StageError::Fs(_))));
    }
}
