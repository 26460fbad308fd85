//! Any bytes as a mapping: `mapping.toml`, and after a zero byte the only value map.

#![no_main]

use std::{fs, sync::LazyLock};

use cld_agent::{mapping::Mapping, spec::Release};
use libfuzzer_sys::fuzz_target;

static RELEASE: LazyLock<Release> = LazyLock::new(|| Release::embedded().expect("the embedded release"));

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (mapping, values) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("room for it");
    fs::create_dir(folder.path().join("values")).expect("a folder");
    put("mapping.toml", mapping);
    put("values/gender.csv", values);
    put("rows.sql", b"SELECT * FROM rows ORDER BY key");
    if let Err(faults) = Mapping::load(folder.path(), &RELEASE) {
        assert!(faults.iter().count() > 0, "refused without a word");
        assert!(faults.iter().all(|fault| !fault.to_string().is_empty()));
    }
});
