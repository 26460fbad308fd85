//! Any bytes as a file to check: text, gzip, a workbook, or something that is called what it is.

#![no_main]

use std::io::Write;

use cld_agent_fuzz::{check_message, read_extract};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    check_message(read_extract(file.path()));
});
