//! What a run stands on, tried before one is made: is the mapping sound, can each source be read, do they fit?
//!
//! Each [`Line`] says what was tried, what came back and what to do. Nothing is read but the names and types of columns,
//! nothing is written, and no line holds anybody's data. [`examine`] is for whoever looks after the installation,
//! [`fit`] for the analyst who keeps the mapping: all that is wrong with it, in one go.

mod ground;
mod network;
#[cfg(test)]
mod tests;

pub use ground::{Known, ground, needed_bytes};
pub use network::ways;

use std::{collections::BTreeMap, path::Path};

use crate::{
    document::{Faults, nearest},
    exit,
    mapping::{Draft, Mapping, Query},
    model::Period,
    run::{NamedSource, RunError},
    source::{Column, Found, Ordered, Parameters, Probe, QueryText, SourceError},
    spec::Release,
    sys::shutdown::Shutdown,
};

/// What is examined.
pub struct Patient<'a> {
    /// The folder of its mapping.
    pub mapping: &'a Path,
    /// The release that it follows.
    pub release: &'a Release,
    /// Where its rows come from.
    pub sources: Vec<NamedSource>,
    /// The period that its queries would be asked for.
    pub period: Period,
}

/// Whether sources are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// They are.
    Asked,
    /// They are left alone: what can be said without them is said.
    Left,
}

/// Whether secrets are fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// They are: whoever asks is the agent.
    Fetched,
    /// They are left alone: whoever asks need not be let in on them.
    Left,
}

/// Something that was tried, and what came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What it is about: the mapping, a source, a query.
    pub about: String,
    /// How it went.
    pub found: Found,
    /// What came back.
    pub text: String,
    /// What to do.
    pub advice: Option<String>,
    /// The exit code that a run would end with.
    pub code: u8,
}

impl Line {
    /// It is as it should be.
    pub fn good(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self { about: about.into(), found: Found::Good, text: text.into(), advice: None, code: exit::SUCCESS }
    }

    /// A run can succeed so, and somebody should look.
    pub fn doubt(about: impl Into<String>, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { found: Found::Doubt, advice: Some(advice.into()), ..Self::good(about, text) }
    }

    /// No run can succeed so.
    pub fn fault(about: impl Into<String>, text: impl Into<String>, code: u8) -> Self {
        Self { found: Found::Fault, code, ..Self::good(about, text) }
    }

    fn of_probe(source: &str, probe: Probe) -> Self {
        let code = if probe.found == Found::Fault { exit::SOURCE } else { exit::SUCCESS };
        let about = format!("source {source}, {}", probe.tried);
        Self { about, found: probe.found, text: probe.text, advice: probe.advice, code }
    }

    fn of_error(about: String, error: SourceError) -> Self {
        let Probe { text, .. } = Probe::fault("", &error);
        Self::fault(about, text, RunError::from(error).exit_code())
    }
}

/// The exit code of an examination: that of its first fault.
pub fn exit_code(lines: &[Line]) -> u8 {
    lines.iter().find(|line| line.found == Found::Fault).map_or(exit::SUCCESS, |line| line.code)
}

/// Examines everything that a run stands on.
pub fn examine(mut patient: Patient<'_>, network: Network, stop: &Shutdown) -> Vec<Line> {
    let mut lines = Vec::new();
    if network == Network::Asked {
        lines.extend(patient.sources.iter_mut().flat_map(|source| reach(source, stop)));
    }
    let (of_queries, faults) = fit(&mut patient, network, stop);
    lines.extend(of_queries);
    match faults {
        Ok(mapping) => {
            let about = if network == Network::Asked { "fits release and sources" } else { "fits the release" };
            lines.push(Line::good("mapping", format!("'{}' {about}", mapping.name)));
        }
        Err(faults) => {
            lines.extend(faults.iter().map(|fault| Line::fault("mapping", fault.to_string(), exit::MAPPING)));
        }
    }
    lines
}

/// Tries a source, short of its queries.
pub fn reach(source: &mut NamedSource, stop: &Shutdown) -> Vec<Line> {
    let probes = source.source.examine(stop);
    probes.into_iter().map(|probe| Line::of_probe(&source.name, probe)).collect()
}

/// Compares a mapping with its release and with what its sources return: what came back of each query, and all faults at
/// once.
pub fn fit(patient: &mut Patient<'_>, network: Network, stop: &Shutdown) -> (Vec<Line>, Result<Mapping, Faults>) {
    let mut draft = match Mapping::draft(patient.mapping, patient.release) {
        Ok(draft) => draft,
        Err(faults) => return (Vec::new(), Err(faults)),
    };
    let mut lines = Vec::new();
    let names: Vec<_> = patient.sources.iter().map(|source| source.name.clone()).collect();
    for query in draft.queries().iter().filter(|query| !names.contains(&query.source)) {
        let near = nearest(&query.source, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
        let text = format!("the submission has no source '{}'{hint}", query.source);
        lines.push(Line::fault(format!("query {}", query.name), text, exit::MAPPING));
    }
    if network == Network::Asked {
        for source in &mut patient.sources {
            of_source(source, &mut draft, patient.period, stop, &mut lines);
        }
    }
    let doubts =
        draft.doubts().iter().map(|doubt| Line { found: Found::Doubt, ..Line::good("mapping", doubt.to_string()) });
    lines.extend(doubts);
    (lines, draft.finish())
}

/// Asks a source for the columns of its queries.
fn of_source(source: &mut NamedSource, draft: &mut Draft<'_>, period: Period, stop: &Shutdown, lines: &mut Vec<Line>) {
    let places: Vec<_> = (0..draft.queries().len()).filter(|at| draft.queries()[*at].source == source.name).collect();
    if places.is_empty() {
        let about = format!("source {}", source.name);
        lines.push(Line::doubt(about, "no query of the mapping asks it", "remove it, or name it in a query"));
        return;
    }
    let orders: BTreeMap<_, _> =
        places.iter().map(|at| (*at, source.source.order_of(&text_of(&draft.queries()[*at], *at)))).collect();
    let mut snapshot = match source.source.open(stop) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            lines.push(Line::of_error(format!("source {}", source.name), error));
            return;
        }
    };
    for at in places {
        let query = &draft.queries()[at];
        let about = format!("query {}", query.name);
        match snapshot.columns(&text_of(query, at), Parameters { period }) {
            Ok(columns) => {
                lines.push(of_order(&about, query, &orders[&at], columns.len()));
                let returned: Vec<_> = columns.iter().map(Column::returned).collect();
                draft.check_columns(at, &returned);
            }
            Err(error) => lines.push(Line::of_error(about, error)),
        }
    }
    let about = || format!("source {}", source.name);
    let notes = snapshot.facts().notes.into_iter();
    lines.extend(notes.map(|note| Line { found: Found::Doubt, ..Line::good(about(), note) }));
}

fn text_of(query: &Query, index: usize) -> QueryText<'_> {
    QueryText { index, name: &query.name, file: &query.file, sql: &query.sql, outside: &query.outside }
}

/// Whether the same rows come in the same order next time: only then are the same bytes written.
fn of_order(about: &str, query: &Query, order: &Ordered, columns: usize) -> Line {
    let advice = || format!("end it with ORDER BY and a column that tells rows apart, such as {}", query.key);
    match order {
        Ordered::No => Line::doubt(about, format!("{columns} columns; its rows come in no certain order"), advice()),
        Ordered::By(by) if !by.contains(&query.key.to_lowercase()) => {
            let text = format!("{columns} columns; rows that are alike in ORDER BY come in no certain order");
            Line::doubt(about, text, advice())
        }
        Ordered::By(_) | Ordered::Unknown => Line::good(about, format!("{columns} columns")),
    }
}
