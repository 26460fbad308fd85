//! The reference pages that are checked in are those that the program writes.
//!
//! `UPDATE_DOCS=1 cargo test --test generated_docs` brings them up to date.

use std::{fs, path::Path};

use cld_agent::{docs::pages, sys::fs::write_whole};

#[test]
fn the_reference_pages_are_those_that_the_program_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for page in pages().unwrap_or_else(|faults| panic!("{faults}")) {
        let path = root.join(page.path);
        if update {
            write_whole(&path, page.text.as_bytes()).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if kept != page.text {
            stale.push(page.path);
        }
    }
    assert!(stale.is_empty(), "stale: {}; run UPDATE_DOCS=1 cargo test --test generated_docs", stale.join(", "));
}
