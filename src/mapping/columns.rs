//! Compares what a mapping asks for with the columns that a query returns.

use super::{
    ByName, Draft, FILLED_BY_AGENT, Returned, Treatment,
    types::{Certainty, misfit},
};
use crate::{document::nearest, model::Field};

impl Draft<'_> {
    /// Adds what is wrong between a query and the columns it returns, which are matched to the letter. `query` is its
    /// place among [`queries`](Self::queries).
    pub fn check_columns(&mut self, query: usize, columns: &[Returned]) {
        let names: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        self.check_named(query, &names);
        if self.mapping.queries.get(query).is_some_and(|query| query.by_name == ByName::Yes) {
            self.check_by_name(query, &names);
        }
        self.check_types(query, columns);
    }

    /// Finds fields that are fed by columns of a type that has no value for them.
    fn check_types(&mut self, place: usize, columns: &[Returned]) {
        let (Some(wants), Some(query)) = (self.wants.get(place), self.mapping.queries.get(place)) else { return };
        let mapped = wants.columns.iter().filter_map(|wanted| {
            let field = wanted.feeds?;
            let (_, expression) = query.fields.iter().find(|(mapped, _)| *mapped == field)?;
            Some((field, wanted.column.value.as_str(), &expression.treatment, wanted.column.span.clone()))
        });
        let by_name = columns.iter().filter(|_| query.by_name == ByName::Yes).filter_map(|column| {
            let field = self.release.field_by_header(&column.name)?;
            let fed = !FILLED_BY_AGENT.contains(&field) && query.fields.iter().all(|(mapped, _)| *mapped != field);
            fed.then(|| (field, column.name.as_str(), &Treatment::AsItIs, wants.place.clone()))
        });
        for (field, column, treatment, span) in mapped.chain(by_name) {
            let Some(returned) = columns.iter().find(|returned| returned.name == column) else { continue };
            let (kind, list) = (self.release.field(field).kind, self.release.list(field));
            let Some(misfit) = misfit(returned.holds, kind, treatment, list) else { continue };
            let message =
                format!("'{field}' is fed by '{column}' of the query '{}', which {}", query.name, misfit.text);
            let fault = self.document.fault(span, message);
            match misfit.certainty {
                Certainty::Sure => self.faults.push(fault.with_help(misfit.help)),
                Certainty::UnlessNull => {
                    let unless = format!("{}; where it is NULL on every row, all is well", misfit.help);
                    self.doubts.push(fault.with_help(unless));
                }
            }
        }
    }

    fn check_named(&mut self, query: usize, columns: &[String]) {
        let (Some(wants), Some(query)) = (self.wants.get(query), self.mapping.queries.get(query)) else { return };
        for wanted in wants.columns.iter().map(|wanted| &wanted.column) {
            let message = match columns.iter().filter(|column| **column == wanted.value).count() {
                1 => continue,
                0 => format!("the query '{}' returns no column '{}'", query.name, wanted.value),
                _ => format!("the query '{}' returns '{}' more than once", query.name, wanted.value),
            };
            let fault = self.document.fault(wanted.span.clone(), message);
            let others = columns.iter().map(String::as_str).filter(|column| *column != wanted.value);
            self.faults.push(fault.suggesting(&wanted.value, others));
        }
    }

    /// Takes note of the fields that columns feed by their header, and finds headers that were missed by a few letters.
    fn check_by_name(&mut self, place: usize, columns: &[String]) {
        let (Some(wants), Some(query)) = (self.wants.get(place), self.mapping.queries.get(place)) else { return };
        let mapped = |field: Field| query.fields.iter().any(|(mapped, _)| *mapped == field);
        let is_header = |column: &String| self.release.field_by_header(column).is_some();
        let open = |field: Field| {
            !mapped(field) && !FILLED_BY_AGENT.contains(&field) && !columns.contains(&self.release.field(field).header)
        };
        for (at, column) in columns.iter().enumerate() {
            if let Some(field) = self.release.field_by_header(column) {
                self.fed.fields.insert(field);
                if !mapped(field) && !FILLED_BY_AGENT.contains(&field) && columns[..at].contains(column) {
                    let message = format!("the query '{}' returns '{column}' more than once", query.name);
                    self.faults.push(self.document.fault(wants.place.clone(), message));
                }
            }
        }
        let unused =
            |column: &&String| !is_header(column) && wants.columns.iter().all(|want| want.column.value != **column);
        for column in columns.iter().filter(unused) {
            let headers = self.release.fields().iter().filter(|spec| open(spec.field)).map(|spec| spec.header.as_str());
            if let Some(header) = nearest(column, headers) {
                // Told here, and not a second time as a field that nothing feeds.
                self.fed.fields.extend(self.release.field_by_header(header));
                let message = format!("the query '{}' returns '{column}', which feeds no field by name", query.name);
                let help = format!("write '{header}', to the letter, or map it, or leave it out of the query");
                self.faults.push(self.document.fault(wants.place.clone(), message).with_help(help));
            }
        }
        self.fed.unseen.remove(&query.name);
    }
}
