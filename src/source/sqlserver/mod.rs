//! A SQL Server database as a source: most councils' case systems stand on one.
//!
//! One connection, one transaction, one request at a time. The transaction is a SNAPSHOT, so that all queries of a run
//! see one moment and lock nobody; where the database does not allow it, the run is refused unless the configuration
//! says otherwise. Our session gives way in every deadlock, waits for no lock longer than it is told to, and ends by
//! itself after a while.
//!
//! ```text
//! connect ─▶ login ─▶ snapshot allowed? rights? ─▶ manners, BEGIN ─▶ fresh? ─▶ describe each query ─▶ read each query
//! ```
//!
//! A query is looked at by [`guard`] before the server sees it, described by the server before it is run, and read row by
//! row, each cell by a decoder that was chosen for its column. The count in the server's last token must equal the rows
//! that came. After any error, and to stop early, the connection is dropped: the driver would first read an abandoned
//! answer to its end, and after a cancel it can take one answer for another.

mod answers;
mod connect;
mod decode;
mod describe;
mod error;
mod examine;
mod freshness;
mod guard;
mod known;
mod login;
mod query;
mod rights;
mod session;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use sha2::{Digest, Sha256};
use sqlparser::dialect::MsSqlDialect;
use tokio::runtime::{Builder, Runtime};

pub use self::{
    answers::read_answers,
    error::{ConnectFault, Refusal, Said, SqlServerError, Unreadable},
};
use self::{
    connect::Client,
    describe::Description,
    guard::Checked,
    query::{Bounds, Ended, Reading},
    rights::Rights,
    session::Isolation,
};
use super::{
    BatchSink, Column, Ordered, Parameters, Probe, QueryText, RowsRead, Snapshot, SnapshotFacts, Source, SourceError,
    probe::ordered,
};
use crate::{
    config::{
        Network,
        sqlserver::{Count, Guard, SqlServerSettings, Trust, WithoutSnapshot},
    },
    sys::{clock::Clock, shutdown::Shutdown},
};

/// A database on a SQL Server.
#[derive(Clone, Debug)]
pub struct SqlServer {
    settings: SqlServerSettings,
    network: Network,
    clock: Clock,
}

impl SqlServer {
    /// The database that the settings name; the clock tells how old its data is.
    pub fn new(settings: SqlServerSettings, clock: Clock) -> Self {
        Self { settings, network: Network::default(), clock }
    }

    /// The same database, with this way to whoever gives tokens for it.
    #[must_use]
    pub fn reaching(self, network: Network) -> Self {
        Self { network, ..self }
    }
}

impl Source for SqlServer {
    fn kind(&self) -> &'static str {
        "SQL Server database"
    }

    fn open(&mut self, stop: &Shutdown) -> Result<Box<dyn Snapshot + '_>, SourceError> {
        let line = Line::connect(self, stop)?;
        Ok(Box::new(SqlServerSnapshot::begin(line, self)?))
    }

    fn examine(&mut self, stop: &Shutdown) -> Vec<Probe> {
        examine::examine(self, stop)
    }

    fn order_of(&self, query: &QueryText) -> Ordered {
        guard::trust(query.sql).map_or(Ordered::Unknown, |checked| ordered(&checked.text, &MsSqlDialect {}))
    }
}

/// A connection, and the runtime that waits for it.
struct Line<'a> {
    source: &'a SqlServer,
    settings: &'a SqlServerSettings,
    runtime: Option<Runtime>,
    /// Gone once something went wrong on it.
    client: Option<Client>,
    bounds: Bounds,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.client = None;
        // A look-up of a name can't be interrupted: it ends by itself, and nobody waits for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl<'a> Line<'a> {
    fn connect(source: &'a SqlServer, stop: &Shutdown) -> Result<Self, SourceError> {
        let settings = &source.settings;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| SqlServerError::Runtime { server: connect::name(settings), source })?;
        let longest = settings.patience.transaction;
        let bounds = Bounds {
            stop: stop.clone(),
            deadline: Instant::now() + longest,
            longest,
            silence: settings.patience.command,
        };
        let mut line = Self { source, settings, runtime: Some(runtime), client: None, bounds };
        let client = line.block_on(async {
            Box::pin(line.bounds.wait(connect::connect(settings, &source.network))).await.map_err(|ended| match ended {
                Ended::Failed(error) => error.into(),
                Ended::Stopped => line.fault(Ended::Stopped),
                Ended::Deadline => line.fault(Ended::Deadline),
            })
        })?;
        line.client = Some(client);
        Ok(line)
    }

    fn block_on<T>(&self, future: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => Err(self.fault(Ended::Stopped)),
        }
    }

    /// An error that belongs to no query.
    fn fault(&self, ended: Ended) -> SourceError {
        let server = connect::name(self.settings);
        match ended {
            Ended::Failed(tiberius::error::Error::Server(error)) => {
                SqlServerError::Server { server, said: Said::of(&error) }.into()
            }
            ended => self.bounds.fault(ended, &PathBuf::from(server), 0),
        }
    }

    /// Does something with the connection, which is gone afterwards where it went wrong.
    fn with<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Client, &Bounds) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let Some(mut client) = self.client.take() else {
            return Err(
                SqlServerError::Connect { server: connect::name(self.settings), fault: ConnectFault::Cut }.into()
            );
        };
        let done = self.block_on(work(&mut client, &self.bounds))?;
        self.client = Some(client);
        Ok(done)
    }

    /// Runs a statement of ours, which belongs to no query.
    fn ask(&mut self, sql: &str) -> Result<Vec<tiberius::Row>, SourceError> {
        let Some(mut client) = self.client.take() else { return Err(self.fault(Ended::Stopped)) };
        let rows = self.block_on(async {
            self.bounds.wait(session::ask(&mut client, sql)).await.map_err(|ended| self.fault(ended))
        })?;
        self.client = Some(client);
        Ok(rows)
    }

    /// Whether the database allows snapshots.
    fn allows_snapshots(&mut self) -> Result<bool, SourceError> {
        let rows = self.ask(session::SNAPSHOT_STATE)?;
        Ok(rows.first().and_then(|row| row.try_get::<i32, _>(0).ok().flatten()) == Some(1))
    }

    fn rights(&mut self) -> Result<Option<Rights>, SourceError> {
        Ok(self.ask(rights::RIGHTS)?.first().map(Rights::of))
    }
}

/// A query that has been looked at, and described by the server.
struct Known {
    checked: Checked,
    description: Description,
}

struct SqlServerSnapshot<'a> {
    line: Line<'a>,
    /// Has queries described that were not parsed: what goes wrong with one of them must not cost the snapshot.
    scout: Option<Line<'a>>,
    isolation: Isolation,
    notes: Vec<String>,
    queries: BTreeMap<usize, Known>,
}

impl<'a> SqlServerSnapshot<'a> {
    fn begin(mut line: Line<'a>, source: &SqlServer) -> Result<Self, SourceError> {
        let settings = line.settings;
        let mut notes = Vec::new();
        if let Trust::Anyone { reason } = &settings.trust {
            notes.push(format!("Any certificate of the server is trusted: {reason}."));
        }
        let isolation = match (line.allows_snapshots()?, settings.without_snapshot) {
            (true, _) => Isolation::Snapshot,
            (false, WithoutSnapshot::ReadCommitted) => Isolation::ReadCommitted,
            (false, WithoutSnapshot::Refuse) => {
                let (server, database) = (connect::name(settings), settings.database.clone());
                return Err(SqlServerError::NoSnapshot { server, database }.into());
            }
        };
        if isolation == Isolation::ReadCommitted {
            notes.push("The database allows no snapshots: its rows may not be of one moment.".to_owned());
        }
        if settings.guard == Guard::Rights {
            notes.push(unable_to_write(&mut line)?);
        }
        line.ask(&session::manners(isolation, settings.patience.lock))?;
        line.ask(session::TAKE_SNAPSHOT)?;
        if let Some(freshness) = &settings.freshness {
            let age = freshness::age(&mut line, freshness, source.clock.now())?;
            notes.push(format!("The data was {} old.", crate::config::sqlserver::told(age)));
        }
        Ok(Self { line, scout: None, isolation, notes, queries: BTreeMap::new() })
    }

    /// The columns of a query that was not parsed. Where the server can't tell them (a temporary table, a procedure that
    /// puts its text together), the query is run until they are known.
    fn described_apart(&mut self, file: &Path, text: &str, parameters: Parameters) -> Result<Description, SourceError> {
        let Line { source, settings, .. } = self.line;
        let stop = self.line.bounds.stop.clone();
        let mut scout = match self.scout.take() {
            Some(scout) => scout,
            None => Line::connect(source, &stop)?,
        };
        match scout.with(async |client, bounds| describe::describe(client, file, text, bounds).await) {
            Ok(description) => {
                self.scout = Some(scout);
                Ok(description)
            }
            Err(SourceError::SqlServer(SqlServerError::Query { said, .. })) if said.is_undescribed() => {
                let mut scout = Line::connect(source, &stop)?;
                scout.ask(&session::manners(self.isolation, settings.patience.lock))?;
                let announced = async |client: &mut _, bounds: &_| {
                    describe::announced(client, file, text, parameters, bounds).await
                };
                let description = scout.with(announced)?;
                let told = "without running it: it was begun once more for them, on a connection of its own";
                self.notes.push(format!("The server can't tell the columns of {} {told}.", file.display()));
                Ok(description)
            }
            Err(error) => Err(error),
        }
    }

    fn checked(&self, query: &QueryText) -> Result<Checked, SourceError> {
        let checked = match self.line.settings.guard {
            Guard::Parse => guard::check(query.sql, query.outside),
            Guard::Rights => guard::trust(query.sql),
        };
        checked.map_err(|guard::Refused { line, column, refusal }| {
            SqlServerError::Refused { file: query.file.to_owned(), line, column, refusal }.into()
        })
    }
}

/// What the manifest says where nothing but the login's rights keeps a query from doing harm.
fn unable_to_write(line: &mut Line<'_>) -> Result<String, SourceError> {
    let rights = line.rights()?;
    let server = || connect::name(line.settings);
    match rights.as_ref().map(|rights| (rights.powers.first(), rights.unknown.is_empty())) {
        Some((None, true)) => {
            Ok("The queries were not parsed: the login has been found unable to write (guard = \"rights\").".to_owned())
        }
        Some((Some(can), _)) => Err(SqlServerError::CanWrite { server: server(), can }.into()),
        _ => Err(SqlServerError::CanWrite { server: server(), can: "has rights that the server does not tell" }.into()),
    }
}

impl Snapshot for SqlServerSnapshot<'_> {
    /// The fingerprint is over the database's name and the described columns of every query.
    fn facts(&self) -> SnapshotFacts {
        let mut sha = Sha256::new();
        sha.update(self.line.settings.database.as_bytes());
        sha.update([0]);
        self.queries.values().for_each(|known| known.description.hash_into(&mut sha));
        SnapshotFacts {
            fingerprint: crate::sys::hash::hex(&sha.finalize()),
            isolation: self.isolation.told(),
            notes: self.notes.clone(),
        }
    }

    fn columns(&mut self, query: &QueryText, parameters: Parameters) -> Result<Vec<Column>, SourceError> {
        let checked = self.checked(query)?;
        let text = checked.text.as_str();
        let file = query.file;
        let description = match self.line.settings.guard {
            Guard::Parse => {
                self.line.with(async |client, bounds| describe::describe(client, file, text, bounds).await)?
            }
            Guard::Rights => self.described_apart(file, text, parameters)?,
        };
        let columns = description.columns.clone();
        if let Some(hint) = &checked.dirty {
            let what = "it may read rows that were never committed, and some twice or not at all";
            self.notes.push(format!("{} asks for {hint}: {what}.", file.display()));
        }
        self.queries.insert(query.index, Known { checked, description });
        Ok(columns)
    }

    fn read(
        &mut self,
        query: &QueryText,
        parameters: Parameters,
        sink: &mut dyn BatchSink,
    ) -> Result<RowsRead, SourceError> {
        if !self.queries.contains_key(&query.index) {
            self.columns(query, parameters)?;
        }
        self.scout = None;
        let Some(Known { checked, description }) = self.queries.get(&query.index) else {
            return Err(SqlServerError::NoColumns { file: query.file.to_owned() }.into());
        };
        let (guard, count) = (self.line.settings.guard, self.line.settings.count);
        let counting = checked.counting.as_ref().filter(|_| count == Count::Query);
        self.line.with(async |client, bounds| {
            let counted = match counting {
                Some(counting) => Some(query::count(client, query.file, counting, parameters, bounds).await?),
                None => None,
            };
            let reading = Reading { query, checked, description, parameters, guard };
            let read = query::read(client, &reading, sink, bounds).await?;
            match counted {
                Some(told) if told != read.rows => {
                    Err(SourceError::Incomplete { file: query.file.to_owned(), told, read: read.rows })
                }
                _ => Ok(read),
            }
        })
    }
}
