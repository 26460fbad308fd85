//! Workbooks: as much of Office Open XML as a list that is filtered needs.
//!
//! Sheets stream into the archive one after another, so that memory holds a piece of one row, and no temporary file is
//! made. Cells are typed: a text stays a text, whatever it begins with; there are no formulas. Nothing of the moment or the
//! machine goes into the file, so that the same cells give the same bytes.

use std::io::{self, Seek, Write};

use zip::{CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::sys::archive::FailOnce;

/// The most rows that a sheet holds, its header among them.
pub(super) const MOST_ROWS: u32 = 1_048_576;
/// The most UTF-16 units that a cell holds.
const LONGEST_TEXT: usize = 32_767;
/// The most characters in a sheet's name.
const LONGEST_NAME: usize = 31;
/// The XML that is gathered before it is compressed.
const BUFFER: usize = 64 * 1024;

/// A column: its heading, and its width in characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column(pub(super) &'static str, pub(super) u16);

/// What stands in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    /// Nothing.
    Blank,
    /// A number.
    Number(u64),
    /// A text.
    Text(&'a str),
    /// A text that stands out.
    Strong(&'a str),
}

/// A workbook being written.
pub(super) struct Workbook<W: Write + Seek> {
    archive: ZipWriter<FailOnce<W>>,
    sheets: Vec<Sheet>,
    /// XML on its way to the archive.
    xml: Vec<u8>,
}

/// A sheet that is written or being written.
struct Sheet {
    name: String,
    columns: usize,
    /// Rows so far.
    rows: u32,
    /// Whether its first row is a header that stays in sight and filters.
    kind: Kind,
}

/// What a sheet is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A list that is filtered: its header stays in sight.
    List,
    /// A page that is read.
    Page,
}

impl<W: Write + Seek> Workbook<W> {
    /// Begins a workbook.
    pub(super) fn new(out: W) -> Self {
        Self { archive: ZipWriter::new(FailOnce::new(out)), sheets: Vec::new(), xml: Vec::with_capacity(2 * BUFFER) }
    }

    /// Begins the next sheet; a list begins with its headings. A name that is taken, or that spreadsheets do not allow, is
    /// mended.
    pub(super) fn begin(&mut self, name: &str, kind: Kind, columns: &[Column]) -> io::Result<()> {
        self.end()?;
        let name = self.free_name(name);
        self.sheets.push(Sheet { name, columns: columns.len(), rows: 0, kind });
        let part = format!("xl/worksheets/sheet{}.xml", self.sheets.len());
        self.archive.start_file(part, options()).map_err(error)?;
        self.xml.extend_from_slice(HEAD);
        self.xml.extend_from_slice(WORKSHEET);
        if kind == Kind::List {
            self.xml.extend_from_slice(FROZEN);
        }
        self.xml.extend_from_slice(b"<cols>");
        for (place, Column(_, width)) in (1..).zip(columns) {
            write!(self.xml, r#"<col min="{place}" max="{place}" width="{width}" customWidth="1"/>"#)?;
        }
        self.xml.extend_from_slice(b"</cols><sheetData>");
        if kind == Kind::List {
            self.row(columns.iter().map(|Column(heading, _)| Cell::Strong(heading)))?;
        }
        Ok(())
    }

    /// Whether the sheet holds as many rows as it may.
    pub(super) fn is_full(&self) -> bool {
        self.sheets.last().is_none_or(|sheet| sheet.rows >= MOST_ROWS)
    }

    /// Appends a row to the sheet.
    pub(super) fn row<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) -> io::Result<()> {
        let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
        sheet.rows += 1;
        let (row, xml) = (sheet.rows, &mut self.xml);
        write!(xml, r#"<row r="{row}">"#)?;
        for (column, cell) in (b'A'..=b'Z').zip(cells) {
            let column = char::from(column);
            match cell {
                Cell::Blank | Cell::Text("") => {}
                Cell::Number(number) => write!(xml, r#"<c r="{column}{row}"><v>{number}</v></c>"#)?,
                Cell::Text(text) => {
                    write!(xml, r#"<c r="{column}{row}" t="inlineStr"><is><t xml:space="preserve">"#)?;
                    push_text(text, xml);
                    xml.extend_from_slice(b"</t></is></c>");
                }
                Cell::Strong(text) => {
                    write!(xml, r#"<c r="{column}{row}" s="1" t="inlineStr"><is><t xml:space="preserve">"#)?;
                    push_text(text, xml);
                    xml.extend_from_slice(b"</t></is></c>");
                }
            }
        }
        xml.extend_from_slice(b"</row>");
        if self.xml.len() >= BUFFER { self.hand_on() } else { Ok(()) }
    }

    /// Ends the workbook, whose tabs stand in the order of the sheets but for the last, which comes first.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end()?;
        let mut parts = vec![
            ("[Content_Types].xml", self.content_types()),
            ("_rels/.rels", RELATIONS.to_owned()),
            ("docProps/core.xml", PROPERTIES.to_owned()),
            ("xl/workbook.xml", self.workbook()),
            ("xl/_rels/workbook.xml.rels", self.relations()),
            ("xl/styles.xml", STYLES.to_owned()),
        ];
        for (name, xml) in parts.drain(..) {
            self.archive.start_file(name, options()).map_err(error)?;
            self.archive.write_all(HEAD)?;
            self.archive.write_all(xml.as_bytes())?;
        }
        Ok(self.archive.finish().map_err(error)?.into_inner())
    }

    /// Ends the sheet, if one has begun.
    fn end(&mut self) -> io::Result<()> {
        let Some(sheet) = self.sheets.last() else { return Ok(()) };
        self.xml.extend_from_slice(b"</sheetData>");
        if sheet.kind == Kind::List {
            write!(self.xml, r#"<autoFilter ref="{}"/>"#, sheet.area("").replace('$', ""))?;
        }
        self.xml.extend_from_slice(b"</worksheet>");
        self.hand_on()
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.archive.write_all(&self.xml)?;
        self.xml.clear();
        Ok(())
    }

    /// The name as a spreadsheet allows it, and as no other sheet has it.
    fn free_name(&self, wanted: &str) -> String {
        let allowed = |c: char| if c.is_control() || "[]:*?/\\".contains(c) { '_' } else { c };
        let wanted: String = wanted.trim_matches('\'').chars().map(allowed).collect();
        let wanted = if wanted.trim().is_empty() { "_" } else { wanted.trim() };
        let taken = |name: &str| {
            // A spreadsheet keeps this name for itself.
            let reserved = name.eq_ignore_ascii_case("history");
            reserved || self.sheets.iter().any(|sheet| sheet.name.to_lowercase() == name.to_lowercase())
        };
        let with = |suffix: &str| {
            let room = LONGEST_NAME - suffix.len();
            let mut units = 0;
            let fits = wanted.chars().take_while(|c| {
                units += c.len_utf16();
                units <= room
            });
            fits.chain(suffix.chars()).collect::<String>()
        };
        let plain = with("");
        if !taken(&plain) {
            return plain;
        }
        // One name more than there are sheets: one of them is free.
        let others = (2..self.sheets.len() + 3).map(|nth| with(&format!(" ({nth})")));
        others.into_iter().find(|name| !taken(name)).unwrap_or(plain)
    }

    /// The sheets in the order of their tabs, by their place in the file.
    fn tabs(&self) -> impl Iterator<Item = (usize, &Sheet)> {
        let last = self.sheets.len().saturating_sub(1);
        let sheets = (1..).zip(&self.sheets);
        sheets.clone().skip(last).chain(sheets.take(last))
    }

    fn content_types(&self) -> String {
        let sheets = (1..=self.sheets.len()).map(|place| {
            format!(
                r#"<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
            )
        });
        format!("{CONTENT_TYPES}{}</Types>", sheets.collect::<String>())
    }

    fn workbook(&self) -> String {
        let sheet = |(place, sheet): (usize, &Sheet)| {
            format!(r#"<sheet name="{}" sheetId="{place}" r:id="rId{place}"/>"#, attribute(&sheet.name))
        };
        let name = |(tab, (_, sheet)): (usize, (usize, &Sheet))| {
            let area = attribute(&sheet.area(&format!("'{}'!", sheet.name.replace('\'', "''"))));
            let name = "_xlnm._FilterDatabase";
            format!(r#"<definedName name="{name}" localSheetId="{tab}" hidden="1">{area}</definedName>"#)
        };
        let sheets: String = self.tabs().map(sheet).collect();
        let lists = self.tabs().enumerate().filter(|(_, (_, sheet))| sheet.kind == Kind::List);
        let names: String = lists.map(name).collect();
        let names = if names.is_empty() { names } else { format!("<definedNames>{names}</definedNames>") };
        format!("{WORKBOOK}<sheets>{sheets}</sheets>{names}</workbook>")
    }

    fn relations(&self) -> String {
        let relation = |id: usize, kind: &str, target: String| {
            format!(
                r#"<Relationship Id="rId{id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#
            )
        };
        let sheets = (1..=self.sheets.len()).map(|at| relation(at, "worksheet", format!("worksheets/sheet{at}.xml")));
        let styles = relation(self.sheets.len() + 1, "styles", "styles.xml".to_owned());
        format!("{RELATIONSHIPS}{}{styles}</Relationships>", sheets.collect::<String>())
    }
}

impl Sheet {
    /// The cells that are filtered, as `'Sheet'!$A$1:$C$9`.
    fn area(&self, sheet: &str) -> String {
        let last = char::from(b'A' + self.columns.clamp(1, 26) as u8 - 1);
        format!("{sheet}$A$1:{sheet_end}", sheet_end = format_args!("${last}${}", self.rows.max(1)))
    }
}

/// Appends a text as XML. What XML cannot hold becomes U+FFFD; what is longer than a cell is cut, and says so.
fn push_text(text: &str, xml: &mut Vec<u8>) {
    const CUT: &str = "… (cut here)";
    let mut left = LONGEST_TEXT;
    let too_long = text.len() > LONGEST_TEXT && text.encode_utf16().count() > LONGEST_TEXT;
    if too_long {
        left -= CUT.len();
    }
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if too_long {
            let Some(rest) = left.checked_sub(c.len_utf16()) else {
                xml.extend_from_slice(&text.as_bytes()[plain..at]);
                xml.extend_from_slice(CUT.as_bytes());
                return;
            };
            left = rest;
        }
        let instead = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            // A spreadsheet reads `_x0041_` as the character of that number: the underscore is written so itself.
            '_' if is_escape(&text.as_bytes()[at..]) => "_x005F_",
            '\t' | '\n' => continue,
            '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
            c if c < ' ' => "\u{fffd}",
            _ => continue,
        };
        xml.extend_from_slice(&text.as_bytes()[plain..at]);
        xml.extend_from_slice(instead.as_bytes());
        plain = at + c.len_utf8();
    }
    xml.extend_from_slice(&text.as_bytes()[plain..]);
}

fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x', a, b, c, d, b'_', ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()))
}

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    let mut xml = Vec::new();
    push_text(text, &mut xml);
    String::from_utf8_lossy(&xml).replace('"', "&quot;")
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(COMPRESSION))
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o640)
        .large_file(true)
}

/// The sheets are long and repeat themselves: more effort makes them hardly smaller.
const COMPRESSION: i64 = 2;

fn error(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}

const HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const WORKSHEET: &[u8] = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#;
const FROZEN: &[u8] = br#"<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>"#;
const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>"#;
const RELATIONSHIPS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;
const PROPERTIES: &str = r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Client Level Data: findings</dc:title><dc:creator>cld-agent</dc:creator></cp:coreProperties>"#;
const WORKBOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><bookViews><workbookView activeTab="0"/></bookViews>"#;
/// Two formats: plain, and bold on a pale ground for what stands out.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE8EEF3"/></patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf fontId="1" fillId="2" xfId="0" applyFont="1" applyFill="1"/></cellXfs></styleSheet>"#;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: [Column; 2] = [Column("Row", 8), Column("Value", 40)];

    fn made(sheets: &[(&str, Kind)], value: &str) -> Vec<u8> {
        let mut workbook = Workbook::new(Cursor::new(Vec::new()));
        for (name, kind) in sheets {
            workbook.begin(name, *kind, &COLUMNS).unwrap();
            workbook.row([Cell::Number(7), Cell::Text(value)]).unwrap();
        }
        workbook.finish().unwrap().into_inner()
    }

    fn read(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
        Xlsx::new(Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_list_has_its_headings_and_a_formula_stays_a_text() {
        let mut workbook = read(made(&[("Findings", Kind::List)], "=1+1"));
        let sheet = workbook.worksheet_range("Findings").unwrap();
        let cells: Vec<_> = sheet.cells().map(|(row, column, cell)| (row, column, cell.clone())).collect();
        let text = |text: &str| Data::String(text.to_owned());
        let expected = [(0, 0, text("Row")), (0, 1, text("Value")), (1, 0, Data::Float(7.0)), (1, 1, text("=1+1"))];
        assert_eq!(cells, expected);
        assert!(workbook.worksheet_formula("Findings").unwrap().is_empty());
    }

    #[test]
    fn the_last_sheet_is_the_first_tab() {
        let bytes = made(&[("North", Kind::List), ("South", Kind::List), ("Counts", Kind::Page)], "x");
        assert_eq!(read(bytes).sheet_names(), ["Counts", "North", "South"]);
    }

    #[test]
    fn names_that_a_spreadsheet_refuses_are_mended() {
        let long = "A team whose name is longer than any tab";
        let names = ["Adults: North/South", "adults: north/south", "''", long, long, "History"];
        let sheets = names.map(|name| (name, Kind::Page));
        let told = [
            "History (2)",
            "Adults_ North_South",
            "adults_ north_south (2)",
            "_",
            "A team whose name is longer tha",
            "A team whose name is longer (2)",
        ];
        assert_eq!(read(made(&sheets, "x")).sheet_names(), told);
    }

    #[test]
    fn the_same_cells_give_the_same_bytes() {
        let sheets = [("Findings", Kind::List)];
        assert_eq!(made(&sheets, "x"), made(&sheets, "x"));
    }

    #[test]
    fn a_text_that_is_too_long_for_a_cell_is_cut_and_says_so() {
        let mut xml = Vec::new();
        push_text(&"\u{1f600}".repeat(20_000), &mut xml);
        let text = String::from_utf8(xml).unwrap();
        assert!(text.ends_with("… (cut here)") && text.encode_utf16().count() <= LONGEST_TEXT);
        let mut xml = Vec::new();
        push_text(&"x".repeat(LONGEST_TEXT), &mut xml);
        assert_eq!(xml.len(), LONGEST_TEXT);
    }

    struct FullDisk;

    impl Write for FullDisk {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for FullDisk {
        fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn a_full_disk_is_an_error_and_no_panic() {
        let mut workbook = Workbook::new(FullDisk);
        let begun = workbook.begin("Findings", Kind::List, &COLUMNS);
        let ended = begun.and_then(|()| workbook.finish().map(|_| ()));
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in "[ -~\u{a0}-\u{ff}\u{2014}_x0-9<>&'\"]{1,60}") {
            let mut workbook = read(made(&[("A", Kind::Page)], &text));
            let sheet = workbook.worksheet_range("A").unwrap();
            prop_assert_eq!(sheet.get_value((0, 1)), Some(&Data::String(text)));
        }
    }
}
