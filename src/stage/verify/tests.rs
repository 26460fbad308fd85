use std::io::Write;

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    stage::{
        Evidence, FINDINGS, Gzip, Places, REPORT, StagedPackage, State, manifest::tests::manifest,
        package::tests::sealed, seal,
    },
    sys::fs::{Readers, WorkFolder, write_whole},
};

fn staged(data: &Path) -> StagedPackage {
    sealed(data, State::Released).publish(&Places::below(data), Readers::default()).unwrap()
}

fn differences(package: &StagedPackage) -> Vec<(String, DifferenceKind)> {
    match verify(&package.path, Some(package.manifest_sha256)) {
        Ok(_) => vec![],
        Err(VerifyError::Differs { differences, .. }) => differences.into_iter().map(|d| (d.name, d.kind)).collect(),
        Err(error) => panic!("{error}"),
    }
}

/// The package's files, the manifest among them.
fn files(package: &StagedPackage) -> Vec<String> {
    list(&package.path).unwrap().into_iter().map(|(name, _)| name).collect()
}

#[expect(clippy::disallowed_methods, reason = "damage is done without care")]
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// Whether a change of this file's bytes is found; they are put back afterwards.
fn is_found(package: &StagedPackage, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
    let path = package.path.join(name);
    let staged = fs::read(&path).unwrap();
    let mut bytes = staged.clone();
    change(&mut bytes);
    overwrite(&path, &bytes);
    let result = verify(&package.path, Some(package.manifest_sha256));
    overwrite(&path, &staged);
    match result {
        Err(VerifyError::Differs { differences, .. }) => differences.iter().any(|difference| difference.name == name),
        Err(VerifyError::NotAManifest { .. } | VerifyError::Outside { .. }) => name == MANIFEST,
        Err(VerifyError::NoManifest(_) | VerifyError::Fs(_)) | Ok(_) => false,
    }
}

#[test]
fn any_changed_added_or_cut_byte_is_found() {
    let data = tempfile::tempdir().unwrap();
    let package = staged(data.path());
    let files = files(&package);
    assert_eq!(files.len(), 7);
    proptest!(ProptestConfig::with_cases(40), |(place in any::<Index>(), flip in 1_u8..)| {
        for name in &files {
            let flipped = is_found(&package, name, |bytes| {
                let at = place.index(bytes.len());
                bytes[at] ^= flip;
            });
            prop_assert!(flipped, "{}", name);
            prop_assert!(is_found(&package, name, |bytes| bytes.insert(place.index(bytes.len()), flip)), "{}", name);
            prop_assert!(is_found(&package, name, |bytes| bytes.truncate(place.index(bytes.len()))), "{}", name);
        }
    });
    assert_eq!(differences(&package), []);
}

#[test]
fn every_kind_of_difference_is_named_at_once() {
    let data = tempfile::tempdir().unwrap();
    let package = staged(data.path());
    let upload = &package.upload.name;
    fs::remove_file(package.path.join(REPORT)).unwrap();
    fs::create_dir(package.path.join("sub")).unwrap();
    write_whole(&package.path.join("notes.txt"), b"").unwrap();
    write_whole(&package.path.join(FINDINGS), b"row,field,rule,severity,STATUS\n").unwrap();
    write_whole(&package.path.join(upload), b"LA Code").unwrap();
    let size = DifferenceKind::Size { staged: package.upload.bytes, found: 7 };
    assert_eq!(
        differences(&package),
        [
            (upload.clone(), size),
            (FINDINGS.to_owned(), DifferenceKind::Bytes),
            ("notes.txt".to_owned(), DifferenceKind::Extra),
            (REPORT.to_owned(), DifferenceKind::Missing),
            ("sub".to_owned(), DifferenceKind::Extra),
        ]
    );
    let error = verify(&package.path, None).unwrap_err().to_string();
    assert!(error.contains("report.html is missing. sub was not part of the package"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_same_bytes_is_not_the_file() {
    let data = tempfile::tempdir().unwrap();
    let package = staged(data.path());
    let elsewhere = data.path().join(REPORT);
    fs::rename(package.path.join(REPORT), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, package.path.join(REPORT)).unwrap();
    assert_eq!(differences(&package), [(REPORT.to_owned(), DifferenceKind::NotAFile)]);
}

#[test]
fn a_change_that_also_mends_the_manifest_is_known_by_the_ledger() {
    let data = tempfile::tempdir().unwrap();
    let package = staged(data.path());
    let path = package.path.join(MANIFEST);
    let json = fs::read_to_string(&path).unwrap().replace("Ynys Wen", "Ynys Las");
    write_whole(&path, json.as_bytes()).unwrap();
    assert!(verify(&package.path, None).is_ok());
    assert_eq!(differences(&package), [(MANIFEST.to_owned(), DifferenceKind::NotInLedger)]);
}

#[test]
fn a_compressed_copy_of_something_else_is_found() {
    let data = tempfile::tempdir().unwrap();
    let manifest = manifest(State::Released);
    let name = manifest.package_name().unwrap();
    let work = WorkFolder::new(data.path()).unwrap();
    work.create(name.upload()).unwrap().finish().unwrap();
    let mut compressed = Gzip::new(&work, name.upload()).unwrap();
    compressed.write_all(&fs::read(work.file(name.upload())).unwrap()).unwrap();
    compressed.finish().unwrap();
    fs::remove_file(work.file(name.upload())).unwrap();
    let mut other = work.create(name.upload()).unwrap();
    other.write_all(b"LA Code\r\n").unwrap();
    other.finish().unwrap();
    let sealed = seal(work, manifest, 4, Evidence::default()).unwrap();
    let error = sealed.publish(&Places::below(data.path()), Readers::default()).unwrap_err();
    let error = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.contains(".csv.gz does not hold the bytes"), "{error}");
}

#[test]
fn a_folder_that_is_no_package_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(verify(folder.path(), None), Err(VerifyError::NoManifest(_))));
    write_whole(&folder.path().join(MANIFEST), b"{}").unwrap();
    assert!(matches!(verify(folder.path(), None), Err(VerifyError::NotAManifest { .. })));
}

#[test]
fn a_manifest_cannot_point_out_of_its_folder() {
    for outside in ["../secrets", "/etc/passwd", "", "sub/file", "manifest.json", "report.html/"] {
        let data = tempfile::tempdir().unwrap();
        let package = staged(data.path());
        let path = package.path.join(MANIFEST);
        let json = fs::read_to_string(&path).unwrap();
        let json = json.replace("\"name\": \"report.html\"", &format!("\"name\": \"{outside}\""));
        write_whole(&path, json.as_bytes()).unwrap();
        let error = verify(&package.path, None).unwrap_err();
        assert!(matches!(error, VerifyError::Outside { .. }), "{outside}: {error}");
    }
}
