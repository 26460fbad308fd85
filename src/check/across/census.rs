//! People, counted once each.

use crate::model::{Date, Field};

/// Codes of what a person is counted by; 0 where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Labels {
    pub(super) client_type: u8,
    pub(super) gender: u8,
    pub(super) ethnicity: u8,
    pub(super) reason: u8,
}

impl Labels {
    /// Takes each code that is still missing.
    #[inline]
    pub(super) fn fill_from(&mut self, other: Self) {
        *self = self.filled_from(other);
    }

    /// These codes, and where there is none the other's.
    #[inline]
    pub(super) fn filled_from(self, other: Self) -> Self {
        let filled = |own, other| if own == 0 { other } else { own };
        Self {
            client_type: filled(self.client_type, other.client_type),
            gender: filled(self.gender, other.gender),
            ethnicity: filled(self.ethnicity, other.ethnicity),
            reason: filled(self.reason, other.reason),
        }
    }
}

/// A person, as far as people are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Member {
    pub(super) born: Option<Date>,
    pub(super) labels: Labels,
}

/// Different people by what they are. Each counts once, with the first value in the file that says something, and where
/// there is none with the first that is listed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Census {
    /// By code of the label, for each of [`Census::FIELDS`]; at 0 those without one.
    labels: [Vec<u64>; 4],
    /// By band of [`Census::AGES`].
    ages: [u64; 9],
}

impl Census {
    /// The fields whose labels people are counted by.
    pub const FIELDS: [Field; 4] = [Field::ClientType, Field::Gender, Field::Ethnicity, Field::PrimarySupportReason];
    /// The age bands.
    pub const AGES: [&str; 9] = [
        "Under 18",
        "18 to 24",
        "25 to 44",
        "45 to 64",
        "65 to 74",
        "75 to 84",
        "85 to 94",
        "95 and over",
        "Not known",
    ];

    /// Counts people, of the age that they have on a day.
    pub(super) fn of(people: impl Iterator<Item = Member>, day: Date) -> Self {
        let mut census = Self::default();
        for Member { born, labels } in people {
            let Labels { client_type, gender, ethnicity, reason } = labels;
            for (counts, code) in census.labels.iter_mut().zip([client_type, gender, ethnicity, reason]) {
                let code = usize::from(code);
                if counts.len() <= code {
                    counts.resize(code + 1, 0);
                }
                counts[code] += 1;
            }
            census.ages[band(born.map(|born| born.age_on(day)))] += 1;
        }
        census
    }

    /// People whose label of a field has this code; at 0 those without one. Nobody where people are not counted by it.
    pub fn by_label(&self, field: Field, code: u16) -> u64 {
        let place = Self::FIELDS.iter().position(|counted| *counted == field);
        place.and_then(|place| self.labels[place].get(usize::from(code))).copied().unwrap_or(0)
    }

    /// People by age band.
    pub fn by_age(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Self::AGES.into_iter().zip(self.ages)
    }
}

/// The place of an age among the bands. Who is born after the day has no age on it.
fn band(age: Option<i32>) -> usize {
    const FROM: [i32; 8] = [0, 18, 25, 45, 65, 75, 85, 95];
    let reached = age.map_or(0, |age| FROM.iter().take_while(|from| **from <= age).count());
    reached.checked_sub(1).unwrap_or(FROM.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_their_bands() {
        let name = |age| Census::AGES[band(age)];
        let bands = [
            (0, 17, "Under 18"),
            (18, 24, "18 to 24"),
            (25, 44, "25 to 44"),
            (45, 64, "45 to 64"),
            (65, 74, "65 to 74"),
            (75, 84, "75 to 84"),
            (85, 94, "85 to 94"),
            (95, 130, "95 and over"),
        ];
        for (youngest, oldest, band) in bands {
            assert_eq!((name(Some(youngest)), name(Some(oldest))), (band, band));
        }
        assert_eq!((name(Some(-1)), name(None)), ("Not known", "Not known"));
    }

    #[test]
    fn everybody_stands_once_in_every_table() {
        let day = Date::from_ymd(2026, 9, 30).unwrap();
        let people = [
            Member { born: Date::from_ymd(2008, 9, 30), labels: Labels { client_type: 1, ..Labels::default() } },
            Member {
                born: Date::from_ymd(2008, 10, 1),
                labels: Labels { client_type: 1, gender: 2, ..Labels::default() },
            },
            Member { born: None, labels: Labels { reason: 3, ..Labels::default() } },
        ];
        let census = Census::of(people.into_iter(), day);
        let by_code = |field| [0, 1, 2, 3, 4].map(|code| census.by_label(field, code));
        assert_eq!(by_code(Field::ClientType), [1, 2, 0, 0, 0]);
        assert_eq!(by_code(Field::Gender), [2, 0, 1, 0, 0]);
        assert_eq!(by_code(Field::Ethnicity), [3, 0, 0, 0, 0]);
        assert_eq!(by_code(Field::PrimarySupportReason), [2, 0, 0, 1, 0]);
        assert_eq!(by_code(Field::HearingImpairment), [0; 5]);
        let ages: Vec<_> = census.by_age().filter(|(_, people)| *people > 0).collect();
        assert_eq!(ages, [("Under 18", 1), ("18 to 24", 1), ("Not known", 1)]);
    }
}
