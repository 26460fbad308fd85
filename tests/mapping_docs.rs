//! The mapping that `docs/mapping.md` builds up block by block is one that loads.

use std::{fs, path::Path};

use cld_agent::{mapping::Mapping, spec::Release, sys::fs::write_whole};

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
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mapping.md")).unwrap();
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
    let columns: Vec<_> = selected.split(',').map(|column| column.trim()[2..].to_owned()).collect();
    draft.check_columns(0, &columns);
    let mapping = draft.finish().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(mapping.maps.len(), 5);
}
