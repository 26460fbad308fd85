//! Any bytes as a server's answers: rows, or an error that says something. Two bytes tell where the rows begin.

#![no_main]

use cld_agent::source::read_answers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [low, high, answers @ ..] = bytes else { return };
    let described = usize::from(u16::from_le_bytes([*low, *high])).min(answers.len());
    let (description, rows) = answers.split_at(described);
    match read_answers(description, rows) {
        Ok(read) => assert_eq!(read.told, Some(read.rows), "more rows or fewer than were told"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
