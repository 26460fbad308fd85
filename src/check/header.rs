//! How the first row of a file differs from the template's.

use std::fmt::Write;

use crate::{model::Field, spec::Release};

/// The columns of a file, and the fields that they are found to mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    columns: Vec<String>,
    /// What each column means.
    meanings: Vec<Meaning>,
}

/// What a column means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Meaning {
    /// The field whose header it carries to the letter.
    Field(Field),
    /// The field whose header it nearly carries.
    Nearly(Field),
    /// A field that a column before it carries.
    Again(Field),
    /// Nothing that the template has.
    Nothing,
}

impl Header {
    /// With fewer known columns than this, a file is no extract of the release: other collections have a gender and a
    /// postcode too.
    pub const FEWEST: usize = 10;
    /// So many names of a kind are told; the rest is counted.
    const TOLD: usize = 8;

    /// Finds the field of each column: those that are spelt to the letter first, then near misses among the others.
    pub fn read<'c>(columns: impl IntoIterator<Item = &'c str>, release: &Release) -> Self {
        let columns: Vec<_> = columns.into_iter().map(str::to_owned).collect();
        let mut meanings = vec![Meaning::Nothing; columns.len()];
        let mut free: Vec<_> = Field::ALL.to_vec();
        for (column, meaning) in columns.iter().zip(&mut meanings) {
            if let Some(field) = release.field_by_header(column) {
                let first = free.iter().position(|other| *other == field).map(|at| free.remove(at));
                *meaning = first.map_or(Meaning::Again(field), Meaning::Field);
            }
        }
        for (column, meaning) in columns.iter().zip(&mut meanings) {
            if *meaning == Meaning::Nothing
                && let Some(at) = nearest(column, &free, release)
            {
                *meaning = Meaning::Nearly(free.remove(at));
            }
        }
        Self { columns, meanings }
    }

    /// How many fields have a column.
    pub fn known(&self) -> usize {
        self.meanings.iter().filter(|meaning| matches!(meaning, Meaning::Field(_) | Meaning::Nearly(_))).count()
    }

    /// The columns under the template's own names, where they mean one of its fields.
    pub fn names(&self, release: &Release) -> Vec<String> {
        let named = self.columns.iter().zip(&self.meanings).map(|(column, meaning)| match meaning {
            Meaning::Nearly(field) => release.field(*field).header.clone(),
            _ => column.clone(),
        });
        named.collect()
    }

    /// How the columns differ from the template's, in a sentence; `None` where they do not.
    pub fn difference(&self, release: &Release) -> Option<String> {
        let name = |field: Field| format!("'{}'", release.field(field).header);
        let meant = |field: Field| {
            self.meanings.iter().any(|meaning| matches!(meaning, Meaning::Field(f) | Meaning::Nearly(f) if *f == field))
        };
        let columns = || self.columns.iter().zip(&self.meanings);
        let missing: Vec<_> =
            release.template().map(|spec| spec.field).filter(|field| !meant(*field)).map(name).collect();
        let near = columns().filter_map(|(column, meaning)| match meaning {
            Meaning::Nearly(field) => Some(format!("'{column}' for {}", name(*field))),
            _ => None,
        });
        let near: Vec<_> = near.collect();
        let again = columns().filter_map(|(_, meaning)| match meaning {
            Meaning::Again(field) => Some(name(*field)),
            _ => None,
        });
        let again: Vec<_> = again.collect();
        let extra = (1..).zip(columns()).filter(|(_, (_, meaning))| **meaning == Meaning::Nothing);
        let extra: Vec<_> = extra.map(|(at, (column, _))| told_of(at, column)).collect();
        let mut parts = Vec::new();
        for (said, names) in [
            ("not in the header", missing),
            ("not spelt as the template has it", near),
            ("there twice", again),
            ("not of the template", extra),
        ] {
            if !names.is_empty() {
                parts.push(format!("{said}: {}", some_of(&names)));
            }
        }
        parts.extend(self.disorder(release));
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Where the fields that are there leave the template's order.
    fn disorder(&self, release: &Release) -> Option<String> {
        let fields = self.meanings.iter().filter_map(|meaning| match meaning {
            Meaning::Field(field) | Meaning::Nearly(field) => Some(*field),
            _ => None,
        });
        let fields: Vec<_> = fields.collect();
        let (before, after) =
            fields.iter().zip(fields.get(1..)?).find(|(a, b)| release.place(**a) > release.place(**b))?;
        let name = |field: &Field| &release.field(*field).header;
        Some(format!(
            "in another order than the template's: '{}' stands before '{}', for one",
            name(before),
            name(after)
        ))
    }
}

/// A column that the template has not got: by its name where that can be one, by its place where it may be a value.
fn told_of(at: usize, column: &str) -> String {
    const LONGEST: usize = 40;
    let is_name = column.len() <= LONGEST && column.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if is_name { format!("'{column}' (column {at})") } else { format!("column {at}") }
}

fn some_of(names: &[String]) -> String {
    let mut text = names[..names.len().min(Header::TOLD)].join(", ");
    if names.len() > Header::TOLD {
        // Writing to a String cannot fail.
        let _ = write!(text, " and {} more", names.len() - Header::TOLD);
    }
    text
}

/// The place of the field that a column nearly names: the same letters and digits, or a slip or two in a long name, where
/// no other field is as near.
fn nearest(column: &str, fields: &[Field], release: &Release) -> Option<usize> {
    const SLIPS: usize = 2;
    const LONG: usize = 8;
    let plain = plain(column);
    if plain.is_empty() {
        return None;
    }
    let others = fields.iter().map(|field| self::plain(&release.field(*field).header));
    let mut by_distance: Vec<_> = others.map(|other| strsim::osa_distance(&plain, &other)).zip(0..).collect();
    by_distance.sort_unstable();
    let (distance, at) = *by_distance.first()?;
    let alone = by_distance.get(1).is_none_or(|(next, _)| *next > distance);
    (distance == 0 || alone && distance <= SLIPS && plain.len() >= LONG).then_some(at)
}

/// The letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release() -> Release {
        Release::embedded().unwrap()
    }

    fn template() -> Vec<String> {
        release().fields().iter().map(|spec| spec.header.clone()).collect()
    }

    fn read(columns: &[String]) -> Header {
        Header::read(columns.iter().map(String::as_str), &release())
    }

    fn difference(columns: &[String]) -> String {
        read(columns).difference(&release()).unwrap()
    }

    #[test]
    fn the_templates_own_header_does_not_differ() {
        let header = read(&template());
        assert_eq!((header.difference(&release()), header.known()), (None, 50));
        assert_eq!(header.names(&release()), template());
    }

    #[test]
    fn every_kind_of_difference_is_told() {
        let mut columns = template();
        columns.retain(|column| column != "Postcode");
        columns.push("Gender".to_owned());
        columns.push("Team".to_owned());
        columns.push("9434765919".to_owned());
        columns[0] = "LA_Code".to_owned();
        columns[36] = "Adult 2 Linked Person ID".to_owned();
        columns.swap(3, 4);
        assert_eq!(
            difference(&columns),
            "not in the header: 'Postcode'; not spelt as the template has it: 'LA_Code' for 'LA Code', 'Adult 2 Linked \
             Person ID' for 'Adult 2 Linked Person_ID'; there twice: 'Gender'; not of the template: 'Team' (column 51), \
             column 52; in another order than the template's: 'LA Person Unique Identifier' stands before 'NHS Number', \
             for one"
        );
    }

    #[test]
    fn a_near_miss_is_judged_as_the_field_that_it_means() {
        let underscores: Vec<_> = template().iter().map(|name| name.replace([' ', ':', '.'], "_")).collect();
        let header = read(&underscores);
        assert_eq!(header.known(), 50);
        assert_eq!(header.names(&release()), template());
        assert!(difference(&underscores).contains(" and 38 more"), "{}", difference(&underscores));
    }

    #[test]
    fn what_is_near_to_several_fields_is_near_to_none() {
        let mut columns = template();
        columns[36] = "Adult X Linked Person_ID".to_owned();
        columns[37] = "Adult Y Linked Person_ID".to_owned();
        assert_eq!(read(&columns).known(), 48);
        assert!(difference(&columns).contains("not of the template: 'Adult X Linked Person_ID' (column 37)"));
    }

    #[test]
    fn rows_without_a_header_and_other_collections_are_known_by_hardly_any_column() {
        let row: Vec<_> = (0..50).map(|n| format!("value {n}")).collect();
        assert_eq!(read(&row).known(), 0);
        let other = ["NHS Number", "Gender", "Ethnicity", "Postcode", "Date of Birth", "DoLS Start", "Form 3"];
        assert!(read(&other.map(str::to_owned)).known() < Header::FEWEST);
    }
}
