//! `findings.xlsx`: the findings as a worklist that an analyst filters, made from a `findings.csv` that is complete.
//!
//! One line per finding, with what to do about it, and a sheet of counts in front. Where the mapping says whose worklist
//! a row belongs to, each has a sheet of its own while there are few, and a column to filter by otherwise. The list ends at
//! the number of findings that the council sets; the counts are those of all, and say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Seek, Write},
    path::Path,
};

use csv::ByteRecord;

use super::{
    findings::{as_it_was, column},
    xlsx::{Cell, Column, Kind, Workbook},
};
use crate::check::{Manual, RULES, Rule};

/// What a workbook is made of, and how.
#[derive(Clone, Copy, Debug)]
pub struct WorklistOrder<'a> {
    /// `findings.csv`, complete.
    pub findings: &'a Path,
    /// What is said at the head of the sheet of counts: whose findings these are, and what a reader must know.
    pub head: &'a [String],
    /// The most findings that are listed.
    pub most: u64,
    /// Whether rows carry whose worklist they belong to.
    pub split: Split,
    /// What is advised for single values.
    pub advice: &'a Advice,
}

/// What to do about single values outside their list, where more can be said than the rule does.
#[derive(Clone, Debug, Default)]
pub struct Advice(BTreeMap<String, BTreeMap<String, String>>);

impl Advice {
    /// Adds what to do about a value of a field, by header.
    pub fn add(&mut self, field: &str, value: &str, what_to_do: &str) {
        self.0.entry(field.to_owned()).or_default().insert(value.to_owned(), what_to_do.to_owned());
    }

    /// What to do about a value that a rule about lists found.
    fn of(&self, rule: &str, field: &str, value: &str) -> Option<&str> {
        rule.starts_with('L').then(|| self.0.get(field)?.get(value).map(String::as_str))?
    }
}

/// Whether findings are told apart by whose worklist they belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Split {
    /// They are: by sheet or by column.
    ByWorklist,
    /// Nothing says so.
    Together,
}

/// What a workbook lists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Findings that it lists.
    pub listed: u64,
    /// Findings beyond the most that it may.
    pub left_off: u64,
}

/// Up to so many worklists get a sheet each.
const MOST_SHEETS: usize = 30;
/// The sheet of findings that belong to nobody's worklist.
const NOBODYS: &str = "No worklist";

const COLUMNS: [Column; 15] = [
    Column("Row", 9),
    Column("Event reference", 18),
    Column("Person id", 14),
    Column("Field", 28),
    Column("Rule", 7),
    Column("Finding", 34),
    Column("Severity", 10),
    Column("National status", 26),
    Column("Value", 30),
    Column("Other row", 10),
    Column("Answer", 18),
    Column("What to do", 60),
    Column("Query", 16),
    Column("Source key", 16),
    Column("Worklist", 22),
];

const COUNTS: [Column; 6] = [
    Column("Rule", 16),
    Column("Finding", 40),
    Column("Severity", 10),
    Column("National status", 28),
    Column("Field", 32),
    Column("Findings", 12),
];

/// Writes the workbook.
pub fn write_worklist<W: Write + Seek>(order: WorklistOrder<'_>, out: W) -> io::Result<(Listed, W)> {
    let mut workbook = Workbook::new(out);
    let listed = match order.split {
        Split::Together => list(&order, "Findings", &mut workbook, |_| true)?,
        Split::ByWorklist => by_worklist(&order, &mut workbook)?,
    };
    counts(&order, listed, &mut workbook)?;
    Ok((listed, workbook.finish()?))
}

fn by_worklist<W: Write + Seek>(order: &WorklistOrder<'_>, workbook: &mut Workbook<W>) -> io::Result<Listed> {
    let mut names = BTreeSet::new();
    for_each(order.findings, |place, finding| {
        if place < order.most && names.len() <= MOST_SHEETS && !names.contains(&finding[column::WORKLIST]) {
            names.insert(finding[column::WORKLIST].to_vec());
        }
        Ok(())
    })?;
    if names.len() > MOST_SHEETS || names.is_empty() {
        return list(order, "Findings", workbook, |_| true);
    }
    let mut all = Listed::default();
    for name in names {
        let title = if name.is_empty() { NOBODYS.into() } else { String::from_utf8_lossy(&name) };
        let listed = list(order, &title, workbook, |finding| finding[column::WORKLIST] == *name)?;
        all = Listed { listed: all.listed + listed.listed, left_off: listed.left_off };
    }
    Ok(all)
}

/// Lists the findings that are wanted, on as many sheets as they need.
fn list<W: Write + Seek>(
    order: &WorklistOrder<'_>,
    name: &str,
    workbook: &mut Workbook<W>,
    wanted: impl Fn(&ByteRecord) -> bool,
) -> io::Result<Listed> {
    let columns = match order.split {
        Split::ByWorklist => &COLUMNS[..],
        Split::Together => &COLUMNS[..COLUMNS.len() - 1],
    };
    let to_do: Vec<String> = RULES.iter().map(|rule| what_to_do(rule)).collect();
    let mut listed = Listed::default();
    workbook.begin(name, Kind::List, columns)?;
    for_each(order.findings, |place, finding| {
        if place >= order.most {
            listed.left_off += 1;
            return Ok(());
        }
        if !wanted(finding) {
            return Ok(());
        }
        if workbook.is_full() {
            workbook.begin(name, Kind::List, columns)?;
        }
        listed.listed += 1;
        let text = |column: usize| std::str::from_utf8(&finding[column]).unwrap_or("\u{fffd}");
        let number = |column: usize| text(column).parse().map_or(Cell::Blank, Cell::Number);
        let rule = place_of(text(column::RULE));
        let advised = order.advice.of(text(column::RULE), text(column::FIELD), as_it_was(text(column::VALUE)));
        let cells = [
            number(column::ROW),
            Cell::Text(text(column::EVENT)),
            Cell::Text(text(column::PERSON)),
            Cell::Text(text(column::FIELD)),
            Cell::Text(text(column::RULE)),
            Cell::Text(rule.map_or("", |at| RULES[at].title)),
            Cell::Text(text(column::SEVERITY)),
            Cell::Text(text(column::STATUS)),
            Cell::Text(as_it_was(text(column::VALUE))),
            number(column::OTHER_ROW),
            Cell::Text(text(column::ANSWER)),
            Cell::Text(advised.or(rule.map(|at| to_do[at].as_str())).unwrap_or_default()),
            Cell::Text(text(column::QUERY)),
            Cell::Text(text(column::KEY)),
            Cell::Text(text(column::WORKLIST)),
        ];
        workbook.row(cells.into_iter().take(columns.len()))
    })?;
    Ok(listed)
}

/// The sheet of counts, over all findings.
fn counts<W: Write + Seek>(order: &WorklistOrder<'_>, listed: Listed, workbook: &mut Workbook<W>) -> io::Result<()> {
    const KEY: [usize; 4] = [column::RULE, column::SEVERITY, column::STATUS, column::FIELD];
    let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut key = Vec::new();
    for_each(order.findings, |_, finding| {
        key.clear();
        for column in KEY {
            key.extend_from_slice(&finding[column]);
            key.push(0);
        }
        match counts.get_mut(&key) {
            Some(count) => *count += 1,
            None => _ = counts.insert(key.clone(), 1),
        }
        Ok(())
    })?;
    workbook.begin("Counts", Kind::Page, &COUNTS)?;
    for (nth, line) in order.head.iter().enumerate() {
        workbook.row([if nth == 0 { Cell::Strong(line) } else { Cell::Text(line) }])?;
    }
    if listed.left_off > 0 {
        let line = format!(
            "This workbook lists the first {} findings and leaves {} off: findings.csv holds them all. The counts below are \
             those of all.",
            listed.listed, listed.left_off
        );
        workbook.row([Cell::Strong(&line)])?;
    }
    workbook.row([])?;
    workbook.row(COUNTS.iter().map(|Column(heading, _)| Cell::Strong(heading)))?;
    for (key, count) in &counts {
        let mut parts = key.split(|byte| *byte == 0).map(|part| std::str::from_utf8(part).unwrap_or("\u{fffd}"));
        let mut next = || parts.next().unwrap_or_default();
        let (rule, severity, status, field) = (next(), next(), next(), next());
        let title = place_of(rule).map_or("", |at| RULES[at].title);
        let texts = [rule, title, severity, status, field].map(Cell::Text);
        workbook.row(texts.into_iter().chain([Cell::Number(*count)]))?;
    }
    let total = Cell::Number(counts.values().sum());
    workbook.row([Cell::Strong("All"), Cell::Blank, Cell::Blank, Cell::Blank, Cell::Blank, total])
}

/// Goes through the findings in order.
fn for_each(path: &Path, mut each: impl FnMut(u64, &ByteRecord) -> io::Result<()>) -> io::Result<()> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_path(path)?;
    let mut finding = ByteRecord::new();
    let mut place = 0;
    while reader.read_byte_record(&mut finding)? {
        each(place, &finding)?;
        place += 1;
    }
    Ok(())
}

fn place_of(rule: &str) -> Option<usize> {
    RULES.binary_search_by(|known| known.id.cmp(rule)).ok()
}

/// What a rule's manual page says about mending, on one line.
fn what_to_do(rule: &Rule) -> String {
    let sections = rule.manual.sections();
    let mending = sections.into_iter().find(|(heading, _)| *heading == Manual::HEADINGS[2]);
    let text = mending.map(|(_, body)| body.replace('`', "")).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Range, Reader, Xlsx};

    use super::*;

    const HEADER: &str =
        "row,field,rule,severity,status,value,event_reference,person_id,query,source_key,worklist,other_row,answer\r\n";

    /// A workbook over these findings, and what it lists.
    fn made(findings: &str, most: u64, split: Split) -> (Listed, Xlsx<Cursor<Vec<u8>>>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(format!("{HEADER}{findings}").as_bytes()).unwrap();
        let head = ["Demo Council".to_owned(), "a second line".to_owned()];
        let mut advice = Advice::default();
        advice.add("Gender", "=f", "Write 'Female' for '=f'.");
        let order = WorklistOrder { findings: file.path(), head: &head, most, split, advice: &advice };
        let (listed, out) = write_worklist(order, Cursor::new(Vec::new())).unwrap();
        (listed, Xlsx::new(Cursor::new(out.into_inner())).unwrap())
    }

    fn finding(row: u64, worklist: &str) -> String {
        format!(
            "{row},Gender,L001,ERROR,Failed: Invalid,'=X,E{row},P{row},services,S{row},{worklist},7,accepted: A1\r\n"
        )
    }

    fn texts(sheet: &Range<Data>, row: usize) -> Vec<String> {
        sheet.rows().nth(row).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_says_where_what_and_what_to_do() {
        let (listed, mut workbook) = made(&finding(12, ""), 10, Split::Together);
        assert_eq!(listed, Listed { listed: 1, left_off: 0 });
        assert_eq!(workbook.sheet_names(), ["Counts", "Findings"]);
        let sheet = workbook.worksheet_range("Findings").unwrap();
        let told = texts(&sheet, 1);
        assert_eq!(told[..5], ["12", "E12", "P12", "Gender", "L001"]);
        assert_eq!(told[6..9], ["ERROR", "Failed: Invalid", "=X"]);
        assert!(told[5].len() > 5 && told[11].starts_with("Map the local value"), "{told:?}");
        assert_eq!(told[9..11], ["7", "accepted: A1"]);
        assert_eq!(told[12..], ["services", "S12"]);
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::Float(12.0)), "a number that can be sorted");
    }

    #[test]
    fn what_is_advised_for_a_value_stands_in_place_of_what_the_rule_says() {
        let findings =
            finding(1, "").replace("'=X", "'=f") + &finding(2, "").replace("L001", "F103").replace("'=X", "'=f");
        let (_, mut workbook) = made(&findings, 10, Split::Together);
        let sheet = workbook.worksheet_range("Findings").unwrap();
        assert_eq!(texts(&sheet, 1)[11], "Write 'Female' for '=f'.");
        assert!(!texts(&sheet, 2)[11].contains("Female"), "that is another rule's");
    }

    #[test]
    fn what_is_beyond_the_cap_is_counted_and_said() {
        let findings: String = (1..=5).map(|row| finding(row, "")).collect();
        let (listed, mut workbook) = made(&findings, 3, Split::Together);
        assert_eq!(listed, Listed { listed: 3, left_off: 2 });
        assert_eq!(workbook.worksheet_range("Findings").unwrap().height(), 4);
        let counts = workbook.worksheet_range("Counts").unwrap();
        assert_eq!((texts(&counts, 0)[0].as_str(), texts(&counts, 1)[0].as_str()), ("Demo Council", "a second line"));
        assert!(texts(&counts, 2)[0].contains("the first 3 findings and leaves 2 off"));
        assert_eq!(texts(&counts, 5)[3..], ["Failed: Invalid", "Gender", "5"]);
        assert_eq!(texts(&counts, 6)[5], "5");
    }

    #[test]
    fn each_of_few_worklists_has_a_sheet() {
        let findings: String =
            [(1, "South"), (2, "North"), (3, ""), (4, "South")].map(|(n, of)| finding(n, of)).concat();
        let (listed, mut workbook) = made(&findings, 10, Split::ByWorklist);
        assert_eq!(listed, Listed { listed: 4, left_off: 0 });
        assert_eq!(workbook.sheet_names(), ["Counts", "No worklist", "North", "South"]);
        let south = workbook.worksheet_range("South").unwrap();
        assert_eq!((south.height(), texts(&south, 2)[0].as_str(), texts(&south, 2)[14].as_str()), (3, "4", "South"));
    }

    #[test]
    fn many_worklists_share_a_sheet_with_a_column() {
        let findings: String = (0..=30).map(|n| finding(n + 1, &format!("Worker {n}"))).collect();
        let (_, mut workbook) = made(&findings, 100, Split::ByWorklist);
        assert_eq!(workbook.sheet_names(), ["Counts", "Findings"]);
        assert_eq!(texts(&workbook.worksheet_range("Findings").unwrap(), 31)[14], "Worker 30");
    }

    #[test]
    fn without_findings_there_is_a_list_with_nothing_in_it() {
        for split in [Split::Together, Split::ByWorklist] {
            let (listed, mut workbook) = made("", 10, split);
            assert_eq!(listed, Listed::default());
            assert_eq!(workbook.worksheet_range("Findings").unwrap().height(), 1);
        }
    }
}
