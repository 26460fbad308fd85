//! The row loop.

use std::ops::Range;

use super::{
    encode::encode,
    number::parse_amount,
    plan::{Coded, Finish, Manner, Plan, Take},
};
use crate::{
    mapping::{DateFormat, MapEntry, Unmapped, ValueMap, restored_match},
    model::{Batch, Cell, Date, Field, Lookup, NhsNumber, Note, NoteKind, Quoting, Reading},
    source::{RawBatch, RowSpans},
};

/// Shapes rows by a plan, and counts the local values that no map and no list knows.
#[derive(Debug)]
pub struct Shaper<'p> {
    plan: &'p Plan<'p>,
    /// For each coded field, what its unknown values become, decided when each is first seen.
    unknown: Vec<Lookup<Unknown>>,
    values: Vec<LocalValue>,
    /// A cell on its way to Windows-1252.
    encoded: Vec<u8>,
}

/// A value that stands neither in its value map nor, as it is written, in the national list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalValue {
    /// The field.
    pub field: Field,
    /// The value map's file, where the field has one.
    pub map: Option<String>,
    /// The value; `None` for all values beyond the first [`LocalValue::MOST`] of a field.
    pub value: Option<String>,
    /// Where the map knows it once leading zeros or E-notation are restored: that entry's line.
    pub restored_line: Option<usize>,
    /// How many cells held it.
    pub count: u64,
}

impl LocalValue {
    /// How many different values are told apart in one field.
    pub const MOST: usize = 2_000;
}

#[derive(Clone, Copy, Debug)]
struct Unknown {
    /// Its place among the values counted.
    value: usize,
    becomes: Becomes,
}

#[derive(Clone, Copy, Debug)]
enum Becomes {
    /// The label it was found to mean.
    Label(Cell),
    /// Itself, with this reading.
    Itself(Reading, Option<NoteKind>),
    /// Nothing.
    Blank,
}

impl<'p> Shaper<'p> {
    /// A shaper that has seen nothing yet.
    pub fn new(plan: &'p Plan<'p>) -> Self {
        let unknown = plan.coded.iter().map(|_| Lookup::default()).collect();
        Self { plan, unknown, values: Vec::new(), encoded: Vec::new() }
    }

    /// Takes over a raw batch's buffer; its rows are then shaped one by one into `batch`.
    pub fn begin(&self, raw: &mut RawBatch, batch: &mut Batch, first_row: u64) {
        batch.reset(raw.query, first_row);
        batch.rows_in = raw.rows();
        raw.take_text(&mut batch.text);
    }

    /// Shapes one row into the batch's next record. A mapping's reason for leaving the row out is handed back.
    pub fn shape(&mut self, raw: &RawBatch, row: usize, batch: &mut Batch) -> Option<String> {
        let plan = self.plan;
        let query = &plan.queries[raw.query];
        let row = raw.row(row);
        let record = batch.records() as u32;
        let mut cells = [Cell::BLANK; Field::COUNT];
        for (step, cell) in query.steps.iter().zip(&mut cells) {
            let span = match &step.take {
                Take::Fixed(fixed) => {
                    *cell = *fixed;
                    continue;
                }
                Take::Column(column) => self.piece(row.cell(*column), &batch.text),
                several => self.compose(several, row, batch),
            };
            *cell =
                if span.is_empty() { step.blank } else { self.finish(&step.finish, span, record, step.field, batch) };
        }
        batch.push(query.key.map_or(0..0, |column| row.cell(column)), &cells);
        if let Some(worklist) = &query.worklist {
            let span = self.compose(worklist, row, batch);
            batch.assign(span);
        }
        let (take, map) = query.leave_out.as_ref()?;
        let span = self.compose(take, row, batch);
        let text = &batch.text[span];
        let reason = match map {
            Some(map) => map.get(text).cloned().unwrap_or_default(),
            None => String::from_utf8_lossy(text).into_owned(),
        };
        (!reason.is_empty()).then_some(reason)
    }

    /// The values met so far that no map and no list knows, in the order in which they were first seen.
    pub fn local_values(&self) -> &[LocalValue] {
        &self.values
    }

    /// What of a column's cell counts.
    #[inline]
    fn piece(&self, span: Range<usize>, text: &[u8]) -> Range<usize> {
        match self.plan.manner {
            Manner::Extract => trim(text, span),
            Manner::AsSubmitted => span,
        }
    }

    /// The text of one or more columns.
    fn compose(&self, take: &Take, row: RowSpans<'_>, batch: &mut Batch) -> Range<usize> {
        let piece = |column: &usize, text: &[u8]| self.piece(row.cell(*column), text);
        match take {
            Take::Column(column) => piece(column, &batch.text),
            Take::Fixed(_) => 0..0,
            Take::FirstOf(columns) => {
                columns.iter().map(|column| piece(column, &batch.text)).find(|span| !span.is_empty()).unwrap_or(0..0)
            }
            Take::Join(columns, with) => {
                let start = batch.text.len();
                for column in columns {
                    let span = piece(column, &batch.text);
                    if span.is_empty() {
                        continue;
                    }
                    if batch.text.len() > start {
                        batch.text.extend_from_slice(with);
                    }
                    batch.text.extend_from_within(span);
                }
                start..batch.text.len()
            }
        }
    }

    #[inline]
    fn finish(&mut self, finish: &Finish, span: Range<usize>, record: u32, field: Field, batch: &mut Batch) -> Cell {
        let text = &batch.text[span.clone()];
        match finish {
            Finish::Coded(place) => match self.plan.coded[*place].known.get(text) {
                Some(cell) => *cell,
                None => self.unknown(*place, span, record, batch),
            },
            Finish::Text => self.text(span, Reading::Valid, 0, record, field, batch),
            Finish::Shaped(fits, otherwise) => {
                let reading = if fits(text) { Reading::Valid } else { *otherwise };
                self.text(span, reading, 0, record, field, batch)
            }
            Finish::Date(format) => self.date(format.as_ref(), span, record, field, batch),
            Finish::NhsNumber => self.nhs_number(span, record, field, batch),
            Finish::Decimal => self.decimal(span, record, field, batch),
        }
    }

    fn date(
        &mut self,
        format: Option<&DateFormat>,
        span: Range<usize>,
        record: u32,
        field: Field,
        batch: &mut Batch,
    ) -> Cell {
        let text = &batch.text[span.clone()];
        if format.is_none_or(DateFormat::is_portal)
            && let Some(date) = Date::parse_portal(text)
        {
            return Cell::in_batch(span, Quoting::Unneeded, Reading::Valid, date.days());
        }
        let date = match (format, self.plan.manner) {
            (_, Manner::AsSubmitted) => None,
            (Some(format), Manner::Extract) => format.parse(text),
            // A database's own date, with or without a time, cannot be mistaken for another.
            (None, Manner::Extract) => text.split_at_checked(10).and_then(|(day, time)| {
                matches!(time, [] | [b' ' | b'T', b'0'..=b'9', ..]).then(|| Date::parse_iso(day))?
            }),
        };
        let Some(date) = date else {
            let reading = if is_day_number(text) { Reading::DayNumber } else { Reading::NotDate };
            return self.text(span, reading, 0, record, field, batch);
        };
        let start = batch.text.len();
        batch.text.extend_from_slice(&date.to_portal());
        Cell::in_batch(start..start + 10, Quoting::Unneeded, Reading::Valid, date.days())
    }

    fn nhs_number(&mut self, span: Range<usize>, record: u32, field: Field, batch: &mut Batch) -> Cell {
        let text = &batch.text[span.clone()];
        let number = match NhsNumber::parse(text) {
            Ok(number) if text.len() == 10 || self.plan.manner == Manner::Extract => number,
            // Nobody takes the spaces out of a file that is sent as it stands.
            _ => return self.text(span, Reading::NotNhsNumber, 0, record, field, batch),
        };
        let worth = i32::from(number.is_test());
        if text.len() == 10 {
            return Cell::in_batch(span, Quoting::Unneeded, Reading::Valid, worth);
        }
        let start = batch.text.len();
        batch.text.extend_from_slice(number.digits().as_bytes());
        Cell::in_batch(start..start + 10, Quoting::Unneeded, Reading::Valid, worth)
    }

    fn decimal(&mut self, span: Range<usize>, record: u32, field: Field, batch: &mut Batch) -> Cell {
        let text = &batch.text[span.clone()];
        let Some(amount) = parse_amount(text) else {
            return self.text(span, Reading::NotDecimal, 0, record, field, batch);
        };
        if amount.decimals >= 2 || self.plan.manner == Manner::AsSubmitted {
            return Cell::in_batch(span, Quoting::Unneeded, Reading::Valid, amount.hundredths);
        }
        // The format says 0.00: what is short of two decimals is filled up.
        let filled = if text.contains(&b'.') { &b"00"[amount.decimals..] } else { b".00" };
        let start = batch.text.len();
        batch.text.extend_from_within(span);
        batch.text.extend_from_slice(filled);
        Cell::in_batch(start..batch.text.len(), Quoting::Unneeded, Reading::Valid, amount.hundredths)
    }

    /// A cell that is written as it is, in Windows-1252; blank, with a note, where that cannot be done safely.
    fn text(
        &mut self,
        span: Range<usize>,
        reading: Reading,
        value: i32,
        record: u32,
        field: Field,
        batch: &mut Batch,
    ) -> Cell {
        let text = &batch.text[span.clone()];
        let traits = text.iter().fold(0, |seen, byte| seen | TRAITS[usize::from(*byte)]);
        let original = span.start as u32..span.end as u32;
        let mut note = |kind| batch.notes.push(Note { record, field, kind, original: original.clone() });
        if text == b"NULL" {
            note(NoteKind::NullText);
            return Cell::in_batch(span, Quoting::Unneeded, Reading::Blank, 0);
        }
        if is_formula(text) {
            note(NoteKind::Formula);
            if self.plan.manner == Manner::Extract {
                return Cell::BLANK;
            }
        }
        if traits & (HIGH | CONTROL) == 0 {
            let quoting = if traits & QUOTED == 0 { Quoting::Unneeded } else { Quoting::Needed };
            return Cell::in_batch(span, quoting, reading, value);
        }
        let encoded = &mut self.encoded;
        encoded.clear();
        match encode(&String::from_utf8_lossy(text), encoded) {
            Err(kind) => {
                note(kind);
                Cell::BLANK
            }
            Ok(noted) => {
                noted.into_iter().for_each(note);
                let start = batch.text.len();
                batch.text.extend_from_slice(encoded);
                Cell::in_batch(start..batch.text.len(), Quoting::of(encoded), reading, value)
            }
        }
    }

    /// A coded cell that neither map nor list knows.
    #[cold]
    fn unknown(&mut self, place: usize, span: Range<usize>, record: u32, batch: &mut Batch) -> Cell {
        let field = self.plan.coded[place].field;
        let text = &batch.text[span.clone()];
        if text == b"NULL" {
            return self.text(span, Reading::Blank, 0, record, field, batch);
        }
        let unknown = match self.unknown[place].get(text) {
            Some(unknown) => *unknown,
            None => self.first_seen(place, text),
        };
        self.values[unknown.value].count += 1;
        let mut note = |kind| {
            let original = span.start as u32..span.end as u32;
            batch.notes.push(Note { record, field, kind, original });
        };
        match unknown.becomes {
            Becomes::Label(cell) => {
                note(NoteKind::RestoredKey);
                cell
            }
            Becomes::Blank => {
                note(NoteKind::UnmappedBlank);
                Cell::BLANK
            }
            Becomes::Itself(reading, kind) => {
                kind.into_iter().for_each(note);
                self.text(span, reading, 0, record, field, batch)
            }
        }
    }

    fn first_seen(&mut self, place: usize, text: &[u8]) -> Unknown {
        let coded = &self.plan.coded[place];
        let value = String::from_utf8_lossy(text);
        let restored = coded.map.and_then(|map| restored(coded, map, &value));
        let becomes = match (restored, coded.unmapped()) {
            (Some((_, cell)), _) => Becomes::Label(cell),
            (None, None) => Becomes::Itself(Reading::Unlisted, None),
            (None, Some(Unmapped::Error)) => Becomes::Itself(Reading::Unmapped, None),
            (None, Some(Unmapped::Block)) => Becomes::Itself(Reading::Unmapped, Some(NoteKind::UnmappedBlock)),
            (None, Some(Unmapped::Blank)) => Becomes::Blank,
        };
        let seen = &mut self.unknown[place];
        let told_apart = seen.len() < LocalValue::MOST;
        let unknown = Unknown { value: self.values.len(), becomes };
        if told_apart {
            seen.add(text, unknown);
        } else if let Some(rest) = self.values.iter().position(|v| v.field == coded.field && v.value.is_none()) {
            return Unknown { value: rest, becomes };
        }
        self.values.push(LocalValue {
            field: coded.field,
            map: coded.map.map(|map| map.file.clone()),
            value: told_apart.then(|| value.into_owned()),
            restored_line: restored.map(|(entry, _)| entry.line),
            count: 0,
        });
        unknown
    }
}

/// The entry that a spreadsheet has damaged, and the label it leads to.
fn restored<'m>(coded: &Coded<'_>, map: &'m ValueMap, value: &str) -> Option<(&'m MapEntry, Cell)> {
    let entry = restored_match(&map.entries, value)?;
    Some((entry, *coded.known.get(entry.local.as_bytes())?))
}

const HIGH: u8 = 1;
const QUOTED: u8 = 2;
const CONTROL: u8 = 4;

/// What each byte means for a cell that holds it.
const TRAITS: [u8; 256] = {
    let mut traits = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        traits[byte] = match byte as u8 {
            b',' | b'"' | b'\r' | b'\n' => QUOTED,
            b'\t' | 0x20..=0x7E => 0,
            0x80..=0xFF => HIGH,
            _ => CONTROL,
        };
        byte += 1;
    }
    traits
};

/// Whether a text is a day as spreadsheets count them. With five digits they reach from 1927 to 2173.
fn is_day_number(text: &[u8]) -> bool {
    text.len() == 5 && text[0] != b'0' && text.iter().all(u8::is_ascii_digit)
}

/// Whether the portal refuses a value for how it begins: `=`, `+`, `@`, or `-` before anything but a number.
fn is_formula(text: &[u8]) -> bool {
    match text.first() {
        Some(b'=' | b'+' | b'@') => true,
        Some(b'-') => parse_amount(text).is_none(),
        _ => false,
    }
}

/// The span without spaces at its ends.
#[inline]
fn trim(text: &[u8], span: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = span;
    while start < end && text[start] == b' ' {
        start += 1;
    }
    while start < end && text[end - 1] == b' ' {
        end -= 1;
    }
    start..end
}
