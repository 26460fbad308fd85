//! What the official tables state, by the columns that the user names.

use super::{Sheet, SheetError};
use crate::document::{Fault, Faults, nearest};

/// What a column of a table holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Column {
    /// A field's name, as the header of the upload file has it.
    Name,
    /// A field's place in the template, from 1.
    Number,
    /// Whether a field is mandatory.
    Mandatory,
    /// A field's format in words.
    Format,
    /// The list that a label belongs to; blank cells mean the list above.
    List,
    /// A label.
    Value,
}

impl Column {
    /// All of them, with the word by which the command line calls each.
    pub const ALL: [(&'static str, Self); 6] = [
        ("name", Self::Name),
        ("number", Self::Number),
        ("mandatory", Self::Mandatory),
        ("format", Self::Format),
        ("list", Self::List),
        ("value", Self::Value),
    ];

    const fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// Which header each column has. A column that is not named has its own word as its header, in capitals or not; one that
/// need not be there is then passed over.
#[derive(Clone, Debug, Default)]
pub struct Columns(pub Vec<(Column, String)>);

/// A field as the official list states it.
#[derive(Clone, Debug)]
pub struct StatedField {
    /// The row of the table.
    pub row: usize,
    /// Its name.
    pub name: String,
    /// What is said of whether it is mandatory.
    pub mandatory: Option<Mandatory>,
    /// Its format in words.
    pub format: Option<String>,
}

/// What a cell says of whether a field is mandatory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mandatory {
    /// A plain yes.
    Yes,
    /// A plain no.
    No,
    /// Something else: a condition in words.
    InWords(String),
}

/// A code list as the official lists state it.
#[derive(Clone, Debug)]
pub struct StatedList {
    /// The row of its first label.
    pub row: usize,
    /// Its name.
    pub name: String,
    /// Its labels, in order, each with its row; typographic marks as plain ones.
    pub labels: Vec<(usize, String)>,
}

/// What the official tables state.
#[derive(Clone, Debug, Default)]
pub struct Official {
    /// The fields, in the order of the template.
    pub fields: Option<Vec<StatedField>>,
    /// The lists, in the order of their table.
    pub lists: Option<Vec<StatedList>>,
    /// The template's header row.
    pub template: Option<Vec<String>>,
    /// Labels that were given with typographic marks and taken with plain ones.
    pub plain: Vec<String>,
}

/// How the code lists lie in their table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A row for each label, with the list's name.
    Long,
    /// A column for each list, its name above its labels.
    Wide,
}

/// The header stands in one of the first rows, below titles.
const MOST_TITLES: usize = 50;

impl Official {
    /// Takes the official field list.
    pub fn read_fields(&mut self, sheet: &Sheet, columns: &Columns) -> Result<(), Faults> {
        use Column::{Format, Mandatory as Asked, Name, Number};
        let table = Table::find(sheet, columns, &[Name], &[Number, Asked, Format])?;
        let mut faults = Faults::default();
        let mut fields: Vec<(Option<u32>, StatedField)> = Vec::new();
        for (row, cells) in table.rows() {
            let name = table.cell(cells, Name).map(plain).unwrap_or_default();
            if name.is_empty() {
                continue;
            }
            let number = table.cell(cells, Number).map(|text| (text, text.parse::<u32>().ok()));
            if let Some((text, None)) = number {
                faults.push(table.fault(row, &format!("'{text}' is not the number of a field")));
            }
            if fields.iter().any(|(_, field)| field.name == name) {
                faults.push(table.fault(row, &format!("the field '{name}' stands twice")));
            }
            let mandatory = table.cell(cells, Asked).map(mandatory);
            let format = table.cell(cells, Format).map(plain);
            fields.push((number.and_then(|(_, number)| number), StatedField { row, name, mandatory, format }));
        }
        if fields.is_empty() {
            faults.push(Fault::of_file(&*sheet.name, "there is no field under the header"));
        }
        if fields.iter().all(|(number, _)| number.is_some()) {
            fields.sort_by_key(|(number, _)| *number);
        }
        self.fields = Some(fields.into_iter().map(|(_, field)| field).collect());
        faults.or(Some(()))
    }

    /// Takes the official code lists.
    pub fn read_lists(&mut self, sheet: &Sheet, columns: &Columns, layout: Layout) -> Result<(), Faults> {
        let mut entries: Vec<(usize, String, String)> = Vec::new();
        match layout {
            Layout::Long => {
                let table = Table::find(sheet, columns, &[Column::List, Column::Value], &[])?;
                let mut list = "";
                for (row, cells) in table.rows() {
                    list = table.cell(cells, Column::List).unwrap_or(list);
                    if let Some(label) = table.cell(cells, Column::Value) {
                        entries.push((row, list.to_owned(), label.to_owned()));
                    }
                }
            }
            Layout::Wide => {
                let (names, rows) =
                    sheet.rows.split_first().map_or((&[][..], &[][..]), |(first, rest)| (&first.1, rest));
                for (column, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                    let labels = rows.iter().filter_map(|(row, cells)| Some((*row, cells.get(column)?)));
                    let labels = labels.filter(|(_, label)| !label.is_empty());
                    entries.extend(labels.map(|(row, label)| (row, name.clone(), label.clone())));
                }
            }
        }
        let mut faults = Faults::default();
        let mut lists: Vec<StatedList> = Vec::new();
        let fault = |row: usize, message: String| Fault::of_file(&*sheet.name, format!("row {row}: {message}"));
        for (row, name, given) in entries {
            let (name, label) = (plain(&name), plain(&given));
            if name.is_empty() {
                faults.push(fault(
                    row,
                    format!("'{label}' belongs to no list: the list's name is blank from the first row"),
                ));
            }
            if label != given {
                self.plain.push(format!("{name}: '{given}' is taken as '{label}'"));
            }
            if let Some(odd) = label.chars().find(|c| !c.is_ascii()) {
                faults.push(fault(row, format!("'{label}' holds '{odd}', which a label cannot")));
            }
            let at = lists.iter().position(|list| list.name == name).unwrap_or_else(|| {
                lists.push(StatedList { row, name: name.clone(), labels: Vec::new() });
                lists.len() - 1
            });
            if lists[at].labels.iter().any(|(_, known)| *known == label) {
                faults.push(fault(row, format!("'{label}' stands twice in the list '{name}'")));
            }
            lists[at].labels.push((row, label));
        }
        if lists.is_empty() {
            faults.push(Fault::of_file(&*sheet.name, "there is no label under the header"));
        }
        self.lists = Some(lists);
        faults.or(Some(()))
    }

    /// Takes the header row of the official template: the first row that holds anything.
    pub fn read_template(&mut self, sheet: &Sheet) -> Result<(), Faults> {
        let headers = sheet.rows.first().map(|(_, cells)| cells.iter().map(|cell| plain(cell)).collect());
        let empty = || Faults::one(Fault::of_file(&*sheet.name, "it is empty: there is no header row"));
        self.template = Some(headers.ok_or_else(empty)?);
        Ok(())
    }

    /// Opens a table, faults of the file as errors.
    pub fn open(path: &std::path::Path, sheet: Option<&str>) -> Result<Sheet, SheetError> {
        Sheet::open(path, sheet)
    }
}

/// A sheet whose header row has been found.
struct Table<'s> {
    sheet: &'s Sheet,
    /// The place of the header among the rows.
    header: usize,
    /// Where each column stands.
    places: Vec<(Column, usize)>,
}

impl<'s> Table<'s> {
    /// Finds the first row that has every column that is needed or named.
    fn find(sheet: &'s Sheet, columns: &Columns, needed: &[Column], others: &[Column]) -> Result<Self, Faults> {
        let named = |column: Column| columns.0.iter().find(|(named, _)| *named == column).map(|(_, header)| header);
        let place = |cells: &[String], column: Column| match named(column) {
            Some(header) => cells.iter().position(|cell| cell == header),
            None => cells.iter().position(|cell| cell.eq_ignore_ascii_case(column.word())),
        };
        let wanted: Vec<_> =
            others.iter().copied().filter(|column| named(*column).is_some()).chain(needed.iter().copied()).collect();
        let fits = |cells: &[String]| wanted.iter().all(|column| place(cells, *column).is_some());
        if let Some(header) = sheet.rows.iter().take(MOST_TITLES).position(|(_, cells)| fits(cells)) {
            let cells = &sheet.rows[header].1;
            let all = needed.iter().chain(others).copied();
            let places = all.filter_map(|column| Some((column, place(cells, column)?))).collect();
            return Ok(Self { sheet, header, places });
        }
        // The row that comes nearest is the one to tell of.
        let hits = |cells: &[String]| wanted.iter().filter(|column| place(cells, **column).is_some()).count();
        let rows = sheet.rows.iter().take(MOST_TITLES);
        let nearest_row = rows.rev().max_by_key(|(_, cells)| (hits(cells), cells.len()));
        let cells = nearest_row.map_or(&[][..], |(_, cells)| cells);
        let mut faults = Faults::default();
        for column in wanted.into_iter().filter(|column| place(cells, *column).is_none()) {
            let header = named(column).map_or(column.word(), String::as_str);
            let fault = Fault::of_file(&*sheet.name, format!("there is no column '{header}' ({})", column.word()));
            faults.push(match nearest(header, cells.iter().map(String::as_str).filter(|cell| !cell.is_empty())) {
                Some(near) => fault.with_help(format!("did you mean --column {}='{near}'?", column.word())),
                None => fault.with_help(format!("name it: --column {}=HEADER", column.word())),
            });
        }
        Err(faults)
    }

    fn rows(&self) -> impl Iterator<Item = (usize, &'s [String])> {
        self.sheet.rows[self.header + 1..].iter().map(|(row, cells)| (*row, cells.as_slice()))
    }

    /// The text in a column, where there is one.
    fn cell<'c>(&self, cells: &'c [String], column: Column) -> Option<&'c str> {
        let (_, place) = self.places.iter().find(|(known, _)| *known == column)?;
        cells.get(*place).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn fault(&self, row: usize, message: &str) -> Fault {
        Fault::of_file(&*self.sheet.name, format!("row {row}: {message}"))
    }
}

fn mandatory(text: &str) -> Mandatory {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "m" | "mandatory" | "required" | "true" | "always" => Mandatory::Yes,
        "n" | "no" | "o" | "optional" | "not mandatory" | "not required" | "false" | "never" => Mandatory::No,
        _ => Mandatory::InWords(text.to_owned()),
    }
}

/// A text with the plain mark for each that a word processor makes of it.
fn plain(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201C}' | '\u{201D}' => '"',
        other => other,
    });
    letters.filter(|letter| !matches!(letter, '\u{200B}' | '\u{FEFF}' | '\u{AD}')).collect()
}
