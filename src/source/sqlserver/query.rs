//! One query: what it returns, and its rows.

use std::{
    future::Future,
    io,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use tiberius::{ColumnData, ColumnType, Command, CommandItem, IntoSql, Row, error::Error};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    connect::{Client, Stream},
    decode::{Decode, decoder},
    describe::Description,
    error::{Said, SqlServerError},
    guard::Checked,
    session::DECLARED,
};
use crate::{
    config::sqlserver::{Guard, told},
    model::Date,
    source::{BadValue, BatchSink, Filler, Parameters, QueryText, RawBatch, RowsRead, SourceError},
    sys::shutdown::Shutdown,
};

/// How often a wait is interrupted to look whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// What bounds a read, besides the end of its rows.
#[derive(Clone)]
pub(super) struct Bounds {
    /// Somebody wants it to end.
    pub(super) stop: Shutdown,
    /// When the transaction must be over.
    pub(super) deadline: Instant,
    /// How long the transaction may take, for the message.
    pub(super) longest: Duration,
    /// How long the server may be silent, for the message.
    pub(super) silence: Duration,
}

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub(super) enum Ended<E = Error> {
    /// Somebody wanted it to.
    Stopped,
    /// The transaction took too long.
    Deadline,
    /// It failed.
    Failed(E),
}

impl Bounds {
    /// Waits for something, unless somebody wants it to end. What was waited for is dropped then, and the connection
    /// with it.
    pub(super) async fn wait<T, E>(&self, wanted: impl Future<Output = Result<T, E>>) -> Result<T, Ended<E>> {
        let mut wanted = std::pin::pin!(wanted);
        let mut looks = looks();
        loop {
            tokio::select! {
                biased;
                result = &mut wanted => return result.map_err(Ended::Failed),
                _ = looks.tick() => self.look()?,
            }
        }
    }

    fn look<E>(&self) -> Result<(), Ended<E>> {
        if self.stop.is_requested() {
            Err(Ended::Stopped)
        } else if Instant::now() >= self.deadline {
            Err(Ended::Deadline)
        } else {
            Ok(())
        }
    }

    /// The error of a query that ended so.
    pub(super) fn fault(&self, ended: Ended, file: &Path, rows: u64) -> SourceError {
        let lost = |reason: String| SourceError::Lost { file: file.to_owned(), rows, reason };
        match ended {
            Ended::Stopped => SourceError::Stopped { file: file.to_owned() },
            Ended::Deadline => lost(format!("the transaction took longer than {}", told(self.longest))),
            Ended::Failed(Error::Server(error)) => {
                SqlServerError::Query { file: file.to_owned(), said: Said::of(&error) }.into()
            }
            Ended::Failed(Error::Io { kind: io::ErrorKind::TimedOut, .. }) => {
                lost(format!("the server was silent for {}", told(self.silence)))
            }
            Ended::Failed(Error::Io { .. }) => lost("the connection was cut".to_owned()),
            Ended::Failed(Error::Encoding(_)) => lost("a text is not in the code page of its column".to_owned()),
            Ended::Failed(_) => lost("the server sent what the protocol does not allow".to_owned()),
        }
    }
}

fn looks() -> tokio::time::Interval {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// A parameter, under its declared type.
struct Day(Date);

impl<'a> IntoSql<'a> for Day {
    fn into_sql(self) -> ColumnData<'a> {
        /// Days from 0001-01-01, where SQL Server begins to count, to 1970.
        const TO_1970: i32 = 719_162;
        ColumnData::Date(Some(tiberius::time::Date::new((self.0.days() + TO_1970).max(0) as u32)))
    }
}

/// The query as the server runs it: `sp_executesql` with its parameters by name.
pub(super) fn command(text: &str, parameters: Parameters) -> Command<'_> {
    let mut command = Command::new("sp_executesql");
    // The first two go by place, as every driver sends them.
    command.bind_param("", text);
    command.bind_param("", DECLARED);
    command.bind_param("@period_start", Day(parameters.period.start()));
    command.bind_param("@period_end", Day(parameters.period.end()));
    command
}

/// What a query is read by: a decoder for each column.
struct Plan {
    names: Vec<String>,
    decoders: Vec<Decode>,
}

impl Plan {
    fn of(columns: &[tiberius::Column], described: &Description, file: &Path) -> Result<Self, SourceError> {
        let names: Vec<_> = columns.iter().map(|column| column.name().to_owned()).collect();
        if !described.has_columns(&names) {
            let reason = "the columns are not those that the server described before".to_owned();
            return Err(SourceError::Lost { file: file.to_owned(), rows: 0, reason });
        }
        let decoders = columns.iter().zip(described.types()).map(|(column, declared)| {
            let unreadable =
                |why| SqlServerError::Column { file: file.to_owned(), column: column.name().to_owned(), why };
            // The driver does not speak UTF-8, so a `char(n)` of a UTF-8 collation comes as nvarchar, filled up all
            // the same.
            let announced = match column.column_type() {
                ColumnType::NVarchar if declared.starts_with("char(") => ColumnType::BigChar,
                announced => announced,
            };
            decoder(announced).map_err(unreadable)
        });
        let decoders = decoders.collect::<Result<_, _>>()?;
        Ok(Self { names, decoders })
    }

    fn push(&self, row: &Row, batch: &mut RawBatch) -> Result<(), (usize, BadValue)> {
        for (at, ((_, cell), decode)) in row.cells().zip(&self.decoders).enumerate() {
            if let ColumnData::String(Some(text)) = cell
                && batch.open_row_bytes() + text.len() > RawBatch::LONGEST_ROW
            {
                return Err((at, BadValue::TooLong));
            }
            decode(cell, batch.open_cell()).map_err(|bad| (at, bad))?;
            batch.end_cell();
        }
        if row.len() == self.decoders.len() { Ok(()) } else { Err((0, BadValue::OtherType)) }
    }
}

/// A query that is to be read, and what is known of it.
pub(super) struct Reading<'q> {
    pub(super) query: &'q QueryText<'q>,
    pub(super) checked: &'q Checked,
    pub(super) description: &'q Description,
    pub(super) parameters: Parameters,
    pub(super) guard: Guard,
}

/// Reads all rows of a query.
pub(super) async fn read(
    client: &mut Client<impl Stream>,
    reading: &Reading<'_>,
    sink: &mut dyn BatchSink,
    bounds: &Bounds,
) -> Result<RowsRead, SourceError> {
    let Reading { query, checked, description: described, parameters, guard } = *reading;
    let file = query.file;
    let fault = |ended, rows| bounds.fault(ended, file, rows);
    let mut stream =
        bounds.wait(command(&checked.text, parameters).exec(client)).await.map_err(|ended| fault(ended, 0))?;
    let mut filler: Option<Filler<'_>> = None;
    let mut sink = Some(sink);
    let mut plan: Option<Plan> = None;
    let mut told = None;
    let mut looks = looks();
    let mut waiting_since = Instant::now();
    loop {
        let item = tokio::select! {
            biased;
            item = stream.try_next() => item.map_err(Ended::Failed),
            _ = looks.tick() => {
                let rows = filler.as_ref().map_or(0, Filler::rows);
                bounds.look().map_err(|ended| fault(ended, rows))?;
                // Rows that trickle in are not kept waiting for a full batch.
                if let Some(filler) = &mut filler && waiting_since.elapsed() >= Filler::PATIENCE {
                    filler.hand_on()?;
                    waiting_since = Instant::now();
                }
                continue;
            }
        };
        let item = item.map_err(|ended| fault(ended, filler.as_ref().map_or(0, Filler::rows)))?;
        match item {
            None => break,
            Some(CommandItem::Metadata(columns)) => {
                let (Some(sink), None) = (sink.take(), &plan) else {
                    return Err(SqlServerError::SeveralSets { file: file.to_owned() }.into());
                };
                let new = Plan::of(columns.columns(), described, file)?;
                filler = Some(Filler::new(query, new.names.len(), sink, &bounds.stop));
                plan = Some(new);
            }
            Some(CommandItem::Row(row)) => {
                let (Some(plan), Some(filler)) = (&plan, &mut filler) else {
                    return Err(SqlServerError::NoColumns { file: file.to_owned() }.into());
                };
                if let Err((column, bad)) = plan.push(&row, filler.batch()) {
                    let (row, column) = (filler.rows() + 1, plan.names[column].clone());
                    return Err(SourceError::Value { file: file.to_owned(), row, column, bad });
                }
                filler.end_row()?;
            }
            // The first count behind the columns is theirs; others are of statements around the SELECT.
            Some(CommandItem::RowsAffected(count)) if plan.is_some() && told.is_none() => told = Some(count),
            Some(_) => {}
        }
    }
    let Some(filler) = filler else { return Err(SqlServerError::NoColumns { file: file.to_owned() }.into()) };
    // The driver tells of every token that ends a statement: none means that the answer broke off.
    let Some(told) = told else {
        let reason = "the answer has no end".to_owned();
        return Err(SourceError::Lost { file: file.to_owned(), rows: filler.rows(), reason });
    };
    let told = match guard {
        Guard::Parse => Some(told),
        // A procedure that sets NOCOUNT keeps its count to itself.
        Guard::Rights => Some(told).filter(|told| *told > 0),
    };
    filler.finish(told)
}

/// Counts the rows of a query by a query of its own.
pub(super) async fn count(
    client: &mut Client,
    file: &Path,
    counting: &str,
    parameters: Parameters,
    bounds: &Bounds,
) -> Result<u64, SourceError> {
    let rows = bounds.wait(super::session::call(client, command(counting, parameters))).await;
    let rows = rows.map_err(|ended| bounds.fault(ended, file, 0))?;
    let counted = rows.first().and_then(|row| row.try_get::<i64, _>(0).ok().flatten());
    let unclear =
        || SourceError::Lost { file: file.to_owned(), rows: 0, reason: "the server counted no rows for it".to_owned() };
    counted.and_then(|counted| u64::try_from(counted).ok()).ok_or_else(unclear)
}
