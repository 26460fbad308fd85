//! Code lists.

use super::Fact;
use crate::model::Confidence;

/// The labels that a field may carry. Submissions carry labels, not codes; a label's place in the list, from 1, is its
/// code inside the program.
#[derive(Debug)]
pub struct CodeList {
    /// Its name in the specification.
    pub name: String,
    /// Its labels, in the order of the list.
    pub values: Vec<ListValue>,
}

/// One label of a code list.
#[derive(Debug)]
pub struct ListValue {
    /// The label, matched to the letter.
    pub text: String,
    /// Spellings seen elsewhere that mean it.
    pub variants: Vec<String>,
    /// Rank among outcomes: where several apply, the lowest is the one to send.
    pub rank: Option<u16>,
    /// Whether an accommodation counts as settled.
    pub settled: Option<bool>,
    /// Why it is not to be used although it is listed.
    pub not_to_be_used: Option<String>,
    /// How well it is known.
    pub fact: Fact,
}

/// A label that was nearly hit, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NearMiss<'l> {
    /// The same but for capitals, dashes, colons, slashes or spaces; or a spelling known to mean it.
    Spelling(&'l str),
    /// A few letters away.
    Close(&'l str),
}

impl CodeList {
    /// The code of a label, matched to the letter; from 1.
    pub fn code(&self, label: &str) -> Option<u16> {
        self.values.iter().position(|value| value.text == label).map(|at| at as u16 + 1)
    }

    /// The label with this code.
    pub fn value(&self, code: u16) -> Option<&ListValue> {
        self.values.get((code as usize).wrapping_sub(1))
    }

    /// How well the list is known: as well as its least known value.
    pub fn confidence(&self) -> Confidence {
        self.values.iter().map(|value| value.fact.confidence).max().unwrap_or(Confidence::Confirmed)
    }

    /// The label that a text outside the list was most likely meant to be.
    pub fn near_miss(&self, text: &str) -> Option<NearMiss<'_>> {
        let folded = fold(text);
        let spelt = |value: &&ListValue| {
            fold(&value.text) == folded || value.variants.iter().any(|variant| fold(variant) == folded)
        };
        if let Some(value) = self.values.iter().find(spelt) {
            return Some(NearMiss::Spelling(&value.text));
        }
        crate::document::nearest(text, self.values.iter().map(|value| value.text.as_str())).map(NearMiss::Close)
    }
}

/// A text without what differs between spellings of one label: capitals, spaces, dashes, colons, slashes.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
