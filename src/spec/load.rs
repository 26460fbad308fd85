//! Reads a release file. Everything that is wrong in it is found in one reading.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Ask, CodeList, Condition, Fact, FieldKind, FieldSpec, ListValue, Pairing, Release, Wording,
    condition::{self, Labels},
};
use crate::{
    document::{Document, Faults, Spanned, Table, nearest},
    model::{Confidence, Date, Field},
    sys::hash::Sha256,
};

pub(super) fn load(document: &Document) -> Result<Release, Faults> {
    document.read_toml(|root| {
        let head = root.need_table("release")?;
        let sources = sources(root);
        let facts = Facts { sources: &sources };
        let lists = lists(root, &facts);
        let fields = fields(root, &facts, &lists);
        let pairings = pairings(root, &facts, &lists, fields.as_deref());
        let release = Release {
            id: head.need_text("id")?.value.to_owned(),
            name: head.need_text("name")?.value.to_owned(),
            version: head.need_text("version")?.value.to_owned(),
            valid_from: date(&head, head.need_text("valid_from")?)?,
            valid_to: head.text("valid_to").and_then(|text| date(&head, text)),
            sha256: Sha256::of(document.text().as_bytes()),
            text: Arc::from(document.text()),
            template: fields.as_ref()?.iter().map(|spec| spec.field).collect::<Vec<_>>().try_into().ok()?,
            fields: sorted(fields?),
            lists: lists.into_values().map(|(_, list)| list).collect(),
            pairings,
            sources: sources.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect(),
        };
        confidence(&head, "valid_to_confidence");
        head.texts("source");
        head.finish();
        Some(release)
    })
}

/// The lists by name, each with its place.
type Lists = BTreeMap<String, (usize, CodeList)>;

struct Facts<'f> {
    sources: &'f BTreeMap<&'f str, &'f str>,
}

const CONFIDENCES: [(&str, Confidence); 3] =
    [("CONFIRMED", Confidence::Confirmed), ("LIKELY", Confidence::Likely), ("RECALLED", Confidence::Recalled)];

fn confidence(table: &Table<'_>, key: &'static str) -> Option<Confidence> {
    table.word(key, &CONFIDENCES)
}

fn date(table: &Table<'_>, text: Spanned<&str>) -> Option<Date> {
    let date = Date::parse_iso(text.value.as_bytes());
    if date.is_none() {
        table.fault_at(text.span, format!("'{}' is not a date: write yyyy-mm-dd", text.value));
    }
    date
}

fn sources<'t>(root: &Table<'t>) -> BTreeMap<&'t str, &'t str> {
    let Some(table) = root.need_table("sources") else { return BTreeMap::new() };
    let entries = table.entries();
    entries.into_iter().filter_map(|(key, value)| Some((key.value, table.as_text(key.value, value)?.value))).collect()
}

impl Facts<'_> {
    /// The confidence and the sources that every entry must carry.
    fn of(&self, table: &Table<'_>) -> Option<Fact> {
        let confidence = table.need_word("confidence", &CONFIDENCES);
        let cited = table.texts("source");
        if cited.as_ref().is_none_or(Vec::is_empty) {
            table.fault_at(table.span(), "'source' is missing here: every entry says where it was read");
        }
        let cited = cited?;
        for source in cited.iter().filter(|source| !self.sources.contains_key(source.value)) {
            let fault = table.document().fault(source.span.clone(), format!("[sources] has no '{}'", source.value));
            table.fault(fault.suggesting(source.value, self.sources.keys().copied()));
        }
        Some(Fact { confidence: confidence?, sources: cited.iter().map(|source| source.value.to_owned()).collect() })
    }
}

fn lists(root: &Table<'_>, facts: &Facts<'_>) -> Lists {
    let mut lists = Lists::new();
    for table in root.tables("list") {
        let Some(name) = table.need_text("name") else { continue };
        let values: Vec<_> = table.tables("value").iter().filter_map(|value| list_value(value, facts)).collect();
        let mut seen = BTreeSet::new();
        for value in &values {
            if !seen.insert(value.text.as_str()) {
                table.fault_at(name.span.clone(), format!("'{}' stands twice in the list", value.text));
            }
        }
        if values.is_empty() {
            table.fault_at(name.span.clone(), "the list has no values");
        }
        table.finish();
        let place = lists.len();
        let list = CodeList { name: name.value.to_owned(), values, wordings: Vec::new() };
        if lists.insert(name.value.to_owned(), (place, list)).is_some() {
            table.fault_at(name.span, format!("there are two lists '{}'", name.value));
        }
    }
    wordings(root, facts, &mut lists);
    // A list's place is its place by name: the map's order is the order in the release.
    for (place, (at, _)) in lists.values_mut().enumerate() {
        *at = place;
    }
    lists
}

/// Puts what other releases say for labels with their lists. A label that the list does not have is passed over, so that a
/// list can be replaced alone; and nobody asks for a wording that has become a label.
fn wordings(root: &Table<'_>, facts: &Facts<'_>, lists: &mut Lists) {
    for table in root.tables("wordings") {
        let (name, release, fact) = (table.need_text("list"), table.need_text("release"), facts.of(&table));
        let mut found = Vec::new();
        for value in table.tables("values") {
            let (text, means) = (value.need_text("text"), value.texts("means").unwrap_or_default());
            value.finish();
            found.extend(text.map(|text| (text, means)));
        }
        table.finish();
        let (Some(name), Some(release), Some(fact)) = (name, release, fact) else { continue };
        let Some((_, list)) = lists.get_mut(name.value) else {
            let fault = table.document().fault(name.span, format!("there is no list '{}'", name.value));
            table.fault(fault.suggesting(name.value, lists.keys().map(String::as_str)));
            continue;
        };
        for (text, means) in found {
            let means = means.iter().map(|label| label.value).filter(|label| list.code(label).is_some());
            let means = means.map(str::to_owned).collect();
            let (text, release, fact) = (text.value.to_owned(), release.value.to_owned(), fact.clone());
            list.wordings.push(Wording { text, release, means, fact });
        }
    }
}

fn list_value(table: &Table<'_>, facts: &Facts<'_>) -> Option<ListValue> {
    let text = table.need_text("text");
    let settled = table.word("accommodation", &[("settled", true), ("unsettled", false)]);
    let rank = table.integer("rank", 1..=999).map(|rank| rank.value as u16);
    let variants = table.texts("variants").unwrap_or_default();
    let not_to_be_used = table.text("not_to_be_used").map(|why| why.value.to_owned());
    let fact = facts.of(table);
    table.finish();
    let text = text?;
    if text.value.trim() != text.value || text.value.is_empty() {
        table.fault_at(text.span.clone(), "a label is not blank and has no space at its ends");
    }
    if let Some(odd) = text.value.chars().find(|c| !c.is_ascii() || c.is_ascii_control()) {
        table.fault_at(text.span, format!("a label is plain ASCII text: '{}' is not", odd.escape_default()));
    }
    Some(ListValue {
        text: text.value.to_owned(),
        variants: variants.iter().map(|variant| variant.value.to_owned()).collect(),
        rank,
        settled,
        not_to_be_used,
        fact: fact?,
    })
}

/// The fields, in the order of the file: that of the template.
fn fields(root: &Table<'_>, facts: &Facts<'_>, lists: &Lists) -> Option<Vec<FieldSpec>> {
    let tables = root.tables("field");
    // Conditions ask other fields, so the kind of every field is known before the first condition is read.
    let kinds: Vec<_> = tables.iter().map(|table| (key(table), kind(table, lists))).collect();
    let labels = Kinds { kinds: &kinds, lists };
    let mut specs = Vec::new();
    for (table, (key, kind)) in tables.iter().zip(&kinds) {
        let spec = field(table, facts, &labels, key.as_ref().map(|key| key.value), *kind);
        table.finish();
        specs.extend(spec);
    }
    let mut known: Vec<Field> = Vec::new();
    for key in kinds.iter().filter_map(|(key, _)| key.as_ref()) {
        if known.contains(&key.value) {
            root.fault_at(key.span.clone(), format!("the field '{}' stands twice", key.value));
        }
        known.push(key.value);
    }
    // A name that is none is told already, and may be the one that is missing.
    if known.len() == kinds.len() {
        for field in Field::ALL.into_iter().filter(|field| !known.contains(field)) {
            root.fault_at(root.span(), format!("the field '{field}' is missing: the template has {}", Field::COUNT));
        }
    }
    (specs.len() == Field::COUNT).then_some(specs)
}

/// The fields as code knows them: in the order of [`Field::ALL`].
fn sorted(mut fields: Vec<FieldSpec>) -> Vec<FieldSpec> {
    fields.sort_by_key(|spec| spec.field);
    fields
}

type Keyed = (Option<Spanned<Field>>, Option<FieldKind>);

struct Kinds<'k> {
    kinds: &'k [Keyed],
    lists: &'k Lists,
}

impl Labels for Kinds<'_> {
    fn labels(&self, field: Field) -> Option<Vec<&str>> {
        let (_, kind) = self.kinds.iter().find(|(key, _)| key.as_ref().is_some_and(|key| key.value == field))?;
        let Some(FieldKind::List(place)) = kind else { return None };
        let (_, list) = self.lists.values().find(|(at, _)| at == place)?;
        Some(list.values.iter().map(|value| value.text.as_str()).collect())
    }
}

fn key(table: &Table<'_>) -> Option<Spanned<Field>> {
    let text = table.need_text("key")?;
    let field = Field::from_key(text.value);
    if field.is_none() {
        let fault = table.document().fault(text.span.clone(), format!("there is no field '{}'", text.value));
        table.fault(fault.suggesting(text.value, Field::ALL.iter().map(|field| field.key())));
    }
    Some(Spanned { span: text.span, value: field? })
}

fn kind(table: &Table<'_>, lists: &Lists) -> Option<FieldKind> {
    const KINDS: [(&str, FieldKind); 10] = [
        ("text", FieldKind::Text),
        ("list", FieldKind::List(0)),
        ("date", FieldKind::Date),
        ("integer", FieldKind::Integer),
        ("decimal", FieldKind::Decimal),
        ("nhs-number", FieldKind::NhsNumber),
        ("postcode", FieldKind::Postcode),
        ("la-code", FieldKind::LaCode),
        ("gp-practice", FieldKind::GpPractice),
        ("cqc-location", FieldKind::CqcLocation),
    ];
    let kind = table.need_word("type", &KINDS)?;
    if kind != FieldKind::List(0) {
        return Some(kind);
    }
    let name = table.need_text("list")?;
    if let Some((place, _)) = lists.get(name.value) {
        return Some(FieldKind::List(*place));
    }
    let fault = table.document().fault(name.span, format!("there is no list '{}'", name.value));
    table.fault(fault.suggesting(name.value, lists.keys().map(String::as_str)));
    None
}

fn field(
    table: &Table<'_>,
    facts: &Facts<'_>,
    labels: &impl Labels,
    key: Option<Field>,
    kind: Option<FieldKind>,
) -> Option<FieldSpec> {
    let header = table.need_text("header");
    let group = table.need_text("group");
    let meaning = table.need_text("meaning");
    let personal = table.boolean("personal").unwrap_or(false);
    let fact = facts.of(table);
    let applicable = ask(table, "applicable", facts, labels);
    let mandatory = ask(table, "mandatory", facts, labels);
    let format = table.table("format").and_then(|format| {
        let text = format.need_text("text");
        let fact = facts.of(&format);
        format.finish();
        Some((text?.value.to_owned(), fact?))
    });
    Some(FieldSpec {
        field: key?,
        header: header?.value.to_owned(),
        group: group?.value.to_owned(),
        kind: kind?,
        personal,
        meaning: meaning?.value.to_owned(),
        fact: fact?,
        applicable: applicable?,
        mandatory: mandatory?,
        format,
    })
}

fn ask(table: &Table<'_>, key: &'static str, facts: &Facts<'_>, labels: &impl Labels) -> Option<Ask> {
    let ask = table.need_table(key)?;
    let text = ask.need_text("when");
    let fact = facts.of(&ask);
    ask.finish();
    let text = text?;
    let when: Condition = match condition::parse(text.value, labels) {
        Ok(when) => when,
        Err(fault) => {
            // The text begins after its opening quote.
            let start = text.span.start + 1;
            table.fault_at(start + fault.at.start..start + fault.at.end, fault.message);
            return None;
        }
    };
    Some(Ask { text: text.value.to_owned(), when, fact: fact? })
}

fn pairings(root: &Table<'_>, facts: &Facts<'_>, lists: &Lists, fields: Option<&[FieldSpec]>) -> Vec<Pairing> {
    let list_of = |field: Field| match fields?.iter().find(|spec| spec.field == field)?.kind {
        FieldKind::List(place) => lists.values().find(|(at, _)| *at == place).map(|(_, list)| list),
        _ => None,
    };
    let mut pairings = Vec::new();
    for table in root.tables("pairing") {
        let code = |key: &'static str, field: Field| {
            let text = table.need_text(key)?;
            let list = list_of(field)?;
            let code = list.code(text.value);
            if code.is_none() {
                let known = list.values.iter().map(|value| value.text.as_str());
                let hint =
                    nearest(text.value, known).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                table.fault_at(text.span, format!("the list '{}' has no '{}'{hint}", list.name, text.value));
            }
            code
        };
        let service_type = code("service_type", Field::ServiceType);
        let component = code("service_component", Field::ServiceComponent);
        let fact = facts.of(&table);
        table.finish();
        if let (Some(service_type), Some(component), Some(fact)) = (service_type, component, fact) {
            pairings.push(Pairing { service_type, component, fact });
        }
    }
    pairings
}
