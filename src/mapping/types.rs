//! Compares the declared types of columns with the fields that they feed.

use super::Treatment;
use crate::{
    model::Date,
    spec::{CodeList, FieldKind},
};

/// A column that a query returns, as far as a mapping cares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// Its name.
    pub name: String,
    /// What its declared type can hold.
    pub holds: Holds,
}

impl Returned {
    /// A column of which the name alone is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), holds: Holds::Anything }
    }
}

/// What the declared type of a column can hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Texts, or what nobody has declared.
    Anything,
    /// Whole numbers, or nothing at all: a bare NULL is declared so.
    WholeOrNull,
    /// Whole numbers.
    Whole,
    /// Numbers with decimals.
    Number,
    /// Amounts of money, with four decimals.
    Money,
    /// 0 and 1.
    Bit,
    /// Days.
    Day,
    /// Days with a time of day.
    Moment,
    /// Times of day.
    Time,
    /// GUIDs.
    Guid,
}

impl Holds {
    /// As part of a sentence: `'started' holds …`.
    const fn told(self) -> &'static str {
        match self {
            Self::Anything => "texts",
            Self::WholeOrNull | Self::Whole => "whole numbers",
            Self::Number => "numbers with decimals",
            Self::Money => "amounts of money",
            Self::Bit => "0 and 1",
            Self::Day => "days, as 2026-01-31",
            Self::Moment => "moments, as 2026-01-31 12:30:00",
            Self::Time => "times of day",
            Self::Guid => "GUIDs",
        }
    }

    /// A value whose text may be a date.
    const fn dated(self) -> Option<&'static [u8]> {
        match self {
            Self::WholeOrNull | Self::Whole => Some(b"20260131"),
            Self::Day => Some(b"2026-01-31"),
            Self::Moment => Some(b"2026-01-31 12:30:00"),
            _ => None,
        }
    }

    const fn is_a_number(self) -> bool {
        matches!(self, Self::WholeOrNull | Self::Whole | Self::Number)
    }

    const fn is_of_time(self) -> bool {
        matches!(self, Self::Day | Self::Moment | Self::Time)
    }
}

/// A type none of whose values the field can take.
pub(super) struct Misfit {
    /// What it holds, and what the field wants.
    pub(super) text: String,
    /// What to do.
    pub(super) help: &'static str,
    /// Whether every row would show it, or only those that are not blank, if there are any.
    pub(super) certainty: Certainty,
}

/// How sure it is that a type can't feed a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Certainty {
    /// No value can.
    Sure,
    /// No value can, but there may be none: a NULL without a type is declared as a whole number.
    UnlessNull,
}

const CAST: &str = "map another column, or have the query CAST it to what the field wants";

/// What is wrong between a column's type and a field, if anything is.
pub(super) fn misfit(holds: Holds, kind: FieldKind, treatment: &Treatment, list: Option<&CodeList>) -> Option<Misfit> {
    let (wants, help) = match kind {
        _ if holds == Holds::Anything => return None,
        FieldKind::Text => return None,
        FieldKind::Date => match treatment {
            Treatment::Date(format) if holds.dated().is_some_and(|text| format.parse(text).is_some()) => return None,
            Treatment::Date(_) => ("dates in another format", "take 'date' away, or write the format that it has"),
            _ if holds.is_of_time() && holds.dated().is_some_and(is_a_day) => return None,
            _ => ("dates", CAST),
        },
        FieldKind::List(_) => match treatment {
            Treatment::Map(_) if !holds.is_of_time() => return None,
            Treatment::Map(_) => ("codes", CAST),
            _ if list.is_some_and(has_numbers) && !holds.is_of_time() => return None,
            _ => ("labels of its list", "give it a value map, or have the query return the labels"),
        },
        FieldKind::Integer | FieldKind::Decimal if holds.is_a_number() || holds == Holds::Money => return None,
        FieldKind::Integer | FieldKind::Decimal => ("numbers", CAST),
        FieldKind::NhsNumber | FieldKind::LaCode if holds.is_a_number() => return None,
        FieldKind::NhsNumber => ("NHS numbers", CAST),
        FieldKind::LaCode => ("codes of councils", CAST),
        FieldKind::Postcode => ("postcodes", CAST),
        FieldKind::GpPractice => ("codes of practices", CAST),
        FieldKind::CqcLocation => ("ids of locations", CAST),
    };
    let certainty = if holds == Holds::WholeOrNull { Certainty::UnlessNull } else { Certainty::Sure };
    Some(Misfit { text: format!("holds {}, and the field wants {wants}", holds.told()), help, certainty })
}

/// Whether the ten characters that a date without a format is read by are a day.
fn is_a_day(text: &[u8]) -> bool {
    text.get(..10).and_then(Date::parse_iso).is_some()
}

fn has_numbers(list: &CodeList) -> bool {
    list.values.iter().any(|value| value.text.bytes().all(|byte| byte.is_ascii_digit()))
}
