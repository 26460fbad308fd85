//! Why a person decided something, in words that may be kept.

use std::{fmt, str::FromStr};

use super::is_postcode;

/// A short text that names nobody: what was typed is kept in ledger, answers and reports, where no person's data may be.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Reason(String);

/// Why a text cannot be kept as a reason. Says what kind of thing stands in it, never what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReasonError {
    /// There is nothing.
    Empty,
    /// It is too long to be a reason.
    TooLong,
    /// It holds a line break or another control character.
    Control,
    /// Ten or more digits stand together.
    NhsNumber,
    /// A postcode stands in it.
    Postcode,
    /// A date stands in it.
    Date,
}

impl ReasonError {
    /// What is wrong with it, and what to do.
    pub const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("is empty", "say why in a few words"),
            Self::TooLong => ("is longer than 200 characters", "say it in a sentence"),
            Self::Control => ("holds a line break or another control character", "write it on one line"),
            Self::NhsNumber => ("holds what may be an NHS number", "say it without naming a person"),
            Self::Postcode => ("holds what may be a postcode", "say it without naming a person"),
            Self::Date => ("holds a date, which may be one of birth", "say it without days, such as 'the April file'"),
        }
    }
}

impl fmt::Display for ReasonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, to_do) = self.told();
        write!(f, "keep the reason: it {what}; {to_do}")
    }
}

impl std::error::Error for ReasonError {}

impl Reason {
    /// The most characters of a reason, as [`ReasonError::TooLong`] says too.
    pub const LONGEST: usize = 200;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.chars().count() > Self::LONGEST {
            return Err(ReasonError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(ReasonError::Control);
        }
        if holds_nhs_number(text) {
            return Err(ReasonError::NhsNumber);
        }
        if holds_date(text) {
            return Err(ReasonError::Date);
        }
        if holds_postcode(text) {
            return Err(ReasonError::Postcode);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Ten digits or more, with nothing but spaces and hyphens between them: whether the check digit is right says nothing
/// about a number that was mistyped.
fn holds_nhs_number(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-'));
    runs.into_iter().any(|run| run.bytes().filter(u8::is_ascii_digit).count() >= 10)
}

/// A word that is a postcode, or two that follow one another and are its halves.
fn holds_postcode(text: &str) -> bool {
    let capitals = text.to_uppercase();
    let words: Vec<&str> = capitals.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().any(|word| is_postcode(word.as_bytes()))
        || words.windows(2).any(|pair| is_postcode(format!("{} {}", pair[0], pair[1]).as_bytes()))
}

/// A day in digits (31/12/1950, 1950-12-31, 31.12.50), or a number beside a month's name.
fn holds_date(text: &str) -> bool {
    in_digits(text) || in_words(text)
}

fn in_digits(text: &str) -> bool {
    let short = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '/' | '-' | '.')).any(|word| {
        ['/', '-', '.'].into_iter().any(|mark| {
            let parts: Vec<&str> = word.trim_matches(['/', '-', '.']).split(mark).collect();
            parts.len() >= 3 && parts.windows(3).any(|three| three.iter().all(|part| short(part)))
        })
    })
}

fn in_words(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_month = |word: &str| {
        let long = ["january", "february", "march", "april", "june", "july", "august", "september", "sept"];
        let rest = ["october", "november", "december"];
        MONTHS.contains(&word) || long.contains(&word) || rest.contains(&word)
    };
    let is_day = |word: &str| {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let suffix = &word[digits.len()..];
        matches!(digits.parse(), Ok(1_u32..=31)) && ["", "st", "nd", "rd", "th"].contains(&suffix)
    };
    words.windows(2).any(|pair| is_day(pair[0]) && is_month(pair[1]) || is_month(pair[0]) && is_day(pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_why_and_names_nobody() {
        for good in [
            "The April file was cut off",
            "the return of 2026/27 Q2 was partial; 1,200 rows were missing",
            "run 20261120T060000Z was built from a test copy",
            "23 services ended in May; confirmed by the team in room B12",
            "reference INC0012345",
        ] {
            assert_eq!(good.parse::<Reason>().map(|reason| reason.to_string()), Ok(good.to_owned()));
        }
        assert_eq!("  spaces around  ".parse::<Reason>().unwrap().as_str(), "spaces around");
    }

    #[test]
    fn what_may_name_a_person_is_refused_and_not_repeated() {
        use ReasonError::*;
        for (bad, expected) in [
            ("", Empty),
            (" \t ", Empty),
            ("two\nlines", Control),
            ("the person 9990000000 moved", NhsNumber),
            ("999 000 0000", NhsNumber),
            ("number 999-000-0000, moved", NhsNumber),
            ("moved to B33 8TH", Postcode),
            ("moved to b338th.", Postcode),
            ("born 31/12/1950", Date),
            ("born 1950-12-31", Date),
            ("born 1.2.50", Date),
            ("born 3 May 1950", Date),
            ("born on the 3rd of the month, May 3rd", Date),
            ("died Dec 12", Date),
        ] {
            assert_eq!(bad.parse::<Reason>(), Err(expected), "{bad}");
            assert!(bad.trim().len() < 5 || !expected.to_string().contains(bad.trim()));
        }
        assert_eq!("x".repeat(Reason::LONGEST).parse::<Reason>().map(|_| ()), Ok(()));
        assert_eq!("x".repeat(Reason::LONGEST + 1).parse::<Reason>(), Err(TooLong));
    }
}
