//! The upload file to the byte, and what reading it back finds.

use std::{io::Write, path::PathBuf};

use super::{ReadBack, ReadBackError, Upload, Written, read_back};
use crate::{
    check::{Checker, Counts, Origin, Settings, TestNumbers},
    model::{Batch, Date, Environment, Field},
    shape::{Plan, Shaper},
    source::RawBatch,
    spec::Release,
    sys::hash::Sha256,
};

/// An upload file, and what was counted while it was made.
struct Made {
    release: Release,
    bytes: Vec<u8>,
    written: Written,
    counts: Counts,
}

/// Makes a file of rows with these two names and blanks elsewhere.
fn made(rows: &[[&str; 2]]) -> Made {
    let release = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
    let columns = ["First Name", "Last Name"].map(str::to_owned);
    let plan = Plan::as_submitted(&columns, &release);
    let mut raw = RawBatch::default();
    raw.reset(0, 0, 2);
    rows.iter().flatten().for_each(|cell| raw.push_cell(cell.as_bytes()));
    let (mut shaper, mut batch) = (Shaper::new(&plan), Batch::default());
    shaper.begin(&mut raw, &mut batch, 1);
    for row in 0..rows.len() {
        shaper.shape(&raw, row, &mut batch);
    }
    let settings = Settings {
        la_code: "503".to_owned(),
        period: "2024-10-01_2025-09-30".parse().unwrap(),
        as_of: Date::parse_iso(b"2025-10-20").unwrap(),
        environment: Environment::Test,
        test_numbers: TestNumbers::Strange,
        origin: Origin::Built,
    };
    let mut checker = Checker::new(&release, settings);
    checker.check(&mut batch, &plan.vocabulary());
    let mut upload = Upload::new(Vec::new(), &release, plan.vocabulary()).unwrap();
    upload.write(&batch).unwrap();
    let (written, bytes) = upload.finish();
    Made { release, bytes, written, counts: checker.finish().0 }
}

impl Made {
    /// Puts other bytes on the disk than were written, and reads them back.
    fn read_back(&self, change: impl FnOnce(&mut Vec<u8>)) -> Result<ReadBack, String> {
        let mut bytes = self.bytes.clone();
        change(&mut bytes);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let path = PathBuf::from(file.path());
        let read = read_back(&path, &self.release, self.written, &self.counts, |_, _| {});
        if let Ok(read) = &read {
            assert_eq!((read.sha256, read.bytes), (Sha256::of(&bytes), bytes.len() as u64));
        }
        read.map_err(|error| match error {
            ReadBackError::Differs { what, .. } => what,
            ReadBackError::Read { source, .. } => source.to_string(),
        })
    }

    /// Replaces the first of some bytes.
    fn replaced(&self, from: &[u8], to: &[u8]) -> Result<ReadBack, String> {
        self.read_back(|bytes| {
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            bytes.splice(at..at + from.len(), to.iter().copied());
        })
    }
}

#[test]
fn the_file_is_windows_1252_with_the_exact_header_and_quotes_only_where_needed() {
    let made = made(&[["Zoë", "O’Brien"], ["Ann, \"Nan\"", "one\r\ntwo"], ["tab\there", "£5 – €6"]]);
    let (header, rows) = made.bytes.split_at(made.bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    let headers: Vec<_> = made.release.template().map(|spec| spec.header.as_str()).collect();
    assert_eq!(header, format!("{}\r\n", headers.join(",")).as_bytes());
    let (before, after) = (",".repeat(Field::FirstName.index()), ",".repeat(49 - Field::LastName.index()));
    let line = |names: &[u8]| [before.as_bytes(), names, after.as_bytes(), b"\r\n"].concat();
    let expected =
        [line(b"Zo\xEB,O\x92Brien"), line(b"\"Ann, \"\"Nan\"\"\",\"one\r\ntwo\""), line(b"tab\there,\xA35 \x96 \x806")];
    assert_eq!(rows, expected.concat());
    assert_eq!(made.written, Written { rows: 3, bytes: made.bytes.len() as u64 });
}

#[test]
fn a_file_that_is_as_it_was_written_is_read_back() {
    let made = made(&[["Zoë", "a\r\n\"b\""], ["", "NULL"], ["", ""]]);
    assert_eq!(made.read_back(|_| {}).map(|read| read.rows), Ok(3));
}

#[test]
fn a_changed_file_is_told_from_what_was_written() {
    let made = made(&[["Ann", "Bell"], ["Ben", "Cole"]]);
    for (from, to, what) in [
        (&b"LA Code"[..], &b"LA_Code"[..], "header"),
        (b"LA Code", b"\xEF\xBB\xBFLA Code", "byte-order mark"),
        // A filled cell that becomes blank, the file as long as it was.
        (b"Ann,Bell,", b"AnnBell,,", "'Last Name' is filled on 1 rows where 2 were counted"),
        (b"Ann,Bell,", b",AnnBell,", "'First Name' is filled on 1 rows where 2 were counted"),
        (b"Ann,Bell", b"Ann,Bello", "2 rows and"),
        (b"Ann,Bell,", b"Ann\nBell,", "not a CSV file"),
    ] {
        let told = made.replaced(from, to).unwrap_err();
        assert!(told.contains(what), "{told}");
    }
}

#[test]
fn a_file_that_was_cut_is_told_wherever_the_cut_lies() {
    let made = made(&[["Ann", "Bell"], ["Ben", "Cole"]]);
    for left in 0..made.bytes.len() {
        assert!(made.read_back(|bytes| bytes.truncate(left)).is_err(), "cut after {left} bytes");
    }
    assert_eq!(made.read_back(Vec::clear), Err("it is empty".to_owned()));
}
