//! The engine: a batch of records goes by, findings and counts stay.

use super::{
    Context, Counts, Found, Judged, Kind, Origin, RULES, Rule, Settings, Skipped, Values,
    across::Across,
    count::number,
    derived::EventTypes,
    scope::LABELS,
    situation::{Asks, Situations},
};
use crate::{
    model::{
        Batch, Cell, Confidence, Field, Finding, NoteKind, Reading, Record, RuleId, Severity, Validity, Vocabulary,
    },
    spec::Release,
};

/// Checks records, one batch after another, in the order of the file.
pub struct Checker {
    context: Context,
    situations: Situations,
    /// By how sure the fields' types are, then by what a field asks and how its cell read.
    verdicts: Vec<Verdicts>,
    /// How sure the type of each field is.
    confidence: [Confidence; Field::COUNT],
    notes: Vec<(NoteKind, RuleId, Severity)>,
    record_rules: Vec<RecordRule>,
    across_rules: Vec<(RuleId, &'static Rule)>,
    across: Across,
    skipped: Vec<Skipped>,
    counts: Counts,
}

/// A rule that looks at records.
struct RecordRule {
    id: RuleId,
    check: fn(&Record<'_>, &Context, &mut Found<'_>),
    severity: Severity,
    /// The codes of the labels that it needs.
    labels: Vec<u16>,
}

const READINGS: usize = 13;

/// What becomes of a cell, by what its field asks and how it read.
type Verdicts = [Verdict; Asks::COUNT * READINGS];

/// What a cell comes to.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    validity: Validity,
    finding: Option<(RuleId, Severity)>,
}

impl Checker {
    /// A checker for a release. Rules that need a label which the release lacks are skipped, and say so.
    pub fn new(release: &Release, settings: Settings) -> Self {
        let context = Context::new(release, settings, LABELS.into_iter());
        let (mut notes, mut record_rules, mut across_rules, mut skipped) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (at, rule) in RULES.iter().enumerate() {
            let id = RuleId(at as u16);
            if let Some(why) = rule.cannot_run(release) {
                skipped.push(Skipped { rule, why });
                continue;
            }
            match rule.kind {
                Kind::Note(kind) => notes.push((kind, id, severity_of_note(rule, kind, context.settings.origin))),
                Kind::Record(check) => {
                    let labels = rule.needs.iter().map(|label| release.code(label.0, label.1)).collect();
                    record_rules.push(RecordRule { id, check, severity: rule.severity, labels });
                }
                kind if kind.looks_across_rows() => across_rules.push((id, *rule)),
                _ => {}
            }
        }
        Self {
            situations: Situations::new(release, context.settings.period.end()),
            verdicts: Confidence::ALL.iter().map(|confidence| verdicts(*confidence)).collect(),
            confidence: Field::ALL.map(|field| release.type_confidence(field)),
            counts: Counts { values: Values::new(release), ..Counts::new(RULES.len(), context.settings.period) },
            across: Across::new(release, context.settings.period),
            context,
            notes,
            record_rules,
            across_rules,
            skipped,
        }
    }

    /// What record rules, and row scope, may ask.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The rules that have nothing to say with this release.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// What has been counted, and what the rows say about one another now that all have gone by.
    pub fn finish(self) -> (Counts, Judged) {
        let Self { mut counts, across, across_rules, .. } = self;
        let judged = across.judge(&across_rules);
        for finding in &judged.findings {
            counts.rules[usize::from(finding.rule.0)][finding.field.index()] += 1;
        }
        (counts, judged)
    }

    /// Checks every record of a batch; its findings are put on the batch, in the order of the records.
    pub fn check(&mut self, batch: &mut Batch, vocabulary: &Vocabulary) {
        let mut findings = std::mem::take(&mut batch.findings);
        let mut notes = batch.notes.iter().peekable();
        let ids = self.across.identify((0..batch.records()).map(|at| batch.record(at, vocabulary)));
        for (at, ids) in ids.into_iter().enumerate() {
            let record = batch.record(at, vocabulary);
            let at = at as u32;
            let asks = self.situations.asks(&record);
            let verdict_of = |confidence: Confidence, asks: Asks, cell: Cell| {
                self.verdicts[confidence as usize][asks as usize * READINGS + cell.reading() as usize]
            };
            let fields = Field::ALL.into_iter().zip(self.confidence.iter().zip(&mut self.counts.fields));
            for ((field, (confidence, count)), (cell, asks)) in fields.zip(record.cells().iter().zip(asks)) {
                let verdict = verdict_of(*confidence, *asks, *cell);
                count.0[asks.status() as usize][verdict.validity as usize] += 1;
                if let Some((rule, severity)) = verdict.finding {
                    let status = verdict.validity;
                    if !matches!(cell.reading(), Reading::Blank | Reading::Valid) {
                        self.counts.values.count_odd(field, &record, asks.status(), status);
                    }
                    self.counts.rules[usize::from(rule.0)][field.index()] += 1;
                    findings.push(Finding { record: at, field, rule, severity, status, original: None });
                }
            }
            let words = |field: Field| {
                let at = field.index();
                verdict_of(self.confidence[at], asks[at], record.cell(field)).validity
            };
            while let Some(note) = notes.next_if(|note| note.record == at) {
                let Some((_, rule, severity)) = self.notes.iter().find(|(kind, ..)| *kind == note.kind) else {
                    continue;
                };
                let original = Some(note.original.clone());
                let (field, status) = (note.field, words(note.field));
                self.counts.rules[usize::from(rule.0)][field.index()] += 1;
                findings.push(Finding { record: at, field, rule: *rule, severity: *severity, status, original });
            }
            for rule in &self.record_rules {
                let RecordRule { id, check, severity, labels } = rule;
                let counts = &mut self.counts.rules;
                let (findings, rule, severity) = (&mut findings, *id, *severity);
                let found = &mut Found { findings, counts, record: at, rule, severity, labels, words: &words };
                check(&record, &self.context, found);
            }
            self.counts.values.count_labels(record.cells(), |field| asks[field.index()].status());
            self.across.see(&record, ids, &words);
            count_record(&mut self.counts, &record, self.context.service);
        }
        for block in findings.iter().filter(|finding| finding.severity == Severity::Block) {
            self.counts.blocks[usize::from(block.rule.0)] += 1;
        }
        batch.findings = findings;
    }
}

/// What the portal would refuse is an ERROR where the agent writes it blank, and a BLOCK in a file made elsewhere.
fn severity_of_note(rule: &Rule, kind: NoteKind, origin: Origin) -> Severity {
    match (kind, origin) {
        (NoteKind::Formula | NoteKind::Unencodable, Origin::Submitted) => Severity::Block,
        _ => rule.severity,
    }
}

fn count_record(counts: &mut Counts, record: &Record<'_>, service: u16) {
    let code = |field| record.code(field).map_or(0, |code| usize::from(code).min(Counts::TYPES - 1));
    counts.records += 1;
    counts.client_types[code(Field::ClientType)] += 1;
    if record.code(Field::EventType) == Some(service)
        && let Some(pence) = record.hundredths(Field::UnitCost)
    {
        counts.costs.add(record.code(Field::CostFrequency), pence);
    }
    let month = |field| record.date(field).map(number);
    let end = month(Field::EventEndDate);
    counts.months.add(end.or_else(|| month(Field::EventStartDate)), code(Field::EventType));
    if let Some(end) = end {
        counts.ends.add(end, event_type(record, &counts.values));
    }
}

/// The record's event type, whether it is on the list or not.
fn event_type(record: &Record<'_>, values: &Values) -> EventTypes {
    let cell = record.cell(Field::EventType);
    match cell.reading() {
        Reading::Blank => EventTypes::NONE,
        Reading::Valid => EventTypes::one((cell.value() as usize).min(Counts::TYPES - 1)),
        _ => EventTypes::one(Counts::TYPES + values.place_of_odd(Field::EventType, record.text(Field::EventType))),
    }
}

/// What every reading of a field comes to, for everything the field can ask, where its type is known so well.
fn verdicts(confidence: Confidence) -> Verdicts {
    let mut verdicts = [Verdict { validity: Validity::Valid, finding: None }; Asks::COUNT * READINGS];
    for asks in Asks::ALL {
        for reading in ALL_READINGS {
            verdicts[asks as usize * READINGS + reading as usize] = verdict(asks, reading, confidence);
        }
    }
    verdicts
}

const ALL_READINGS: [Reading; READINGS] = [
    Reading::Blank,
    Reading::Valid,
    Reading::Unlisted,
    Reading::Unmapped,
    Reading::NotDate,
    Reading::DayNumber,
    Reading::NotNhsNumber,
    Reading::NotPostcode,
    Reading::NotDecimal,
    Reading::NotInteger,
    Reading::NotGpPractice,
    Reading::NotCqcLocation,
    Reading::NotLaCode,
];

fn verdict(asks: Asks, reading: Reading, confidence: Confidence) -> Verdict {
    let rule = |wanted: fn(&Kind, Reading) -> bool| {
        RULES.iter().position(|rule| wanted(&rule.kind, reading)).map(|at| RuleId(at as u16))
    };
    let found = |id: Option<RuleId>, severity| id.map(|id| (id, severity));
    match (asks, reading) {
        (Asks::Mandatory, Reading::Blank) => Verdict {
            validity: Validity::BlankMandatory,
            finding: found(rule(|kind, _| matches!(kind, Kind::Blank)), Severity::Error),
        },
        (Asks::ProbablyMandatory, Reading::Blank) => Verdict {
            validity: Validity::Blank,
            finding: found(rule(|kind, _| matches!(kind, Kind::Blank)), Severity::Query),
        },
        (_, Reading::Blank) => Verdict { validity: Validity::Blank, finding: None },
        (Asks::NotApplicable, _) => Verdict {
            validity: Validity::Valid,
            finding: found(rule(|kind, _| matches!(kind, Kind::Filled)), Severity::Query),
        },
        (_, Reading::Valid) => Verdict { validity: Validity::Valid, finding: None },
        (_, reading) => {
            // That a value map does not know a value is the council's own fact, and certain.
            let severity = if reading == Reading::Unmapped { Severity::Error } else { confidence.worst_severity() };
            let validity = if severity == Severity::Error { Validity::Invalid } else { Validity::Valid };
            let id = rule(|kind, reading| matches!(kind, Kind::Reading(known) if *known == reading));
            Verdict { validity, finding: found(id, severity) }
        }
    }
}
