//! Findings without personal values, so that they may be shared outside the protected folder.
//!
//! The layout is that of `findings.csv`. Every cell that could name a person reads `(withheld)`, which says on each line what
//! kind of file this is: the local person id, the event's reference, the row's name at its source, the value of a personal
//! field, and any other value that looks as if it had come from a wrong column. The row number stays, so that those who hold
//! the file find the record.

use std::{collections::BTreeSet, fs::File, io::Write, path::Path};

use csv::ByteRecord;

use super::findings::column;
use crate::{
    model::{Field, push_cell},
    spec::Release,
};

/// What stands in place of what may not be shared.
pub const WITHHELD: &str = "(withheld)";

/// Copies findings, withholding what could name a person. `doubtful` are fields with so many unknown values that a wrong
/// column may have fed them.
pub fn without_personal(
    findings: &Path,
    release: &Release,
    doubtful: &BTreeSet<Field>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let findings = File::open(findings)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(1 << 16).from_reader(findings);
    let (mut finding, mut line, mut is_header) = (ByteRecord::new(), Vec::new(), true);
    while reader.read_byte_record(&mut finding)? {
        line.clear();
        let kept = |place: usize, cell: &[u8]| match place {
            _ if cell.is_empty() || is_header => true,
            column::EVENT | column::PERSON | column::KEY => false,
            // What is said of the file as a whole never names anybody.
            column::VALUE if finding[column::ROW].is_empty() => true,
            column::VALUE => {
                let field = std::str::from_utf8(&finding[column::FIELD]).ok();
                field.and_then(|header| release.field_by_header(header)).is_some_and(|field| {
                    let listed = release.list(field).is_some() && !doubtful.contains(&field);
                    !release.field(field).personal && names_nobody(cell, listed)
                })
            }
            _ => true,
        };
        for (place, cell) in finding.iter().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            push_cell(if kept(place, cell) { cell } else { WITHHELD.as_bytes() }, &mut line);
        }
        line.extend_from_slice(b"\r\n");
        out.write_all(&line)?;
        is_header = false;
    }
    Ok(())
}

/// Whether a value can be no name, date or number of a person. Words are believed where a field has a list.
fn names_nobody(value: &[u8], words: bool) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let mut letters = value.split(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic());
    digits < 6 && (words || letters.all(|run| run.len() < 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "row,field,rule,severity,status,value,event_reference,person_id,query,source_key,worklist\r\n";

    fn shared(finding: &str, doubtful: &[Field]) -> String {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(format!("{HEADER}{finding}\r\n").as_bytes()).unwrap();
        let (mut out, doubtful) = (Vec::new(), doubtful.iter().copied().collect());
        without_personal(file.path(), &Release::embedded().unwrap(), &doubtful, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.strip_prefix(HEADER).unwrap().trim_end().to_owned()
    }

    #[test]
    fn nothing_that_names_a_person_is_shared() {
        assert_eq!(
            shared("7,Last Name,F103,QUERY,Passed: Valid,\"-Smith, J\",E1,P1,services,S1,North", &[]),
            "7,Last Name,F103,QUERY,Passed: Valid,(withheld),(withheld),(withheld),services,(withheld),North"
        );
        assert_eq!(
            shared("7,NHS Number,M001,ERROR,Failed: Blank (Mandatory),,,P1,,,", &[]),
            "7,NHS Number,M001,ERROR,Failed: Blank (Mandatory),,,(withheld),,,"
        );
    }

    #[test]
    fn what_analysts_need_is_shared() {
        let gender = "7,Gender,L001,ERROR,Failed: Invalid,Femal,,,,,";
        assert_eq!(shared(gender, &[]), gender);
        assert_eq!(shared(gender, &[Field::Gender]), "7,Gender,L001,ERROR,Failed: Invalid,(withheld),,,,,");
        let file = ",LA Code,F002,BLOCK,,\"3 rows carry another code\",,,,,";
        assert_eq!(shared(file, &[]), file.replace('"', ""));
    }

    #[test]
    fn a_value_of_a_wrong_column_is_withheld() {
        let cost = |value: &str| shared(&format!("7,Unit Cost,T004,ERROR,Failed: Invalid,{value},,,,,"), &[]);
        for (value, told) in
            [("1.5.0", "1.5.0"), ("Smith", WITHHELD), ("4857773456", WITHHELD), ("01/02/1950", WITHHELD)]
        {
            assert_eq!(cost(value), format!("7,Unit Cost,T004,ERROR,Failed: Invalid,{told},,,,,"), "{value}");
        }
        assert!(!names_nobody(b"4857773456", true) && !names_nobody("Zoë".as_bytes(), false));
    }
}
