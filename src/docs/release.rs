//! `docs/release-1.md`.

use std::fmt::Write;

use super::{Table, anchor, code};
use crate::{
    model::{Confidence, Field},
    spec::{Ask, CodeList, Condition, Fact, FieldKind, FieldSpec, Release},
};

pub(super) fn text(release: &Release) -> String {
    let mut text = introduction(release);
    text.push_str("\n## The fields\n\n");
    text.push_str(&overview(release));
    let mut group = "";
    for spec in release.template() {
        if spec.group != group {
            group = &spec.group;
            let _ = write!(text, "\n## {group}\n");
        }
        field(release, spec, &mut text);
    }
    text.push_str(
        "\n## The lists\n\nSubmissions carry labels, to the letter: capitals, spaces, dashes and colons count.\n",
    );
    for list in release.lists() {
        code_list(release, list, &mut text);
    }
    pairings(release, &mut text);
    sources(release, &mut text);
    text
}

fn introduction(release: &Release) -> String {
    let last = release.valid_to.map_or_else(String::new, |last| format!(" that end by {last}"));
    let of =
        |confidence| release.fields().iter().filter(|spec| release.type_confidence(spec.field) == confidence).count();
    format!(
        "# {name}, field by field

This is the release file that the program checks against (id `{id}`, version {version}), as a page. The centre expects
{name} for periods from {first}{last}; a package for a later period is still built, with one line that says so in report and
manifest. The published specification workbook is the authority: where the two differ, this is wrong, and
[official-release.md](official-release.md) says how to read the workbook in.

Every entry says how well it is known: **CONFIRMED** (read in a source), **LIKELY** (inferred from one), **RECALLED** (general
knowledge; no source was found). A check that rests on anything but CONFIRMED raises a QUERY, never an ERROR, so that what is
not known cannot fail a record. The type checks of {confirmed} fields are CONFIRMED, of {likely} LIKELY and of {recalled}
RECALLED; a list is as well known as its least known label.

Conditions are over the same row, with fields by their keys. A blank is the empty text: it contains nothing and equals
nothing. Applicability wins over mandatory. Where the field that decides is itself invalid, the answer is left open and
nothing fails for it.
",
        name = release.name,
        id = release.id,
        version = release.version,
        first = release.valid_from,
        confirmed = of(Confidence::Confirmed),
        likely = of(Confidence::Likely),
        recalled = of(Confidence::Recalled),
    )
}

fn overview(release: &Release) -> String {
    let mut table = Table::new(["#", "header", "key", "type", "applicable", "mandatory"]);
    for spec in release.template() {
        let name = format!("[{}](#{})", spec.header, anchor(&heading(spec)));
        let number = (spec.field.index() + 1).to_string();
        table.row([
            &number,
            &name,
            &code(spec.field.key()),
            spec.kind.name(),
            often(&spec.applicable),
            often(&spec.mandatory),
        ]);
    }
    table.text
}

fn often(ask: &Ask) -> &'static str {
    match ask.when {
        Condition::Always => "always",
        Condition::Never => "never",
        _ => "on some rows",
    }
}

fn heading(spec: &FieldSpec) -> String {
    format!("{}. {}", spec.field.index() + 1, spec.header)
}

fn field(release: &Release, spec: &FieldSpec, text: &mut String) {
    let _ = write!(text, "\n### {}\n\n{}\n\n", heading(spec), spec.meaning);
    let mut table = Table::new(["", "", "how well known", "sources"]);
    let mut row = |name: &str, what: &str, fact: &Fact| {
        table.row([name, what, fact.confidence.as_str(), &cited(&fact.sources)]);
    };
    let personal = if spec.personal { ", personal" } else { "" };
    row("field", &format!("{}{personal}", code(spec.field.key())), &spec.fact);
    match (spec.kind, &spec.format) {
        (FieldKind::List(_), _) => {
            let list = release.list(spec.field).map(|list| list.name.as_str()).unwrap_or_default();
            let fact = Fact { confidence: release.type_confidence(spec.field), sources: Vec::new() };
            row("list", &format!("[{list}](#{})", anchor(&list_heading(list))), &fact);
        }
        (_, Some((format, fact))) => row("format", format, fact),
        (_, None) => {}
    }
    row("applicable", &code(&spec.applicable.text), &spec.applicable.fact);
    row("mandatory", &code(&spec.mandatory.text), &spec.mandatory.fact);
    text.push_str(&table.text);
}

fn list_heading(list: &str) -> String {
    format!("List: {list}")
}

fn code_list(release: &Release, list: &CodeList, text: &mut String) {
    let fields = Field::ALL.into_iter().filter(|field| release.list(*field).is_some_and(|own| own.name == list.name));
    let fields: Vec<_> = fields.map(|field| release.field(field).header.as_str()).collect();
    let _ = write!(text, "\n### {}\n\nUsed by {}.\n\n", list_heading(&list.name), fields.join(", "));
    let mut table = Table::new(["label", "also seen as", "notes", "how well known", "sources"]);
    for value in &list.values {
        let variants: Vec<_> = value.variants.iter().map(|variant| code(variant)).collect();
        let notes = [
            value.rank.map(|rank| format!("rank {rank}")),
            value.settled.map(|settled| if settled { "settled" } else { "unsettled" }.to_owned()),
            value.not_to_be_used.as_ref().map(|why| format!("not to be used: {why}")),
        ];
        let notes: Vec<_> = notes.into_iter().flatten().collect();
        let fact = &value.fact;
        table.row([
            &code(&value.text),
            &variants.join(", "),
            &notes.join("; "),
            fact.confidence.as_str(),
            &cited(&fact.sources),
        ]);
    }
    text.push_str(&table.text);
    if list.wordings.is_empty() {
        return;
    }
    text.push_str("\nWordings of other releases, known as such where a value is not of the list:\n\n");
    let mut table = Table::new(["wording", "of", "means", "how well known", "sources"]);
    for wording in &list.wordings {
        let means: Vec<_> = wording.means.iter().map(|label| code(label)).collect();
        let fact = &wording.fact;
        table.row([
            &code(&wording.text),
            &wording.release,
            &means.join(" or "),
            fact.confidence.as_str(),
            &cited(&fact.sources),
        ]);
    }
    text.push_str(&table.text);
}

fn pairings(release: &Release, text: &mut String) {
    text.push_str("\n## Service Types and their Service Components\n\n");
    text.push_str("Pairs that are evidenced or expected. Another pair raises a QUERY; no official table is known.\n\n");
    let label = |field, code| release.list(field).and_then(|list| list.value(code)).map_or("", |value| &value.text);
    let mut table = Table::new(["Service Type", "Service Component", "how well known", "sources"]);
    for pairing in release.pairings() {
        table.row([
            label(Field::ServiceType, pairing.service_type),
            label(Field::ServiceComponent, pairing.component),
            pairing.fact.confidence.as_str(),
            &cited(&pairing.fact.sources),
        ]);
    }
    text.push_str(&table.text);
}

fn sources(release: &Release, text: &mut String) {
    text.push_str("\n## Sources\n\n");
    let mut table = Table::new(["key", "what it is"]);
    for (key, source) in release.sources() {
        table.row([&code(key), source]);
    }
    text.push_str(&table.text);
}

fn cited(sources: &[String]) -> String {
    sources.join(", ")
}
