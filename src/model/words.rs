//! The national words for how a value fared, and the agent's for how grave that is.

use std::fmt;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word as it is written in every report.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a field asks of a row (the national `cond_` values 2, 1, 0, −1).
    FieldStatus {
        /// A value is required.
        Mandatory = "Mandatory",
        /// A value may be given.
        Applicable = "Applicable but not mandatory",
        /// No value is expected.
        NotApplicable = "Not applicable",
        /// The field that decides is itself invalid.
        Undetermined = "Undetermined",
    }
}

words! {
    /// How a value fared (the national `chk_` values ≥ 1, 0, −1, below −1).
    Validity {
        /// A value that passes.
        Valid = "Passed: Valid",
        /// No value, and none is required.
        Blank = "Passed: Blank (Not Mandatory)",
        /// No value where one is required.
        BlankMandatory = "Failed: Blank (Mandatory)",
        /// A value that fails.
        Invalid = "Failed: Invalid",
    }
}

impl Validity {
    /// Whether the national check would fail the value.
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::BlankMandatory | Self::Invalid)
    }
}

words! {
    /// How grave a finding is.
    Severity {
        /// The file must not be sent.
        Block = "BLOCK",
        /// The centre would mark the value as failed.
        Error = "ERROR",
        /// Plausible but unlikely, or resting on a fact that is not confirmed.
        Query = "QUERY",
    }
}

words! {
    /// How well a fact of the release file is known.
    Confidence {
        /// Read in a source.
        Confirmed = "CONFIRMED",
        /// Inferred from a source.
        Likely = "LIKELY",
        /// General knowledge; no source found.
        Recalled = "RECALLED",
    }
}

impl Confidence {
    /// The gravest severity a check that rests on such a fact may have.
    pub const fn worst_severity(self) -> Severity {
        match self {
            Self::Confirmed => Severity::Error,
            Self::Likely | Self::Recalled => Severity::Query,
        }
    }
}

/// A rule of the check, by its place in the registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RuleId(pub u16);
