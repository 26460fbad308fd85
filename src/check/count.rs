//! Counts over a run.

use super::{Costs, Ends, Values};
use crate::model::{Date, Field, FieldStatus, Period, Validity};

/// How one field fared: rows by what the field asked and by how the value did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FieldCounts(pub [[u64; 4]; 4]);

impl FieldCounts {
    /// Rows with this status and this validity.
    pub fn get(&self, status: FieldStatus, validity: Validity) -> u64 {
        self.0[status as usize][validity as usize]
    }

    /// Rows with this validity, whatever the field asked.
    pub fn with(&self, validity: Validity) -> u64 {
        self.0.iter().map(|row| row[validity as usize]).sum()
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }

    /// Rows on which the field was mandatory, and how many of them failed.
    pub fn mandatory(&self) -> (u64, u64) {
        let row = self.0[FieldStatus::Mandatory as usize];
        (row.iter().sum(), row[Validity::BlankMandatory as usize] + row[Validity::Invalid as usize])
    }
}

/// Everything that is counted while records go by.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Records checked.
    pub records: u64,
    /// By field, in template order.
    pub fields: Vec<FieldCounts>,
    /// Findings by rule, in the order of the registry, and by field.
    pub rules: Vec<[u64; Field::COUNT]>,
    /// What stood in the fields that are not personal, value by value.
    pub values: Values,
    /// Records by month and by code of the event type.
    pub months: Months,
    /// Records by month of the event's end, as the centre looks at them.
    pub ends: Ends,
    /// Records by code of the client type.
    pub client_types: [u64; Counts::TYPES],
    /// Unit costs of services.
    pub costs: Costs,
    /// BLOCK findings by rule, in the order of the registry.
    pub blocks: Vec<u64>,
}

impl Counts {
    /// Event types, and client types, that are counted apart; the first stands for none.
    pub const TYPES: usize = 8;

    /// Nothing counted yet.
    pub fn new(rules: usize, period: Period) -> Self {
        Self {
            records: 0,
            fields: vec![FieldCounts::default(); Field::COUNT],
            rules: vec![[0; Field::COUNT]; rules],
            values: Values::default(),
            months: Months::new(period),
            ends: Ends::default(),
            client_types: [0; Self::TYPES],
            costs: Costs::default(),
            blocks: vec![0; rules],
        }
    }

    /// How one field fared.
    pub fn field(&self, field: Field) -> &FieldCounts {
        &self.fields[field.index()]
    }

    /// Findings of a rule, by its place in the registry.
    pub fn findings(&self, rule: usize) -> u64 {
        self.rules[rule].iter().sum()
    }

    /// Cells of a field that hold something, whether it passed or not.
    pub fn filled(&self, field: Field) -> u64 {
        self.field(field).with(Validity::Valid) + self.field(field).with(Validity::Invalid)
    }
}

/// Records by month: of the event's end, or of its start for a service that goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Months {
    first: i32,
    rows: Vec<[u64; Counts::TYPES]>,
}

/// Where in time a record falls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Month {
    /// Before the period.
    Before,
    /// In a month of the period, by its first day.
    Of(Date),
    /// After the period.
    After,
    /// No date can be read.
    None,
}

impl Months {
    fn new(period: Period) -> Self {
        let first = number(period.start());
        let months = number(period.end()) - first + 1;
        Self { first, rows: vec![[0; Counts::TYPES]; months as usize + 3] }
    }

    /// Counts a record, by the number of its month.
    pub(super) fn add(&mut self, month: Option<i32>, event_type: usize) {
        let last = self.rows.len() - 3;
        let place = match month.map(|month| month - self.first) {
            None => last + 2,
            Some(before) if before < 0 => 0,
            Some(month) => (month as usize + 1).min(last + 1),
        };
        self.rows[place][event_type] += 1;
    }

    /// Where records fall, and how many by code of the event type.
    pub fn iter(&self) -> impl Iterator<Item = (Month, &[u64; Counts::TYPES])> {
        let last = self.rows.len() - 3;
        self.rows.iter().enumerate().map(move |(place, rows)| {
            let month = match place {
                0 => Month::Before,
                _ if place <= last => first_day(self.first + place as i32 - 1).map_or(Month::None, Month::Of),
                _ if place == last + 1 => Month::After,
                _ => Month::None,
            };
            (month, rows)
        })
    }
}

/// Months since the beginning of year 0.
pub(super) fn number(date: Date) -> i32 {
    let (year, month, _) = date.ymd();
    year * 12 + month as i32 - 1
}

pub(super) fn first_day(number: i32) -> Option<Date> {
    Date::from_ymd(number.div_euclid(12), number.rem_euclid(12) as u32 + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_fall_into_the_months_of_the_period_or_beside_them() {
        let date = |text: &str| Date::parse_iso(text.as_bytes()).unwrap();
        let mut months = Months::new("2025-11-01_2026-01-31".parse().unwrap());
        for day in ["2025-10-31", "2025-11-01", "2025-12-31", "2026-01-31", "2026-02-01", "2031-01-01"] {
            months.add(Some(number(date(day))), 1);
        }
        months.add(None, 1);
        let told: Vec<_> = months.iter().map(|(month, rows)| (month, rows[1])).collect();
        let of = |day| Month::Of(date(day));
        assert_eq!(
            told,
            [
                (Month::Before, 1),
                (of("2025-11-01"), 1),
                (of("2025-12-01"), 1),
                (of("2026-01-01"), 1),
                (Month::After, 2),
                (Month::None, 1)
            ]
        );
    }
}
