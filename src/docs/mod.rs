//! The reference pages of `docs/`, written from the tables that the program runs on.
//!
//! A page of rules, fields or commands that is typed by hand is wrong a week later. These are checked in, so that they can
//! be read without the program, and a test compares them with what [`pages`] returns. Nothing imports this module.

mod characters;
mod commands;
mod configuration;
mod exit_codes;
mod release;
mod rules;

use std::fmt::Write;

use crate::{document::Faults, spec::Release};

/// A page and the file that it is kept in.
#[derive(Debug)]
pub struct Page {
    /// Its path from the top of the repository.
    pub path: &'static str,
    /// Its text, in Markdown.
    pub text: String,
}

/// Every page that is written by the program. Fails where the embedded release has faults.
pub fn pages() -> Result<Vec<Page>, Faults> {
    let release = Release::embedded()?;
    Ok(vec![
        page("docs/characters.md", "src/shape/encode.rs", &characters::text()),
        page("docs/commands.md", "the commands themselves", &commands::text()),
        page("docs/configuration.md", "config/agent.toml", &configuration::text()),
        page("docs/exit-codes.md", "src/exit.rs", &exit_codes::text()),
        page("docs/release-1.md", "config/releases/release-1.toml", &release::text(&release)),
        page("docs/rules.md", "src/check/rules", &rules::text()),
    ])
}

fn page(path: &'static str, origin: &str, text: &str) -> Page {
    let note = format!(
        "<!-- Written from {origin}. Change that, then run: UPDATE_DOCS=1 cargo test --test generated_docs -->\n\n"
    );
    Page { path, text: format!("{note}{}\n", text.trim_end()) }
}

/// A table in the making.
struct Table {
    text: String,
}

impl Table {
    fn new<const N: usize>(headings: [&str; N]) -> Self {
        let mut table = Self { text: String::new() };
        table.row(headings);
        table.row(["---"; N]);
        table
    }

    fn row<const N: usize>(&mut self, cells: [&str; N]) {
        for cell in cells {
            // A bar would begin the next cell, and a line break would end the table.
            let cell = cell.replace('|', "\\|").replace('\n', " ");
            let _ = write!(self.text, "| {cell}{}", if cell.is_empty() { "" } else { " " });
        }
        self.text.push_str("|\n");
    }
}

/// A text as code.
fn code(text: &str) -> String {
    format!("`{text}`")
}

/// The anchor that a heading gets where Markdown is shown.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_end_its_row() {
        let mut table = Table::new(["one", "two"]);
        table.row(["a|b", "c\nd"]);
        table.row(["", "e"]);
        assert_eq!(table.text, "| one | two |\n| --- | --- |\n| a\\|b | c d |\n| | e |\n");
    }

    #[test]
    fn an_anchor_is_what_a_link_must_say() {
        assert_eq!(anchor("L001: Value is not in the national list"), "l001-value-is-not-in-the-national-list");
        assert_eq!(anchor("37. Adult 1 Linked Person_ID"), "37-adult-1-linked-person_id");
    }

    #[test]
    fn every_link_to_a_heading_leads_to_one() {
        let pages = pages().unwrap_or_else(|faults| panic!("{faults}"));
        let headings = |page: &Page| -> Vec<String> {
            let lines = page.text.lines().filter(|line| line.starts_with('#'));
            lines.map(|line| anchor(line.trim_start_matches(['#', ' ']))).collect()
        };
        let mut links = 0;
        for page in &pages {
            for link in page.text.split("](").skip(1) {
                let Some((file, target)) = link.split(')').next().and_then(|link| link.split_once('#')) else {
                    continue;
                };
                let file = if file.is_empty() { page.path } else { file };
                let other = pages.iter().find(|other| other.path.ends_with(file));
                let found = other.is_some_and(|other| headings(other).iter().any(|heading| heading == target));
                assert!(found, "{}: {file}#{target}", page.path);
                links += 1;
            }
        }
        assert!(links > 50, "{links}");
    }
}
