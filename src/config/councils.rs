//! The councils that make the return, by their CASSR code.

use std::sync::LazyLock;

const COUNCILS: &str = include_str!("../../config/councils.csv");

/// A council with adult social services responsibilities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Council {
    /// Its CASSR code.
    pub code: String,
    /// Its area's name.
    pub name: String,
    /// The region it lies in.
    pub region: String,
}

/// The council with this code, if the embedded list has one. Six councils made since 2019 have no published code in it,
/// so a code that is not found may still be right.
pub fn by_code(code: &str) -> Option<&'static Council> {
    static LIST: LazyLock<Vec<Council>> = LazyLock::new(|| parse(COUNCILS));
    LIST.iter().find(|council| council.code == code)
}

fn parse(text: &str) -> Vec<Council> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let column = |name| headers.iter().position(|header| header == name);
    let (Some(code), Some(name), Some(region)) = (column("cassr_code"), column("name"), column("region")) else {
        return Vec::new();
    };
    let council = |row: csv::StringRecord| {
        let cell = |place| row.get(place).map(str::to_owned);
        Some(Council { code: cell(code).filter(|code| !code.is_empty())?, name: cell(name)?, region: cell(region)? })
    };
    reader.records().filter_map(|row| council(row.ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::is_la_code;

    #[test]
    fn every_council_with_a_published_code_is_found_by_it() {
        let councils = parse(COUNCILS);
        assert_eq!(councils.len(), 147);
        for council in &councils {
            assert!(is_la_code(council.code.as_bytes()), "{council:?}");
            assert_eq!(by_code(&council.code), Some(council), "a code that stands twice");
        }
    }

    #[test]
    fn a_council_without_a_published_code_is_not_found_by_a_blank() {
        assert_eq!(by_code(""), None);
        assert_eq!(by_code("999"), None);
        assert_eq!(by_code("110").map(|council| council.name.as_str()), Some("Sunderland"));
    }
}
