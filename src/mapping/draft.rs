//! A mapping on its way to being sound: what could be read of it, and everything that is wrong so far.

use std::{collections::BTreeSet, ops::Range};

use super::{FILLED_BY_AGENT, Mapping, Query, Treatment, expression::Mapped};
use crate::{
    document::{Document, Faults, Spanned},
    model::Field,
    spec::{Condition, Release},
};

/// A mapping that has been read but not yet compared with the columns that its queries return.
///
/// Nothing is refused before [`finish`](Self::finish), so that an analyst sees what is wrong in the files and in the
/// columns in one go.
#[derive(Debug)]
pub struct Draft<'r> {
    pub(super) release: &'r Release,
    /// `mapping.toml`.
    pub(super) document: Document,
    pub(super) mapping: Mapping,
    /// What each query of the mapping asks of its columns.
    pub(super) wants: Vec<Wants>,
    pub(super) fed: Fed,
    pub(super) faults: Faults,
    pub(super) doubts: Faults,
}

/// What a query asks of its columns.
#[derive(Debug)]
pub(super) struct Wants {
    /// The columns that the mapping names.
    pub(super) columns: Vec<Wanted>,
    /// Where the query is named.
    pub(super) place: Range<usize>,
}

/// A column that the mapping names.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Its name, and the place that names it.
    pub(super) column: Spanned<String>,
    /// The field that it feeds by itself, where it does.
    pub(super) feeds: Option<Field>,
}

/// The fields that some query feeds.
#[derive(Debug, Default)]
pub(super) struct Fed {
    /// Those that are known.
    pub(super) fields: BTreeSet<Field>,
    /// Value maps, by place, and the fields that they feed.
    pub(super) by_map: BTreeSet<(usize, Field)>,
    /// The queries whose columns may feed further fields by name and have not been seen.
    pub(super) unseen: BTreeSet<String>,
    /// Where a field that all queries share would be mapped.
    pub(super) place: Range<usize>,
}

impl Fed {
    /// Takes note of fields that the mapping names, sound or not.
    pub(super) fn note(&mut self, mapped: &[Mapped]) {
        for one in mapped {
            self.fields.insert(one.field);
            if let Some(Treatment::Map(place)) = one.source.as_ref().map(|source| &source.expression.treatment) {
                self.by_map.insert((*place, one.field));
            }
        }
    }
}

impl Draft<'_> {
    /// The queries that can be asked for their columns; [`check_columns`](Self::check_columns) calls them by place.
    pub fn queries(&self) -> &[Query] {
        &self.mapping.queries
    }

    /// What is wrong so far.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What is probably wrong, and keeps nobody from a run.
    pub fn doubts(&self) -> &Faults {
        &self.doubts
    }

    /// The mapping, if nothing is wrong with it.
    pub fn finish(mut self) -> Result<Mapping, Faults> {
        self.check_mandatory();
        self.faults.or(Some(self.mapping))
    }

    /// Finds fields that are mandatory on some rows and fed on none. Nothing can be said while a query that feeds
    /// fields by name has not shown its columns.
    fn check_mandatory(&mut self) {
        if !self.fed.unseen.is_empty() {
            return;
        }
        for spec in self.release.fields() {
            let asked = spec.mandatory.when != Condition::Never && !FILLED_BY_AGENT.contains(&spec.field);
            if asked && !self.fed.fields.contains(&spec.field) {
                let rows = if spec.mandatory.when == Condition::Always { "every row" } else { "some rows" };
                let message = format!("'{}' is mandatory on {rows} and mapped nowhere", spec.field);
                let fault = self.document.fault(self.fed.place.clone(), message);
                self.faults.push(fault.with_help("map it in [fields], or in the queries whose rows must have it"));
            }
        }
    }
}
