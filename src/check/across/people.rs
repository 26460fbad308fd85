//! Who the rows are about, and where rows about one person contradict one another.

use super::{
    census::{Labels, Member},
    column::Column,
    ids::{Id, Ids},
    known::Known,
};
use crate::model::Date;

/// The people of a file. A person is an NHS number, or, on rows without a valid one, a local id.
#[derive(Debug, Default)]
pub(super) struct Everybody {
    pub(super) persons: Known<Person>,
    pub(super) locals: Known<Local>,
    pub(super) contradictions: Column<Contradiction>,
}

/// No row, no person, no id.
const NONE: u32 = u32::MAX;
/// No date.
const NO_DAY: i32 = i32::MIN;

/// What is known of a person: of each thing the first value that a row gave, and that row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    local: First<u32>,
    born: First<i32>,
    died: First<i32>,
    gender_row: u32,
    ethnicity_row: u32,
    gender: u8,
    ethnicity: u8,
    reason: u8,
    labels: Labels,
    /// The latest date of death, and the first row that has it.
    last_death: First<i32>,
}

/// A value, and the first row that gave it.
#[derive(Clone, Copy, Debug)]
struct First<T> {
    value: T,
    row: u32,
}

impl<T: PartialEq + Copy> First<T> {
    const fn none(value: T) -> Self {
        Self { value, row: NONE }
    }

    fn get(self) -> Option<(T, u32)> {
        (self.row != NONE).then_some((self.value, self.row))
    }

    /// Takes the value where it is the first, and says whether it contradicts the first.
    #[inline]
    fn contradicts(&mut self, value: T, row: u32) -> bool {
        if self.row == NONE {
            *self = Self { value, row };
        }
        self.value != value
    }
}

impl Default for Person {
    fn default() -> Self {
        Self {
            local: First::none(NONE),
            born: First::none(NO_DAY),
            died: First::none(NO_DAY),
            gender_row: NONE,
            ethnicity_row: NONE,
            gender: 0,
            ethnicity: 0,
            reason: 0,
            labels: Labels::default(),
            last_death: First::none(NO_DAY),
        }
    }
}

/// What is known of a local id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    /// The first person with an NHS number who has it.
    tied: First<u32>,
    /// The person that it is on rows without a valid NHS number.
    own: u32,
    /// The first date of birth of a service user who has it.
    born: First<i32>,
    is_service_user: bool,
}

impl Default for Local {
    fn default() -> Self {
        Self { tied: First::none(NONE), own: NONE, born: First::none(NO_DAY), is_service_user: false }
    }
}

impl Local {
    /// Whether a row has it as a service user's.
    pub(super) fn is_service_user(&self) -> bool {
        self.is_service_user
    }

    /// The date of birth of the service user who has it, and the first row that says so.
    pub(super) fn born(&self) -> Option<(Date, u32)> {
        self.born.get().map(|(day, row)| (Date::from_days(day), row))
    }
}

/// In what rows about one person, or one local id, can contradict one another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Attribute {
    /// Several local ids of one NHS number.
    LocalIds,
    /// Several NHS numbers of one local id.
    NhsNumbers,
    /// Several dates of birth.
    DateOfBirth,
    /// Several genders.
    Gender,
    /// Several ethnicities.
    Ethnicity,
    /// Several dates of death.
    DateOfDeath,
}

/// A row that gives another value than the first one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Contradiction {
    pub(super) attribute: Attribute,
    /// The person; for [`Attribute::NhsNumbers`], the local id.
    pub(super) of: u32,
    /// The other value: a day, a code, an id.
    pub(super) value: i32,
    pub(super) row: u32,
}

/// What a row says of its person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) ids: Ids,
    pub(super) born: Option<Date>,
    pub(super) died: Option<Date>,
    /// Codes; 0 where not known.
    pub(super) gender: u8,
    pub(super) ethnicity: u8,
    pub(super) reason: u8,
    /// Codes, whether they say something or not.
    pub(super) labels: Labels,
    pub(super) is_service_user: bool,
}

impl Everybody {
    /// Looks up what is known under the identifiers of rows.
    pub(super) fn look_up(&self, ids: &mut [Ids]) {
        for Ids { nhs_number, local_id } in ids {
            if let Some(id) = nhs_number {
                id.place = self.persons.find(id.hash);
            }
            if let Some(id) = local_id {
                id.place = self.locals.find(id.hash);
            }
        }
    }

    /// Takes in what a row says, and tells whose row it is: `None` where nobody can be told.
    pub(super) fn see(&mut self, said: &Said, row: u32) -> Option<u32> {
        let local_id = said.ids.local_id.map(|id| (id.hash, place(&mut self.locals, id)));
        let person = match (said.ids.nhs_number, local_id) {
            (Some(id), _) => place(&mut self.persons, id),
            (None, Some((hash, local_id))) => self.own(hash, local_id, row),
            (None, None) => return None,
        };
        if let Some((_, local_id)) = local_id {
            self.tie(said, person, local_id, row);
        }
        let Self { persons, contradictions, .. } = self;
        let known = persons.get_mut(person);
        let mut contradict = |attribute, value| {
            contradictions.push(Contradiction { attribute, of: person, value, row });
        };
        if let Some(born) = said.born.map(Date::days)
            && known.born.contradicts(born, row)
        {
            contradict(Attribute::DateOfBirth, born);
        }
        if let Some(died) = said.died.map(Date::days) {
            if known.last_death.row == NONE || died > known.last_death.value {
                known.last_death = First { value: died, row };
            }
            if known.died.contradicts(died, row) {
                contradict(Attribute::DateOfDeath, died);
            }
        }
        if said.gender > 0 {
            let mut gender = First { value: known.gender, row: known.gender_row };
            if gender.contradicts(said.gender, row) {
                contradict(Attribute::Gender, i32::from(said.gender));
            }
            (known.gender, known.gender_row) = (gender.value, gender.row);
        }
        if said.ethnicity > 0 {
            let mut ethnicity = First { value: known.ethnicity, row: known.ethnicity_row };
            if ethnicity.contradicts(said.ethnicity, row) {
                contradict(Attribute::Ethnicity, i32::from(said.ethnicity));
            }
            (known.ethnicity, known.ethnicity_row) = (ethnicity.value, ethnicity.row);
        }
        if known.reason == 0 {
            known.reason = said.reason;
        }
        known.labels.fill_from(said.labels);
        Some(person)
    }

    /// The person that a local id is on rows without an NHS number.
    fn own(&mut self, hash: u64, local_id: u32, row: u32) -> u32 {
        let own = self.locals.get(local_id).own;
        if own != NONE {
            return own;
        }
        let person = self.persons.place(hash);
        self.persons.get_mut(person).local = First { value: local_id, row };
        self.locals.get_mut(local_id).own = person;
        person
    }

    fn tie(&mut self, said: &Said, person: u32, local_id: u32, row: u32) {
        let local = self.locals.get_mut(local_id);
        if said.is_service_user {
            local.is_service_user = true;
            if let Some(born) = said.born {
                local.born.contradicts(born.days(), row);
            }
        }
        if said.ids.nhs_number.is_none() {
            return;
        }
        if local.tied.contradicts(person, row) {
            let value = person as i32;
            self.contradictions.push(Contradiction { attribute: Attribute::NhsNumbers, of: local_id, value, row });
        }
        if self.persons.get_mut(person).local.contradicts(local_id, row) {
            let value = local_id as i32;
            self.contradictions.push(Contradiction { attribute: Attribute::LocalIds, of: person, value, row });
        }
    }

    /// The row that gave the first value, which others contradict.
    pub(super) fn first_row(&self, attribute: Attribute, of: u32) -> Option<u32> {
        let person = || self.persons.get(of);
        let row = match attribute {
            Attribute::LocalIds => person().local.row,
            Attribute::NhsNumbers => self.locals.get(of).tied.row,
            Attribute::DateOfBirth => person().born.row,
            Attribute::Gender => person().gender_row,
            Attribute::Ethnicity => person().ethnicity_row,
            Attribute::DateOfDeath => person().died.row,
        };
        (row != NONE).then_some(row)
    }

    /// The people whom a contradiction is about.
    pub(super) fn concerned(&self, contradiction: &Contradiction) -> [u32; 2] {
        match contradiction.attribute {
            Attribute::NhsNumbers => [contradiction.value as u32, self.locals.get(contradiction.of).tied.value],
            _ => [contradiction.of; 2],
        }
    }

    /// Everybody, as they are counted.
    pub(super) fn members(&self) -> impl Iterator<Item = Member> {
        self.persons.iter().map(|person| {
            let Person { born, gender, ethnicity, reason, labels, .. } = person;
            let said = Labels { gender, ethnicity, reason, ..Labels::default() };
            Member { born: born.get().map(|(day, _)| Date::from_days(day)), labels: said.filled_from(labels) }
        })
    }

    /// The latest date of death of a person, and the first row that has it.
    pub(super) fn death(&self, person: u32) -> Option<(Date, u32)> {
        self.persons.get(person).last_death.get().map(|(day, row)| (Date::from_days(day), row))
    }

    /// Whether a person is known by a local id alone.
    pub(super) fn is_without_nhs_number(&self, person: u32) -> bool {
        self.persons.get(person).local.get().is_some_and(|(local, _)| self.locals.get(local).own == person)
    }

    /// For a person known by a local id alone: the first row on which that id stands with an NHS number.
    pub(super) fn tied_row(&self, person: u32) -> Option<u32> {
        let (local, _) = self.persons.get(person).local.get()?;
        let local = self.locals.get(local);
        (local.own == person).then(|| local.tied.get().map(|(_, row)| row)).flatten()
    }
}

/// The place of what is known under an identifier, which is added where it is not.
fn place<T: Copy + Default>(known: &mut Known<T>, id: Id) -> u32 {
    id.place.unwrap_or_else(|| known.place(id.hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Said = Said {
        ids: Ids { nhs_number: None, local_id: None },
        born: None,
        died: None,
        gender: 0,
        ethnicity: 0,
        reason: 0,
        labels: Labels { client_type: 0, gender: 0, ethnicity: 0, reason: 0 },
        is_service_user: false,
    };

    fn seen(rows: &[Said]) -> (Everybody, Vec<Option<u32>>) {
        let mut people = Everybody::default();
        let persons = (1..).zip(rows).map(|(row, said)| people.see(said, row)).collect();
        (people, persons)
    }

    fn ids(nhs_number: u64, local_id: u64) -> Said {
        let id = |id| (id > 0).then_some(Id::new(id));
        Said { ids: Ids { nhs_number: id(nhs_number), local_id: id(local_id) }, ..NOTHING }
    }

    fn contradictions(people: &Everybody) -> Vec<(Attribute, u32, Option<u32>)> {
        let told = people.contradictions.iter();
        told.map(|one| (one.attribute, one.row, people.first_row(one.attribute, one.of))).collect()
    }

    #[test]
    fn a_person_is_an_nhs_number_or_else_a_local_id() {
        let (people, persons) = seen(&[ids(1, 9), ids(0, 9), ids(1, 0), ids(0, 0), ids(0, 9), ids(0, 8)]);
        assert_eq!(persons, [Some(0), Some(1), Some(0), None, Some(1), Some(2)]);
        let alone: Vec<_> = (0..3).map(|person| people.is_without_nhs_number(person)).collect();
        assert_eq!(alone, [false, true, true]);
        assert_eq!((people.tied_row(1), people.tied_row(2)), (Some(1), None));
    }

    #[test]
    fn ids_that_do_not_belong_together_are_told_where_they_stand() {
        use Attribute::{LocalIds, NhsNumbers};
        let (people, _) = seen(&[ids(1, 9), ids(1, 8), ids(2, 9), ids(1, 8), ids(3, 7), ids(0, 7)]);
        let expected = [(LocalIds, 2, Some(1)), (NhsNumbers, 3, Some(1)), (LocalIds, 4, Some(1))];
        assert_eq!(contradictions(&people), expected);
    }

    #[test]
    fn what_is_not_known_contradicts_nothing() {
        use Attribute::{DateOfBirth, DateOfDeath, Ethnicity, Gender};
        let one = ids(1, 0);
        let born = |day| Some(Date::from_days(day));
        let (people, _) = seen(&[
            Said { gender: 1, ..one },
            Said { born: born(7), ..one },
            Said { gender: 2, born: born(7), ethnicity: 3, died: born(50), ..one },
            Said { ethnicity: 3, died: born(60), ..one },
            Said { ethnicity: 4, born: born(8), died: born(50), ..one },
        ]);
        let expected =
            [(Gender, 3, Some(1)), (DateOfDeath, 4, Some(3)), (DateOfBirth, 5, Some(2)), (Ethnicity, 5, Some(3))];
        assert_eq!(contradictions(&people), expected);
        assert_eq!(people.death(0), Some((Date::from_days(60), 4)));
    }

    #[test]
    fn a_person_is_counted_with_the_first_value_that_says_something() {
        let one = ids(1, 0);
        let labels = |client_type, gender, ethnicity, reason| Labels { client_type, gender, ethnicity, reason };
        let (people, _) = seen(&[
            Said { labels: labels(0, 4, 9, 0), ..one },
            Said { labels: labels(2, 1, 9, 7), gender: 1, born: Some(Date::from_days(7)), ..one },
            Said { labels: labels(1, 2, 8, 3), gender: 2, born: Some(Date::from_days(8)), reason: 3, ..one },
            Said { labels: labels(1, 0, 0, 5), reason: 5, ..one },
        ]);
        let member = Member { born: Some(Date::from_days(7)), labels: labels(2, 1, 9, 3) };
        assert_eq!(people.members().collect::<Vec<_>>(), [member]);
    }

    #[test]
    fn what_people_are_counted_by_takes_no_memory() {
        // A place in the table is as wide as its hash lets it be; one byte more would widen it by eight.
        assert_eq!(size_of::<(u64, Person)>(), 56);
    }
}
