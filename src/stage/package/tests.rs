use super::*;
use crate::stage::{FINDINGS, Gzip, REPORT, StageError, State, manifest::tests::manifest};

/// A package, sealed in a folder below `data`.
pub(in crate::stage) fn sealed(data: &Path, state: State) -> SealedPackage {
    let work = made(data, &manifest(state));
    seal(work, manifest(state), 4, Evidence::default()).unwrap()
}

fn made(data: &Path, manifest: &Manifest) -> WorkFolder {
    let work = WorkFolder::new(&data.join("work")).unwrap();
    let name = manifest.package_name().unwrap();
    for (file, content) in [
        (name.upload(), "LA Code,Event Type\r\n999,Request\r\n999,Request\r\n999,Request\r\n999,Request\r\n"),
        (FINDINGS, "row,field,rule,severity,status\n"),
        (REPORT, "<!doctype html>"),
    ] {
        let mut new = work.create(file).unwrap();
        new.write_all(content.as_bytes()).unwrap();
        new.finish().unwrap();
    }
    let mut compressed = Gzip::new(&work, name.upload()).unwrap();
    compressed.write_all(&fs::read(work.file(name.upload())).unwrap()).unwrap();
    compressed.finish().unwrap();
    work
}

#[test]
fn a_released_package_is_staged_whole() {
    let data = tempfile::tempdir().unwrap();
    let staged = sealed(data.path(), State::Released).publish(&Places::below(data.path()), Readers::default()).unwrap();
    assert_eq!(staged.path, data.path().join("staging/adult-social-care/2025-10-01_2026-09-30/20261123T221503Z"));
    assert_eq!(staged.upload.rows, Some(4));
    let verified = verify(&staged.path, Some(staged.manifest_sha256)).unwrap();
    assert_eq!(verified.manifest, staged.manifest);
    let names: Vec<_> = verified.manifest.files.iter().map(|file| file.name.as_str()).collect();
    let upload = &staged.upload.name;
    assert_eq!(names, [upload, &format!("{upload}.gz"), EVIDENCE, FINDINGS, REPORT, GUIDE]);
}

#[test]
fn a_held_package_is_not_where_an_uploader_looks() {
    let data = tempfile::tempdir().unwrap();
    let staged = sealed(data.path(), State::Held).publish(&Places::below(data.path()), Readers::default()).unwrap();
    assert!(staged.path.starts_with(data.path().join("held")));
    assert!(!data.path().join("staging").exists());
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let bytes = [(); 2].map(|()| {
        let data = tempfile::tempdir().unwrap();
        let staged =
            sealed(data.path(), State::Released).publish(&Places::below(data.path()), Readers::default()).unwrap();
        (staged.manifest_sha256, fs::read(staged.path.join(EVIDENCE)).unwrap())
    });
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn the_evidence_names_every_file_but_itself() {
    let data = tempfile::tempdir().unwrap();
    let sealed = sealed(data.path(), State::Released);
    let archive = fs::File::open(sealed.work.file(EVIDENCE)).unwrap();
    let mut archive = zip::ZipArchive::new(archive).unwrap();
    let copy: Manifest = serde_json::from_reader(archive.by_name(MANIFEST).unwrap()).unwrap();
    let mut expected = sealed.manifest().clone();
    expected.files.retain(|file| file.name != EVIDENCE);
    assert_eq!(copy, expected);
}

#[test]
fn a_second_package_of_the_same_name_leaves_the_first_untouched() {
    let data = tempfile::tempdir().unwrap();
    let first = sealed(data.path(), State::Released).publish(&Places::below(data.path()), Readers::default()).unwrap();
    let error =
        sealed(data.path(), State::Released).publish(&Places::below(data.path()), Readers::default()).unwrap_err();
    assert!(matches!(error, StageError::Fs(FsError::Exists(_))), "{error}");
    verify(&first.path, Some(first.manifest_sha256)).unwrap();
    assert_eq!(fs::read_dir(data.path().join("work")).unwrap().count(), 0);
}

#[test]
fn what_changed_after_sealing_is_not_published() {
    let data = tempfile::tempdir().unwrap();
    let sealed = sealed(data.path(), State::Released);
    sys_fs::write_whole(&sealed.work.file(REPORT), b"<!doctype HTML>").unwrap();
    let error = sealed.publish(&Places::below(data.path()), Readers::default()).unwrap_err();
    assert!(matches!(error, StageError::ReadBack(_)), "{error}");
    assert!(!data.path().join("staging").exists());
}

#[test]
fn a_truncated_upload_file_is_not_sealed() {
    let data = tempfile::tempdir().unwrap();
    let manifest = manifest(State::Released);
    let error = seal(made(data.path(), &manifest), manifest, 3, Evidence::default()).unwrap_err();
    assert!(matches!(error, StageError::UploadRows { expected: 4, found: 3 }), "{error}");
}

#[test]
fn a_package_without_its_upload_file_or_its_copy_is_not_sealed() {
    let manifest = manifest(State::Released);
    let name = manifest.package_name().unwrap();
    for file in [name.upload(), &name.compressed()] {
        let data = tempfile::tempdir().unwrap();
        let work = made(data.path(), &manifest);
        fs::remove_file(work.file(file)).unwrap();
        let error = seal(work, manifest.clone(), 4, Evidence::default()).unwrap_err();
        assert!(matches!(&error, StageError::Missing(path) if path.ends_with(file)), "{error}");
    }
}

#[test]
fn only_sealing_makes_a_manifest() {
    let data = tempfile::tempdir().unwrap();
    let manifest = manifest(State::Released);
    let work = made(data.path(), &manifest);
    work.create(MANIFEST).unwrap().finish().unwrap();
    let error = seal(work, manifest, 4, Evidence::default()).unwrap_err();
    assert!(matches!(error, StageError::Reserved(_)), "{error}");
}
