//! What the hand-written pages say holds: their mapping loads, their links lead somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cld_agent::{
    mapping::{Mapping, Returned},
    spec::Release,
    sys::fs::write_whole,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a page: the words behind the opening fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(words), None) => open = Some((words.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn the_mapping_of_the_documentation_loads_and_fits_its_query() {
    let page = fs::read_to_string(root().join("docs/mapping.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut toml, mut files, mut requests) = (String::new(), 0, String::new());
    for (words, text) in blocks(&page) {
        match words.split_once(' ') {
            None if words == "toml" => toml.push_str(&text),
            Some((_, path)) => {
                let path = folder.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                write_whole(&path, text.as_bytes()).unwrap();
                files += 1;
                if words.starts_with("sql ") {
                    requests = text;
                }
            }
            None => {}
        }
    }
    write_whole(&folder.path().join("mapping.toml"), toml.as_bytes()).unwrap();
    assert_eq!(files, 6, "the value maps and the query");

    let release = Release::embedded().unwrap();
    let mut draft = Mapping::draft(folder.path(), &release).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(draft.queries().len(), 2);
    let selected = requests.split_once("SELECT").unwrap().1.split_once("FROM").unwrap().0;
    let columns: Vec<_> = selected.split(',').map(|column| Returned::named(&column.trim()[2..])).collect();
    draft.check_columns(0, &columns);
    let mapping = draft.finish().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(mapping.maps.len(), 5);
}

#[test]
fn every_link_leads_to_a_file() {
    let folders = [
        root().to_owned(),
        root().join("docs"),
        root().join("installer"),
        root().join("mappings/demo"),
        root().join("mappings/by-name"),
    ];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let mut broken = Vec::new();
    let mut links = 0;
    for page in pages.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            links += 1;
            if !page.with_file_name(file).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(links > 30, "{links}");
}
