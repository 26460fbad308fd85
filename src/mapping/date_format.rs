//! How a source writes its dates.

use std::fmt;

use crate::model::Date;

/// A way of writing dates, compiled from a pattern such as `yyyy-mm-dd hh:mi:ss`.
///
/// `yyyy`, `mm`, `mon` (Jan, feb …), `dd` make the date; `hh`, `mi`, `ss` are read over; everything else must stand as
/// written. A time that follows the end of the pattern (after a space or a `T`) is dropped: case systems keep midnight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DateFormat {
    pattern: String,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Year,
    Month,
    MonthName,
    Day,
    TwoDigits,
    Literal(u8),
}

/// Why a pattern is not a date format.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DateFormatFault {
    /// Year, month or day is missing or stands twice.
    #[error("a date format needs yyyy, mm (or mon) and dd, once each")]
    Incomplete,
    /// A character that is neither a part nor a plain separator.
    #[error("'{0}' has no meaning in a date format: use yyyy mm mon dd hh mi ss and separators")]
    Unknown(char),
}

const NAMES: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

impl DateFormat {
    /// Compiles a pattern.
    pub fn compile(pattern: &str) -> Result<Self, DateFormatFault> {
        const WORDS: [(&str, Part); 7] = [
            ("yyyy", Part::Year),
            ("mon", Part::MonthName),
            ("mm", Part::Month),
            ("dd", Part::Day),
            ("hh", Part::TwoDigits),
            ("mi", Part::TwoDigits),
            ("ss", Part::TwoDigits),
        ];
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(next) = rest.chars().next() {
            if let Some((word, part)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                parts.push(*part);
                rest = &rest[word.len()..];
            } else if matches!(next, '-' | '/' | '.' | ' ' | ':' | ',' | 'T') {
                parts.push(Part::Literal(next as u8));
                rest = &rest[1..];
            } else {
                return Err(DateFormatFault::Unknown(next));
            }
        }
        let count = |wanted: &[Part]| parts.iter().filter(|part| wanted.contains(part)).count();
        if [count(&[Part::Year]), count(&[Part::Month, Part::MonthName]), count(&[Part::Day])] != [1, 1, 1] {
            return Err(DateFormatFault::Incomplete);
        }
        Ok(Self { pattern: pattern.to_owned(), parts })
    }

    /// Whether this is how the portal wants dates.
    pub fn is_portal(&self) -> bool {
        use Part::{Day, Literal, Month, Year};
        self.parts == [Day, Literal(b'/'), Month, Literal(b'/'), Year]
    }

    /// Reads a text that is written so.
    pub fn parse(&self, text: &[u8]) -> Option<Date> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let mut rest = text;
        for part in &self.parts {
            match part {
                Part::Year => year = number(&mut rest, 4)?,
                Part::Month => month = number(&mut rest, 2)?,
                Part::Day => day = number(&mut rest, 2)?,
                Part::TwoDigits => _ = number(&mut rest, 2)?,
                Part::MonthName => {
                    let (name, after) = rest.split_first_chunk::<3>()?;
                    month = 1 + NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))? as u32;
                    rest = after;
                }
                Part::Literal(literal) => rest = rest.strip_prefix(&[*literal])?,
            }
        }
        match rest {
            [] | [b' ' | b'T' | b'.', b'0'..=b'9', ..] => Date::from_ymd(year as i32, month, day),
            _ => None,
        }
    }
}

fn number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (head, tail) = rest.split_at_checked(digits)?;
    *rest = tail;
    head.iter().try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + u32::from(byte - b'0')))
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_as_systems_write_them() {
        for (pattern, text, read) in [
            ("yyyy-mm-dd", "2026-02-28", Some("28/02/2026")),
            ("yyyy-mm-dd", "2026-02-28 00:00:00", Some("28/02/2026")),
            ("yyyy-mm-dd", "2026-02-28T13:45:00.000", Some("28/02/2026")),
            ("yyyy-mm-dd hh:mi:ss", "2026-02-28 23:59:59.997", Some("28/02/2026")),
            ("yyyy-mm-dd hh:mi:ss", "2026-02-28 23:59:59", Some("28/02/2026")),
            ("yyyymmdd", "20260228", Some("28/02/2026")),
            ("dd-mon-yyyy", "28-FEB-2026", Some("28/02/2026")),
            ("mm/dd/yyyy", "02/28/2026", Some("28/02/2026")),
            ("yyyy-mm-dd", "2026-02-30", None),
            ("yyyy-mm-dd", "2026-2-3", None),
            ("yyyy-mm-dd", "", None),
            ("dd/mm/yyyy", "28/02/20260", None),
        ] {
            let date = DateFormat::compile(pattern).unwrap().parse(text.as_bytes());
            assert_eq!(date.map(|date| date.to_string()).as_deref(), read, "{pattern}: {text}");
        }
    }

    #[test]
    fn a_pattern_names_year_month_and_day_once() {
        for pattern in ["", "yyyy-mm", "dd/mm/yyyy dd", "yyyy-mm-mon-dd", "hh:mi"] {
            assert_eq!(DateFormat::compile(pattern), Err(DateFormatFault::Incomplete), "{pattern}");
        }
        assert_eq!(DateFormat::compile("%Y-%m-%d"), Err(DateFormatFault::Unknown('%')));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_cell_is_read_or_refused(text in "\\PC{0,24}") {
            let format = DateFormat::compile("dd/mm/yyyy").unwrap();
            if let Some(date) = format.parse(text.as_bytes()) {
                prop_assert!(text.starts_with(&date.to_string()));
            }
        }
    }
}
