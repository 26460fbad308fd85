//! Mapping × columns × release, compiled into a step per field.

use std::sync::Arc;

use super::encode::encode;
use crate::{
    mapping::{ByName, DateFormat, Expression, From, Mapping, Query, Treatment, Unmapped, ValueMap},
    model::{Cell, Date, Field, Lines, Lookup, Period, Reading, Vocabulary},
    spec::{FieldKind, Release},
};

/// What the agent itself writes on every row.
#[derive(Clone, Debug)]
pub struct Constants {
    /// The council's code.
    pub la_code: String,
    /// The period that the file states.
    pub period: Period,
}

/// How rows become records: compiled before the first row, never changed after.
#[derive(Debug)]
pub struct Plan<'m> {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) queries: Vec<QueryPlan>,
    pub(super) coded: Vec<Coded<'m>>,
    pub(super) manner: Manner,
}

/// Whether values are made ready for the portal, or judged as somebody else has written them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Spaces at the ends go, dates and amounts take the portal's form, what the portal refuses is written blank.
    Extract,
    /// Every cell stays as it is.
    AsSubmitted,
}

#[derive(Debug)]
pub(super) struct QueryPlan {
    pub(super) steps: Vec<Step>,
    pub(super) key: Option<usize>,
    pub(super) leave_out: Option<(Take, Option<Lookup<String>>)>,
    pub(super) worklist: Option<Take>,
}

/// How one field is made.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) field: Field,
    pub(super) take: Take,
    pub(super) finish: Finish,
    /// What stands in the field where the text is blank: nothing, unless a value map says otherwise.
    pub(super) blank: Cell,
}

/// Where the text comes from.
#[derive(Debug)]
pub(super) enum Take {
    Fixed(Cell),
    Column(usize),
    FirstOf(Vec<usize>),
    Join(Vec<usize>, Vec<u8>),
}

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Finish {
    /// Looked up, in the plan's table at this place.
    Coded(usize),
    Date(Option<DateFormat>),
    Text,
    NhsNumber,
    Decimal,
    /// Text whose shape is looked at.
    Shaped(fn(&[u8]) -> bool, Reading),
}

/// The labels of a coded field, and the local values that stand for them.
#[derive(Debug)]
pub(super) struct Coded<'m> {
    pub(super) field: Field,
    pub(super) map: Option<&'m ValueMap>,
    pub(super) known: Lookup<Cell>,
}

impl<'m> Plan<'m> {
    /// Compiles a mapping whose columns have been checked: `columns[q]` are the names of query `q`'s columns.
    pub fn compile(mapping: &'m Mapping, columns: &[Vec<String>], release: &Release, constants: &Constants) -> Self {
        let mut compiler = Compiler::new(release);
        let queries = mapping
            .queries
            .iter()
            .zip(columns)
            .map(|(query, columns)| compiler.query(mapping, query, columns, constants))
            .collect();
        compiler.finish(queries, Manner::Extract)
    }

    /// A plan for a file that is an extract already: each column feeds the field whose header it carries.
    pub fn as_submitted(columns: &[String], release: &Release) -> Self {
        let mut compiler = Compiler::new(release);
        let steps = Field::ALL.into_iter().map(|field| {
            let header = &release.field(field).header;
            let column = columns.iter().position(|column| column == header);
            let take = column.map_or(Take::Fixed(Cell::BLANK), Take::Column);
            compiler.step_of(field, take, None, None)
        });
        let query = QueryPlan { steps: steps.collect(), key: None, leave_out: None, worklist: None };
        compiler.finish(vec![query], Manner::AsSubmitted)
    }

    /// The texts that cells may refer to.
    pub fn vocabulary(&self) -> Arc<Vocabulary> {
        Arc::clone(&self.vocabulary)
    }
}

struct Compiler<'m, 'r> {
    release: &'r Release,
    vocabulary: Vocabulary,
    coded: Vec<Coded<'m>>,
    /// The cell of every label, by field and code, so that a label is one word however many maps lead to it.
    labels: Vec<Vec<Cell>>,
}

impl<'m, 'r> Compiler<'m, 'r> {
    fn new(release: &'r Release) -> Self {
        let mut vocabulary = Vocabulary::default();
        let labels = Field::ALL
            .into_iter()
            .map(|field| {
                let values = release.list(field).map_or(&[][..], |list| &list.values);
                let cells = values
                    .iter()
                    .zip(1..)
                    .map(|(value, code)| Cell::word(vocabulary.add(value.text.as_bytes()), Reading::Valid, code));
                cells.collect()
            })
            .collect();
        Self { release, vocabulary, coded: Vec::new(), labels }
    }

    fn finish(mut self, queries: Vec<QueryPlan>, manner: Manner) -> Plan<'m> {
        // Nobody's word: behind the last one there must be text for it to be copied in wide steps.
        self.vocabulary.add(&[b' '; Lines::WIDTH]);
        Plan { vocabulary: Arc::new(self.vocabulary), queries, coded: self.coded, manner }
    }

    fn query(&mut self, mapping: &'m Mapping, query: &Query, columns: &[String], constants: &Constants) -> QueryPlan {
        let place = |name: &String| columns.iter().position(|column| column == name);
        let steps = Field::ALL.into_iter().map(|field| {
            let fixed = |cell| Step::fixed(field, cell);
            match field {
                Field::LaCode => fixed(self.constant(field, &constants.la_code)),
                Field::ReportingPeriodStartDate => fixed(self.date(constants.period.start())),
                Field::ReportingPeriodEndDate => fixed(self.date(constants.period.end())),
                _ => match query.fields.iter().find(|(mapped, _)| *mapped == field) {
                    Some((_, expression)) => self.step(mapping, field, expression, &place),
                    None if query.by_name == ByName::Yes => {
                        let header = &self.release.field(field).header;
                        match place(header) {
                            Some(column) => self.step_of(field, Take::Column(column), None, None),
                            None => fixed(Cell::BLANK),
                        }
                    }
                    None => fixed(Cell::BLANK),
                },
            }
        });
        let steps = steps.collect();
        let leave_out = query.leave_out.as_ref().map(|expression| {
            let map = map_of(mapping, expression).map(|map| {
                let mut reasons = Lookup::default();
                map.entries.iter().for_each(|entry| reasons.add(entry.local.as_bytes(), entry.national.clone()));
                reasons
            });
            (self.take(&expression.from, &place), map)
        });
        let worklist = query.worklist.as_ref().map(|expression| self.take(&expression.from, &place));
        QueryPlan { steps, key: place(&query.key), leave_out, worklist }
    }

    fn step(
        &mut self,
        mapping: &'m Mapping,
        field: Field,
        expression: &Expression,
        place: &impl Fn(&String) -> Option<usize>,
    ) -> Step {
        if let From::Constant(text) = &expression.from {
            return Step::fixed(field, self.constant(field, text));
        }
        let format = match &expression.treatment {
            Treatment::Date(format) => Some(format.clone()),
            _ => None,
        };
        let take = self.take(&expression.from, place);
        self.step_of(field, take, map_of(mapping, expression), format)
    }

    fn step_of(&mut self, field: Field, take: Take, map: Option<&'m ValueMap>, format: Option<DateFormat>) -> Step {
        let finish = self.finish_of(field, map, format);
        let blank = match finish {
            Finish::Coded(place) => self.coded[place].known.get(b"").copied(),
            _ => None,
        };
        Step { field, take, finish, blank: blank.unwrap_or(Cell::BLANK) }
    }

    fn take(&mut self, from: &From, place: &impl Fn(&String) -> Option<usize>) -> Take {
        let places = |names: &[String]| names.iter().filter_map(place).collect::<Vec<_>>();
        match from {
            // The columns were found present when the mapping was checked; one that is not gives nothing.
            From::Column(name) => place(name).map_or(Take::Fixed(Cell::BLANK), Take::Column),
            From::Constant(text) => Take::Fixed(self.word(text, Reading::Valid, 0)),
            From::FirstOf(names) => Take::FirstOf(places(names)),
            From::Join(names, with) => Take::Join(places(names), with.clone().into_bytes()),
        }
    }

    fn finish_of(&mut self, field: Field, map: Option<&'m ValueMap>, format: Option<DateFormat>) -> Finish {
        use crate::model::{is_cqc_location, is_gp_practice, is_la_code, is_postcode};
        match self.release.field(field).kind {
            FieldKind::List(_) => Finish::Coded(self.coded(field, map)),
            FieldKind::Date => Finish::Date(format),
            FieldKind::Text => Finish::Text,
            FieldKind::NhsNumber => Finish::NhsNumber,
            FieldKind::Decimal => Finish::Decimal,
            FieldKind::Integer => {
                Finish::Shaped(|text| text.len() <= 9 && text.iter().all(u8::is_ascii_digit), Reading::NotInteger)
            }
            FieldKind::Postcode => Finish::Shaped(is_postcode, Reading::NotPostcode),
            FieldKind::LaCode => Finish::Shaped(is_la_code, Reading::NotLaCode),
            FieldKind::GpPractice => Finish::Shaped(is_gp_practice, Reading::NotGpPractice),
            FieldKind::CqcLocation => Finish::Shaped(is_cqc_location, Reading::NotCqcLocation),
        }
    }

    /// The table of a field and a map, made once however many queries use it. Local values come first; a national
    /// label that is no local value stands for itself.
    fn coded(&mut self, field: Field, map: Option<&'m ValueMap>) -> usize {
        let same =
            |coded: &Coded<'_>| coded.field == field && coded.map.map(|map| &map.name) == map.map(|map| &map.name);
        if let Some(place) = self.coded.iter().position(same) {
            return place;
        }
        let mut known = Lookup::default();
        for entry in map.iter().flat_map(|map| &map.entries) {
            let cell = match entry.national.as_str() {
                "" => Cell::BLANK,
                national => self.constant(field, national),
            };
            known.add(entry.local.as_bytes(), cell);
        }
        if let Some(list) = self.release.list(field) {
            for (value, cell) in list.values.iter().zip(&self.labels[field.index()]) {
                known.add(value.text.as_bytes(), *cell);
            }
        }
        self.coded.push(Coded { field, map, known });
        self.coded.len() - 1
    }

    /// A text that stands in a field on every row.
    fn constant(&mut self, field: Field, text: &str) -> Cell {
        match self.release.code(field, text) {
            0 if text.is_empty() => Cell::BLANK,
            0 if self.release.list(field).is_some() => self.word(text, Reading::Unlisted, 0),
            0 => self.word(text, Reading::Valid, 0),
            code => self.labels[field.index()][usize::from(code) - 1],
        }
    }

    fn word(&mut self, text: &str, reading: Reading, value: i32) -> Cell {
        let mut bytes = Vec::new();
        // A constant that cannot be written was found when the mapping was checked; here it would be blank.
        let _ = encode(text, &mut bytes);
        Cell::word(self.vocabulary.add(&bytes), reading, value)
    }

    fn date(&mut self, date: Date) -> Cell {
        Cell::word(self.vocabulary.add(&date.to_portal()), Reading::Valid, date.days())
    }
}

fn map_of<'m>(mapping: &'m Mapping, expression: &Expression) -> Option<&'m ValueMap> {
    match expression.treatment {
        Treatment::Map(place) => mapping.maps.get(place),
        _ => None,
    }
}

impl Step {
    fn fixed(field: Field, cell: Cell) -> Self {
        Self { field, take: Take::Fixed(cell), finish: Finish::Text, blank: Cell::BLANK }
    }
}

impl Coded<'_> {
    /// What happens to a value that is neither in the map nor a label.
    pub(super) fn unmapped(&self) -> Option<Unmapped> {
        self.map.map(|map| map.unmapped)
    }
}
