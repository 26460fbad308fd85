//! A source that follows a script.

use std::{collections::VecDeque, path::Path, thread, time::Duration};

use cld_agent::source::{
    BatchSink, Column, Filler, Parameters, QueryText, RowsRead, Snapshot, SnapshotFacts, Source, SourceError,
};
use cld_agent::sys::shutdown::Shutdown;

/// What happens next while a query is read.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A row arrives.
    Row(Vec<String>),
    /// Nothing arrives for a while.
    Pause(Duration),
    /// The connection is lost.
    Lose,
    /// The source says that it has sent so many rows.
    Tell(u64),
    /// Somebody asks for a stop.
    Stop,
}

/// A source whose queries all return the same columns and then follow their scripts, by place: rows, pauses, a lost
/// connection, a count that does not agree.
#[derive(Clone, Default, Debug)]
pub(crate) struct Scripted {
    /// The column names.
    pub(crate) columns: Vec<&'static str>,
    /// The steps of each query.
    pub(crate) queries: Vec<VecDeque<Step>>,
}

impl Scripted {
    /// One query.
    pub(crate) fn new(columns: &[&'static str], steps: impl IntoIterator<Item = Step>) -> Self {
        Self { columns: columns.to_vec(), queries: vec![steps.into_iter().collect()] }
    }
}

impl Source for Scripted {
    fn kind(&self) -> &'static str {
        "script"
    }

    fn open(&mut self, stop: &Shutdown) -> Result<Box<dyn Snapshot + '_>, SourceError> {
        if stop.is_requested() {
            return Err(SourceError::Stopped { file: Path::new("script").to_owned() });
        }
        Ok(Box::new(Following { script: self, stop: stop.clone() }))
    }
}

struct Following<'a> {
    script: &'a Scripted,
    stop: Shutdown,
}

impl Snapshot for Following<'_> {
    fn facts(&self) -> SnapshotFacts {
        SnapshotFacts { fingerprint: "script".to_owned(), isolation: "a script", notes: Vec::new() }
    }

    fn columns(&mut self, _: &QueryText, _: Parameters) -> Result<Vec<Column>, SourceError> {
        Ok(self.script.columns.iter().map(|name| Column::named(*name)).collect())
    }

    fn read(&mut self, query: &QueryText, _: Parameters, sink: &mut dyn BatchSink) -> Result<RowsRead, SourceError> {
        let mut filler = Filler::new(query, self.script.columns.len(), sink, &self.stop);
        let mut told = None;
        for step in &self.script.queries[query.index] {
            match step {
                Step::Row(cells) => {
                    for cell in cells {
                        filler.batch().push_cell(cell.as_bytes());
                    }
                    filler.end_row()?;
                }
                Step::Pause(time) => thread::sleep(*time),
                Step::Lose => {
                    let reason = "the script says so".to_owned();
                    return Err(SourceError::Lost { file: query.file.to_owned(), rows: filler.rows(), reason });
                }
                Step::Tell(rows) => told = Some(*rows),
                Step::Stop => self.stop.request(),
            }
        }
        filler.finish(told)
    }
}
