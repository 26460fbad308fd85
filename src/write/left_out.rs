//! `left-out.csv`: every row that is not in the upload file, and why.
//!
//! UTF-8, CRLF, first line `query,source_key,reason`.

use std::io::{self, Write};

use crate::model::Batch;

/// Writes the rows left out as they come.
pub struct LeftOutFile<W: Write> {
    out: csv::Writer<W>,
    queries: Vec<String>,
}

impl<W: Write> LeftOutFile<W> {
    /// Begins a file.
    pub fn new<'q>(out: W, queries: impl Iterator<Item = &'q str>) -> io::Result<Self> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        out.write_record(["query", "source_key", "reason"]).map_err(cause)?;
        Ok(Self { out, queries: queries.map(str::to_owned).collect() })
    }

    /// Appends the rows that a batch left out.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let query = self.queries.get(batch.query).map_or("", String::as_str);
        for row in &batch.left_out {
            let reason = batch.reasons.get(row.reason).map_or("", String::as_str);
            self.out.write_record([query.as_bytes(), batch.slice(&row.key), reason.as_bytes()]).map_err(cause)?;
        }
        Ok(())
    }

    /// The file's end.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The disk's own error, so that a full disk is seen to be one.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
