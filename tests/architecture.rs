//! Imports flow one way.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The modules, from the ground up: each may import those of the lines above its own, none of its own line, and those that
/// all may use.
const LAYERS: [&[&str]; 19] = [
    &["model"],
    &["spec", "schedule"],
    &["config", "mapping"],
    &["source"],
    &["shape", "check"],
    &["answers", "compare"],
    &["write", "report", "central"],
    &["stage"],
    &["ledger"],
    &["custody"],
    &["run", "notify"],
    &["backup", "demo", "init", "desk", "doctor", "retention", "logs"],
    &["support"],
    &["unattended"],
    &["page"],
    &["service"],
    &["cli"],
    &["docs"],
    &["main"],
];

/// What stands higher, and may not look down all the same: records are checked wherever they come from.
const NEVER: [(&str, &str); 1] = [("check", "source")];

/// What all may use. They know nothing of the domain but its words.
const FOR_ALL: [(&str, &[&str]); 3] = [("exit", &[]), ("document", &["model"]), ("sys", &["model"])];

/// Every module, with the modules that it imports and a file that does.
fn imports() -> BTreeMap<String, BTreeMap<String, String>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut imports = BTreeMap::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module != "lib" {
            collect(&path, &src, imports.entry(module).or_default());
        }
    }
    imports
}

fn collect(path: &Path, src: &Path, imports: &mut BTreeMap<String, String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), src, imports);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let file = path.strip_prefix(src).unwrap().display().to_string();
        for module in imported(&fs::read_to_string(path).unwrap()) {
            imports.entry(module).or_insert_with(|| file.clone());
        }
    }
}

/// The modules that a file names as `crate::…`, alone or in braces, or as `cld_agent::…`. Comments do not import.
fn imported(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for start in ["crate::", "cld_agent::"] {
        for rest in code.split(start).skip(1) {
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads(group)),
                None => found.extend(word(rest)),
            }
        }
    }
    found
}

/// The first word of each part of a group in braces.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut at_start, mut heads) = (0, true, Vec::new());
    for (place, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !letter.is_whitespace() => {
                at_start = false;
                heads.extend(word(&group[place..]));
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The line a module stands on.
fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn imports_flow_one_way() {
    let mut wrong = Vec::new();
    for (module, imports) in imports() {
        for (imported, file) in imports {
            if imported == module || layer(&imported).is_none() && !FOR_ALL.iter().any(|(name, _)| *name == imported) {
                continue;
            }
            let allowed = match FOR_ALL.iter().find(|(name, _)| *name == module) {
                Some((_, may)) => may.contains(&imported.as_str()) || FOR_ALL.iter().any(|(name, _)| *name == imported),
                None => layer(&imported) < layer(&module) && !NEVER.contains(&(module.as_str(), imported.as_str())),
            };
            if !allowed {
                wrong.push(format!("{module} imports {imported} ({file})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_its_line() {
    let modules: BTreeSet<_> = imports().into_keys().collect();
    let known = LAYERS.concat().into_iter().chain(FOR_ALL.map(|(name, _)| name)).map(str::to_owned).collect();
    assert_eq!(modules, known);
}

#[test]
fn imports_are_read_in_all_the_ways_they_are_written() {
    let text = "use crate::{\n    spec::Release,\n    model::{Date, Field}, exit,\n};\n\
                use crate::sys::clock; // crate::cli\n/// [`run`](crate::run)\nlet a = crate::check::find(1);";
    assert_eq!(imported(text).into_iter().collect::<Vec<_>>(), ["check", "exit", "model", "spec", "sys"]);
}
