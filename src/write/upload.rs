//! The upload file.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{
    model::{Batch, Field, Lines, Vocabulary, push_cell},
    spec::Release,
};

/// Writes records as lines of the upload file.
#[derive(Debug)]
pub struct Upload<W> {
    out: W,
    vocabulary: Arc<Vocabulary>,
    /// The fields in the order of the file.
    template: [Field; Field::COUNT],
    lines: Lines,
    written: Written,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Data rows, without the header.
    pub rows: u64,
    /// Bytes, with the header.
    pub bytes: u64,
}

impl<W: Write> Upload<W> {
    /// Begins a file with the release's header.
    pub fn new(out: W, release: &Release, vocabulary: Arc<Vocabulary>) -> io::Result<Self> {
        let template = release.order();
        let mut upload = Self { out, vocabulary, template, lines: Lines::default(), written: Written::default() };
        let header = header(release);
        upload.lines.push(&header, 0..header.len());
        upload.hand_on()?;
        Ok(upload)
    }

    /// Appends a batch's records.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        for cells in batch.cells() {
            for field in self.template {
                cells[field.index()].write_csv(&batch.text, &self.vocabulary, &mut self.lines);
                self.lines.push_byte(b',');
            }
            self.lines.pop();
            self.lines.push_byte(b'\r');
            self.lines.push_byte(b'\n');
        }
        self.written.rows += batch.records() as u64;
        self.hand_on()
    }

    /// What was written, and where.
    pub fn finish(self) -> (Written, W) {
        (self.written, self.out)
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.out.write_all(self.lines.as_bytes())?;
        self.written.bytes += self.lines.as_bytes().len() as u64;
        self.lines.clear();
        Ok(())
    }
}

/// The header line, with its line end.
pub(super) fn header(release: &Release) -> Vec<u8> {
    let mut line = Vec::new();
    for spec in release.template() {
        push_cell(spec.header.as_bytes(), &mut line);
        line.push(b',');
    }
    line.pop();
    line.extend_from_slice(b"\r\n");
    line
}
