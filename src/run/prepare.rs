//! Opening the sources, and comparing the mapping with what they return.

use jiff::Timestamp;

use super::{Order, QueryJob, RunError, Watch};
use crate::{
    document::nearest,
    mapping::Mapping,
    model::{Date, Period},
    source::{Column, Parameters, QueryText, Snapshot, SnapshotFacts, Source},
};

/// A source under the name by which queries call it.
pub struct NamedSource {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub source: Box<dyn Source>,
    /// The first day for which it answers, where another system answered before.
    pub valid_from: Option<Date>,
    /// The last day for which it answers.
    pub valid_to: Option<Date>,
}

/// A mapping that fits its sources, and their snapshots.
#[derive(Debug)]
pub struct Prepared {
    /// The mapping.
    pub mapping: Mapping,
    /// The columns of each query, in the order of the mapping.
    pub columns: Vec<Vec<String>>,
    /// What the manifest says of each source that is used.
    pub sources: Vec<PreparedSource>,
    /// For each query, the place of its source among `sources`, and what it is asked for.
    pub queries: Vec<(usize, Option<Parameters>)>,
}

/// A source's snapshot, as the manifest tells of it.
#[derive(Clone, Debug)]
pub struct PreparedSource {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// The moment it shows.
    pub taken: Timestamp,
    /// What it says of itself.
    pub facts: SnapshotFacts,
}

impl Prepared {
    /// Whether the mapping says whose worklist a row belongs to.
    pub(super) fn splits_worklist(&self) -> bool {
        self.mapping.queries.iter().any(|query| query.worklist.is_some())
    }

    /// The queries of the mapping as jobs.
    pub(super) fn jobs(&self) -> Vec<QueryJob<'_>> {
        let jobs = self.queries.iter().enumerate().map(|(index, (source, parameters))| QueryJob {
            text: QueryJob::text_of(&self.mapping, index),
            source: *source,
            parameters: *parameters,
        });
        jobs.collect()
    }
}

/// Opens every source that a query names, and finds all that is wrong between mapping and columns.
pub(super) fn prepare<'s>(
    order: &Order<'_>,
    sources: &'s mut [NamedSource],
    watch: &Watch<'_>,
) -> Result<(Prepared, Vec<Box<dyn Snapshot + 's>>), RunError> {
    let mut draft = Mapping::draft(order.mapping, order.release).map_err(RunError::Mapping)?;
    let names: Vec<_> = sources.iter().map(|source| source.name.clone()).collect();
    let spans: Vec<_> = sources.iter().map(|source| covered(order.period, source)).collect();
    let mut queries = Vec::new();
    for query in draft.queries() {
        let Some(place) = names.iter().position(|name| *name == query.source) else {
            let near = nearest(&query.source, names.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            return Err(RunError::NoSource { query: query.name.clone(), source_name: query.source.clone(), hint });
        };
        queries.push((place, spans[place].map(|period| Parameters { period })));
    }
    let (mut opened, mut snapshots) = (Vec::new(), Vec::new());
    for source in sources {
        let kind = source.source.kind();
        snapshots.push(source.source.open(watch.stop)?);
        opened.push((source.name.clone(), kind, watch.clock.now()));
    }
    let mut columns = Vec::new();
    for (index, (place, parameters)) in queries.iter().enumerate() {
        let query = &draft.queries()[index];
        let text = QueryText { index, name: &query.name, file: &query.file, sql: &query.sql, outside: &query.outside };
        let asked = parameters.unwrap_or(Parameters { period: order.period });
        let found = snapshots[*place].columns(&text, asked)?;
        let returned: Vec<_> = found.iter().map(Column::returned).collect();
        draft.check_columns(index, &returned);
        columns.push(found.into_iter().map(|column| column.name).collect());
    }
    let mapping = draft.finish().map_err(RunError::Mapping)?;
    let told = opened.into_iter().zip(&snapshots);
    let sources =
        told.map(|((name, kind, taken), snapshot)| PreparedSource { name, kind, taken, facts: snapshot.facts() });
    let sources = sources.collect();
    Ok((Prepared { mapping, columns, sources, queries }, snapshots))
}

/// The part of the period that a source answers for.
fn covered(period: Period, source: &NamedSource) -> Option<Period> {
    let start = source.valid_from.map_or(period.start(), |from| from.max(period.start()));
    let end = source.valid_to.map_or(period.end(), |to| to.min(period.end()));
    Period::new(start, end).ok()
}
