//! Any bytes as a CSV file: rows of as many cells as the header has, all of them UTF-8, or an error.
//!
//! The first byte chooses the separator and the encoding that is said.

#![no_main]

use std::{io::Cursor, path::Path};

use cld_agent::{
    source::{CsvFile, CsvFormat, SourceError, TextEncoding},
    sys::shutdown::Shutdown,
};
use cld_agent_fuzz::{Rows, check_message, query};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let separator = [b',', b';', b'\t', b'|'][usize::from(choice & 3)];
    let encoding = match choice >> 2 {
        0 => Some(TextEncoding::Utf8),
        1 => Some(TextEncoding::Windows1252),
        2 => Some(TextEncoding::Utf16Le),
        3 => Some(TextEncoding::Utf16Be),
        _ => None,
    };
    check_message(read(text, CsvFormat { separator, encoding }));
});

fn read(text: &[u8], format: CsvFormat) -> Result<(), SourceError> {
    let path = Path::new("file.csv");
    let mut file = CsvFile::new(path, Box::new(Cursor::new(text.to_vec())), format)?;
    let mut sink = Rows::of(file.columns().len());
    let read = file.read(&query(path), &mut sink, &Shutdown::default())?;
    assert_eq!(read.rows, sink.rows);
    Ok(())
}
