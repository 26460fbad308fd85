//! Code lists.

use std::fmt;

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
    /// What other releases say for its labels.
    pub wordings: Vec<Wording>,
}

/// What another release says for a label.
#[derive(Debug)]
pub struct Wording {
    /// The wording.
    pub text: String,
    /// The release whose wording it is: *Release 2*.
    pub release: String,
    /// The labels that it stands for; several where the other release has one wording for all of them.
    pub means: Vec<String>,
    /// How well it is known.
    pub fact: Fact,
}

/// What a text outside a list was meant to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meant<'l> {
    /// The label; several where nobody can tell which.
    pub labels: Vec<&'l str>,
    /// Why it is taken to mean that.
    pub because: Because<'l>,
}

/// Why a text is taken to mean a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because<'l> {
    /// The same but for capitals.
    Capitals,
    /// The same but for spaces.
    Spaces,
    /// The same but for dashes, colons, slashes and the like.
    Punctuation,
    /// A spelling seen elsewhere.
    Variant,
    /// The wording of another release.
    Wording(&'l str),
    /// A few letters away.
    Close,
}

impl Because<'_> {
    /// Whether nobody but a label is written so. What is only close to one may be a name.
    pub fn is_certain(self) -> bool {
        self != Self::Close
    }
}

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capitals => f.write_str("other capitals"),
            Self::Spaces => f.write_str("other spaces"),
            Self::Punctuation => f.write_str("other dashes, colons or slashes"),
            Self::Variant => f.write_str("another spelling"),
            Self::Wording(release) => write!(f, "a wording of {release}"),
            Self::Close => f.write_str("a few letters"),
        }
    }
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
        let meant = self.meant(text)?;
        let label = *meant.labels.first()?;
        Some(if meant.because.is_certain() { NearMiss::Spelling(label) } else { NearMiss::Close(label) })
    }

    /// What a text outside the list was most likely meant to be, and why.
    pub fn meant(&self, text: &str) -> Option<Meant<'_>> {
        let folded = fold(text);
        let wording = |same: &dyn Fn(&str) -> bool| {
            let wording = self.wordings.iter().find(|wording| same(&wording.text))?;
            let labels: Vec<_> = wording.means.iter().map(String::as_str).collect();
            (!labels.is_empty()).then_some(Meant { labels, because: Because::Wording(&wording.release) })
        };
        let spelling = || {
            let value = self.values.iter().find(|value| !folded.is_empty() && fold(&value.text) == folded)?;
            Some(Meant { labels: vec![&value.text], because: difference(text, &value.text) })
        };
        let variant = || {
            let is_it = |variant: &String| fold(variant) == folded;
            let value = self.values.iter().find(|value| value.variants.iter().any(is_it))?;
            Some(Meant { labels: vec![&value.text], because: Because::Variant })
        };
        let close = || {
            // Of a code of a few letters, any word of a few letters is a few letters away.
            if text.chars().count() < SHORTEST {
                return None;
            }
            let near = crate::document::nearest(text, self.values.iter().map(|value| value.text.as_str()))?;
            Some(Meant { labels: vec![near], because: Because::Close })
        };
        wording(&|known| known == text)
            .or_else(spelling)
            .or_else(variant)
            .or_else(|| wording(&|known| !folded.is_empty() && fold(known) == folded))
            .or_else(close)
    }
}

/// A text shorter than this is not compared by its letters.
const SHORTEST: usize = 4;

/// In what a text differs from a label that folds to the same.
fn difference<'l>(text: &str, label: &str) -> Because<'l> {
    let spaceless = |text: &str| text.split_whitespace().collect::<String>();
    if text.eq_ignore_ascii_case(label) {
        Because::Capitals
    } else if spaceless(text) == spaceless(label) {
        Because::Spaces
    } else {
        Because::Punctuation
    }
}

/// A text without what differs between spellings of one label: capitals, spaces, dashes, colons, slashes.
pub fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use crate::{model::Field, spec::Release};

    #[test]
    fn what_was_meant_is_told_with_the_reason() {
        let release = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
        for (field, text, expected) in [
            (Field::Gender, "female", "Female: other capitals"),
            (Field::ServiceType, "Long Term Support : Prison", "Long Term Support: Prison: other spaces"),
            (Field::Gender, "Male ", "Male: other spaces"),
            (Field::Ethnicity, "White – Irish", "White - Irish: other dashes, colons or slashes"),
            (Field::Ethnicity, "White: Irish", "White - Irish: a wording of Release 2"),
            (Field::Ethnicity, "white:irish", "White - Irish: other dashes, colons or slashes"),
            (Field::EventOutcome, "Service ended as Planned", "Service ended as planned: other capitals"),
            (
                Field::EventOutcome,
                "NFA - Support ended – other reason",
                "NFA - Support ended: Other reason: other dashes, colons or slashes",
            ),
            (Field::EventOutcome, "Admitted to Hospital", "Admitted to hospital: other capitals"),
            (
                Field::AccommodationStatus,
                "Tenant: Private landlord",
                "Tenant - private landlord: a wording of Release 2",
            ),
            (
                Field::AccommodationStatus,
                "tenant: local authority or other social housing provider",
                "Tenant: a wording of Release 2",
            ),
            (
                Field::EventOutcome,
                "Continuation of support or services",
                "No change in package or Provision of service: a wording of Release 2",
            ),
            (Field::ClientFundingStatus, "Full cost client", "18(3) (full cost client): a wording of Version 5"),
            (
                Field::ClientFundingStatus,
                "Data Not Held - System Level",
                "Unknown - System Level: a wording of Version 5",
            ),
            (Field::PrimarySupportReason, "PSR Not Known", "Unknown: a wording of Version 5"),
            (Field::DeliveryMechanism, "Community: Direct Payment", "Direct Payment: a wording of Version 5"),
            (
                Field::DeliveryMechanism,
                "Prison - CASSR Commissioned support",
                "CASSR Commissioned Support: a wording of Version 5",
            ),
            (
                Field::ServiceComponent,
                "Professional Support- Social Worker",
                "Professional Support: Social Worker: other dashes, colons or slashes",
            ),
            (Field::Gender, "Femal", "Female: a few letters"),
            (Field::Dementia, "N", "nothing"),
            (Field::HasUnpaidCarer, "U", "nothing"),
            (Field::Gender, "Smith-Jones", "nothing"),
            (Field::Gender, "-", "nothing"),
        ] {
            let meant = release.list(field).and_then(|list| list.meant(text));
            let told = meant.map(|meant| format!("{}: {}", meant.labels.join(" or "), meant.because));
            assert_eq!(told.as_deref().unwrap_or("nothing"), expected, "{text}");
        }
    }

    #[test]
    fn every_wording_of_release_1_stands_for_labels_and_is_none_itself() {
        let release = Release::embedded().unwrap_or_else(|faults| panic!("{faults}"));
        let mut wordings = 0;
        for list in release.lists() {
            for wording in &list.wordings {
                assert!(!wording.means.is_empty(), "{}", wording.text);
                assert_eq!(list.code(&wording.text), None, "{}", wording.text);
                wordings += 1;
            }
        }
        assert_eq!(wordings, 112);
    }
}
