//! `findings.csv` with what people answered.

use std::io::{self, Write};

use csv_core::{ReadRecordResult, Reader};

use crate::{
    answers::{Answers, Applied, FindingLine, Match},
    spec::Release,
};

/// Fills the last column, `answer`, of the lines of `findings.csv` on their way to the file: `accepted: ID`, or `lapsed` where
/// the answer was about another value. Without answers the lines pass untouched.
#[derive(Debug)]
pub struct Answered<'a, W> {
    out: W,
    answers: &'a Answers,
    release: &'a Release,
    applied: Applied,
    /// What has come in behind the last whole line.
    pending: Vec<u8>,
    /// How much of that has been looked at, and whether it ended inside quotes.
    scanned: usize,
    quoted: Quoted,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Quoted {
    Yes,
    No,
}

/// More cells than a line has.
const CELLS: usize = 32;

impl<'a, W: Write> Answered<'a, W> {
    /// Lines that go to `out`.
    pub fn new(out: W, answers: &'a Answers, release: &'a Release) -> Self {
        let (applied, pending) = (Applied::default(), Vec::new());
        Self { out, answers, release, applied, pending, scanned: 0, quoted: Quoted::No }
    }

    /// Where the lines go.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Where the lines went, and what became of the answers.
    pub fn into_parts(self) -> (W, Applied) {
        (self.out, self.applied)
    }

    /// The end of the first line that has not been looked at, if it is there whole.
    fn line_end(&mut self) -> Option<usize> {
        while let Some(byte) = self.pending.get(self.scanned) {
            self.scanned += 1;
            match (byte, self.quoted) {
                (b'"', Quoted::No) => self.quoted = Quoted::Yes,
                (b'"', Quoted::Yes) => self.quoted = Quoted::No,
                (b'\n', Quoted::No) => return Some(self.scanned),
                _ => {}
            }
        }
        None
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let (body, end) =
            line.split_at(line.len() - line.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n')).count());
        self.out.write_all(body)?;
        match self.answer(line) {
            Some(Match::Accepted(id)) => write!(self.out, "accepted: {id}")?,
            Some(Match::Lapsed) => self.out.write_all(b"lapsed")?,
            Some(Match::Open) | None => {}
        }
        self.out.write_all(end)
    }

    /// What is answered to the finding of a line; it is counted.
    fn answer(&mut self, line: &[u8]) -> Option<Match<'a>> {
        memchr::memmem::find(line, b",QUERY,")?;
        let (mut texts, mut ends) = (vec![0; line.len()], [0; CELLS]);
        let (result, _, _, cells) = Reader::new().read_record(line, &mut texts, &mut ends);
        if result != ReadRecordResult::Record {
            return None;
        }
        let starts = [0].into_iter().chain(ends[..cells].iter().copied());
        let cells = starts.zip(&ends[..cells]).map(|(start, end)| &texts[start..*end]);
        let (_, finding) = FindingLine::from_cells(cells, self.release)?;
        if !self.answers.know(finding.rule) {
            return None;
        }
        let answers: &'a Answers = self.answers;
        let answer = answers.to(&finding);
        let counts = match answer {
            Match::Accepted(_) => &mut self.applied.accepted,
            Match::Lapsed => &mut self.applied.lapsed,
            Match::Open => return None,
        };
        *counts.entry(finding.rule.id).or_default() += 1;
        Some(answer)
    }
}

impl<W: Write> Write for Answered<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.answers.accept_none() {
            return self.out.write_all(bytes);
        }
        self.pending.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(end) = self.line_end() {
            let pending = std::mem::take(&mut self.pending);
            let written = self.line(&pending[begin..end]);
            self.pending = pending;
            written?;
            begin = end;
        }
        self.pending.drain(..begin);
        self.scanned -= begin;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answers::{Answer, Decision},
        sys::keyed::Keyed,
    };

    const LINES: &str = "row,field,rule,severity,status,value,event_reference,person_id,query,source_key,answer\r\n\
        1,Date of Birth,D005,QUERY,Passed: Valid,01/01/1900,E1,P1,q,1,\r\n\
        2,Date of Birth,D005,QUERY,Passed: Valid,01/01/1901,E1,P1,q,2,\r\n\
        3,Date of Birth,D005,QUERY,Passed: Valid,\"a, \"\"b\"\"\r\nc\",\"E\n1\",P1,q,3,\r\n\
        4,Gender,L001,QUERY,Passed: Valid,x,E1,P1,q,4,\r\n\
        5,Date of Birth,M001,ERROR,Failed: Blank (Mandatory),,E1,P1,q,5,\r\n\
        ,,F005,QUERY,,no longer current,,,,,\r\n";

    fn answers(release: &Release) -> Answers {
        let keyed = Keyed::new(&[1; 32]);
        let accept = |id: &str, cells: [&str; 8]| {
            let (_, finding) = FindingLine::from_cells(cells.into_iter().map(str::as_bytes), release).unwrap();
            Answer {
                id: id.to_owned(),
                reason: "seen".parse().unwrap(),
                account: "analyst".to_owned(),
                at: "2026-10-20T06:00:00Z".parse().unwrap(),
                decision: Decision::Accept(finding.question(&keyed).unwrap()),
            }
        };
        let one = ["1", "Date of Birth", "D005", "QUERY", "", "01/01/1900", "E1", "P1"];
        let quoted = ["3", "Date of Birth", "D005", "QUERY", "", "a, \"b\"\r\nc", "E\n1", "P1"];
        Answers::of(vec![accept("A1", one), accept("A2", quoted)], keyed)
    }

    #[test]
    fn each_line_says_what_was_answered_however_it_comes_in() {
        let release = Release::embedded().unwrap();
        let answers = answers(&release);
        let expected = LINES
            .replace("q,1,\r", "q,1,accepted: A1\r")
            .replace("q,2,\r", "q,2,lapsed\r")
            .replace("q,3,\r", "q,3,accepted: A2\r");
        for step in [1, 7, 64, LINES.len()] {
            let mut file = Answered::new(Vec::new(), &answers, &release);
            for piece in LINES.as_bytes().chunks(step) {
                file.write_all(piece).unwrap();
            }
            let (bytes, applied) = file.into_parts();
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{step} bytes at a time");
            assert_eq!((applied.accepted["D005"], applied.lapsed["D005"]), (2, 1));
        }
    }

    #[test]
    fn without_answers_nothing_is_touched() {
        let release = Release::embedded().unwrap();
        let none = Answers::default();
        let mut file = Answered::new(Vec::new(), &none, &release);
        file.write_all(LINES.as_bytes()).unwrap();
        assert_eq!(file.into_parts(), (LINES.as_bytes().to_vec(), Applied::default()));
    }
}
