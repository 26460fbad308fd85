//! Any bytes as a release file: a release, or faults with their places.

#![no_main]

use cld_agent::{document::Document, spec::Release};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = Document::decode("release.toml", bytes).and_then(|document| Release::from_document(&document));
    if let Err(faults) = read {
        assert!(faults.iter().count() > 0, "refused without a word");
        for fault in faults.iter() {
            assert!(!fault.to_string().is_empty());
        }
    }
});
