//! The councils that make the return, by their CASSR code.

use std::sync::LazyLock;

use crate::{document::nearest, spec::fold};

const COUNCILS: &str = include_str!("../../config/councils.csv");

/// A council with adult social services responsibilities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Council {
    /// Its CASSR code. Six councils made since 2019 have no published one in the list.
    pub code: Option<String>,
    /// Its area's name.
    pub name: String,
    /// What it calls itself.
    pub official_name: String,
    /// The region it lies in.
    pub region: String,
}

/// Every council that makes the return.
pub fn all() -> &'static [Council] {
    static LIST: LazyLock<Vec<Council>> = LazyLock::new(|| parse(COUNCILS));
    &LIST
}

/// The council with this code, if the list has one. A code that is not found may still be right: see [`Council::code`].
pub fn by_code(code: &str) -> Option<&'static Council> {
    all().iter().find(|council| council.code.as_deref() == Some(code))
}

/// The council that is called so, by its code or either of its names; capitals and punctuation do not count. Where there is none,
/// the names that may have been meant.
pub fn called(text: &str) -> Result<&'static Council, Vec<&'static str>> {
    let wanted = fold(text);
    let is_it = |council: &&Council| fold(&council.name) == wanted || fold(&council.official_name) == wanted;
    let holds = |council: &&Council| !wanted.is_empty() && fold(&council.official_name).contains(&wanted);
    if let Some(council) = by_code(text.trim()).or_else(|| all().iter().find(is_it)) {
        return Ok(council);
    }
    let names: Vec<_> = all().iter().filter(holds).map(|council| council.official_name.as_str()).collect();
    let near = || nearest(text, all().iter().map(|council| council.name.as_str()));
    Err(if names.is_empty() { near().into_iter().collect() } else { names })
}

fn parse(text: &str) -> Vec<Council> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let column = |name| headers.iter().position(|header| header == name);
    let columns = ["cassr_code", "name", "official_name", "region"].map(column);
    let [Some(code), Some(name), Some(official_name), Some(region)] = columns else { return Vec::new() };
    let council = |row: csv::StringRecord| {
        let cell = |place| row.get(place).map(str::to_owned);
        Some(Council {
            code: cell(code).filter(|code| !code.is_empty()),
            name: cell(name)?,
            official_name: cell(official_name)?,
            region: cell(region)?,
        })
    };
    reader.records().filter_map(|row| council(row.ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::is_la_code;

    #[test]
    fn every_council_with_a_published_code_is_found_by_it() {
        let coded: Vec<_> = all().iter().filter_map(|council| Some((council.code.as_deref()?, council))).collect();
        assert_eq!((all().len(), coded.len()), (153, 147));
        for (code, council) in coded {
            assert!(is_la_code(code.as_bytes()), "{council:?}");
            assert_eq!(by_code(code), Some(council), "a code that stands twice");
        }
    }

    #[test]
    fn a_council_without_a_published_code_is_not_found_by_a_blank() {
        assert_eq!(by_code(""), None);
        assert_eq!(by_code("999"), None);
        assert_eq!(by_code("110").map(|council| council.name.as_str()), Some("Sunderland"));
    }

    #[test]
    fn every_council_is_found_by_each_of_its_names() {
        for council in all() {
            assert_eq!(called(&council.name), Ok(council));
            assert_eq!(called(&council.official_name.to_uppercase()), Ok(council));
        }
    }

    #[test]
    fn a_name_that_is_not_whole_tells_which_may_be_meant() {
        for (text, found) in [
            ("110", Ok("Sunderland")),
            (" sunderland ", Ok("Sunderland")),
            ("sunderl", Err(vec!["Sunderland City Council"])),
            ("Sunderlnd", Err(vec!["Sunderland"])),
            ("newcastle city council", Ok("Newcastle upon Tyne")),
            ("northamptonshire", Err(vec!["North Northamptonshire Council", "West Northamptonshire Council"])),
            ("Atlantis upon Sea", Err(Vec::new())),
            ("", Err(Vec::new())),
        ] {
            assert_eq!(called(text).map(|council| council.name.as_str()), found, "{text}");
        }
    }
}
