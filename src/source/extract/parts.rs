//! The parts of a workbook, looked through before anybody spends memory on them.
//!
//! A workbook is a zip archive of XML parts. The library that reads it holds the shared texts and the styles whole, and one
//! XML tag or text at a time: so what is bounded here is how large parts are once they are unpacked, and how long and how
//! deep a single element is. What an archive says of its sizes is not believed.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem;
use zip::ZipArchive;

use super::Limits;

/// What a zip archive holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Archive {
    /// An XLSX workbook whose parts are within bounds.
    Workbook,
    /// Something else.
    Other(&'static str),
}

/// Why a workbook is not opened.
#[derive(Debug)]
pub(super) enum Unfit {
    /// The machine could not read it.
    Read(io::Error),
    /// A part is larger than this many bytes.
    TooLarge(&'static str, u64),
    /// No program makes workbooks like this.
    Strange(&'static str),
}

/// More parts than any workbook has.
const MOST_PARTS: u16 = 4096;
/// A tag, or a text between two tags, is at most this long: Excel's own bound for a text is 32,767 characters.
const LONGEST_PIECE: usize = 1 << 20;
/// Elements lie at most this deep in one another.
const DEEPEST: usize = 64;

/// Looks through an archive.
pub(super) fn look_through(mut input: impl Read + Seek, limits: Limits) -> Result<Archive, Unfit> {
    if entries(&mut input).map_err(Unfit::Read)? > MOST_PARTS {
        return Err(Unfit::Strange("it has more parts than any workbook"));
    }
    input.seek(SeekFrom::Start(0)).map_err(Unfit::Read)?;
    let mut archive = ZipArchive::new(input).map_err(|_| Unfit::Strange("its directory cannot be read"))?;
    let names: Vec<String> =
        archive.file_names_raw().map(|name| String::from_utf8_lossy(name).replace('\\', "/").to_lowercase()).collect();
    let any = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name.trim_start_matches('/')));
    let other = match () {
        () if any(&|name| name.starts_with("xl/workbook") && has_extension(name, "xml")) => None,
        () if any(&|name| name.starts_with("xl/")) => Some("a binary workbook (.xlsb)"),
        () if any(&|name| name.starts_with("word/")) => Some("a Word document"),
        () if any(&|name| name.starts_with("ppt/")) => Some("a PowerPoint presentation"),
        () if any(&|name| name == "content.xml") => Some("an OpenDocument file"),
        () => Some("a zip archive"),
    };
    if let Some(other) = other {
        return Ok(Archive::Other(other));
    }
    let mut in_all = 0;
    for (at, name) in
        names.iter().enumerate().filter(|(_, name)| has_extension(name, "xml") || has_extension(name, "rels"))
    {
        let (what, most) = match name.rsplit('/').next() {
            Some("sharedstrings.xml") => ("the shared texts", limits.shared_texts),
            Some("styles.xml" | "workbook.xml") => ("a part", limits.part),
            _ if name.contains("worksheets/") => ("a sheet", limits.sheets),
            _ => ("a part", limits.part),
        };
        let part = archive.by_index(at).map_err(|_| Unfit::Strange("a part cannot be unpacked"))?;
        in_all += scan(part, what, most.min(limits.sheets - in_all.min(limits.sheets)))?;
    }
    Ok(Archive::Workbook)
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end == extension)
}

/// How many files the end of the archive's directory tells of.
fn entries(input: &mut (impl Read + Seek)) -> io::Result<u16> {
    const END: usize = 22;
    const LONGEST_COMMENT: u64 = 1 << 16;
    let size = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(size.saturating_sub(END as u64 + LONGEST_COMMENT)))?;
    let mut tail = Vec::new();
    input.take(END as u64 + LONGEST_COMMENT).read_to_end(&mut tail)?;
    let ends = memmem::rfind(&tail, b"PK\x05\x06").map(|at| &tail[at..]);
    Ok(ends.and_then(|end| end.get(10..12)).map_or(0, |count| u16::from_le_bytes([count[0], count[1]])))
}

/// Unpacks a part to nowhere. Its size.
fn scan(mut part: impl Read, what: &'static str, most: u64) -> Result<u64, Unfit> {
    const CHUNK: usize = 1 << 16;
    /// Longer than what is looked for across two chunks.
    const OVERLAP: usize = 48;
    let mut pieces = Pieces::default();
    let mut chunk = vec![0; OVERLAP + CHUNK];
    let mut size = 0;
    loop {
        let read = match part.read(&mut chunk[OVERLAP..]) {
            Ok(0) => return Ok(size),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Unfit::Strange("a part is cut off or damaged")),
        };
        size += read as u64;
        if size > most {
            return Err(Unfit::TooLarge(what, most));
        }
        let fresh = &chunk[OVERLAP..OVERLAP + read];
        fresh.iter().try_for_each(|byte| pieces.next(*byte)).map_err(Unfit::Strange)?;
        if counts_more_than(&chunk[..OVERLAP + read], most) {
            return Err(Unfit::Strange("it counts more texts than it has room for"));
        }
        chunk.copy_within(read..read + OVERLAP, 0);
    }
}

/// Whether a part says that it holds more shared texts than bytes: room for so many would be made.
fn counts_more_than(chunk: &[u8], most: u64) -> bool {
    memmem::find_iter(chunk, b"niqueCount").any(|at| {
        let rest = chunk[at..].iter().skip_while(|byte| !byte.is_ascii_digit());
        let digits = rest.take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))) > most / 8
    })
}

/// Where a reader of XML stands, as far as it matters for how much it must hold.
#[derive(Default)]
struct Pieces {
    at: Place,
    length: usize,
    depth: usize,
    last: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Text,
    /// Just after `<`.
    Opening,
    Tag,
    /// Within quotes of a tag.
    Quoted(u8),
    EndTag,
    /// Within `<? … ?>`.
    Instruction,
}

impl Pieces {
    fn next(&mut self, byte: u8) -> Result<(), &'static str> {
        self.length += 1;
        if self.length > LONGEST_PIECE {
            return Err("a tag or a text in it is longer than any spreadsheet makes one");
        }
        let then = match (self.at, byte) {
            (Place::Text, b'<') => Place::Opening,
            (Place::Opening, b'!') => return Err("it holds comments or declarations, as no spreadsheet writes them"),
            (Place::Opening, b'?') => Place::Instruction,
            (Place::Opening, b'/') => Place::EndTag,
            (Place::Opening | Place::Tag, b'>') => {
                self.depth += usize::from(self.last != b'/');
                Place::Text
            }
            (Place::Tag, b'"' | b'\'') => Place::Quoted(byte),
            (Place::Opening, _) => Place::Tag,
            (Place::Quoted(quote), _) if quote == byte => Place::Tag,
            (Place::EndTag, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                Place::Text
            }
            (Place::Instruction, b'>') if self.last == b'?' => Place::Text,
            (place, _) => place,
        };
        if self.depth > DEEPEST {
            return Err("its elements lie deeper than those of any spreadsheet");
        }
        if (then == Place::Text) != (self.at == Place::Text) {
            self.length = 0;
        }
        (self.at, self.last) = (then, byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(xml: &str) -> Result<u64, String> {
        scan(xml.as_bytes(), "a sheet", 4 << 20).map_err(|unfit| match unfit {
            Unfit::TooLarge(what, most) => format!("{what} {most}"),
            Unfit::Strange(why) => why.to_owned(),
            Unfit::Read(error) => error.to_string(),
        })
    }

    #[test]
    fn parts_that_a_spreadsheet_writes_pass() {
        let sheet = "<?xml version=\"1.0\"?><sst uniqueCount=\"2\"><si><t a='>'>one</t></si><si/></sst>".to_owned();
        assert_eq!(scanned(&sheet), Ok(sheet.len() as u64));
        let rows = format!("<sheetData>{}</sheetData>", "<row><c t=\"s\"><v>0</v></c></row>".repeat(50_000));
        assert_eq!(scanned(&rows), Ok(rows.len() as u64));
    }

    #[test]
    fn what_would_have_to_be_held_whole_is_refused() {
        let long = "x".repeat(LONGEST_PIECE + 1);
        let many = "<".repeat(LONGEST_PIECE + 1);
        for (xml, why) in [
            (format!("<t>{long}</t>"), "a tag or a text in it is longer"),
            (format!("<t a=\"{many}\"/>"), "a tag or a text in it is longer"),
            (format!("<? {many} ?>"), "a tag or a text in it is longer"),
            ("<!-- < < < -->".to_owned(), "it holds comments"),
            ("<![CDATA[x]]>".to_owned(), "it holds comments"),
            ("<a>".repeat(DEEPEST + 1), "its elements lie deeper"),
            ("<sst uniqueCount=\"99999999999999999999\">".to_owned(), "it counts more texts"),
            ("<r/>".repeat(2 << 20), "a sheet 4194304"),
        ] {
            let found = scanned(&xml).unwrap_err();
            assert!(found.starts_with(why), "{found}");
        }
    }
}
